// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"

#include <pthread.h>
#include <sys/mman.h>

Test(block, each_is_lent_once_and_comes_back)
{
	enum { N = 130 };
	struct block_pool *p = test_pool(N);
	struct block *b[N];

	for (int i = 0; i < N; i++) {
		b[i] = block_get(p);
		cr_assert(b[i]);
		for (int j = 0; j < i; j++)
			cr_assert_neq(b[i], b[j]);
		b[i]->data[0] = (uint8_t)i;
	}
	cr_assert_null(block_get(p));
	cr_assert_eq(block_pool_lent(p), N);
	for (int i = 0; i < N; i++)
		cr_assert_eq(b[i]->data[0], (uint8_t)i);
	block_unref(b[77]);
	cr_assert_eq(block_get(p), b[77]);
	for (int i = 0; i < N; i++)
		block_unref(b[i]);
	cr_assert_eq(block_pool_lent(p), 0);
	block_pool_free(p);
	block_pool_free(NULL);
}

Test(block, returns_with_the_last_reference_and_is_empty_again)
{
	struct block_pool *p = test_pool(1);
	struct block *b = block_get(p);

	test_item(b, "abc", 3);
	cr_assert_eq(block_start(b, 0), 0);
	cr_assert_eq(block_start(b, 1), 3);
	block_ref(b);
	block_ref(b);
	block_unref(b);
	block_unref(b);
	cr_assert_null(block_get(p));
	block_unref(b);
	cr_assert_eq(block_get(p), b);
	cr_assert_eq(b->items, 0);
	cr_assert_eq(b->len, 0);
	block_unref(b);
	block_pool_free(p);
}

Test(block, an_item_of_the_greatest_length_fits_and_its_memory_goes_back)
{
	struct block_pool *p = test_pool(2);
	struct block *b = block_get(p);
	unsigned char resident[BLOCK_CAPACITY / 4096];
	unsigned kept = 0;

	memset(b->data, 'x', BLOCK_CAPACITY);
	b->len = BLOCK_CAPACITY;
	block_unref(b);
	cr_assert_eq(mincore(b->data, BLOCK_CAPACITY, resident), 0);
	for (unsigned i = 0; i < BLOCK_CAPACITY / 4096; i++)
		kept += resident[i] & 1;
	cr_assert_leq(kept, 2 * BLOCK_FILL / 4096);
	block_pool_free(p);
}

static size_t resident(const void *p, size_t size)
{
	unsigned char pages[BLOCK_CAPACITY / 4096];
	size_t kept = 0;

	cr_assert_eq(mincore((void *)(uintptr_t)p, size, pages), 0);
	for (unsigned i = 0; i < size / 4096; i++)
		kept += pages[i] & 1;
	return kept * 4096;
}

/* A sink that was away has held many blocks; when few are used again, the others cost nothing, and those that are lent keep what is in
 * them. */
Test(block, what_an_outage_has_filled_is_given_back)
{
	enum { N = 100, STILL_LENT = 90 };
	struct block_pool *p = test_pool(N);
	struct block *b[N];
	uint8_t *data[N];

	for (int i = 0; i < N; i++) {
		b[i] = block_get(p);
		data[i] = b[i]->data;
		memset(b[i]->data, i, BLOCK_FILL);
		b[i]->end[BLOCK_ITEMS - 1] = (uint32_t)i;
	}
	for (int i = 0; i < N; i++)
		if (i != STILL_LENT)
			block_unref(b[i]);
	for (int i = 0; i < 4000; i++)
		block_unref(block_get(p));
	for (int i = STILL_LENT + 1; i < N; i++)
		cr_assert_eq(resident(data[i], BLOCK_CAPACITY) + resident(b[i], sizeof(*b[i])), 0);
	cr_assert_eq(resident(data[50], BLOCK_CAPACITY), BLOCK_FILL, "in the order of their numbers, so that it waits for the one that is lent");
	cr_assert_eq(b[STILL_LENT]->data[BLOCK_FILL - 1], STILL_LENT);
	cr_assert_eq(b[STILL_LENT]->end[BLOCK_ITEMS - 1], STILL_LENT);
	block_unref(b[STILL_LENT]);
	for (int i = 0; i < 4000; i++)
		block_unref(block_get(p));
	cr_assert_eq(resident(data[0], BLOCK_CAPACITY), BLOCK_FILL);
	for (int i = 2 * 1 + 4; i < N; i++)
		cr_assert_eq(resident(data[i], BLOCK_CAPACITY) + resident(b[i], sizeof(*b[i])), 0);
	for (int i = 0; i < N; i++) {
		b[i] = block_get(p);
		cr_assert(b[i] && b[i]->pool == p && !b[i]->items && !b[i]->len);
		memset(b[i]->data, i, BLOCK_FILL);
	}
	cr_assert_eq(block_pool_lent(p), N);
	for (int i = 0; i < N; i++)
		block_unref(b[i]);
	block_pool_free(p);
}

Test(block, too_many_are_refused_with_a_reason)
{
	struct error e = { 0 };

	cr_assert_null(block_pool_new(UINT32_MAX / 64, &e));
	cr_assert(strstr(e.text, "memory"), "%s", e.text);
}

static void *give_back(void *arg)
{
	struct block **b = arg;
	for (int i = 0; i < 100000; i++) {
		struct block *one;
		while (!(one = __atomic_exchange_n(b, NULL, __ATOMIC_ACQUIRE)))
			sched_yield();
		cr_assert_eq(one->items, (uint32_t)i);
		block_unref(one);
	}
	return NULL;
}

Test(block, another_thread_gives_back)
{
	struct block_pool *p = test_pool(3);
	struct block *slot = NULL;
	pthread_t t;

	pthread_create(&t, NULL, give_back, &slot);
	for (int i = 0; i < 100000; i++) {
		struct block *b;
		while (!(b = block_get(p)) || __atomic_load_n(&slot, __ATOMIC_ACQUIRE)) {
			if (b)
				block_unref(b);
			sched_yield();
		}
		b->items = (uint32_t)i;
		__atomic_store_n(&slot, b, __ATOMIC_RELEASE);
	}
	pthread_join(t, NULL);
	cr_assert_eq(block_pool_lent(p), 0);
	block_pool_free(p);
}
