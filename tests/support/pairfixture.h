// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A pairing table for the tests of lib/pair, the transactions that it gave (`list`) and its counters. Every
 * test ends with the equations that hold for any run.
 */
#ifndef SUPPORT_PAIRFIXTURE_H
#define SUPPORT_PAIRFIXTURE_H

#include "legbuild.h"
#include "pair/state.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/** A time. */
#define T0 (INT64_C(1764028800) * S)

static struct given_list list;
static struct counters counters;
static struct pair *table;

static inline struct pair_config config(void)
{
	return (struct pair_config){ .max_queries = 4096,
				     .wait_bytes = 1 << 20,
				     .gc_age = 60 * S,
				     .hash_key = "0123456789abcde",
				     .counters = &counters,
				     .emit = given_add,
				     .ctx = &list,
				     .unanswered = true,
				     .orphans = true };
}

static inline void start(const struct pair_config *c)
{
	struct error e = { { 0 } };

	pair_free(table);
	list.n = 0;
	memset(&counters, 0, sizeof(counters));
	table = pair_new(c, &e);
	cr_assert(table != NULL, "%s", e.text);
}

static inline void setup(void)
{
	struct pair_config c = config();
	start(&c);
}

/* The equations that hold for every run; and all memory is free again. */
static inline void finish(void)
{
	pair_finish(table);
	cr_expect(eq(u32, pair_outstanding(table), 0));
	cr_expect(eq(u64, counters.n[COUNT_queries], counters_group(&counters, GROUP_QUERY)));
	cr_expect(eq(u64, counters.n[COUNT_responses], counters_group(&counters, GROUP_RESPONSE)));
	const struct table *t = &table->table;
	cr_expect(eq(u32, t->n_free, t->touched));
	cr_expect(eq(u32, t->n_overflow_free, t->overflow_touched));
	cr_expect(eq(u32, t->places[PLACES_SHORT].used + t->places[PLACES_LONG].used, 0));
	cr_expect(eq(u32, t->n_open + table->n_waits, 0));
	cr_expect(eq(sz, table->waits.used, 0));
	for (uint32_t i = 0; i <= t->bucket_mask; i++)
		cr_assert(eq(u32, t->buckets[i].total + t->buckets[i].waits, 0));
}

static inline void teardown(void)
{
	finish();
	pair_free(table);
	table = NULL;
	free(list.all);
	list = (struct given_list){ 0 };
}

/** A counter. */
#define N(id) (counters.n[COUNT_##id])

static inline void query(const struct legbuild *l, int64_t time)
{
	struct legbuild copy = *l;
	copy.time = time;
	pair_one(table, leg_query(&copy));
}

static inline void response(const struct legbuild *l, int64_t time)
{
	struct legbuild copy = *l;
	copy.time = time;
	pair_one(table, leg_response(&copy));
}

/* Time goes on by `ns`, in steps that a busy port would take. */
static inline void go(int64_t from, int64_t ns)
{
	for (int64_t t = from; t <= from + ns; t += 500 * MS)
		pair_advance(table, 0, t);
}

__attribute__((unused)) static const struct legbuild www = { .name = "www.example.com", .id = 7 };

#endif
