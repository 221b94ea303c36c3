// SPDX-License-Identifier: BSD-3-Clause
/*
 * encapgen: writes a capture in which one DNS lookup comes in every encapsulation of encap.h: each way into a
 * frame, each tunnel in each of those, each tunnel alone and in each other one; over IPv4 and IPv6, UDP and TCP,
 * whole, as fragments of the outermost packet, and as fragments of the innermost one.
 *
 *	encapgen CAPTURE        prints how many lookups there are
 *
 * The lookups differ by client port and DNS ID alone; a response comes a millisecond after its query.
 */
#include "dnsbuild.h"
#include "encap.h"
#include "pcapout.h"

#include <stdlib.h>

#define START INT64_C(1700000000000000000)
#define MILLISECOND 1000000
#define PIECE 48 /* bytes in a fragment */
#define QUERY_SEQ 1000
#define RESPONSE_SEQ 9000
#define QUERY_LEN (2 + DNS_HEADER_SIZE + sizeof("\3www\7example\3com") + 4) /* with TCP's prefix */

enum pieces { WHOLE, OUTER_PIECES, INNER_PIECES, PIECES };

/* How a lookup is packed. */
struct shape {
	uint8_t inner, middle, outer; /* families; middle: of the tunnel around it where there are two */
	uint8_t proto;
	enum pieces pieces;
	const struct encap *tunnel, *around; /* NULL: none */
	const struct encap_frame *frame;
};

static FILE *out;
static int64_t now = START;
static uint32_t lookups, fragment_id, turn;

static void write_frame(struct wrap *w, const struct shape *s, uint8_t family)
{
	s->frame->apply(w, family);
	pcap_out(out, now, wrap_data(w), wrap_len(w));
}

/* Fragments, the last one first. */
static void write_outer(struct wrap *w, const struct shape *s, uint8_t family)
{
	static struct wrap piece;
	uint32_t n = 0;

	if (s->pieces != OUTER_PIECES) {
		write_frame(w, s, family);
		return;
	}
	fragment_id++;
	while (encap_fragment(&piece, w, PIECE, n, fragment_id))
		n++;
	while (n--) {
		encap_fragment(&piece, w, PIECE, n, fragment_id);
		write_frame(&piece, s, family);
	}
}

static void write_tunnelled(struct wrap *w, const struct shape *s)
{
	uint8_t family = s->inner;

	if (s->tunnel) {
		encap_apply(w, s->tunnel, family, s->middle, 11);
		family = s->middle;
	}
	if (s->around) {
		encap_apply(w, s->around, family, s->outer, 21);
		family = s->outer;
	}
	write_outer(w, s, family);
}

/* The addresses the other way round. */
static void swap_ends(uint8_t *ip, uint8_t family)
{
	uint8_t src[16], *at = ip + (family == 6 ? 8 : 12);
	size_t n = family == 6 ? 16 : 4;

	memcpy(src, at, n);
	memcpy(at, at + n, n);
	memcpy(at + n, src, n);
}

/* A payload in its transport and innermost packet. `at` is where it stands in its TCP stream. */
static void write_payload(const struct shape *s, bool response, const uint8_t *data, uint32_t len, uint32_t at)
{
	static struct wrap w, piece;
	uint16_t client = (uint16_t)(1024 + lookups % 60000), sport = response ? 53 : client;
	uint16_t dport = response ? client : 53;

	wrap_payload(&w, data, len);
	if (s->proto == 17) {
		wrap_udp(&w, sport, dport);
	} else {
		wrap_tcp(&w, sport, dport, (response ? RESPONSE_SEQ : QUERY_SEQ) + at, 12);
		wrap_put32(wrap_data(&w) + 8, response ? QUERY_SEQ + QUERY_LEN : RESPONSE_SEQ);
	}
	encap_ip(&w, s->inner, s->proto, 1);
	if (response)
		swap_ends(wrap_data(&w), s->inner);
	if (s->pieces != INNER_PIECES) {
		write_tunnelled(&w, s);
		return;
	}
	uint32_t id = ++fragment_id;
	for (uint32_t n = 0; encap_fragment(&piece, &w, PIECE, n, id); n++)
		write_tunnelled(&piece, s);
}

/* Over TCP: with its prefix; a response in two segments, the second first. */
static void write_message(const struct shape *s, bool response, const struct dnsbuild *b)
{
	uint8_t stream[2 + 512] = { (uint8_t)(b->len >> 8), (uint8_t)b->len };
	uint32_t len = b->len + 2, half = response ? len / 2 : 0;

	if (s->proto == 17) {
		write_payload(s, response, b->data, b->len, 0);
		return;
	}
	memcpy(stream + 2, b->data, b->len);
	write_payload(s, response, stream + half, len - half, half);
	if (half)
		write_payload(s, response, stream, half, 0);
}

static void write_lookup(const struct shape *s)
{
	static struct dnsbuild b;
	uint16_t id = (uint16_t)lookups;

	dnsb_start(&b, id, DNS_RD);
	dnsb_question(&b, "www.example.com", DNS_TYPE_TXT, DNSB_IN);
	write_message(s, false, &b);
	now += MILLISECOND;
	dnsb_start(&b, id, DNS_QR | DNS_RD | DNS_RA);
	dnsb_question(&b, "www.example.com", DNS_TYPE_TXT, DNSB_IN);
	dnsb_txt(&b, DNS_ANSWER, NULL, 300, "the same in every encapsulation, however deep it lies in others");
	write_message(s, true, &b);
	now += MILLISECOND;
	lookups++;
}

static bool carries(const struct encap *e, uint8_t family)
{
	return !e || e->inner_only == 0 || e->inner_only == family;
}

/* Both transports, whole and in pieces, for both families inside, with each choice of families around it. */
static void write_shapes(struct shape s)
{
	static const uint8_t protos[] = { 17, 6 };
	bool each = !s.tunnel || (!s.around && s.frame == encap_frames);

	turn++;
	for (unsigned families = 0; families < 8; families++) {
		s.inner = families & 1 ? 6 : 4;
		s.middle = families & 2 ? 6 : 4;
		s.outer = families & 4 ? 6 : 4;
		if (!carries(s.tunnel, s.inner) || !carries(s.around, s.middle) ||
		    (!s.tunnel && s.middle == 6) || (!s.around && s.outer == 6))
			continue;
		for (unsigned proto = 0; proto < 2; proto++)
			for (s.pieces = WHOLE; s.pieces < PIECES; s.pieces++) {
				s.proto = protos[proto];
				/* Two deep, one of them for each choice of families, a different one each time. */
				if (each || (families + turn) % 6 == proto * 3 + s.pieces)
					write_lookup(&s);
			}
	}
}

int main(int argc, char **argv)
{
	if (argc != 2 || !(out = fopen(argv[1], "wb"))) {
		fprintf(stderr, "usage: encapgen CAPTURE\n");
		return 2;
	}
	pcap_out_start(out, 1);
	for (size_t f = 0; f < ENCAP_FRAMES; f++) {
		write_shapes((struct shape){ .frame = &encap_frames[f] });
		for (size_t t = 0; t < ENCAPS; t++)
			write_shapes((struct shape){ .frame = &encap_frames[f], .tunnel = &encaps[t] });
	}
	for (size_t t = 0; t < ENCAPS; t++)
		for (size_t a = 0; a < ENCAPS; a++)
			write_shapes((struct shape){ .frame = &encap_frames[0], .tunnel = &encaps[t],
						     .around = &encaps[a] });
	printf("%u\n", lookups);
	return fclose(out) ? 1 : 0;
}
