// SPDX-License-Identifier: BSD-3-Clause
#include "analyse.h"
#include "mix.h"

#include <math.h>
#include <stdio.h>

#define PARTS 3

static struct analytics_view one_view, view;

/* The same traffic seen by one, and shared out to several: counts are the same, and the times' slots. */
Test(view, several_are_as_one)
{
	struct analytics *one = analyse_new(0), *part[PARTS];
	uint64_t state = 5;
	char name[64];

	for (unsigned i = 0; i < PARTS; i++)
		part[i] = analyse_new(0);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t n = mix_tail(&state) % 700;
		struct lookup l = { name, i / 50, .client = (uint8_t)(n % 100), .server = (uint8_t)(n % 7), .rcode = n % 5 ? 0 : 3,
				    .elapsed = 100 + n };

		snprintf(name, sizeof(name), "h%u.d%u.example", n, n % 30);
		analyse(one, l);
		analyse(part[mix_below(&state, PARTS)], l);
	}
	cr_assert_eq(analytics_merge(&one_view, (const struct analytics *const *)&one, 1), 0);
	cr_assert_eq(analytics_merge(&view, (const struct analytics *const *)part, PARTS), 0);
	cr_assert_eq(memcmp(view.totals.rcode, one_view.totals.rcode, sizeof(view.totals.rcode)), 0);
	cr_assert_eq(memcmp(view.totals.latency, one_view.totals.latency, sizeof(view.totals.latency)), 0);
	for (unsigned i = 0; i < LISTS; i++) {
		cr_assert_eq(view.items[i], one_view.items[i]);
		cr_assert_eq(view.listed[i], one_view.listed[i]);
		for (uint32_t k = 0; k < view.items[i]; k++)
			cr_assert_eq(view.item[i][k].count, one_view.item[i][k].count);
	}
	for (unsigned i = 0; i < SETS; i++)
		cr_assert_eq(view.distinct[i], one_view.distinct[i]);
	cr_assert(view.first == one_view.first && view.newest == one_view.newest && view.since == one_view.since);
	cr_assert(view.all.width == one_view.all.width && view.all.base == one_view.all.base && view.all.end == one_view.all.end);
	for (int64_t i = view.all.base; i < view.all.end; i++)
		cr_assert_eq(memcmp(timeline_at(&view.all, i), timeline_at(&one_view.all, i), sizeof(struct timeline_slot)), 0);
	analytics_free(one);
	for (unsigned i = 0; i < PARTS; i++)
		analytics_free(part[i]);
}

static uint64_t times(const struct analytics_view *v)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < ANALYTICS_OCTAVES; k++) {
		n += v->totals.other[k];
		for (unsigned i = 0; i < v->servers; i++)
			n += v->server[i].bucket[k];
	}
	return n;
}

/* Each part has servers of its own, in all more than there are entries: no figure of any of them, or of the others, ever falls. */
Test(view, servers_figures_only_grow)
{
	struct analytics *part[PARTS];
	uint64_t last[ANALYTICS_SERVERS] = { 0 }, last_other = 0, added = 0;
	uint8_t who[ANALYTICS_SERVERS];

	for (unsigned i = 0; i < PARTS; i++)
		part[i] = analyse_new(0);
	for (unsigned round = 0; round < 16; round++) {
		for (unsigned i = 0; i < PARTS; i++)
			for (unsigned k = 0; k < 400; k++, added++)
				analyse(part[i], (struct lookup){ "x", round, .elapsed = 1000,
					.server = (uint8_t)(1 + i * 20 + (round < 8 ? k % 10 : 10 + k % 10)) });
		cr_assert_eq(analytics_merge(&view, (const struct analytics *const *)part, PARTS), 0);
		for (unsigned i = 0; i < view.servers; i++) {
			uint64_t sum = view.server[i].sum;

			cr_assert_geq(sum, last[i]);
			cr_assert(!last[i] || who[i] == view.server[i].address[15]);
			last[i] = sum;
			who[i] = view.server[i].address[15];
		}
		cr_assert_geq(view.totals.other_sum, last_other);
		last_other = view.totals.other_sum;
		cr_assert_eq(times(&view), added);
	}
	cr_assert_eq(view.servers, ANALYTICS_SERVERS);
	for (unsigned i = 0; i < PARTS; i++)
		analytics_free(part[i]);
}

Test(view, of_none)
{
	cr_assert_eq(analytics_merge(&view, NULL, 0), 0);
	cr_assert(!view.seen && view.items[LIST_NAMES] == 0 && view.distinct[SET_NAMES] == 0);
}
