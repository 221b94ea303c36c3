// SPDX-License-Identifier: BSD-3-Clause
/* The same DNS message in every encapsulation, alone, two deep, as fragments: the same flow and payload each
 * time. */
#include "encap.h"
#include "taker.h"

static struct wrap w, piece;
static const uint8_t families[] = { 4, 6 }, protos[] = { 17, 6 };

#define FOR(name, array) for (size_t name##_ = 0; name##_ < sizeof(array); name##_++)

static void setup(void)
{
	taker_start(NULL);
}

TestSuite(decap, .init = setup, .fini = taker_stop);

Test(decap, each_frame)
{
	for (size_t i = 0; i < ENCAP_FRAMES; i++)
		FOR(f, families) FOR(t, protos) {
			const struct encap_frame *e = &encap_frames[i];
			taker_exchange(&w, families[f_], protos[t_]);
			e->apply(&w, families[f_]);
			wrap_pad(&w, 17);
			TAKER_EXPECT(taker_take(&w), families[f_], protos[t_], "%s, IPv%d, %d", e->name,
				     families[f_], protos[t_]);
			cr_assert_eq(taker.p.vlan, e->vlan, "%s: %u", e->name, taker.p.vlan);
			cr_assert_eq(taker.p.vlan_inner, e->vlan_inner, "%s", e->name);
			cr_assert_eq(taker.p.mpls, e->mpls, "%s: %x", e->name, taker.p.mpls);
			cr_assert_eq(taker.p.depth, 1, "%s", e->name);
			cr_assert_eq(taker.p.outer_family, 0, "%s", e->name);
			cr_assert_eq(taker.p.tunnel, TUNNEL_NONE, "%s", e->name);
		}
	cr_assert_eq(taker_count(COUNT_packets_tunnelled), 0);
	cr_assert_eq(taker_count(COUNT_packets_ipv4), 2 * ENCAP_FRAMES);
	cr_assert_eq(taker_count(COUNT_packets_ipv6), 2 * ENCAP_FRAMES);
}

static bool fits(const struct encap *e, uint8_t inner)
{
	return e->inner_only == 0 || e->inner_only == inner;
}

/* What is told of a tunnel whose outermost header is from …`host`. */
static void expect_tunnel(const struct encap *e, uint8_t inner, uint8_t over, uint8_t outer, uint8_t host,
			  uint8_t depth)
{
	cr_assert_eq(taker.p.tunnel, encap_tunnel(e, inner, over), "%s: %s", e->name,
		     packet_tunnel_names[taker.p.tunnel]);
	cr_assert_eq(taker.p.tunnel_id, e->id, "%s: %x", e->name, taker.p.tunnel_id);
	cr_assert_eq(taker.p.depth, depth, "%s: %u", e->name, taker.p.depth);
	cr_assert_eq(taker.p.outer_family, outer, "%s", e->name);
	cr_assert_eq(taker.p.outer_src[15], host, "%s", e->name);
	cr_assert_eq(taker.p.outer_dst[15], host + 1, "%s", e->name);
}

Test(decap, each_tunnel)
{
	uint64_t n = 0;

	for (size_t i = 0; i < ENCAPS; i++)
		FOR(f, families) FOR(o, families) FOR(t, protos) {
			const struct encap *e = &encaps[i];
			uint8_t inner = families[f_], outer = families[o_];
			if (!fits(e, inner))
				continue;
			taker_exchange(&w, inner, protos[t_]);
			encap_apply(&w, e, inner, outer, 11);
			encap_inner_ethernet(&w, outer);
			wrap_pad(&w, 9);
			TAKER_EXPECT(taker_take(&w), inner, protos[t_], "%s, %d in %d, %d", e->name, inner,
				     outer, protos[t_]);
			expect_tunnel(e, inner, outer, outer, 11, 2);
			n++;
		}
	cr_assert_eq(taker_count(COUNT_packets_tunnelled), n);
}

Test(decap, each_tunnel_in_each_other)
{
	for (size_t i = 0; i < ENCAPS; i++)
		for (size_t j = 0; j < ENCAPS; j++)
			FOR(f, families) FOR(m, families) FOR(o, families) {
				uint8_t inner = families[f_], middle = families[m_], outer = families[o_];
				if (!fits(&encaps[i], inner) || !fits(&encaps[j], middle))
					continue;
				taker_exchange(&w, inner, 17);
				encap_apply(&w, &encaps[i], inner, middle, 11);
				encap_apply(&w, &encaps[j], middle, outer, 21);
				encap_inner_ethernet(&w, outer);
				TAKER_EXPECT(taker_take(&w), inner, 17, "%s in %s, %d in %d in %d",
					     encaps[i].name, encaps[j].name, inner, middle, outer);
				expect_tunnel(&encaps[i], inner, middle, outer, 21, 3);
			}
}

/* Takes an IP packet as fragments, last first. */
static enum ingress_verdict take_fragments(struct wrap *whole, uint8_t family, uint32_t size, uint32_t id)
{
	enum ingress_verdict v = INGRESS_DROP;
	uint32_t n = 0;

	while (encap_fragment(&piece, whole, size, n, id))
		n++;
	cr_assert_gt(n, 1);
	while (n--) {
		cr_assert(encap_fragment(&piece, whole, size, n, id));
		encap_inner_ethernet(&piece, family);
		v = taker_take(&piece);
		cr_assert(n == 0 || v == INGRESS_KEPT);
	}
	return v;
}

