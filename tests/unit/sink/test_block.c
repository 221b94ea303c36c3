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
