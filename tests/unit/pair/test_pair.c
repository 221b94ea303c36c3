// SPDX-License-Identifier: BSD-3-Clause
#include "pair/pair.h"

#include "legbuild.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define T0 (INT64_C(1764028800) * S)

static struct given_list list;
static struct counters counters;
static struct pair *table;

static struct pair_config config(void)
{
	return (struct pair_config){ .max_queries = 4096, .wait_bytes = 1 << 20, .gc_age = 60 * S, .hash_key = "0123456789abcde",
				     .counters = &counters, .emit = given_add, .ctx = &list, .unanswered = true, .orphans = true };
}

static void start(const struct pair_config *c)
{
	struct error e = { { 0 } };

	pair_free(table);
	list.n = 0;
	memset(&counters, 0, sizeof(counters));
	table = pair_new(c, &e);
	cr_assert(table != NULL, "%s", e.text);
}

static void setup(void)
{
	struct pair_config c = config();
	start(&c);
}

/* The equations that hold for every run. */
static void finish(void)
{
	pair_finish(table);
	cr_expect(eq(u32, pair_outstanding(table), 0));
	cr_expect(eq(u64, counters.n[COUNT_queries], counters_group(&counters, GROUP_QUERY)));
	cr_expect(eq(u64, counters.n[COUNT_responses], counters_group(&counters, GROUP_RESPONSE)));
}

static void teardown(void)
{
	finish();
	pair_free(table);
	table = NULL;
	free(list.all);
	list = (struct given_list){ 0 };
}

TestSuite(pair, .init = setup, .fini = teardown);

#define N(id) (counters.n[COUNT_##id])

static void query(const struct legbuild *l, int64_t time)
{
	struct legbuild copy = *l;
	copy.time = time;
	pair_one(table, leg_query(&copy));
}

static void response(const struct legbuild *l, int64_t time)
{
	struct legbuild copy = *l;
	copy.time = time;
	pair_one(table, leg_response(&copy));
}

/* Time goes on by `ns`, in steps that a busy port would take. */
static void go(int64_t from, int64_t ns)
{
	for (int64_t t = from; t <= from + ns; t += 500 * MS)
		pair_advance(table, 0, t);
}

static const struct legbuild www = { .name = "www.example.com", .id = 7 };

Test(pair, answers_a_query)
{
	struct legbuild l = { .name = "wWw.eXample.com", .id = 0x1234, .type = DNS_TYPE_AAAA, .edns = true, .v6 = true, .client = 5 };
	query(&l, T0);
	cr_expect(eq(u32, pair_outstanding(table), 1));
	l.name = "www.EXAMPLE.com";
	response(&l, T0 + 10 * MS);
	cr_assert(eq(u32, list.n, 1));
	const struct given *g = list.all;
	cr_expect(eq(int, g->kind, PAIR_ANSWERED));
	cr_expect(eq(i64, g->t_query, T0));
	cr_expect(eq(i64, g->t_response, T0 + 10 * MS));
	cr_expect(eq(u16, g->id, 0x1234));
	cr_expect(eq(u16, g->qtype, DNS_TYPE_AAAA));
	cr_expect(eq(str, (char *)g->name, "wWw.eXample.com"), "the query's letter case is kept");
	cr_expect(g->edns && g->edns_do);
	cr_expect(eq(u16, g->edns_size, 1232));
	cr_expect(eq(u32, pair_outstanding(table), 0));
	cr_expect(eq(u64, N(queries_answered), 1));
	cr_expect(eq(u64, N(responses_matched), 1));
	cr_expect(eq(u64, N(queries_ipv6), 1));
}

Test(pair, response_may_come_first)
{
	response(&www, T0 + 10 * MS);
	cr_expect(eq(u32, list.n, 0));
	query(&www, T0);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(i64, list.all[0].t_query, T0));
	cr_expect(eq(i64, list.all[0].t_response, T0 + 10 * MS));
	finish();
	cr_expect(eq(u32, list.n, 1));
}

