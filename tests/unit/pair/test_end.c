// SPDX-License-Identifier: BSD-3-Clause
/* How entries end, and what goes where there is no room. */
#include "pairfixture.h"

TestSuite(end, .init = setup, .fini = teardown);

Test(end, unanswered_and_orphan_are_given_when_asked)
{
	struct legbuild orphan = { .name = "orphan.example", .vlan = 5, .client = 3 },
			lost = { .name = "lost.example", .vlan = 6, .client = 4 };
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

Test(end, table_full_drops_the_oldest)
{
	struct pair_config c = config();
	c.max_queries = 100;
	start(&c);
	struct legbuild l = www;
	for (uint32_t i = 0; i < 150; i++) {
		l.client = i;
		l.name = i % 3 ? "a.example"
			       : "a-name-that-is-longer-than-what-an-entry-holds-itself.example.com";
		query(&l, T0 + i);
	}
	cr_expect(le(u32, pair_outstanding(table), 100));
	cr_expect(ge(u64, N(queries_evicted), 50));
	for (uint32_t i = 0; i < 150; i++) {
		l.client = i;
		l.name = i % 3 ? "a.example"
			       : "a-name-that-is-longer-than-what-an-entry-holds-itself.example.com";
		response(&l, T0 + MS);
	}
	cr_expect(eq(u64, N(queries_answered), 150 - N(queries_evicted)));
	cr_expect(eq(u32, list.all[0].client > 20, true), "the oldest went");
	cr_expect(eq(u32, list.all[list.n - 1].client, 149));
}

Test(end, tombstones_make_room_for_queries)
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

Test(end, flood_of_orphans_evicts_no_query)
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

Test(end, flood_of_spoofs_on_one_flow_and_id_evicts_no_query)
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

Test(end, one_flow_uses_all_ids)
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

Test(end, a_thousand_names_on_one_flow_and_id_are_bounded)
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

Test(end, names_of_every_length)
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
			struct legbuild l = {
				.name = names[n], .client = n, .salt = (unsigned)round, .edns = round
			};
			query(&l, T0 + round * S);
			response(&l, T0 + round * S + MS);
			cr_assert(eq(u32, list.n, (unsigned)round * 249 + n));
			cr_assert(eq(str, (char *)list.all[list.n - 1].name, names[n]));
		}
}
