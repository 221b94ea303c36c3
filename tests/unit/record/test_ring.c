// SPDX-License-Identifier: BSD-3-Clause
#include "record/ring.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 4096u
#define LARGEST (SIZE / 2 - 8)

static struct byte_ring *ring(uint32_t size)
{
	struct error e;
	struct byte_ring *r = ring_new(size, &e);

	cr_assert_not_null(r);
	return r;
}

/* Element n's bytes follow from n, so that a reader knows what it must see. */
static uint8_t byte_of(uint64_t n, uint32_t i)
{
	return (uint8_t)(n * 31 + i * 7);
}

static uint32_t size_of(uint64_t n, uint32_t largest)
{
	return (uint32_t)((n * 2654435761u >> 7) % (largest + 1)) >> n % 5;
}

static bool put(struct byte_ring *r, uint64_t n, uint32_t size)
{
	uint8_t *p = ring_reserve(r, size);

	if (!p)
		return false;
	cr_assert_eq((uintptr_t)p % 8, 0);
	for (uint32_t i = 0; i < size; i++)
		p[i] = byte_of(n, i);
	return true;
}

/* Takes an element, which must be the n-th. */
static bool take(struct byte_ring *r, uint64_t n, uint32_t want)
{
	uint32_t size;
	const uint8_t *p = ring_next(r, &size);

	if (!p)
		return false;
	cr_assert_eq(size, want, "element %llu", (unsigned long long)n);
	for (uint32_t i = 0; i < size; i++)
		cr_assert_eq(p[i], byte_of(n, i));
	return true;
}

Test(ring, sizes_that_are_refused)
{
	static const uint32_t bad[] = { 0, 1, 2048, 4095, 4097, 12288, UINT32_MAX };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error e = { "" };
		cr_assert_null(ring_new(bad[i], &e));
		cr_assert(e.text[0]);
	}
	ring_free(NULL);
}

Test(ring, nothing_before_publish_and_no_room_before_release)
{
	struct byte_ring *r = ring(SIZE);
	uint32_t size;

	cr_assert_eq(ring_capacity(r), SIZE);
	cr_assert_null(ring_next(r, &size));
	cr_assert(put(r, 1, LARGEST));
	cr_assert_null(ring_next(r, &size));
	cr_assert_eq(ring_used(r), 0);
	ring_publish(r);
	cr_assert_eq(ring_used(r), SIZE / 2);
	cr_assert(put(r, 2, LARGEST));
	cr_assert(!put(r, 3, 0));
	ring_publish(r);
	cr_assert(take(r, 1, LARGEST));
	cr_assert(!put(r, 3, 0));
	cr_assert(take(r, 2, LARGEST));
	cr_assert_null(ring_next(r, &size));
	cr_assert(!put(r, 3, 0));
	ring_release(r);
	cr_assert_eq(ring_used(r), 0);
	cr_assert(put(r, 3, 0));
	ring_publish(r);
	cr_assert(take(r, 3, 0));
	ring_free(r);
}

Test(ring, too_large_for_ever)
{
	struct byte_ring *r = ring(SIZE);

	cr_assert_null(ring_reserve(r, LARGEST + 1));
	cr_assert_null(ring_reserve(r, SIZE));
	cr_assert_null(ring_reserve(r, UINT32_MAX));
	cr_assert_null(ring_reserve(r, UINT32_MAX - 7));
	cr_assert_not_null(ring_reserve(r, LARGEST));
	ring_free(r);
}

/* An empty ring takes the largest element wherever its positions stand: a lossless writer would wait for
 * ever otherwise. */
Test(ring, empty_takes_the_largest_from_every_position)
{
	struct byte_ring *r = ring(SIZE);
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 2 * SIZE / 8; shift++) {
		cr_assert(put(r, n, 0));
		ring_publish(r);
		cr_assert(take(r, n++, 0));
		ring_release(r);
		cr_assert(put(r, n, LARGEST), "shift %u", shift);
		ring_publish(r);
		cr_assert(take(r, n++, LARGEST));
		ring_release(r);
	}
	ring_free(r);
}

/* Random reserves, publishes, takes and releases against a queue of numbers. */
Test(ring, random_operations)
{
	for (unsigned seed = 0; seed < 20; seed++) {
		struct byte_ring *r = ring(SIZE << seed % 3);
		uint32_t largest = ring_capacity(r) / 2 - 8, sizes[8192], size;
		uint64_t reserved = 0, published = 0, taken = 0;

		srandom(seed);
		for (unsigned i = 0; i < 8000; i++) {
			switch (random() % 6) {
			case 0:
			case 1:
				size = size_of((uint64_t)random(), seed % 2 ? largest : 200);
				if (put(r, reserved, size))
					sizes[reserved++] = size;
				break;
			case 2:
				ring_publish(r);
				published = reserved;
				break;
			case 3:
			case 4:
				if (taken < published) {
					cr_assert(take(r, taken, sizes[taken]));
					taken++;
				} else {
					cr_assert_null(ring_next(r, &size));
				}
				break;
			default:
				ring_release(r);
				break;
			}
			cr_assert_leq(ring_used(r), ring_capacity(r));
		}
		cr_assert_gt(taken, 500);
		ring_free(r);
	}
}

#define COUNT_OF 200000

static void *producer(void *arg)
{
	struct byte_ring *r = arg;

	for (uint64_t n = 0; n < COUNT_OF; n++) {
		while (!put(r, n, size_of(n, 900))) {
			ring_publish(r);
			sched_yield();
		}
		if (n % 17 == 0)
			ring_publish(r);
	}
	ring_publish(r);
	return NULL;
}

Test(ring, two_threads, .timeout = 60)
{
	struct byte_ring *r = ring(1 << 16);
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, producer, r), 0);
	for (uint64_t n = 0; n < COUNT_OF;) {
		if (take(r, n, size_of(n, 900)))
			n++;
		else
			sched_yield();
		if (n % 13 == 0)
			ring_release(r);
	}
	ring_release(r);
	pthread_join(thread, NULL);
	cr_assert_eq(ring_used(r), 0);
	ring_free(r);
}

/* With both sides on one lcore, an empty ring is as good as new, and one that isn't stays as it is. */
Test(ring, restart)
{
	struct error e;
	struct byte_ring *r = ring_new(SIZE, &e);
	uint32_t size;
	void *first = ring_reserve(r, 100);

	ring_publish(r);
	ring_restart(r);
	cr_assert_eq(ring_next(r, &size), first, "what is in it stays");
	cr_assert_eq(size, 100);
	ring_release(r);
	ring_restart(r);
	cr_assert_null(ring_next(r, &size));
	cr_assert_eq(ring_used(r), 0);
	cr_assert_eq(ring_reserve(r, 60), first, "it starts over");
	ring_restart(r);
	ring_publish(r);
	cr_assert_eq(ring_next(r, &size), first, "what was reserved stays");
	cr_assert_eq(size, 60);
	ring_free(r);
}
