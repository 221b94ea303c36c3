// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * TCP segments for tests, and what the table made of them.
 *
 *	struct script *s = script_new();
 *	script_syn(s, CLIENT, 1000);
 *	script_data(s, CLIENT, 1001, stream, len);
 *	→ s->got[0 … s->n_got - 1]
 *
 * A segment is built as a packet with an IPv4 or IPv6 header's room, a TCP header and the payload, in a heap
 * block of exactly that size, so that a sanitizer sees a read past its end.
 */
#ifndef SUPPORT_TCPSCRIPT_H
#define SUPPORT_TCPSCRIPT_H

#include "core/clock.h"
#include "dnsbuild.h"
#include "l4/tcp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENT, SERVER };
enum { T_FIN = 1, T_SYN = 2, T_RST = 4, T_PSH = 8, T_ACK = 16 };

/** A message that the table gave. */
struct got {
	int dir;
	int64_t time;
	uint16_t port; /**< the client's */
	uint16_t vlan;
	struct flow_key flow;
	bool from_buffer;
	uint32_t len;
	uint32_t missing;
	uint8_t *bytes; /**< a copy */
};

/** A table and two ends. */
struct script {
	struct tcp *t;
	struct counters c;
	struct tcp_config config;
	int64_t now;          /**< of the next segment; each takes `tick` */
	int64_t tick;
	uint8_t family;       /**< 4 or 6 */
	uint32_t host;        /**< in the client's address */
	uint16_t client_port;
	uint16_t port;        /**< capture port */
	uint16_t vlan;
	uint32_t missing;     /**< of the next data segment */
	uint32_t ack[2];      /**< what the side acknowledges; 0: no ACK flag */
	struct got *got;
	uint32_t n_got, cap_got;
};

static inline void script_emit(void *ctx, const struct packet *p, const uint8_t *msg, uint32_t len,
			       uint32_t missing, bool from_buffer)
{
	struct script *s = ctx;

	if (s->n_got == s->cap_got) {
		s->cap_got = s->cap_got ? s->cap_got * 2 : 64;
		s->got = realloc(s->got, s->cap_got * sizeof(*s->got));
	}
	bool from_server = p->flow.sport == 53;
	cr_assert_eq(p->flow.proto, 6);
	struct got *g = &s->got[s->n_got++];
	*g = (struct got){ .time = p->time, .from_buffer = from_buffer, .len = len, .missing = missing };
	g->dir = from_server ? SERVER : CLIENT;
	g->port = from_server ? p->flow.dport : p->flow.sport;
	g->vlan = p->vlan;
	g->flow = p->flow;
	cr_assert_eq(p->depth, 1);
	g->bytes = malloc(len ? len : 1);
	memcpy(g->bytes, msg, len);
}

static inline struct script *script_with(const struct tcp_config *config)
{
	struct script *s = calloc(1, sizeof(*s));
	struct error e = { 0 };

	s->config = *config;
	s->config.counters = &s->c;
	s->t = tcp_new(&s->config, &e);
	cr_assert(s->t, "%s", e.text);
	s->now = INT64_C(1700000000) * NSEC_PER_SEC;
	s->tick = NSEC_PER_MSEC;
	s->family = 4;
	s->client_port = 40000;
	s->vlan = VLAN_NONE;
	return s;
}

/** Limits that are small, but not in the way. */
static inline struct tcp_config script_config(void)
{
	return (struct tcp_config){ .max_flows = 64, .max_bytes = 8 << 20, .max_flow_bytes = 131072,
				    .idle = 60 * NSEC_PER_SEC, .hash_key = { 1, 2, 3 } };
}

static inline struct script *script_new(void)
{
	struct tcp_config config = script_config();
	return script_with(&config);
}

static inline void script_forget(struct script *s)
{
	for (uint32_t i = 0; i < s->n_got; i++)
		free(s->got[i].bytes);
	s->n_got = 0;
}

static inline void script_free(struct script *s)
{
	script_forget(s);
	free(s->got);
	tcp_free(s->t);
	free(s);
}

static inline void script_address(struct script *s, uint8_t to[16], bool server)
{
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff }, v6[12] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint32_t host = server ? 0xc6336435 : 0xc0000200 + s->host;

	memcpy(to, s->family == 4 ? v4 : v6, 12);
	for (int i = 0; i < 4; i++)
		to[12 + i] = (uint8_t)(host >> (24 - 8 * i));
}

