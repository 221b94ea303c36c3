// SPDX-License-Identifier: BSD-3-Clause
/* The quick look against the careful one, the steering hash, the counters. */
#include "packet/ingress.h"
#include "encap.h"
#include "taker.h"

static struct wrap w;
static uint64_t seed = 4711;

TestSuite(ingress, .fini = taker_stop);

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

Test(ingress, udp_over_ipv4)
{
	taker_start(NULL);
	taker_exchange(&w, 4, 17);
	encap_inner_ethernet(&w, 4);
	wrap_pad(&w, 13);
	TAKER_EXPECT(taker_take(&w), 4, 17, "UDP");
	cr_assert_eq(taker.p.l3, 14);
	cr_assert_eq(taker.p.l3_len, 57);
	cr_assert_eq(taker.p.l4, 34);
	cr_assert_eq(taker.p.vlan, VLAN_NONE);
	cr_assert_eq(taker.p.mpls, UINT32_MAX);
	cr_assert_eq(taker_count(COUNT_packets_udp), 1);
	cr_assert_eq(taker.data, taker.frame);
}

Test(ingress, tcp_over_ipv6_in_two_vlans)
{
	taker_start(NULL);
	taker_exchange(&w, 6, 6);
	encap_inner_ethernet(&w, 6);
	wrap_tag(&w, 0x8100, 7);
	wrap_tag(&w, 0x88a8, 9);
	TAKER_EXPECT(taker_take(&w), 6, 6, "TCP");
	cr_assert_eq(taker_count(COUNT_packets_tcp), 1);
}

Test(ingress, other_ports_are_not_wanted)
{
	taker_start("port 54");
	for (int tags = 0; tags < 3; tags++) {
		taker_exchange(&w, 4, 17);
		encap_inner_ethernet(&w, 4);
		for (int i = 0; i < tags; i++)
			wrap_tag(&w, 0x8100, 1);
		cr_assert_eq(taker_take(&w), INGRESS_DROP);
	}
	cr_assert_eq(taker_count(COUNT_drop_filter), 3);
	cr_assert_eq(taker_count(COUNT_packets_ipv4), 3);
}

/* Counters but those that tell the two ways apart. */
static void expect_same(const struct counters *a, const struct counters *b, int n)
{
	for (int i = 0; i < COUNTERS; i++)
		cr_assert_eq(a->n[i], b->n[i], "frame %d: %s %lu, %lu", n, counter_infos[i].name, a->n[i],
			     b->n[i]);
}

/* A second tag takes a frame off the quick way. Whatever is changed in the packet, both ways say and count
 * the same. */
Test(ingress, quick_as_careful)
{
	struct counters start;

	taker_start(NULL);
	for (int n = 0; n < 300000; n++) {
		uint8_t family = random_below(2) ? 6 : 4;
		taker_exchange(&w, family, random_below(2) ? 6 : 17);
		for (uint32_t m = random_below(4); m; m--)
			wrap_data(&w)[random_below(wrap_len(&w) < 80 ? wrap_len(&w) : 80)] = random_below(2) ?
				(uint8_t)random_below(256) : 0;
		if (random_below(2))
			wrap_pad(&w, random_below(30));
		encap_inner_ethernet(&w, family);
		wrap_tag(&w, 0x8100, 7);
		uint32_t len = random_below(4) ? wrap_len(&w) : random_below(wrap_len(&w) + 1);
		taker.lacking = random_below(2) ? wrap_len(&w) - len : 0;
		taker.time += 40 * (int64_t)1000000000; /* each fragment alone */

		memset(&taker.counters, 0, sizeof(start));
		enum ingress_verdict v = taker_bytes(wrap_data(&w), len);
		ingress_finish(taker.in);
		struct counters quick = taker.counters;
		struct packet p = taker.p;
		if (len < 12)
			continue;
		wrap_tag(&w, 0x8100, 9);
		memset(&taker.counters, 0, sizeof(start));
		cr_assert_eq(taker_bytes(wrap_data(&w), len + 4), v, "frame %d", n);
		ingress_finish(taker.in);
		expect_same(&quick, &taker.counters, n);
		if (v != INGRESS_PASS)
			continue;
		cr_assert_eq(taker.p.vlan_inner, 7);
		cr_assert_eq(taker.p.l3, p.l3 + 4);
		cr_assert_eq(taker.p.l3_len, p.l3_len);
		cr_assert_eq(taker.p.l4, p.l4 + 4);
		cr_assert_eq(taker.p.payload, p.payload + 4);
		cr_assert_eq(taker.p.payload_len, p.payload_len);
		cr_assert_eq(taker.p.missing, p.missing);
		cr_assert_eq(flow_hash(&taker.p.flow), flow_hash(&p.flow));
		cr_assert_arr_eq(&taker.p.flow, &p.flow, sizeof(p.flow));
		cr_assert_eq(taker.p.hop_limit, p.hop_limit);
		cr_assert_eq(taker.p.depth, p.depth);
	}
}

Test(ingress, hash_is_symmetric_and_spreads)
{
	uint32_t counts[64] = { 0 };

	for (uint32_t i = 0; i < 64000; i++) {
		/* One resolver, clients in a row, ports in a row. */
		struct flow_key f = { .sport = (uint16_t)(1024 + i % 1000), .dport = 53, .proto = 17,
			.family = i % 2 ? 6 : 4 };
		f.dst[15] = 1;
		f.src[14] = (uint8_t)(i >> 8);
		f.src[15] = (uint8_t)i;
		struct flow_key back = f;
		memcpy(back.src, f.dst, 16);
		memcpy(back.dst, f.src, 16);
		back.sport = f.dport;
		back.dport = f.sport;
		cr_assert_eq(flow_hash(&f), flow_hash(&back));
		counts[flow_hash(&f) % 64]++;
		/* What differs in one bit hashes differently. */
		back.sport ^= 1;
		cr_assert_neq(flow_hash(&f), flow_hash(&back));
	}
	for (int i = 0; i < 64; i++)
		cr_assert(counts[i] > 800 && counts[i] < 1200, "%d: %u", i, counts[i]);
	/* Both ends the same. */
	struct flow_key f = { .sport = 53, .dport = 53, .proto = 17, .family = 4 }, g = f;
	g.proto = 6;
	cr_assert_neq(flow_hash(&f), flow_hash(&g));
}

Test(ingress, wrong_filters_are_refused)
{
	struct error e = { "" };
	struct counters c = { 0 };
	struct ingress_config config = { .filter = "port and", .counters = &c };

	cr_assert_null(ingress_new(&config, &e));
	cr_assert_str_not_empty(e.text);
	ingress_free(NULL);
}

/* No bytes at all, and lengths on the wire that make no sense. */
Test(ingress, odd_lengths)
{
	taker_start(NULL);
	for (uint32_t len = 0; len < 20; len++) {
		uint8_t zero[20] = { 0 };
		taker_bytes(zero, len);
	}
	taker_exchange(&w, 4, 17);
	encap_inner_ethernet(&w, 4);
	taker.lacking = UINT32_MAX - wrap_len(&w);
	TAKER_EXPECT(taker_take(&w), 4, 17, "very long on the wire");
	taker.lacking = -wrap_len(&w);
	TAKER_EXPECT(taker_take(&w), 4, 17, "no length on the wire");
}
