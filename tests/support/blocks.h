// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Blocks of numbered lines for tests of sinks.
 */
#ifndef TEST_BLOCKS_H
#define TEST_BLOCKS_H

#include "core/clock.h"
#include "sink/sink.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/** A pool that the test can't do without. */
static inline struct block_pool *test_pool(uint32_t n)
{
	struct error e = { 0 };
	struct block_pool *p = block_pool_new(n, &e);
	cr_assert(p, "%s", e.text);
	return p;
}

/** Appends an item. */
static inline void test_item(struct block *b, const void *p, uint32_t len)
{
	memcpy(b->data + b->len, p, len);
	b->len += len;
	b->end[b->items++] = b->len;
}

/** Line number `i` as every test writes it: `{"n":i,"pad":"xx…"}` and a line end, `pad` bytes longer than needed. */
static inline uint32_t test_line(char *to, uint32_t i, uint32_t pad)
{
	uint32_t n = (uint32_t)sprintf(to, "{\"n\":%u,\"pad\":\"", i);
	memset(to + n, 'a' + i % 26, pad);
	n += pad;
	memcpy(to + n, "\"}\n", 4);
	return n + 3;
}

/** A block of lines first … first + n - 1. */
static inline struct block *test_lines(struct block_pool *p, uint32_t first, uint32_t n, uint32_t pad)
{
	struct block *b = block_get(p);
	cr_assert(b);
	for (uint32_t i = 0; i < n; i++) {
		b->len += test_line((char *)b->data + b->len, first + i, pad);
		b->end[b->items++] = b->len;
	}
	return b;
}

/** Asserts the equation of sink.h on figures. */
static inline void test_equation(const struct sink_stats *s)
{
	uint64_t sum = s->delivered + s->pending + s->spooled;
	for (int i = 0; i < SINK_DROPS; i++)
		sum += s->dropped[i];
	cr_assert_eq(s->offered, sum, "offered %lu, sum %lu", (unsigned long)s->offered, (unsigned long)sum);
}

/** Monotonic time `ms` from now. */
static inline int64_t test_soon(int64_t ms)
{
	return clock_monotonic() + ms * NSEC_PER_MSEC;
}

#endif