/* Each part of the key on its own keeps two messages apart. */
Test(pair, every_part_of_the_key_counts)
{
	const struct legbuild others[] = {
		{ .name = "www.example.com", .id = 8 },
		{ .name = "www.example.com", .id = 7, .sport = 40001 },
		{ .name = "www.example.com", .id = 7, .client = 1 },
		{ .name = "www.example.com", .id = 7, .server = 1 },
		{ .name = "www.example.com", .id = 7, .proto = 6 },
		{ .name = "wwx.example.com", .id = 7 },
		{ .name = "www.example.com", .id = 7, .type = DNS_TYPE_AAAA },
		{ .name = "www.example.com", .id = 7, .rclass = 3 },
		{ .name = "www.example.com.", .id = 7, .v6 = true },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		setup();
		query(&www, T0);
		response(&others[i], T0 + MS);
		cr_expect(eq(u32, list.n, 0), "%zu", i);
		query(&others[i], T0 + 2 * MS);
		cr_expect(eq(u32, list.n, 1), "%zu", i);
		response(&www, T0 + 3 * MS);
		cr_expect(eq(u32, list.n, 2), "%zu", i);
		finish();
	}
}

Test(pair, vlan_is_no_part_of_the_key)
{
	struct legbuild l = www;
	query(&l, T0);
	l.vlan = 9;
	response(&l, T0 + MS);
	cr_expect(eq(u32, list.n, 1));
}

/* The window's ends, for either leg first. */
Test(pair, window_goes_by_the_two_times_alone)
{
	static const struct {
		int64_t d;
		bool match;
	} rows[] = { { 60 * S, true }, { 60 * S + 1, false }, { -5 * S, true }, { -5 * S - 1, false }, { 0, true },
		     { 40 * 86400 * S, false }, { -3600 * S, false } };

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		setup();
		if (i % 2)
			response(&www, T0 + rows[i / 2].d);
		query(&www, T0);
		if (i % 2 == 0)
			response(&www, T0 + rows[i / 2].d);
		cr_expect(eq(u64, N(queries_answered), rows[i / 2].match), "%zu", i);
		finish();
		cr_expect(eq(u64, N(responses_orphan), !rows[i / 2].match), "%zu", i);
	}
}

Test(pair, retransmission_is_one_query)
{
	query(&www, T0);
	query(&www, T0 + 1 * S);
	query(&www, T0 + 59 * S);
	cr_expect(eq(u32, pair_outstanding(table), 1));
	cr_expect(eq(u64, N(queries_retransmitted), 2));
	response(&www, T0 + 110 * S);
	cr_assert(eq(u32, list.n, 1), "the window goes on from the last transmission");
	cr_expect(eq(i64, list.all[0].t_query, T0), "elapsed counts from the first");
	cr_expect(eq(u8, list.all[0].retransmissions, 2));
}

Test(pair, query_again_after_gc_age_is_another)
{
	query(&www, T0);
	query(&www, T0 + 61 * S);
	cr_expect(eq(u32, pair_outstanding(table), 2));
	response(&www, T0 + 62 * S);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(i64, list.all[0].t_query, T0 + 61 * S));
	finish();
	cr_expect(eq(u64, N(queries_unanswered), 1));
}

Test(pair, late_retransmission_widens_the_window_for_a_waiting_response)
{
	query(&www, T0);
	response(&www, T0 + 100 * S);
	cr_expect(eq(u32, list.n, 0));
	query(&www, T0 + 50 * S);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(i64, list.all[0].t_query, T0));
}

Test(pair, mirrored_packets_give_one_record)
{
	query(&www, T0);
	query(&www, T0 + 20 * 1000);
	response(&www, T0 + 10 * MS);
	response(&www, T0 + 10 * MS + 20 * 1000);
	query(&www, T0 + 30 * MS);
	cr_expect(eq(u32, list.n, 1));
	cr_expect(eq(u64, N(queries_duplicate), 2));
	cr_expect(eq(u64, N(responses_duplicate), 1));
	cr_expect(eq(u8, list.all[0].retransmissions, 0));
}

Test(pair, mirrored_packets_give_one_record_response_first)
{
	response(&www, T0 + 10 * MS);
	response(&www, T0 + 10 * MS);
	query(&www, T0);
	query(&www, T0);
	finish();
	cr_expect(eq(u32, list.n, 1));
	cr_expect(eq(u64, N(queries_duplicate), 1));
	cr_expect(eq(u64, N(responses_duplicate), 1));
}

