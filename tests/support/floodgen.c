// SPDX-License-Identifier: BSD-3-Clause
/*
 * floodgen: writes a capture of TCP connections that are never finished and of first fragments whose rest never
 * comes, with DNS lookups on other flows among them.
 *
 *	floodgen CAPTURE FLOWS        as many fragments; prints how many lookups there are
 *
 * Of the connections, a third are a SYN, a third a SYN and its answer, a third hold the first bytes of a message.
 * Every 500 of them come four lookups: over UDP, over UDP with the response in fragments, over a TCP connection
 * of its own, and over one that stays open to the end.
 */
#include "dnsbuild.h"
#include "encap.h"
#include "pcapout.h"

#include <stdlib.h>

#define START INT64_C(1700000000000000000)
#define STEP 2000 /* ns between packets */
#define EVERY 500
#define LONG_PORT 999

enum { T_SYN = 2, T_PSH = 8, T_ACK = 16 };

static FILE *out;
static int64_t now = START;
static struct wrap w, piece;
static uint32_t lookups, ids;

static void write_packet(struct wrap *p)
{
	encap_inner_ethernet(p, 4);
	pcap_out(out, now += STEP, wrap_data(p), wrap_len(p));
}

/* IPv4 between a client (10.x.x.x by its number) and the server. */
static void wrap_ends(uint8_t proto, uint32_t client, bool response)
{
	uint8_t ends[8] = { 10, (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client, 198, 51, 100, 53 };

	wrap_ipv4(&w, proto, 0, 0);
	memcpy(wrap_data(&w) + 12, ends + (response ? 4 : 0), 4);
	memcpy(wrap_data(&w) + 16, ends + (response ? 0 : 4), 4);
}

struct side {
	uint32_t client;
	uint16_t port;
	uint32_t seq[2]; /* the client's next byte, and the server's */
};

static void write_segment(struct side *s, bool response, uint8_t flags, const void *data, uint32_t len)
{
	wrap_payload(&w, data, len);
	wrap_tcp(&w, response ? 53 : s->port, response ? s->port : 53, s->seq[response], 0);
	wrap_data(&w)[13] = flags;
	if (flags & T_ACK)
		wrap_put32(wrap_data(&w) + 8, s->seq[!response]);
	wrap_ends(6, s->client, response);
	write_packet(&w);
	s->seq[response] += len + (flags & T_SYN ? 1 : 0);
}

static void write_open(struct side *s)
{
	write_segment(s, false, T_SYN, "", 0);
	write_segment(s, true, T_SYN | T_ACK, "", 0);
}

static const struct dnsbuild *message(bool response, uint32_t size)
{
	static struct dnsbuild b;

	dnsb_start(&b, (uint16_t)ids, response ? DNS_QR | DNS_RD | DNS_RA : DNS_RD);
	dnsb_question(&b, "www.example.com", DNS_TYPE_TXT, DNSB_IN);
	do
		if (response)
			dnsb_txt(&b, DNS_ANSWER, NULL, 300, "still here, whatever else is going on around it");
	while (b.len < size);
	return &b;
}

static void write_datagram(uint32_t client, bool response, uint32_t size)
{
	const struct dnsbuild *b = message(response, size);

	wrap_payload(&w, b->data, b->len);
	wrap_udp(&w, response ? 53 : 1000, response ? 1000 : 53);
	wrap_ends(17, client, response);
	if (!size) {
		write_packet(&w);
		return;
	}
	for (uint32_t n = 0; encap_fragment(&piece, &w, 512, n, 70000 + ids); n++)
		write_packet(&piece);
}

static void write_over_udp(uint32_t client, uint32_t response_size)
{
	write_datagram(client, false, 0);
	write_datagram(client, true, response_size);
	ids++;
	lookups++;
}

static void write_stream_message(struct side *s, bool response, uint32_t size)
{
	const struct dnsbuild *b = message(response, size);
	uint8_t bytes[2 + 4096] = { (uint8_t)(b->len >> 8), (uint8_t)b->len };

	memcpy(bytes + 2, b->data, b->len);
	uint32_t half = (b->len + 2) / 2;
	write_segment(s, response, T_PSH | T_ACK, bytes, half);
	write_segment(s, response, T_PSH | T_ACK, bytes + half, b->len + 2 - half);
}

static void write_over_tcp(struct side *s)
{
	write_stream_message(s, false, 0);
	write_stream_message(s, true, 2000);
	ids++;
	lookups++;
}

/* Client numbers of lookups are above those of the flood. */
static void write_lookups(uint32_t turn)
{
	static struct side stays = { .client = 0xffffff, .port = LONG_PORT, .seq = { 1, 2 } };
	struct side own = { .client = 0xf00000 + turn, .port = 1000, .seq = { 0xfffffff0, 7 } };

	if (turn == 0)
		write_open(&stays);
	write_over_udp(0xf00000 + turn, 0);
	write_over_udp(0xf00000 + turn, 1500);
	write_open(&own);
	write_over_tcp(&own);
	write_over_tcp(&stays);
}

static void write_half_open(uint32_t i)
{
	static const uint8_t begun[20] = { 0, 200, 1, 2, 1, 0, 0, 1 };
	struct side s = { .client = i, .port = (uint16_t)(1024 + i % 3), .seq = { i, i } };

	write_segment(&s, false, T_SYN, "", 0);
	if (i % 3 == 1)
		write_segment(&s, true, T_SYN | T_ACK, "", 0);
	if (i % 3 == 2)
		write_segment(&s, false, T_PSH, begun, sizeof(begun));
}

static void write_fragment(uint32_t i)
{
	static const uint8_t bytes[64];

	wrap_payload(&w, bytes, sizeof(bytes));
	wrap_ends(17, i, true);
	wrap_put16(wrap_data(&w) + 4, i % 65521);
	wrap_put16(wrap_data(&w) + 6, 0x2000);
	write_packet(&w);
}

int main(int argc, char **argv)
{
	uint32_t flows = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (!flows || !(out = fopen(argv[1], "wb"))) {
		fprintf(stderr, "usage: floodgen CAPTURE FLOWS\n");
		return 2;
	}
	pcap_out_start(out, 1);
	for (uint32_t i = 0; i < flows; i++) {
		write_half_open(i);
		write_fragment(i);
		if (i % EVERY == EVERY - 1)
			write_lookups(i / EVERY);
	}
	printf("%u\n", lookups);
	return fclose(out) ? 1 : 0;
}
