// SPDX-License-Identifier: BSD-3-Clause
/* The table as a whole: time, order, any input. */
#include "pairfixture.h"

TestSuite(pair, .init = setup, .fini = teardown);

Test(pair, expiry_waits_for_all_that_can_match)
{
	query(&www, T0);
	go(T0, 60 * S);
	response(&www, T0 + 60 * S);
	cr_expect(eq(u64, N(queries_answered), 1));
	struct legbuild other = { .name = "other.example" };
	response(&other, T0 + 60 * S);
	go(T0 + 60 * S, 5 * S);
	query(&other, T0 + 65 * S);
	cr_expect(eq(u64, N(queries_answered), 2));
}

Test(pair, one_packet_from_the_future_expires_nothing)
{
	query(&www, T0);
	pair_advance(table, 0, T0);
	for (int i = 0; i < 200; i++) {
		pair_advance(table, 0, T0 + 40 * 86400 * S);
		pair_advance(table, 0, T0 + i * MS);
		pair_advance(table, 1, T0 - 3600 * S + i * MS);
		pair_advance(table, 2, i % 2 ? INT64_MIN : INT64_MAX);
	}
	cr_expect(eq(u32, pair_outstanding(table), 1));
	response(&www, T0 + S);
	cr_expect(eq(u64, N(queries_answered), 1));
	cr_expect(eq(u64, N(time_jumps), 0));
}

Test(pair, long_gaps_and_steps_back_lose_nothing_and_leak_nothing)
{
	static const int64_t steps[] = { 70000 * S, 40 * 86400 * S, -3600 * S, -86400 * S, 3600 * S };
	struct legbuild l = www;
	int64_t t = T0;

	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++, t += steps[k - 1])
		for (uint32_t i = 0; i < 4000; i++, t += 25 * MS) {
			l.client = i;
			pair_advance(table, 0, t);
			query(&l, t);
			if (i % 2 == 0)
				response(&l, t + 10 * MS);
		}
	cr_expect(eq(u64, N(queries_answered), 10000));
	cr_expect(eq(u64, N(queries_evicted), 0));
	cr_expect(le(u32, pair_outstanding(table), 2 * 65 * 20), "%u", pair_outstanding(table));
	cr_expect(eq(u64, N(time_jumps), 4));
}

static uint32_t seed;

static uint32_t random_u32(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Transactions of many flows: a list of legs, each with its time; the same for a seed. */
struct event {
	struct legbuild l;
	bool response;
};

static char event_names[64][200];

static size_t make_events(struct event *e, size_t flows)
{
	size_t n = 0;

	for (int i = 0; i < 64; i++) {
		int k = snprintf(event_names[i], sizeof(event_names[i]), "host%d.", i);
		for (int j = 0; j < i % 16; j++)
			k += snprintf(event_names[i] + k, sizeof(event_names[i]) - (size_t)k, "label%d.", j);
		snprintf(event_names[i] + k, sizeof(event_names[i]) - (size_t)k, "example");
	}
	for (size_t f = 0; f < flows; f++) {
		int64_t t = T0 + random_u32() % 1000 * MS;
		for (uint32_t k = 0; k < 1 + random_u32() % 5; k++, t += random_u32() % 3000 * MS) {
			struct legbuild l = { .name = event_names[random_u32() % 64],
					      .client = (uint32_t)f,
					      .id = (uint16_t)(random_u32() % 3),
					      .salt = random_u32() % 250 + 1,
					      .edns = true,
					      .time = t,
					      .v6 = f & 1 };
			uint32_t dice = random_u32() % 100;
			e[n++] = (struct event){ l, false };
			if (dice < 10) {
				e[n] = e[n - 1];
				e[n++].l.time += 700 * MS;
			}
			if (dice >= 90)
				continue;
			l.time += 701 * MS + random_u32() % 2000 * MS;
			e[n++] = (struct event){ l, true };
			if (dice > 80) {
				e[n] = e[n - 1];
				e[n++].l.time += 50 * 1000;
			}
		}
	}
	return n;
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->l.time != y->l.time)
		return x->l.time < y->l.time ? -1 : 1;
	return x->response - y->response;
}

