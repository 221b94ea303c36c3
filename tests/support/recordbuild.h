// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Records for tests, from messages of dnsbuild.h, and their items.
 *
 *	struct recordbuild b = recordb(PAIR_ANSWERED, &message);
 *	b.query.flags = DNS_RD;
 *	struct record *r = recordb_make(&b);   // free() it
 */
#ifndef SUPPORT_RECORDBUILD_H
#define SUPPORT_RECORDBUILD_H

#include "dnsbuild.h"
#include "encode/encode.h"
#include "record/record.h"

#include <stdlib.h>

/** 2026-11-22 10:11:12 UTC. */
#define RECORDB_TIME INT64_C(1795342272000000000)

/** What a record is made of; change what the test needs after recordb(). */
struct recordbuild {
	enum pair_kind kind;
	struct pair_query query;
	struct leg_origin origin; /**< of the response, sent by the server, or of the unanswered query */
	struct dns_message response;
	uint8_t qname[DNS_NAME_MAX];
};

static inline void recordb_ipv4(uint8_t addr[16], const char *text)
{
	memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	if (inet_pton(AF_INET, text, addr + 12) != 1)
		abort();
}

/** Client 192.0.2.10 port 40000, server 198.51.100.53, UDP, 1.5 ms; the query's question is the message's. */
static inline struct recordbuild recordb(enum pair_kind kind, const struct dnsbuild *message)
{
	struct recordbuild b = { .kind = kind };
	bool from_server = kind != PAIR_UNANSWERED;

	dns_parse(&b.response, message->data, message->len, 0);
	recordb_ipv4(from_server ? b.origin.flow.dst : b.origin.flow.src, "192.0.2.10");
	recordb_ipv4(from_server ? b.origin.flow.src : b.origin.flow.dst, "198.51.100.53");
	b.origin.flow.sport = from_server ? 53 : 40000;
	b.origin.flow.dport = from_server ? 40000 : 53;
	b.origin.flow.proto = 17;
	b.origin.flow.family = 4;
	b.origin.time = RECORDB_TIME + 123456789;
	b.origin.wire_bytes = message->len + 42;
	b.origin.vlan = b.origin.vlan_inner = VLAN_NONE;
	b.origin.mpls = UINT32_MAX;
	b.origin.depth = 1;
	b.origin.hop_limit = 61;
	b.query.time = b.origin.time - (from_server ? 1500000 : 0);
	b.query.id = b.response.at.id;
	b.query.flags = DNS_RD;
	b.query.qname_len = b.response.at.qname_len;
	b.query.qtype = b.response.at.qtype;
	b.query.qclass = b.response.at.qclass;
	b.query.bytes = 40;
	memcpy(b.qname, message->data + DNS_HEADER_SIZE, b.query.qname_len);
	return b;
}

/** The record, in memory of exactly its size; the caller frees it. */
static inline struct record *recordb_make(struct recordbuild *b)
{
	struct transaction t = { .kind = b->kind };
	struct record *r;

	b->query.qname = b->query.qname_len ? b->qname : NULL;
	if (b->kind != PAIR_ORPHAN)
		t.query = &b->query;
	if (b->kind == PAIR_UNANSWERED) {
		t.query_origin = &b->origin;
	} else {
		t.origin = &b->origin;
		t.response = &b->response;
	}
	r = malloc(record_size(&t));
	memset((void *)r, 0xee, record_size(&t));
	record_fill(r, &t);
	return r;
}

/** All items of a record, one after the other, into memory that the caller frees; `*len` bytes and a NUL,
 * `*items` items. */
static inline char *recordb_encode(const struct encoder *e, struct encode_context *cx, const struct record *r,
				   uint32_t *len, uint32_t *items)
{
	uint32_t cap = 32768, used = 0;
	char *text = malloc(cap + 1);
	struct encode_cursor c = { 0 };

	for (;;) {
		struct out o = out_init(text + used, cap - used);
		enum encode_step step;
		while ((step = e->step(cx, r, &c, &o)) == ENCODE_ITEM)
			;
		used += out_len(&o);
		if (step == ENCODE_DONE)
			break;
		if (cap > used + ENCODE_ITEM_MAX)
			abort();
		text = realloc(text, 1 + (cap *= 2));
	}
	text[used] = 0;
	if (len)
		*len = used;
	if (items)
		*items = c.item;
	return text;
}

#endif
