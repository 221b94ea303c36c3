// SPDX-License-Identifier: BSD-3-Clause
/* Which messages belong together: every sentence of the design about it. */
#include "pairfixture.h"

TestSuite(match, .init = setup, .fini = teardown);

Test(match, answers_a_query)
{
	struct legbuild l = { .name = "wWw.eXample.com",
			      .id = 0x1234,
			      .type = DNS_TYPE_AAAA,
			      .edns = true,
			      .v6 = true,
			      .client = 5 };
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

Test(match, response_may_come_first)
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
Test(match, every_part_of_the_key_counts)
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

Test(match, vlan_is_no_part_of_the_key)
{
	struct legbuild l = www;
	query(&l, T0);
	l.vlan = 9;
	response(&l, T0 + MS);
	cr_expect(eq(u32, list.n, 1));
}

/* The window's ends, for either leg first. */
Test(match, window_goes_by_the_two_times_alone)
{
	static const struct {
		int64_t d;
		bool match;
	} rows[] = { { 60 * S, true }, { 60 * S + 1, false },     { -5 * S, true },    { -5 * S - 1, false },
		     { 0, true },      { 40 * 86400 * S, false }, { -3600 * S, false } };

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

Test(match, retransmission_is_one_query)
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

Test(match, query_again_after_gc_age_is_another)
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

Test(match, late_retransmission_widens_the_window_for_a_waiting_response)
{
	query(&www, T0);
	response(&www, T0 + 100 * S);
	cr_expect(eq(u32, list.n, 0));
	query(&www, T0 + 50 * S);
	cr_assert(eq(u32, list.n, 1));
	cr_expect(eq(i64, list.all[0].t_query, T0));
}

Test(match, mirrored_packets_give_one_record)
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

Test(match, mirrored_packets_give_one_record_response_first)
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

Test(match, tombstone_swallows_only_the_same_message)
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

Test(match, tombstone_swallows_for_a_tenth_of_a_second)
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

/* A late copy of an answer must not become the answer of the next query of the same key, and so on for ever.
 */
Test(match, late_copy_answers_a_later_query_only_if_nothing_else_does)
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

Test(match, early_response_to_a_used_key_is_paired_in_the_end)
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

Test(match, many_names_on_one_id)
{
	struct legbuild l[3] = { { .name = "a.example.com" },
				 { .name = "b.example.com" },
				 { .name = "c.example.com" } };
	for (int i = 0; i < 3; i++)
		query(&l[i], T0 + i * MS);
	for (int i = 2; i >= 0; i--)
		response(&l[i], T0 + (20 - i) * MS);
	cr_assert(eq(u32, list.n, 3));
	for (int i = 0; i < 3; i++)
		cr_expect(eq(i64, list.all[i].t_query, T0 + (2 - i) * MS));
}

Test(match, response_to_another_question_is_no_answer)
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

Test(match, mismatch_is_told_response_first_too)
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

Test(match, no_question_pairs_by_flow_and_id)
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

/* What question an answer without one has answered is known afterwards, however long the name is. */
Test(match, answer_without_a_question_answers_the_querys)
{
	const char *names[] = { "www.example.com", "a-name-of-fifty.octets-or-thereabouts.example.com",
				"a-name-that-is-longer-than-what-an-entry-holds-itself.example.com" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setup();
		struct legbuild l = { .name = names[i], .edns = true }, bare = { .salt = 1 },
				other = { .name = "other.example.com" };
		query(&l, T0);
		response(&bare, T0 + MS);
		cr_assert(eq(u32, list.n, 1));
		l.salt = 2;
		response(&l, T0 + 2 * MS);
		response(&other, T0 + 2 * MS);
		query(&other, T0 + 3 * MS);
		cr_expect(eq(u64, N(queries_answered), 2), "%s: another question's", names[i]);
		query(&l, T0 + 3 * MS);
		cr_expect(eq(u64, N(queries_answered), 2), "%s: may be a late copy", names[i]);
		finish();
		cr_expect(eq(u64, N(queries_answered), 3), "%s", names[i]);
	}
}

Test(match, two_questions_pair_by_flow_and_id)
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

Test(match, exact_question_goes_before_none)
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

Test(match, transfer_answers_with_many_messages)
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

Test(match, transfer_may_come_before_its_query)
{
	transfer(false);
	cr_expect(eq(u32, list.n, 2));
	cr_expect(eq(u64, N(responses_transfer), 1));
}

Test(match, refused_transfer_ends_with_its_answer)
{
	struct legbuild l = { .name = "example.com", .type = DNS_TYPE_AXFR, .proto = 6, .rcode = 5 },
			later = { .proto = 6, .salt = 1 };
	query(&l, T0);
	response(&l, T0 + MS);
	response(&later, T0 + 2 * MS);
	cr_expect(eq(u32, list.n, 1));
}

Test(match, query_on_a_transfer_is_one_of_its_own)
{
	struct legbuild l = { .name = "example.com", .type = DNS_TYPE_AXFR, .proto = 6 },
			next = { .name = "other.example", .proto = 6 };
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