static void run(const struct event *e, size_t n, struct given_list *into, uint32_t workers, uint32_t worker)
{
	struct pair_config c = config();

	c.hash_key[0] = (uint8_t)(workers + worker);
	start(&c);
	for (size_t i = 0; i < n; i++) {
		pair_advance(table, 0, e[i].l.time);
		if (e[i].l.client % workers != worker)
			continue;
		struct legbuild l = e[i].l;
		pair_one(table, e[i].response ? leg_response(&l) : leg_query(&l));
	}
	finish();
	for (uint32_t i = 0; i < list.n; i++) {
		if (into->n == into->cap) {
			into->cap = into->cap ? 2 * into->cap : 1024;
			into->all = realloc(into->all, into->cap * sizeof(*into->all));
		}
		into->all[into->n] = list.all[i];
		/* One that comes after the record was given can't be in it. */
		into->all[into->n++].retransmissions = 0;
	}
}

static void same(struct given_list *a, struct given_list *b, const char *what)
{
	given_sort(a);
	given_sort(b);
	cr_assert(eq(u32, a->n, b->n), "%s", what);
	for (uint32_t i = 0; i < a->n; i++)
		cr_assert(eq(int, memcmp(&a->all[i], &b->all[i], sizeof(*a->all)), 0),
			  "%s: %u: %s %ld, %s %ld", what, i, a->all[i].name, a->all[i].t_query,
			  b->all[i].name, b->all[i].t_query);
	b->n = 0;
}

/* Any number of workers, any interleaving of flows, and responses that overtake their queries: the same
 * transactions. */
Test(pair, same_transactions_in_any_order)
{
	static struct event sorted[20000], other[20000];
	struct given_list truth = { 0 }, seen = { 0 };

	seed = 1;
	size_t n = make_events(sorted, 1000);
	qsort(sorted, n, sizeof(*sorted), by_time);
	run(sorted, n, &truth, 1, 0);
	cr_assert(ge(u32, truth.n, 2000));
	for (uint32_t w = 2; w <= 4; w *= 2) {
		for (uint32_t i = 0; i < w; i++)
			run(sorted, n, &seen, w, i);
		same(&truth, &seen, "workers");
	}
	/* Flow after flow. */
	size_t k = 0;
	for (uint32_t f = 0; f < 1000; f++)
		for (size_t i = 0; i < n; i++)
			if (sorted[i].l.client == f)
				other[k++] = sorted[i];
	run(other, n, &seen, 1, 0);
	same(&truth, &seen, "flow after flow");
	free(truth.all);
	free(seen.all);
}

Test(pair, same_transactions_when_responses_overtake)
{
	static struct event sorted[20000], other[20000];
	struct given_list truth = { 0 }, seen = { 0 };

	seed = 5;
	size_t n = 0;
	for (uint32_t f = 0; f < 3000; f++) {
		struct legbuild l = {
			.name = "www.example.com", .client = f, .time = T0 + f * MS, .salt = f
		};
		sorted[n++] = (struct event){ l, false };
		if (f % 7 == 0) {
			sorted[n++] = (struct event){ l, false };
			sorted[n - 1].l.time += 150 * MS;
		}
		l.time += 200 * MS + random_u32() % 800 * MS;
		if (f % 5)
			sorted[n++] = (struct event){ l, true };
		if (f % 11 == 1)
			sorted[n++] = (struct event){ l, true };
	}
	qsort(sorted, n, sizeof(*sorted), by_time);
	run(sorted, n, &truth, 1, 0);
	/* Each response one second ahead of its time, as a tap's second port may hand it over. */
	for (size_t i = 0; i < n; i++) {
		other[i] = sorted[i];
		other[i].l.time -= sorted[i].response ? S : 0;
	}
	qsort(other, n, sizeof(*other), by_time);
	for (size_t i = 0; i < n; i++)
		other[i].l.time += other[i].response ? S : 0;
	run(other, n, &seen, 1, 0);
	same(&truth, &seen, "responses first");
	free(truth.all);
	free(seen.all);
}