Test(pair, tombstone_swallows_only_the_same_message)
{
	struct legbuild other = www;
	query(&www, T0);
	response(&www, T0 + MS);
	other.salt = 1;
	response(&other, T0 + 2 * MS);
	cr_expect(eq(u32, list.n, 1));
	cr_expect(eq(u64, N(responses_duplicate), 0));
	other.edns = true;
	query(&other, T0 + 50 * MS);
	cr_expect(eq(u32, pair_outstanding(table), 1), "another message on the same key is another query");
	other.salt = 2;
	response(&other, T0 + 60 * MS);
	cr_expect(eq(u32, list.n, 2));
	finish();
	cr_expect(eq(u64, N(responses_orphan), 1));
}

Test(pair, tombstone_swallows_for_a_tenth_of_a_second)
{
	query(&www, T0);
	response(&www, T0 + MS);
	response(&www, T0 + MS + PAIR_DUPLICATE);
	cr_expect(eq(u64, N(responses_duplicate), 1));
	response(&www, T0 + 2 * MS + PAIR_DUPLICATE);
	cr_expect(eq(u64, N(responses_duplicate), 1));
	query(&www, T0 + PAIR_DUPLICATE);
	cr_expect(eq(u64, N(queries_duplicate), 1));
	query(&www, T0 + 2 * PAIR_DUPLICATE + 1);
	cr_expect(eq(u32, pair_outstanding(table), 1), "the same key may be used again");
	response(&www, T0 + 2 * PAIR_DUPLICATE + 5 * MS);
	finish();
	cr_expect(eq(u64, N(queries_answered), 2));
}

/* A late copy of an answer must not become the answer of the next query of the same key, and so on for ever. */
Test(pair, late_copy_answers_a_later_query_only_if_nothing_else_does)
{
	struct legbuild late = www, second = www;
	late.salt = 9;
	second.salt = 2;
	query(&www, T0);
	response(&www, T0 + MS);
	response(&late, T0 + 500 * MS);
	query(&second, T0 + 2 * S);
	cr_expect(eq(u32, list.n, 1));
	response(&second, T0 + 2 * S + MS);
	cr_assert(eq(u32, list.n, 2));
	cr_expect(eq(u8, list.all[1].last, 2));
	finish();
	cr_expect(eq(u64, N(responses_orphan), 1));
}

Test(pair, early_response_to_a_used_key_is_paired_in_the_end)
{
	struct legbuild second = www;
	second.salt = 2;
	query(&www, T0);
	response(&www, T0 + MS);
	response(&second, T0 + 500 * MS);
	query(&second, T0 + 500 * MS + 3000);
	finish();
	cr_expect(eq(u64, N(queries_answered), 2));
	cr_expect(eq(u64, N(responses_orphan), 0));
}

Test(pair, many_names_on_one_id)
{
	struct legbuild l[3] = { { .name = "a.example.com" }, { .name = "b.example.com" }, { .name = "c.example.com" } };
	for (int i = 0; i < 3; i++)
		query(&l[i], T0 + i * MS);
	for (int i = 2; i >= 0; i--)
		response(&l[i], T0 + (20 - i) * MS);
	cr_assert(eq(u32, list.n, 3));
	for (int i = 0; i < 3; i++)
		cr_expect(eq(i64, list.all[i].t_query, T0 + (2 - i) * MS));
}

Test(pair, response_to_another_question_is_no_answer)
{
	struct legbuild spoof = www;
	spoof.name = "evil.example.com";
	query(&www, T0);
	response(&spoof, T0 + MS);
	response(&www, T0 + 2 * MS);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(str, (char *)list.all[0].name, "www.example.com"));
	finish();
	cr_expect(eq(u64, N(responses_mismatched), 1));
	cr_expect(eq(u64, N(responses_orphan), 0));
	cr_expect(eq(int, list.all[1].kind, PAIR_ORPHAN));
}

Test(pair, mismatch_is_told_response_first_too)
{
	struct legbuild spoof = www;
	spoof.name = "evil.example.com";
	response(&spoof, T0 + MS);
	query(&www, T0);
	query(&spoof, T0 + 2 * MS);
	cr_expect(eq(u32, list.n, 1), "a mismatched response still finds its own query");
	setup();
	response(&spoof, T0 + MS);
	query(&www, T0);
	finish();
	cr_expect(eq(u64, N(responses_mismatched), 1));
}

