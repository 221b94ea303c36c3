// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/timeline.h"
#include "mix.h"

#include <criterion/criterion.h>

#define SECOND INT64_C(1000000000)

static struct timeline t, other;

static void add(struct timeline *to, int64_t time)
{
	timeline_slot(to, time)->fate[0]++;
}

static uint64_t sum(const struct timeline *of)
{
	uint64_t n = 0;

	for (int64_t i = of->base; i < of->end; i++)
		n += timeline_at(of, i)->fate[0];
	return n;
}

static uint32_t at(const struct timeline *of, int64_t number)
{
	cr_assert(number >= of->base && number < of->end, "slot %ld of %ld to %ld", number, of->base, of->end);
	return timeline_at(of, number)->fate[0];
}

Test(timeline, slots)
{
	timeline_init(&t, SECOND, true);
	cr_assert_eq(t.base, t.end);
	add(&t, 100 * SECOND);
	add(&t, 101 * SECOND - 1);
	add(&t, 101 * SECOND);
	add(&t, 105 * SECOND);
	cr_assert(t.base == 100 && t.end == 106);
	cr_assert(at(&t, 100) == 2 && at(&t, 101) == 1 && at(&t, 102) == 0 && at(&t, 105) == 1);
}

/* Whatever the span, nothing is lost, and there are enough slots. */
Test(timeline, all_of_a_run)
{
	timeline_init(&t, SECOND, true);
	for (int64_t i = 0; i < 100000; i++)
		add(&t, (1000000 + i) * SECOND);
	cr_assert_eq(sum(&t), 100000);
	cr_assert_eq(t.width, 512 * SECOND);
	cr_assert(t.end - t.base >= TIMELINE_SLOTS / 2 - 1 && t.end - t.base <= TIMELINE_SLOTS);
	for (int64_t i = t.base + 1; i < t.end - 1; i++)
		cr_assert_eq(at(&t, i), 512);
	add(&t, INT64_C(1) << 61);
	add(&t, -(INT64_C(1) << 61));
	cr_assert_eq(sum(&t), 100002);
}

/* The newest slots only; those that were passed over are empty. */
Test(timeline, the_newest)
{
	timeline_init(&t, 60 * SECOND, false);
	for (int64_t i = 0; i < 1000; i++)
		add(&t, i * 60 * SECOND);
	cr_assert(t.width == 60 * SECOND && t.end == 1000 && t.base == 1000 - TIMELINE_SLOTS);
	cr_assert_eq(sum(&t), TIMELINE_SLOTS);
	add(&t, 1100 * 60 * SECOND);
	cr_assert_eq(sum(&t), TIMELINE_SLOTS - 100);
	cr_assert(at(&t, 1050) == 0 && at(&t, 1100) == 1 && at(&t, 999) == 1);
	add(&t, 5000 * 60 * SECOND);
	cr_assert_eq(sum(&t), 1);
	add(&t, 0); /* too old: with the oldest */
	cr_assert(sum(&t) == 2 && at(&t, t.base) == 1);
	timeline_clear(&t);
	cr_assert_eq(t.base, t.end);
	add(&t, 60 * SECOND);
	cr_assert_eq(at(&t, 1), 1);
}

/* What is a little older than the first one has its own slot. */
Test(timeline, older_than_the_first)
{
	for (int all = 0; all < 2; all++) {
		timeline_init(&t, SECOND, all);
		add(&t, 100 * SECOND);
		add(&t, 98 * SECOND);
		add(&t, 100 * SECOND);
		add(&t, -1);
		cr_assert(t.base == -1 && at(&t, 98) == 1 && at(&t, 99) == 0 && at(&t, 100) == 2 && at(&t, -1) == 1);
		cr_assert_eq(sum(&t), 4);
	}
}

/* Two together are as one that saw all, but for the width of its slots. */
Test(timeline, merging_all)
{
	static struct timeline one;
	uint64_t state = 1;

	for (unsigned round = 0; round < 50; round++) {
		timeline_init(&t, SECOND, true);
		timeline_init(&other, SECOND, true);
		timeline_init(&one, SECOND, true);
		int64_t begin = (int64_t)mix_below(&state, 1000), span = (int64_t)mix_below(&state, 1u << (round % 20)) + 1;
		for (int64_t i = 0; i < 300; i++) {
			int64_t time = (begin + i * span / 300) * SECOND;

			add(mix_below(&state, 4) ? &t : &other, time);
			add(&one, time);
		}
		timeline_merge(&t, &other);
		cr_assert(sum(&t) == 300 && sum(&one) == 300);
		cr_assert(t.width == one.width || t.width == 2 * one.width, "%ld %ld", t.width, one.width);
		for (int64_t i = one.base; t.width == one.width && i < one.end; i++)
			cr_assert_eq(at(&t, i), at(&one, i));
	}
}

Test(timeline, merging_the_newest)
{
	timeline_init(&t, SECOND, false);
	timeline_init(&other, SECOND, false);
	timeline_merge(&t, &other);
	cr_assert_eq(t.base, t.end);
	for (int64_t i = 0; i < 300; i++)
		add(&t, i * SECOND);
	for (int64_t i = 100; i < 350; i++)
		add(&other, i * SECOND);
	timeline_merge(&t, &other);
	cr_assert(t.end == 350 && t.base == 110);
	cr_assert(at(&t, 110) == 2 && at(&t, 299) == 2 && at(&t, 300) == 1);
	cr_assert_eq(sum(&t), 190 + 240);
	/* into an empty one; and an old one into a new one */
	timeline_init(&t, SECOND, false);
	timeline_merge(&t, &other);
	cr_assert_eq(sum(&t), sum(&other));
	timeline_init(&other, SECOND, false);
	add(&other, 0);
	add(&other, 112 * SECOND);
	timeline_merge(&t, &other);
	cr_assert_eq(sum(&t), 241);
}

Test(timeline, latencies_are_merged)
{
	timeline_init(&t, SECOND, true);
	for (int64_t i = 0; i < 1000; i++)
		timeline_slot(&t, i * SECOND)->latency[i % LATENCY_BUCKETS]++;
	uint64_t n = 0;
	for (int64_t i = t.base; i < t.end; i++)
		for (unsigned k = 0; k < LATENCY_BUCKETS; k++)
			n += timeline_at(&t, i)->latency[k];
	cr_assert_eq(n, 1000);
}
