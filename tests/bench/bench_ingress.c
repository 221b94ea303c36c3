// SPDX-License-Identifier: BSD-3-Clause
/* What ingress costs a packet, by kind of packet and filter. The frames lie one after the other, as in a
 * capture in memory. */
#include "cputime.h"
#include "packet/ingress.h"
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES 1024
#define ROUNDS 2000

static struct wrap w;
static uint8_t frames[FRAMES][320];
static uint32_t lens[FRAMES];

/* A payload of a DNS query's usual size in front of which the rest is built. */
static void payload(unsigned i)
{
	uint8_t bytes[48] = { (uint8_t)(i >> 8), (uint8_t)i, 1, 0, 0, 1 };

	wrap_payload(&w, bytes, sizeof(bytes));
}

static void udp4(unsigned i)
{
	payload(i);
	wrap_udp(&w, (uint16_t)(1024 + i), 53);
	wrap_ipv4(&w, 17, (uint8_t)i, 2);
	wrap_ethernet(&w, 0x800);
}

static void udp6(unsigned i)
{
	payload(i);
	wrap_udp(&w, 53, (uint16_t)(1024 + i));
	wrap_ipv6(&w, 17, (uint8_t)i, 2);
	wrap_ethernet(&w, 0x86dd);
}

static void https(unsigned i)
{
	payload(i);
	wrap_tcp(&w, (uint16_t)(1024 + i), 443, i, 12);
	wrap_ipv4(&w, 6, (uint8_t)i, 2);
	wrap_ethernet(&w, 0x800);
}

static void quic(unsigned i)
{
	payload(i);
	wrap_udp(&w, (uint16_t)(20000 + 7 * i), 443);
	wrap_ipv6(&w, 17, (uint8_t)i, 2);
	wrap_ethernet(&w, 0x86dd);
}

static void vlan(unsigned i)
{
	udp4(i);
	wrap_tag(&w, 0x8100, 7);
}

static void qinq(unsigned i)
{
	vlan(i);
	wrap_tag(&w, 0x88a8, 8);
}

static void vxlan(unsigned i)
{
	const uint8_t header[8] = { 8, 0, 0, 0, 0, 0, 7, 0 };

	udp4(i);
	wrap_bytes(&w, header, 8);
	wrap_udp(&w, (uint16_t)(50000 + i), 4789);
	wrap_ipv4(&w, 17, 9, 9);
	wrap_ethernet(&w, 0x800);
}

/* A datagram's first 32 bytes, or the rest of it. */
static void piece(unsigned id, bool last)
{
	payload(id);
	wrap_udp(&w, (uint16_t)(1024 + id), 53);
	if (last)
		w.start += 32;
	else
		w.end = w.start + 32;
	wrap_ipv4(&w, 17, (uint8_t)id, 2);
	wrap_put16(wrap_data(&w) + 4, id);
	wrap_put16(wrap_data(&w) + 6, last ? 32 / 8 : 0x2000);
	wrap_ethernet(&w, 0x800);
}

static void in_order(unsigned i)
{
	piece(i / 2, i % 2);
}

static void last_first(unsigned i)
{
	piece(i / 2, i % 2 == 0);
}

/* All first pieces, then all last ones: so many datagrams are open at once. */
static void far_apart(unsigned i)
{
	piece(i % (FRAMES / 2), i >= FRAMES / 2);
}

static void never_whole(unsigned i)
{
	piece(i, false);
}

static const struct {
	const char *name;
	void (*build)(unsigned i);
	const char *filter;
} rows[] = {
	{ "TCP port 443, not wanted", https, NULL },
	{ "UDP port 443 over IPv6, not wanted", quic, NULL },
	{ "DNS over UDP, IPv4", udp4, NULL },
	{ "DNS over UDP, IPv6", udp6, NULL },
	{ "DNS over UDP, IPv4, VLAN", vlan, NULL },
	{ "DNS over UDP, IPv4, QinQ", qinq, NULL },
	{ "DNS over UDP, IPv4, VXLAN", vxlan, NULL },
	{ "half a datagram, in order", in_order, NULL },
	{ "half a datagram, last half first", last_first, NULL },
	{ "half a datagram, 512 of them open", far_apart, NULL },
	{ "first half alone", never_whole, NULL },
	{ "DNS over UDP, IPv4, libpcap's filter", udp4, "udp port 53" },
	{ "TCP port 443, libpcap's filter, not wanted", https, "udp port 53" },
};

static double measure(const char *filter, struct counters *c)
{
	struct error e = { "" };
	struct ingress_config config = {
		.filter = filter, .max_datagrams = 1024, .max_fragment_bytes = 1 << 20, .counters = c,
	};
	struct ingress *in = ingress_new(&config, &e);
	struct arena arena = { .base = malloc(INGRESS_ARENA_ROOM), .cap = INGRESS_ARENA_ROOM };
	static struct packet p[FRAMES];
	const uint8_t *data;
	double best = 1e9;

	for (unsigned i = 0; i < FRAMES; i++)
		p[i] = (struct packet){ .linktype = LINKTYPE_ETHERNET };
	for (int round = 0; round < ROUNDS; round++) {
		int64_t t = cpu_time();
		for (unsigned i = 0; i < FRAMES; i++) {
			p[i].wire_len = lens[i];
			arena.used = 0;
			ingress_packet(in, frames[i], lens[i], &p[i], &arena, &data);
		}
		double ns = (double)(cpu_time() - t) / FRAMES;
		if (ns < best)
			best = ns;
	}
	ingress_free(in);
	free(arena.base);
	return best;
}

int main(void)
{
	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		struct counters c = { 0 };

		for (unsigned i = 0; i < FRAMES; i++) {
			rows[r].build(i);
			lens[i] = wrap_len(&w);
			memcpy(frames[i], wrap_data(&w), lens[i]);
		}
		double ns = measure(rows[r].filter, &c);
		double passed = (double)(c.n[COUNT_packets_udp] + c.n[COUNT_packets_tcp]);
		printf("%6.1f ns  %s (%.0f %% passed)\n", ns, rows[r].name,
		       100.0 * passed / (double)c.n[COUNT_packets_in]);
	}
	return 0;
}