Test(pair, no_question_pairs_by_flow_and_id)
{
	struct legbuild bare = www, first = www, second = www;
	bare.name = NULL;
	bare.rcode = 1;
	first.name = "first.example.com";
	second.name = "second.example.com";
	query(&first, T0);
	query(&second, T0 + MS);
	response(&bare, T0 + 2 * MS);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(str, (char *)list.all[0].name, "first.example.com"), "the oldest goes first");
	response(&second, T0 + 3 * MS);
	cr_expect(eq(u32, list.n, 2));

	setup();
	query(&bare, T0);
	response(&first, T0 + MS);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(str, (char *)list.all[0].name, ""));

	setup();
	response(&bare, T0 + MS);
	query(&first, T0);
	cr_expect(eq(u32, list.n, 1));

	setup();
	query(&bare, T0);
	response(&bare, T0 + MS);
	cr_expect(eq(u32, list.n, 1));
}

Test(pair, two_questions_pair_by_flow_and_id)
{
	struct legbuild two = www, other = www;
	two.questions = 1;
	other.name = "other.example.com";
	query(&two, T0);
	response(&other, T0 + MS);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(str, (char *)list.all[0].name, "www.example.com"));
	setup();
	query(&other, T0);
	response(&two, T0 + MS);
	cr_expect(eq(u32, list.n, 1));
}

Test(pair, exact_question_goes_before_none)
{
	struct legbuild bare = www;
	bare.name = NULL;
	query(&bare, T0);
	query(&www, T0 + MS);
	response(&www, T0 + 2 * MS);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(i64, list.all[0].t_query, T0 + MS));
}

static void transfer(bool query_first)
{
	struct legbuild l = { .name = "example.com", .type = DNS_TYPE_AXFR, .proto = 6, .id = 3 }, later = l;
	later.name = NULL;
	if (query_first)
		query(&l, T0);
	response(&l, T0 + MS);
	for (unsigned i = 1; i <= 3; i++) {
		later.salt = i;
		response(&later, T0 + (int64_t)i * 30 * S);
		if (!query_first)
			break;
	}
	if (!query_first)
		query(&l, T0);
}

Test(pair, transfer_answers_with_many_messages)
{
	transfer(true);
	cr_assert(eq(u32, list.n, 4));
	for (uint32_t i = 0; i < 4; i++) {
		cr_expect(eq(int, list.all[i].kind, PAIR_ANSWERED));
		cr_expect(eq(str, (char *)list.all[i].name, "example.com"));
		cr_expect(eq(i64, list.all[i].t_query, T0));
	}
	cr_expect(eq(u64, N(responses_transfer), 3));
	cr_expect(eq(u64, N(queries_answered), 1));
	struct legbuild late = { .proto = 6, .id = 3, .salt = 77 };
	response(&late, T0 + 90 * S + 60 * S + 1);
	cr_expect(eq(u32, list.n, 4), "idle for too long");
}

Test(pair, transfer_may_come_before_its_query)
{
	transfer(false);
	cr_expect(eq(u32, list.n, 2));
	cr_expect(eq(u64, N(responses_transfer), 1));
}

Test(pair, refused_transfer_ends_with_its_answer)
{
	struct legbuild l = { .name = "example.com", .type = DNS_TYPE_AXFR, .proto = 6, .rcode = 5 }, later = { .proto = 6, .salt = 1 };
	query(&l, T0);
	response(&l, T0 + MS);
	response(&later, T0 + 2 * MS);
	cr_expect(eq(u32, list.n, 1));
}

Test(pair, query_on_a_transfer_is_one_of_its_own)
{
	struct legbuild l = { .name = "example.com", .type = DNS_TYPE_AXFR, .proto = 6 }, next = { .name = "other.example", .proto = 6 };
	query(&l, T0);
	query(&l, T0 + MS);
	response(&l, T0 + 2 * MS);
	query(&l, T0 + 3 * MS);
	cr_expect(eq(u64, N(queries_duplicate), 2));
	query(&next, T0 + 4 * MS);
	response(&next, T0 + 5 * MS);
	cr_assert(eq(u32, list.n, 2));
	cr_expect(eq(str, (char *)list.all[1].name, "other.example"));
	next.name = NULL;
	next.salt = 5;
	response(&next, T0 + 6 * MS);
	cr_assert(eq(u32, list.n, 3));
	cr_expect(eq(str, (char *)list.all[2].name, "example.com"));
}

