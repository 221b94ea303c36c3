// SPDX-License-Identifier: BSD-3-Clause
#include "packet/ingress.h"
#include "wrap.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct counters counters;
static struct ingress *in;
static struct arena arena;
static struct packet p;
static struct wrap w;
static const uint8_t *data;

static void start(const char *filter)
{
	struct error e = { "" };
	struct ingress_config config = { .filter = filter, .max_datagrams = 64, .max_fragment_bytes = 1 << 20, .counters = &counters };

	memset(&counters, 0, sizeof(counters));
	in = ingress_new(&config, &e);
	cr_assert(in, "%s", e.text);
	arena.base = malloc(INGRESS_ARENA_ROOM);
	arena.cap = INGRESS_ARENA_ROOM;
}

static void stop(void)
{
	ingress_finish(in);
	ingress_free(in);
	free(arena.base);
}

TestSuite(ingress, .fini = stop);

/* Takes the packet that was built, in memory of its exact size. */
static enum ingress_verdict take(void)
{
	uint32_t len = wrap_len(&w);
	uint8_t *frame = malloc(len);

	memcpy(frame, wrap_data(&w), len);
	memset(&p, 0xee, sizeof(p));
	p.linktype = LINKTYPE_ETHERNET;
	p.wire_len = len;
	p.time = 1;
	arena_reset(&arena);
	enum ingress_verdict v = ingress_packet(in, frame, len, &p, &arena, &data);
	if (v == INGRESS_PASS) {
		cr_assert_eq(p.payload_len, 5);
		cr_assert_arr_eq(data + p.payload, "hello", 5);
	}
	free(frame);
	return v;
}

Test(ingress, udp_over_ipv4)
{
	start(NULL);
	wrap_payload(&w, "hello", 5);
	wrap_udp(&w, 1234, 53);
	wrap_ipv4(&w, 17, 1, 2);
	wrap_ethernet(&w, 0x800);
	wrap_pad(&w, 13);
	cr_assert_eq(take(), INGRESS_PASS);
	cr_assert_eq(p.flow.sport, 1234);
	cr_assert_eq(p.flow.dport, 53);
	cr_assert_eq(p.flow.family, 4);
	cr_assert_eq(p.l3, 14);
	cr_assert_eq(p.l3_len, 33);
	cr_assert_eq(p.vlan, VLAN_NONE);
	cr_assert_eq(counters.n[COUNT_packets_udp], 1);
}

Test(ingress, tcp_over_ipv6_in_two_vlans)
{
	start(NULL);
	wrap_payload(&w, "hello", 5);
	wrap_tcp(&w, 53, 999, 7, 12);
	wrap_ipv6(&w, 6, 1, 2);
	wrap_ethernet(&w, 0x86dd);
	wrap_tag(&w, 0x8100, 7);
	wrap_tag(&w, 0x88a8, 9);
	cr_assert_eq(take(), INGRESS_PASS);
	cr_assert_eq(p.vlan, 9);
	cr_assert_eq(p.vlan_inner, 7);
	cr_assert_eq(p.flow.family, 6);
	cr_assert_eq(p.hop_limit, 63);
	cr_assert_eq(counters.n[COUNT_packets_tcp], 1);
}

Test(ingress, other_ports_are_not_wanted)
{
	start(NULL);
	wrap_payload(&w, "hello", 5);
	wrap_udp(&w, 1234, 5353);
	wrap_ipv4(&w, 17, 1, 2);
	wrap_ethernet(&w, 0x800);
	cr_assert_eq(take(), INGRESS_DROP);
	cr_assert_eq(counters.n[COUNT_drop_filter], 1);
}
