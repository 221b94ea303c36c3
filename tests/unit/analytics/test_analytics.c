// SPDX-License-Identifier: BSD-3-Clause
#include "analyse.h"
#include "mix.h"

#include <math.h>

static struct analytics_view view;

static void look(struct analytics *a)
{
	cr_assert_eq(analytics_merge(&view, (const struct analytics *const *)&a, 1), 0);
}

Test(analytics, nothing)
{
	struct analytics *a = analyse_new(0);

	look(a);
	cr_assert(!view.seen && view.servers == 0 && view.items[LIST_NAMES] == 0 && view.distinct[SET_NAMES] == 0);
	analytics_free(a);
	analytics_free(NULL);
}

Test(analytics, counts)
{
	struct analytics *a = analyse_new(0);

	analyse(a, (struct lookup){ "www.example.com", 0, .elapsed = 1000 });
	analyse(a, (struct lookup){ "WWW.example.COM", 1, .client = 1, .elapsed = 3000, .type = DNS_TYPE_AAAA });
	analyse(a, (struct lookup){ "no.example.com", 2, .rcode = 3, .elapsed = 2000, .tcp = true });
	analyse(a, (struct lookup){ "gone.example", 3, .kind = PAIR_UNANSWERED, .server = 9 });
	analyse(a, (struct lookup){ "late.example", 4, .kind = PAIR_ORPHAN, .rcode = 2, .type = 65280 });
	look(a);
	const struct analytics_totals *t = &view.totals;
	cr_assert(t->kind[PAIR_ANSWERED] == 3 && t->kind[PAIR_UNANSWERED] == 1 && t->kind[PAIR_ORPHAN] == 1);
	cr_assert(t->rcode[0] == 2 && t->rcode[3] == 1 && t->rcode[2] == 1);
	cr_assert(t->qtype[DNS_TYPE_A] == 3 && t->qtype[DNS_TYPE_AAAA] == 1 && t->qtype[ANALYTICS_TYPES - 1] == 1);
	cr_assert(t->transport[0][0] == 4 && t->transport[1][0] == 1);
	cr_assert(t->latency_sum == 6000000 && t->latency[latency_bucket(1000000)] == 1);
	cr_assert_eq(t->other[latency_octave(1000000, ANALYTICS_OCTAVE, ANALYTICS_OCTAVES)], 1);
	cr_assert(analyse_name(&view, LIST_NAMES, "www.example.com") == 2 && analyse_name(&view, LIST_NAMES, "gone.example") == 1);
	cr_assert(analyse_name(&view, LIST_DOMAINS, "example.com") == 3 && analyse_name(&view, LIST_DOMAINS, "late.example") == 1);
	cr_assert(analyse_name(&view, LIST_NXDOMAIN, "no.example.com") == 1 && view.items[LIST_NXDOMAIN] == 1);
	cr_assert(analyse_address(&view, LIST_CLIENTS, 0) == 4 && analyse_address(&view, LIST_CLIENTS, 1) == 1);
	cr_assert_eq(analyse_address(&view, LIST_SERVERS, 9), 1);
	cr_assert(fabs(view.distinct[SET_NAMES] - 4) < 0.1 && fabs(view.distinct[SET_DOMAINS] - 3) < 0.1);
	cr_assert(fabs(view.distinct[SET_CLIENTS] - 2) < 0.1 && fabs(view.distinct[SET_SERVERS] - 2) < 0.1);
	cr_assert(view.seen && view.first == RECORDB_TIME && view.newest == RECORDB_TIME + INT64_C(4000000000));
	analytics_free(a);
}

/* Names of every kind: none at all, the root, bytes of all values. */
Test(analytics, odd_names)
{
	struct analytics *a = analyse_new(0);

	analyse(a, (struct lookup){ NULL });
	analyse(a, (struct lookup){ "." });
	analyse(a, (struct lookup){ "\\000\\255\\046x.\\@[`{.example" });
	analyse(a, (struct lookup){ "\\000\\255\\046X.\\@[`{.eXample" });
	look(a);
	cr_assert_eq(view.listed[LIST_NAMES], 3);
	cr_assert(analyse_name(&view, LIST_NAMES, ".") == 1 && analyse_name(&view, LIST_DOMAINS, ".") == 0);
	cr_assert_eq(analyse_name(&view, LIST_NAMES, "\\000\\255\\.x.@[`{.example"), 2);
	cr_assert_eq(analyse_name(&view, LIST_DOMAINS, "@[`{.example"), 2);
	analytics_free(a);
}

/* What a minute's quantiles are. */
Test(analytics, quantiles_a_minute)
{
	struct analytics *a = analyse_new(0);
	uint64_t bucket[LATENCY_BUCKETS];

	for (int64_t i = 0; i < 600; i++)
		analyse(a, (struct lookup){ "x", i, .elapsed = 1000 * (i / 60 + 1) });
	look(a);
	cr_assert_eq(view.minutes.width, INT64_C(60000000000));
	/* RECORDB_TIME is 12 s past a minute */
	for (int64_t i = view.minutes.base + 1; i < view.minutes.end - 1; i++) {
		const struct timeline_slot *s = timeline_at(&view.minutes, i);

		for (unsigned k = 0; k < LATENCY_BUCKETS; k++)
			bucket[k] = s->latency[k];
		cr_assert_eq(s->fate[TIMELINE_NOERROR], 60);
		double ms = latency_quantile(bucket, 0.5) / 1000, want = (double)(i - view.minutes.base + 1);
		cr_assert(ms > want * 0.87 && ms < want * 1.13, "%f %f", ms, want);
	}
	analytics_free(a);
}