Test(pair, unanswered_and_orphan_are_given_when_asked)
{
	struct legbuild orphan = { .name = "orphan.example", .vlan = 5, .client = 3 }, lost = { .name = "lost.example", .vlan = 6, .client = 4 };
	for (int on = 0; on < 2; on++) {
		struct pair_config c = config();
		c.unanswered = c.orphans = on;
		start(&c);
		query(&lost, T0);
		response(&orphan, T0);
		go(T0, 75 * S);
		cr_expect(eq(u64, N(queries_unanswered), 1));
		cr_expect(eq(u64, N(responses_orphan), 1));
		cr_assert(eq(u32, list.n, on ? 2 : 0));
	}
	cr_expect(eq(int, list.all[0].kind, PAIR_ORPHAN));
	cr_expect(eq(u16, list.all[0].vlan, 5));
	cr_expect(eq(u32, list.all[0].client, 3));
	cr_expect(eq(int, list.all[1].kind, PAIR_UNANSWERED));
	cr_expect(eq(u16, list.all[1].vlan, 6));
	cr_expect(eq(u32, list.all[1].client, 4));
	cr_expect(eq(i64, list.all[1].t_query, T0));
}

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

Test(pair, table_full_drops_the_oldest)
{
	struct pair_config c = config();
	c.max_queries = 100;
	start(&c);
	struct legbuild l = www;
	for (uint32_t i = 0; i < 150; i++) {
		l.client = i;
		l.name = i % 3 ? "a.example" : "a-name-that-is-longer-than-what-an-entry-holds-itself.example.com";
		query(&l, T0 + i);
	}
	cr_expect(le(u32, pair_outstanding(table), 100));
	cr_expect(ge(u64, N(queries_evicted), 50));
	for (uint32_t i = 0; i < 150; i++) {
		l.client = i;
		l.name = i % 3 ? "a.example" : "a-name-that-is-longer-than-what-an-entry-holds-itself.example.com";
		response(&l, T0 + MS);
	}
	cr_expect(eq(u64, N(queries_answered), 150 - N(queries_evicted)));
	cr_expect(eq(u32, list.all[0].client > 20, true), "the oldest went");
	cr_expect(eq(u32, list.all[list.n - 1].client, 149));
}

Test(pair, tombstones_make_room_for_queries)
{
	struct pair_config c = config();
	c.max_queries = 100;
	start(&c);
	struct legbuild l = www;
	for (uint32_t i = 0; i < 1000; i++) {
		l.client = i;
		query(&l, T0 + i);
		response(&l, T0 + i + 1);
	}
	cr_expect(eq(u64, N(queries_answered), 1000));
	cr_expect(eq(u64, N(queries_evicted), 0));
}

Test(pair, flood_of_orphans_evicts_no_query)
{
	struct legbuild l = www, junk = { .name = "junk.example", .padding = 2000 };
	for (uint32_t i = 0; i < 4096; i++) {
		l.client = i;
		query(&l, T0);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		junk.client = i;
		junk.salt = i;
		response(&junk, T0);
	}
	cr_expect(eq(u32, pair_outstanding(table), 4096));
	cr_expect(ge(u64, N(responses_evicted), 10000));
	for (uint32_t i = 0; i < 4096; i++) {
		l.client = i;
		response(&l, T0 + MS);
	}
	cr_expect(eq(u64, N(queries_answered), 4096));
}

Test(pair, flood_of_spoofs_on_one_flow_and_id_evicts_no_query)
{
	struct legbuild spoof = www;
	char name[32];
	query(&www, T0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "s%u.example.com", i);
		spoof.name = name;
		response(&spoof, T0 + MS);
	}
	response(&www, T0 + 2 * MS);
	cr_expect(eq(u64, N(queries_answered), 1));
	finish();
	cr_expect(eq(u64, N(responses_mismatched) + N(responses_evicted), 1000));
	cr_expect(eq(u64, N(responses_orphan), 0));
}

Test(pair, one_flow_uses_all_ids)
{
	struct pair_config c = config();
	c.max_queries = 65536;
	start(&c);
	struct legbuild l = www;
	for (uint32_t i = 0; i < 65536; i++) {
		l.id = (uint16_t)i;
		query(&l, T0 + i);
	}
	cr_expect(eq(u32, pair_outstanding(table), 65536));
	for (uint32_t i = 65536; i-- > 0;) {
		l.id = (uint16_t)i;
		response(&l, T0 + MS);
	}
	cr_expect(eq(u64, N(queries_answered), 65536));
	cr_expect(eq(u64, N(queries_bucket_evicted), 0));
}

