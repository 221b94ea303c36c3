// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/heavy.h"
#include "mix.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 100000u /* different ones */
#define ADDED 300000u

static struct heavy *sketch(uint32_t k)
{
	return heavy_init(aligned_alloc(64, heavy_size(k, 16)), k, 16);
}

static int add(struct heavy *h, uint32_t n)
{
	int fresh;

	heavy_add(h, mix(n), &n, sizeof(n), &fresh);
	return fresh;
}

static uint32_t number(const struct heavy_item *item)
{
	uint32_t n;

	cr_assert_eq(item->len, sizeof(n));
	memcpy(&n, item->key, sizeof(n));
	return n;
}

/* While there is room for all keys, it just counts. */
Test(heavy, exact_while_there_is_room)
{
	struct heavy *h = sketch(10);
	struct heavy_item top[16];

	for (uint32_t n = 1; n <= 10; n++)
		for (uint32_t i = 0; i < n; i++)
			cr_assert_eq(add(h, n), i == 0);
	cr_assert_eq(h->total, 55);
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, top, 16), 10);
	for (uint32_t i = 0; i < 10; i++) {
		cr_assert_eq(number(&top[i]), 10 - i);
		cr_assert_eq(top[i].count, 10 - i);
		cr_assert_eq(top[i].error, 0);
	}
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, top, 3), 3);
	cr_assert_eq(top[2].count, 8);
	heavy_clear(h);
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, top, 16), 0);
	free(h);
}

/* A key's place goes to the newcomer, whose error is what the place had. */
Test(heavy, the_rarest_goes)
{
	struct heavy *h = sketch(2);
	struct heavy_item top[2];

	add(h, 1), add(h, 1), add(h, 1), add(h, 2), add(h, 2);
	cr_assert_eq(add(h, 3), 1);
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, top, 2), 2);
	cr_assert_eq(number(&top[0]), 1);
	cr_assert_eq(top[0].count, 3);
	cr_assert_eq(number(&top[1]), 3);
	cr_assert_eq(top[1].count, 1);
	cr_assert_eq(top[1].error, 2);
	cr_assert_eq(add(h, 2), 1);
	free(h);
}

Test(heavy, the_tag_lives_as_long_as_the_key)
{
	struct heavy *h = sketch(2);
	int fresh;
	uint8_t *tag = heavy_add(h, mix(1), "a", 1, &fresh);

	cr_assert(fresh && *tag == 0);
	*tag = 77;
	tag = heavy_add(h, mix(1), "a", 1, &fresh);
	cr_assert(!fresh && *tag == 77);
	cr_assert_eq(heavy_count(h, tag), 2);
	heavy_add(h, mix(2), "b", 1, &fresh);
	tag = heavy_add(h, mix(3), "c", 1, &fresh);
	cr_assert(fresh && *tag == 0);
	cr_assert_eq(heavy_count(h, tag), 1);
	cr_assert_eq(*heavy_add(h, mix(1), "a", 1, &fresh), 77);
	free(h);
}

/* Hashes that lie close together, at one place or at the table's end. */
Test(heavy, crowded_hashes)
{
	struct heavy *h = sketch(8);
	struct heavy_item top[8];
	int fresh;

	for (unsigned round = 0; round < 50; round++)
		for (uint64_t i = 0; i < 12; i++)
			heavy_add(h, i << 32 | (i % 3 ? 31 : 30), &i, sizeof(i), &fresh);
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, top, 8), 8);
	for (unsigned i = 0; i < 8; i++)
		cr_assert(top[i].count <= 50 && top[i].count + top[i].error >= 50);
	free(h);
}

/* The bounds hold for n long-tailed keys in `of` sketches of k each: nothing is off by more than n / k, and what came oftener is there. */
static void assert_bounds(uint32_t k, unsigned of, unsigned flood)
{
	uint32_t *truth = calloc(KEYS, sizeof(*truth));
	struct heavy_item *top = calloc(of * k, sizeof(*top));
	struct heavy *h[8];
	uint64_t state = k, bound = (uint64_t)ADDED / k;
	int n;

	for (unsigned i = 0; i < of; i++)
		h[i] = sketch(k);
	for (uint32_t i = 0; i < ADDED; i++) {
		uint32_t key = flood && i % flood ? (uint32_t)mix_below(&state, KEYS) : mix_tail(&state) % KEYS;

		truth[key]++;
		add(h[key % 3 ? mix_below(&state, of) : 0], key);
	}
	n = heavy_merge((const struct heavy *const *)h, of, top, of * k);
	cr_assert_gt(n, 0);
	for (int i = 0; i < n; i++) {
		uint32_t key = number(&top[i]);

		cr_assert(top[i].count <= truth[key] && truth[key] <= top[i].count + top[i].error,
			  "key %u came %u times, told %lu to %lu", key, truth[key], top[i].count, top[i].count + top[i].error);
		cr_assert_leq(top[i].error, bound);
		cr_assert(!i || top[i].count <= top[i - 1].count);
		truth[key] = 0;
	}
	for (uint32_t key = 0; key < KEYS; key++)
		cr_assert_leq(truth[key], bound, "key %u is missing", key);
	for (unsigned i = 0; i < of; i++)
		free(h[i]);
	free(top);
	free(truth);
}

Test(heavy, bounds)
{
	assert_bounds(1, 1, 0);
	assert_bounds(2, 1, 0);
	assert_bounds(64, 1, 0);
	assert_bounds(1024, 1, 0);
}

Test(heavy, bounds_in_a_flood_of_rare_keys)
{
	assert_bounds(64, 1, 4);
	assert_bounds(1024, 1, 10);
}

Test(heavy, bounds_of_many_together)
{
	assert_bounds(64, 2, 0);
	assert_bounds(256, 8, 0);
	assert_bounds(256, 4, 4);
}

/* All keys different: every one takes the place of another. */
Test(heavy, nothing_comes_twice)
{
	struct heavy *h = sketch(100);
	struct heavy_item top[100];

	for (uint32_t i = 0; i < 10000; i++)
		cr_assert(add(h, i));
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, top, 100), 100);
	for (unsigned i = 0; i < 100; i++)
		cr_assert(top[i].count == 1 && top[i].error == 99);
	free(h);
}

/* A copy of the bytes is a sketch of its own. */
Test(heavy, copies)
{
	struct heavy *h = sketch(50), *copy = aligned_alloc(64, heavy_size(50, 16));
	struct heavy_item a[50], b[50];

	for (uint32_t i = 0; i < 1000; i++)
		add(h, i % 70);
	memcpy(copy, h, heavy_size(50, 16));
	for (uint32_t i = 0; i < 1000; i++) {
		add(h, i % 60);
		add(copy, i % 60);
	}
	cr_assert_eq(heavy_merge((const struct heavy *const *)&h, 1, a, 50), 50);
	cr_assert_eq(heavy_merge((const struct heavy *const *)&copy, 1, b, 50), 50);
	for (unsigned i = 0; i < 50; i++)
		cr_assert(number(&a[i]) == number(&b[i]) && a[i].count == b[i].count);
	free(h);
	free(copy);
}