Test(pair, any_sequence_keeps_the_equations)
{
	struct pair_config c = config();
	static const char *const names[] = {
		"a.example", "A.example", "b.example", NULL,
		"a-name-that-is-longer-than-what-an-entry-holds-itself.example.com"
	};

	seed = 3;
	c.max_queries = 40;
	c.wait_bytes = 0;
	start(&c);
	for (int64_t i = 0, t = T0; i < 200000; i++) {
		uint32_t r = random_u32();
		struct legbuild l = { .name = names[r % 5],
				      .id = (uint16_t)(r / 8 % 3),
				      .client = r / 32 % 8,
				      .salt = r / 256 % 4,
				      .edns = r & 1,
				      .proto = r & 2 ? 6 : 17,
				      .type = r & 4 ? DNS_TYPE_AXFR : DNS_TYPE_A,
				      .padding = random_u32() % 64 ? 0 : 60000 };
		t += random_u32() % 1000 ? (int64_t)(random_u32() % 2000) * MS / 10
					 : ((int64_t)(random_u32() % 20000) - 10000) * S;
		l.time = t + (int64_t)(random_u32() % 100) * MS;
		pair_one(table, random_u32() & 1 ? leg_query(&l) : leg_response(&l));
		if (i % 4 == 0)
			pair_advance(table, (uint16_t)(r % 3), t);
	}
	cr_expect(gt(u64, N(queries_evicted), 0));
	cr_expect(gt(u64, N(responses_transfer), 0));
	finish();
	cr_expect(eq(u64, N(queries_answered), N(responses_matched)));
}

Test(pair, memory_is_told_and_not_touched_at_start)
{
	struct pair_config c = config();
	c.max_queries = 1 << 20;
	start(&c);
	cr_expect(ge(sz, pair_memory(table), (size_t)128 << 20));
	c.max_queries = 0;
	start(&c);
	query(&www, T0);
	response(&www, T0);
	cr_expect(eq(u32, list.n, 1));
}

/* A stream says nothing twice: what is alike in it is as often told as it came. */
Test(pair, messages_of_a_stream_are_no_duplicates)
{
	struct legbuild l = { .id = 7, .name = "www.example.com", .time = 5 * S, .proto = 6 };

	for (uint32_t i = 0; i < 3; i++) {
		struct leg *query = leg_query(&l), *response;
		query->serial = 2 * i + 1;
		pair_one(table, query);
		l.time += MS;
		response = leg_response(&l);
		response->serial = 2 * i + 2;
		pair_one(table, response);
		l.time += MS;
	}
	cr_expect(eq(u64, N(queries_answered), 3));
	cr_expect(eq(u64, N(responses_matched), 3));
	cr_expect(eq(u64, N(responses_duplicate) + N(queries_duplicate), 0));
}

/* The second of two frames of a mirror port may come in another burst than the first, which was longer than a
 * duplicate is known. */
Test(pair, a_duplicate_in_the_next_burst_is_one_whatever_the_burst_spans)
{
	static const int64_t spans[] = { 10 * MS, 99 * MS, 500 * MS, S, 30 * S };
	struct legbuild l = www;
	int64_t t = T0;

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		for (int k = 0; k < 20; k++, l.client++) {
			query(&l, t += spans[i]);
			response(&l, t + MS);
			pair_advance(table, 0, t + MS);
			pair_advance(table, 0, t + MS - spans[i] / 3); /* what another lcore told before */
			response(&l, t + MS + 10000);
			pair_advance(table, 0, t + MS + 10000);
		}
	}
	cr_expect(eq(u64, N(queries_answered), 100));
	cr_expect(eq(u64, N(responses_duplicate), 100));
}