/* Lists begin anew; the last window is told too, the one before is not. */
Test(analytics, windows)
{
	struct analytics *a = analyse_new(INT64_C(300000000000));

	analyse(a, (struct lookup){ "first.example", 0 });
	analyse(a, (struct lookup){ "first.example", 299 });
	analyse(a, (struct lookup){ "second.example", 300 });
	look(a);
	cr_assert(analyse_name(&view, LIST_NAMES, "first.example") == 2 && analyse_name(&view, LIST_NAMES, "second.example") == 1);
	analyse(a, (struct lookup){ "third.example", 601 });
	look(a);
	cr_assert(analyse_name(&view, LIST_NAMES, "first.example") == 0 && analyse_name(&view, LIST_NAMES, "second.example") == 1);
	cr_assert_eq(view.since, RECORDB_TIME + INT64_C(300000000000));
	cr_assert(view.totals.kind[PAIR_ANSWERED] == 4 && fabs(view.distinct[SET_NAMES] - 2) < 0.1);
	analytics_free(a);
}

/* A few packets from another century change nothing; many are followed. */
Test(analytics, strange_times)
{
	struct analytics *a = analyse_new(0);

	for (int64_t i = 0; i < 100; i++) {
		analyse(a, (struct lookup){ "x", i });
		if (i % 10 == 0)
			analyse(a, (struct lookup){ "far", 2000000000 });
	}
	look(a);
	cr_assert(view.all.width == INT64_C(1000000000) && view.all.end - view.all.base == 100);
	cr_assert_eq(analyse_name(&view, LIST_NAMES, "far"), 10);
	for (int64_t i = 0; i < 100; i++)
		analyse(a, (struct lookup){ "later", 1000000 + i });
	look(a);
	cr_assert_eq(view.newest, RECORDB_TIME + INT64_C(1000099) * 1000000000);
	cr_assert_gt(view.all.width, INT64_C(1000000000));
	/* back again: the minutes begin anew */
	for (int64_t i = 0; i < 100; i++)
		analyse(a, (struct lookup){ "x", i });
	look(a);
	cr_assert_leq(view.minutes.end - view.minutes.base, 3);
	analytics_free(a);
}

Test(analytics, time_zero_and_the_ends_of_time)
{
	struct analytics *a = analyse_new(INT64_C(300000000000));
	int64_t epoch = -RECORDB_TIME / 1000000000;

	for (unsigned i = 0; i < 100; i++)
		analyse(a, (struct lookup){ "x", epoch });
	look(a);
	cr_assert(view.seen && view.first == 0 && analyse_name(&view, LIST_NAMES, "x") == 100);
	for (unsigned i = 0; i < 100; i++)
		analyse(a, (struct lookup){ "y", INT64_MAX / 1000000000 + epoch - 1 });
	for (unsigned i = 0; i < 100; i++)
		analyse(a, (struct lookup){ "z", INT64_MIN / 1000000000 + epoch + RECORDB_TIME / 1000000000 * 2 });
	look(a);
	cr_assert_eq(view.totals.kind[PAIR_ANSWERED], 300);
	analytics_free(a);
}

/* A server gets times of its own once it is seen often; then it keeps them, whatever comes. */
Test(analytics, servers)
{
	struct analytics *a = analyse_new(0);
	uint64_t own = 0, other = 0;

	for (unsigned i = 0; i < 1000; i++)
		analyse(a, (struct lookup){ "x", i, .server = 1, .elapsed = 500 });
	look(a);
	cr_assert(view.servers == 1 && view.server[0].address[15] == 1);
	for (unsigned k = 0; k < ANALYTICS_OCTAVES; k++)
		own += view.server[0].bucket[k];
	cr_assert(own > 900 && own < 1000, "%lu", own);
	cr_assert_eq(view.server[0].sum, own * 500000);
	for (unsigned i = 0; i < 2000; i++)
		analyse(a, (struct lookup){ "x", i, .server = (uint8_t)(2 + i % 250), .elapsed = 500 });
	look(a);
	cr_assert(view.servers == 1 && view.server[0].address[15] == 1);
	for (unsigned k = 0; k < ANALYTICS_OCTAVES; k++)
		other += view.totals.other[k];
	cr_assert_eq(own + other, 3000);
	analytics_free(a);
}

/* A copy is what it was made from, and lives on by itself. */
Test(analytics, copies)
{
	struct analytics *a = analyse_new(0), *copy = analyse_new(0);

	analyse(a, (struct lookup){ "x.example", 0 });
	analytics_copy(copy, a);
	analyse(a, (struct lookup){ "x.example", 1 });
	look(copy);
	cr_assert(view.totals.kind[PAIR_ANSWERED] == 1 && analyse_name(&view, LIST_NAMES, "x.example") == 1);
	cr_assert(analytics_memory(a) == analytics_memory(copy) && analytics_memory(a) < (8u << 20));
	analytics_free(a);
	look(copy);
	analytics_free(copy);
}
