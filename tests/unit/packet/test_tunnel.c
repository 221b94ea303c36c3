// SPDX-License-Identifier: BSD-3-Clause
/* When UDP is a tunnel and when it is not. */
#include "packet/tunnel.h"
#include "encap.h"
#include "taker.h"

static struct wrap w;

static void setup(void)
{
	taker_start("");
}

TestSuite(tunnel, .init = setup, .fini = taker_stop);

/* Port 53 at either end: never, whatever it holds. */
Test(tunnel, port_53_is_dns)
{
	for (size_t i = 0; i < ENCAPS; i++)
		for (int side = 0; side < 2; side++) {
			if (encaps[i].proto != 17)
				continue;
			taker_exchange(&w, 6, 17);
			encaps[i].apply(&w, 6);
			uint8_t *udp = wrap_data(&w);
			uint16_t sport = (uint16_t)(udp[0] << 8 | udp[1]),
				dport = (uint16_t)(udp[2] << 8 | udp[3]);
			/* The tunnel's own port stays at the other end. */
			wrap_put16(udp + (side ? 2 : 0), 53);
			uint16_t other = side ? sport : dport;
			wrap_ipv4(&w, 17, 11, 12);
			encap_inner_ethernet(&w, 4);
			cr_assert_eq(taker_take(&w), INGRESS_PASS, "%s", encaps[i].name);
			cr_assert_eq(taker.p.depth, 1, "%s", encaps[i].name);
			cr_assert_eq(taker.p.tunnel, TUNNEL_NONE);
			cr_assert_eq(side ? taker.p.flow.sport : taker.p.flow.dport, other);
		}
}

/* What makes no sense inside leaves a plain UDP packet, told as if no tunnel had been thought of. */
Test(tunnel, nonsense_inside)
{
	for (const struct tunnel_port *t = tunnel_ports; t->port; t++)
		for (uint32_t len = 0; len < 120; len++) {
			uint8_t payload[120];
			for (uint32_t i = 0; i < len; i++)
				payload[i] = (uint8_t)(0xa5 ^ i * 7);
			wrap_payload(&w, payload, len);
			wrap_udp(&w, 50000, t->port);
			wrap_ipv6(&w, 17, 11, 12);
			encap_inner_ethernet(&w, 6);
			wrap_tag(&w, 0x8100, 5);
			cr_assert_eq(taker_take(&w), INGRESS_PASS, "%u, %u bytes", t->port, len);
			cr_assert_eq(taker.p.depth, 1);
			cr_assert_eq(taker.p.tunnel, TUNNEL_NONE);
			cr_assert_eq(taker.p.tunnel_id, 0);
			cr_assert_eq(taker.p.outer_family, 0);
			cr_assert_eq(taker.p.payload_len, len);
			cr_assert_eq(taker.p.flow.dport, t->port);
			cr_assert_eq(taker.p.vlan, 5);
			cr_assert_arr_eq(taker.data + taker.p.payload, payload, len);
		}
}

/* Damage to any byte of the inner headers falls back to the outer packet or still gives a sound inner one. */
Test(tunnel, damage_falls_back)
{
	uint32_t back = 0;

	for (size_t i = 0; i < ENCAPS; i++) {
		if (encaps[i].proto != 17)
			continue;
		taker_exchange(&w, 6, 17);
		encap_apply(&w, &encaps[i], 6, 4, 11);
		encap_inner_ethernet(&w, 4);
		for (uint32_t at = 14 + 20 + 8; at < wrap_len(&w) - TAKER_TEXT_LEN; at++) {
			static struct wrap damaged;
			damaged = w;
			wrap_data(&damaged)[at] ^= 0xff;
			enum ingress_verdict v = taker_take(&damaged);
			cr_assert(v == INGRESS_PASS || v == INGRESS_KEPT ||
				  taker_count(COUNT_drop_ip_no_transport), "%s at %u", encaps[i].name, at);
			back += v == INGRESS_PASS && taker.p.depth == 1;
		}
	}
	cr_assert_gt(back, 60, "%u", back);
}