Test(pair, a_thousand_names_on_one_flow_and_id_are_bounded)
{
	struct legbuild l = www, other = { .name = "other.example", .client = 99 };
	char name[32];
	query(&other, T0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%u.example.com", i);
		l.name = name;
		query(&l, T0 + i);
	}
	cr_expect(le(u32, pair_outstanding(table), 41));
	for (unsigned i = 1000; i-- > 0;) {
		snprintf(name, sizeof(name), "n%u.example.com", i);
		l.name = name;
		response(&l, T0 + MS);
	}
	cr_expect(eq(u64, N(queries_answered), 40), "the youngest forty");
	cr_expect(eq(u64, N(queries_bucket_evicted), 960));
	response(&other, T0 + MS);
	cr_expect(eq(u64, N(queries_answered), 41));
}

Test(pair, names_of_every_length)
{
	struct pair_config c = config();
	c.max_queries = 2000;
	start(&c);
	char names[250][256];
	for (unsigned n = 1; n < 250; n++) {
		for (unsigned i = 0; i < n; i++)
			names[n][i] = i % 50 == 49 && i + 1 < n ? '.' : (char)('a' + (n + i) % 26);
		names[n][n] = 0;
		query(&(struct legbuild){ .name = names[n] }, T0);
	}
	start(&c);
	for (int round = 0; round < 3; round++)
		for (unsigned n = 1; n < 250; n++) {
			struct legbuild l = { .name = names[n], .client = n, .salt = (unsigned)round, .edns = round };
			query(&l, T0 + round * S);
			response(&l, T0 + round * S + MS);
			cr_assert(eq(u32, list.n, (unsigned)round * 249 + n));
			cr_assert(eq(str, (char *)list.all[list.n - 1].name, names[n]));
		}
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
			struct legbuild l = { .name = event_names[random_u32() % 64], .client = (uint32_t)f, .id = (uint16_t)(random_u32() % 3),
					      .salt = random_u32() % 250 + 1, .edns = true, .time = t, .v6 = f & 1 };
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
		into->all[into->n++].retransmissions = 0; /* one that comes after the record was given can't be in it */
	}
}

static void same(struct given_list *a, struct given_list *b, const char *what)
{
	given_sort(a);
	given_sort(b);
	cr_assert(eq(u32, a->n, b->n), "%s", what);
	for (uint32_t i = 0; i < a->n; i++)
		cr_assert(eq(int, memcmp(&a->all[i], &b->all[i], sizeof(*a->all)), 0), "%s: %u: %s %ld, %s %ld", what, i, a->all[i].name,
			  a->all[i].t_query, b->all[i].name, b->all[i].t_query);
	b->n = 0;
}

/* Any number of workers, any interleaving of flows, and responses that overtake their queries: the same transactions. */
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
}

Test(pair, same_transactions_when_responses_overtake)
{
	static struct event sorted[20000], other[20000];
	struct given_list truth = { 0 }, seen = { 0 };

	seed = 5;
	size_t n = 0;
	for (uint32_t f = 0; f < 3000; f++) {
		struct legbuild l = { .name = "www.example.com", .client = f, .time = T0 + f * MS, .salt = f };
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
}

Test(pair, any_sequence_keeps_the_equations)
{
	struct pair_config c = config();
	static const char *const names[] = { "a.example", "A.example", "b.example", NULL,
					     "a-name-that-is-longer-than-what-an-entry-holds-itself.example.com" };

	seed = 3;
	c.max_queries = 40;
	c.wait_bytes = 0;
	start(&c);
	for (int64_t i = 0, t = T0; i < 200000; i++) {
		uint32_t r = random_u32();
		struct legbuild l = { .name = names[r % 5], .id = (uint16_t)(r / 8 % 3), .client = r / 32 % 8, .salt = r / 256 % 4,
				      .edns = r & 1, .proto = r & 2 ? 6 : 17, .type = r & 4 ? DNS_TYPE_AXFR : DNS_TYPE_A,
				      .padding = random_u32() % 64 ? 0 : 60000 };
		t += random_u32() % 1000 ? (int64_t)(random_u32() % 2000) * MS / 10 : (int64_t)(random_u32() % 20000 - 10000) * S;
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