/** Sends a segment with flags of its own. */
static inline void script_segment(struct script *s, int dir, unsigned flags, uint32_t seq,
				  const void *payload, uint32_t len)
{
	uint32_t l4 = 14 + (s->family == 4 ? 20 : 40), options = seq % 3 * 4, head = l4 + 20 + options;
	uint8_t *data = calloc(1, head + len);
	struct packet p = { .time = s->now, .linktype = 1, .port = s->port, .l3 = 14, .depth = 1 };

	p.wire_len = head + len + s->missing;
	p.l4 = l4;
	p.payload = head;
	p.payload_len = len;
	p.missing = s->missing;
	p.vlan = s->vlan;
	p.vlan_inner = VLAN_NONE;
	p.flow.family = s->family;
	p.flow.proto = 6;
	p.flow.sport = dir == CLIENT ? s->client_port : 53;
	p.flow.dport = dir == CLIENT ? 53 : s->client_port;
	script_address(s, p.flow.src, dir == SERVER);
	script_address(s, p.flow.dst, dir == CLIENT);
	if (s->ack[dir])
		flags |= T_ACK;
	for (int i = 0; i < 4; i++) {
		data[l4 + 4 + i] = (uint8_t)(seq >> (24 - 8 * i));
		data[l4 + 8 + i] = (uint8_t)(s->ack[dir] >> (24 - 8 * i));
	}
	data[l4 + 12] = (uint8_t)((20 + options) / 4 << 4);
	data[l4 + 13] = (uint8_t)flags;
	if (len)
		memcpy(data + head, payload, len);
	tcp_segment(s->t, &p, data, script_emit, s);
	free(data);
	s->now += s->tick;
	s->missing = 0;
}

static inline void script_data(struct script *s, int dir, uint32_t seq, const void *payload, uint32_t len)
{
	script_segment(s, dir, T_PSH, seq, payload, len);
}

static inline void script_syn(struct script *s, int dir, uint32_t isn)
{
	script_segment(s, dir, T_SYN, isn, NULL, 0);
}

/** Both sides' SYN; their streams begin at the two numbers. */
static inline void script_open(struct script *s, uint32_t client, uint32_t server)
{
	script_syn(s, CLIENT, client - 1);
	s->ack[SERVER] = client;
	script_syn(s, SERVER, server - 1);
	s->ack[CLIENT] = server;
}

/** A pure acknowledgement. */
static inline void script_ack(struct script *s, int dir, uint32_t seq, uint32_t ack)
{
	s->ack[dir] = ack;
	script_segment(s, dir, 0, seq, NULL, 0);
}

static inline void script_expire(struct script *s)
{
	tcp_expire(s->t, s->port, s->now, script_emit, s);
}

static inline void script_finish(struct script *s)
{
	tcp_finish(s->t, script_emit, s);
}

/** A stream of messages, with their prefixes. */
struct stream {
	uint32_t len, n;
	uint32_t at[512]; /**< where each begins (its prefix) */
	uint8_t data[1 << 20];
};

/** Appends bytes that are no message. */
static inline void stream_raw(struct stream *st, const void *bytes, uint32_t n)
{
	memcpy(st->data + st->len, bytes, n);
	st->len += n;
}

/** Appends a message of any bytes. */
static inline void stream_message(struct stream *st, const void *bytes, uint32_t n)
{
	uint8_t prefix[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	st->at[st->n++] = st->len;
	stream_raw(st, prefix, 2);
	stream_raw(st, bytes, n);
}

/** A query: `id`.example.com A. */
static inline void stream_query(struct stream *st, uint16_t id)
{
	static struct dnsbuild b;
	char name[64];

	snprintf(name, sizeof(name), "n%u.example.com", id);
	dnsb_start(&b, id, DNS_RD);
	dnsb_question(&b, name, DNS_TYPE_A, 1);
	stream_message(st, b.data, b.len);
}

/** A response to it with about `size` bytes of TXT records. */
static inline void stream_response(struct stream *st, uint16_t id, uint32_t size)
{
	static struct dnsbuild b;
	char name[64], text[201];

	memset(text, 'x', 200);
	text[200] = 0;
	snprintf(name, sizeof(name), "n%u.example.com", id);
	dnsb_start(&b, id, DNS_QR | DNS_RD | DNS_RA);
	dnsb_question(&b, name, DNS_TYPE_TXT, 1);
	do {
		dnsb_txt(&b, DNS_ANSWER, NULL, 300, text);
	} while (b.len + 213 < size);
	stream_message(st, b.data, b.len);
}

/** True where a message that was given is number `i` of a stream. */
static inline bool stream_is(const struct stream *st, uint32_t i, const struct got *g)
{
	uint32_t len = (uint32_t)st->data[st->at[i]] << 8 | st->data[st->at[i] + 1];
	return g->len == len && !g->missing && !memcmp(g->bytes, st->data + st->at[i] + 2, len);
}

/** True where what was given is the first `n` bytes of number `i`, the rest of which is told to be missing. */
static inline bool stream_is_front(const struct stream *st, uint32_t i, uint32_t n, const struct got *g)
{
	uint32_t len = (uint32_t)st->data[st->at[i]] << 8 | st->data[st->at[i] + 1];
	return g->len == n && g->len + g->missing == len && !memcmp(g->bytes, st->data + st->at[i] + 2, n);
}

/** Asserts that exactly the messages of a stream were given, in order. */
static inline void script_expect(const struct script *s, const struct stream *st)
{
	cr_assert_eq(s->n_got, st->n, "%u messages, not %u", s->n_got, st->n);
	for (uint32_t i = 0; i < st->n; i++)
		cr_assert(stream_is(st, i, &s->got[i]), "message %u", i);
	cr_assert_eq(s->c.n[COUNT_messages_tcp], st->n);
}

#endif