/* Two deep: damage inside the inner one leaves the outer one's payload. */
Test(tunnel, falls_back_by_one_step)
{
	taker_exchange(&w, 4, 17);
	encap_inner_ethernet(&w, 4);
	wrap_data(&w)[14] = 0x15;
	encap_vxlan_to(&w, 8, 0, 4789);
	wrap_ipv4(&w, 17, 11, 12);
	encap_apply(&w, &encaps[23], 4, 4, 21); /* GENEVE */
	encap_inner_ethernet(&w, 4);
	cr_assert_eq(taker_take(&w), INGRESS_PASS);
	cr_assert_eq(taker.p.depth, 2);
	cr_assert_eq(taker.p.tunnel, TUNNEL_GENEVE);
	cr_assert_eq(taker.p.flow.dport, 4789);
	cr_assert_eq(taker.p.flow.src[15], 11);
	cr_assert_eq(taker.p.outer_src[15], 21);
}

/* A sound packet inside that holds no DNS is not the tunnel's. */
Test(tunnel, icmp_inside)
{
	wrap_payload(&w, "\x08\0\0\0\0\0\0\0", 8);
	wrap_ipv4(&w, 1, 1, 2);
	encap_apply(&w, &encaps[16], 4, 4, 11);
	encap_inner_ethernet(&w, 4);
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_drop_icmp), 1);
	cr_assert_eq(taker_count(COUNT_packets_tunnelled), 1);
}

/* Control messages of the tunnels' own protocols are plain UDP. */
Test(tunnel, control_messages)
{
	static const struct {
		uint16_t port;
		uint8_t bytes[12];
	} rows[] = {
		{ 2152, { 0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0 } },         /* GTP echo */
		{ 2152, { 0x36, 255, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0x85 } },    /* extension header cut off */
		{ 1701, { 0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0 } },        /* L2TP control */
		{ 1701, { 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },            /* L2TP 3 control */
		{ 1701, { 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },            /* no such version */
		{ 4789, { 0, 0, 0, 0, 0, 0, 7, 0, 1, 2, 3, 4 } },            /* no VNI */
		{ 6081, { 0x40, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 4 } },   /* GENEVE version 1 */
		{ 6081, { 0, 0, 0, 1, 0, 0, 7, 0, 1, 2, 3, 4 } },            /* no ethertype */
		{ 4341, { 0x03, 0, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 20 } },     /* LISP, encrypted */
		{ 4754, { 0x20, 2, 8, 0, 0, 0, 0, 0, 0x45, 0, 0, 20 } },     /* GRE version 2 */
		{ 4754, { 0, 0, 0, 1, 0, 0, 0, 0, 0x45, 0, 0, 20 } },        /* no ethertype */
		{ 4790, { 0x0c, 0, 0, 9, 0, 0, 7, 0, 0x45, 0, 0, 20 } },     /* no such protocol */
		{ 4790, { 0x0c, 0, 0, 4, 0, 0, 7, 0, 0, 1, 1, 1 } },         /* NSH shorter than its header */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wrap_payload(&w, rows[i].bytes, sizeof(rows[i].bytes));
		wrap_udp(&w, 50000, rows[i].port);
		wrap_ipv4(&w, 17, 1, 2);
		encap_inner_ethernet(&w, 4);
		cr_assert_eq(taker_take(&w), INGRESS_PASS, "%zu", i);
		cr_assert_eq(taker.p.tunnel, TUNNEL_NONE, "%zu", i);
		cr_assert_eq(taker.p.payload_len, sizeof(rows[i].bytes), "%zu", i);
	}
}

/* The mirror's truncated copy: the inner IP packet is longer than what the tunnel holds. */
Test(tunnel, inner_packet_cut_by_the_tunnel)
{
	taker_exchange(&w, 4, 17);
	w.end -= 7;
	encap_apply(&w, &encaps[13], 4, 4, 11); /* ERSPAN II */
	encap_inner_ethernet(&w, 4);
	wrap_pad(&w, 20);
	cr_assert_eq(taker_take(&w), INGRESS_PASS);
	cr_assert_eq(taker.p.payload_len, TAKER_TEXT_LEN - 7);
	cr_assert_eq(taker.p.missing, 7);
}