Test(decap, each_tunnel_in_fragments)
{
	uint32_t id = 0;

	for (size_t i = 0; i < ENCAPS; i++)
		FOR(f, families) FOR(o, families) FOR(t, protos) {
			const struct encap *e = &encaps[i];
			uint8_t inner = families[f_], outer = families[o_];
			if (!fits(e, inner))
				continue;
			taker_exchange(&w, inner, protos[t_]);
			encap_apply(&w, e, inner, outer, 11);
			TAKER_EXPECT(take_fragments(&w, outer, 16, ++id), inner, protos[t_], "%s, %d in %d",
				     e->name, inner, outer);
			expect_tunnel(e, inner, outer, outer, 11, 2);
			cr_assert(taker.p.reassembled);
		}
	cr_assert_eq(taker_count(COUNT_datagrams_reassembled), id);
}

/* The exchange in fragments, each of them in the tunnel, each of those in fragments again. */
Test(decap, fragments_in_each_tunnel_in_fragments)
{
	static struct wrap inside;
	uint32_t id = 0;

	for (size_t i = 0; i < ENCAPS; i++)
		FOR(f, families) FOR(o, families) {
			const struct encap *e = &encaps[i];
			uint8_t inner = families[f_], outer = families[o_];
			if (!fits(e, inner))
				continue;
			taker_exchange(&w, inner, 17);
			enum ingress_verdict v = INGRESS_DROP;
			++id;
			for (uint32_t n = 0; encap_fragment(&inside, &w, 24, n, id); n++) {
				encap_apply(&inside, e, inner, outer, 11);
				v = take_fragments(&inside, outer, 32, id * 100 + n);
			}
			TAKER_EXPECT(v, inner, 17, "%s, %d in %d", e->name, inner, outer);
			expect_tunnel(e, inner, outer, outer, 11, 2);
		}
}

/* A frame cut at each byte never gives more than there is, nor a flow that isn't there. */
Test(decap, cut_at_each_byte)
{
	for (size_t i = 0; i < ENCAPS; i++)
		FOR(f, families) {
			uint8_t inner = families[f_];
			if (!fits(&encaps[i], inner))
				continue;
			taker_exchange(&w, inner, 17);
			encap_apply(&w, &encaps[i], inner, 4, 11);
			encap_inner_ethernet(&w, 4);
			uint32_t len = wrap_len(&w);
			for (uint32_t n = 0; n < len; n++) {
				taker.lacking = len - n;
				if (taker_bytes(wrap_data(&w), n) != INGRESS_PASS)
					continue;
				cr_assert_eq(taker.p.depth, 2, "%s", encaps[i].name);
				cr_assert_eq(taker.p.payload_len + taker.p.missing, TAKER_TEXT_LEN,
					     "%s at %u", encaps[i].name, n);
				cr_assert_eq(taker.p.missing, len - n, "%s at %u", encaps[i].name, n);
				cr_assert_arr_eq(taker.data + taker.p.payload, TAKER_TEXT,
						 taker.p.payload_len);
			}
		}
	cr_assert_gt(taker_count(COUNT_packets_cut), TAKER_TEXT_LEN * ENCAPS);
}

static uint64_t seed = 88172645463325252;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* Any mutation of any encapsulation ends in one of the ways, within its bytes. */
Test(decap, mutations)
{
	taker_stop();
	taker_start("");
	for (int n = 0; n < 200000; n++) {
		uint8_t inner = families[random_below(2)], middle = families[random_below(2)],
			outer = families[random_below(2)];
		taker_exchange(&w, inner, protos[random_below(2)]);
		encap_apply(&w, &encaps[random_below(ENCAPS)], inner, middle, 11);
		if (random_below(2))
			encap_apply(&w, &encaps[random_below(ENCAPS)], middle, outer, 21);
		else
			outer = middle;
		encap_frames[random_below(ENCAP_FRAMES)].apply(&w, outer);
		for (uint32_t m = random_below(6); m; m--)
			wrap_data(&w)[random_below(wrap_len(&w))] = random_below(2) ?
				(uint8_t)random_below(256) : 0xff;
		uint32_t len = random_below(4) ? wrap_len(&w) : random_below(wrap_len(&w));
		taker.time += 1000000;
		if (taker_bytes(wrap_data(&w), len) != INGRESS_PASS)
			continue;
		const struct packet *p = &taker.p;
		cr_assert_leq(p->l3 + p->l3_len, p->reassembled ? taker.arena.used : len);
		cr_assert_leq(p->payload + p->payload_len, p->l3 + p->l3_len);
		cr_assert_leq(p->l3, p->l4);
		cr_assert_lt(p->l4, p->payload);
		cr_assert(p->flow.proto == 17 || p->flow.proto == 6);
	}
}

Test(decap, too_deep)
{
	taker_exchange(&w, 4, 17);
	for (int i = 0; i < 50; i++) {
		WRAP_HEX(&w, 0, 0, 0, 77);
		wrap_ethernet(&w, 0x88e7);
	}
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_drop_decap_depth), 1);

	taker_exchange(&w, 4, 17);
	for (int i = 0; i < 40; i++)
		wrap_ipv4(&w, 4, 3, 4);
	encap_inner_ethernet(&w, 4);
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_drop_decap_depth), 2);

	/* Nor is it taken for plain UDP where it is inside a tunnel of UDP. */
	taker_exchange(&w, 4, 17);
	for (int i = 0; i < 60; i++)
		wrap_ipv4(&w, 4, 3, 4);
	encap_apply(&w, &encaps[20], 4, 4, 11);
	encap_inner_ethernet(&w, 4);
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_drop_decap_depth), 3);
}

Test(decap, tunnel_names_are_told)
{
	for (int i = 0; i < TUNNELS; i++)
		cr_assert(packet_tunnel_names[i] && (i == TUNNEL_NONE) == (packet_tunnel_names[i][0] == '\0'),
			  "%d", i);
}
