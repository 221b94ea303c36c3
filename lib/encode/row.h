// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the formats of the flat record share: which items a record has, and the walk from one to the next.
 *
 * An item is a head (fields up to qtype), an answer (a, atype, ttl) and a tail (fields from dst on). Head and
 * tail are the same for all items of a record: they are made for the first one and copied for the others.
 */
#ifndef ENCODE_ROW_H
#define ENCODE_ROW_H

#include "core/put.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "encode/encode.h"

/** How a format writes the parts. Head and tail write into room that is there: ENCODE_HEAD_MAX,
 * ENCODE_TAIL_MAX. */
struct row_format {
	void (*head)(struct encode_context *cx, const struct record *r, int rcode, struct out *o);
	/** The three fields of an RR; false, and nothing written, where its data is unsound. */
	bool (*rr)(const struct record *r, const struct dns_rr *rr, struct out *o);
	/** The three fields of an item that is no RR: `a` is the text. */
	void (*fixed)(const char *a, uint32_t len, struct out *o);
	/** Where the tail ended. */
	uint8_t *(*tail)(struct encode_context *cx, const struct record *r, uint8_t *p);
};

/** Room that the type and the TTL of an answer take at most. */
#define ROW_ANSWER_ROOM 64

/** The flags of the flat record. */
struct row_flags {
	bool tc, aa, rd, ra;
};

static inline struct row_flags row_flags(const struct record *r)
{
	uint16_t flags = r->kind == PAIR_UNANSWERED ? 0 : r->at.flags;

	return (struct row_flags){
		.tc = flags & DNS_TC,
		.aa = flags & DNS_AA,
		.rd = r->query_flags & DNS_RD,
		.ra = flags & DNS_RA,
	};
}

/** An address of the record, PUT_IPV6_ROOM; where it ended. */
static inline uint8_t *row_address(uint8_t *p, const struct record *r, const uint8_t *addr)
{
	return r->family == 4 ? put_ipv4(p, addr + 12) : put_ipv6(p, addr);
}

/** Writes the data of an RR that is an address, which the most frequent ones are and which need no table;
 * false where it is none. */
static inline bool row_data_address(const struct record *r, const struct dns_rr *rr, struct out *o)
{
	const uint8_t *addr = record_msg(r) + rr->rdata;

	if (rr->type == DNS_TYPE_A && rr->rdlen == 4 && rr->rclass == 1) {
		if (out_need(o, PUT_IPV4_ROOM))
			o->at = put_ipv4(o->at, addr);
		return true;
	}
	if (rr->type == DNS_TYPE_AAAA && rr->rdlen == 16) {
		if (out_need(o, PUT_IPV6_ROOM))
			o->at = put_ipv6(o->at, addr);
		return true;
	}
	return false;
}

/** An RR's data as text; false, and nothing written, where it is unsound. */
static inline bool row_data_text(const struct record *r, const struct dns_rr *rr, struct out *o)
{
	return row_data_address(r, rr, o) || dns_rdata_text(o, record_msg(r), r->msg_len, rr);
}

/** True where the record is one item that is no RR; `*a` is its text then. */
bool row_fixed(const struct record *r, const char **a);

/** Where the walk through the answers stands. */
static inline struct dns_walk row_walk(const struct record *r, const struct encode_cursor *c)
{
	uint32_t pos = c->pos, left = c->left;

	if (!c->item) {
		/* Member by member: a copy of the whole waits until what was just stored in pieces has left
		 * the store buffer. */
		const struct dns_walk first = dns_walk_init(record_msg(r), r->msg_len, &r->at, DNS_ANSWER);
		pos = first.pos;
		left = first.left;
	}
	return (struct dns_walk){ .data = record_msg(r), .len = r->msg_len, .pos = pos, .left = left };
}

/** The next answer RR that may make an item. */
static inline bool row_next(struct dns_walk *w, struct dns_rr *rr)
{
	while (dns_walk_next(w, rr))
		if (rr->type != DNS_TYPE_OPT)
			return true;
	return false;
}

#define ROW_INLINE static inline __attribute__((always_inline))

/** Head, as kept or made. */
ROW_INLINE void row_head(const struct row_format *f, struct encode_context *cx, const struct record *r,
			 bool kept, struct out *o)
{
	if (kept)
		o->at = (uint8_t *)memcpy(o->at, cx->head, cx->head_len) + cx->head_len;
	else
		f->head(cx, r, r->kind == PAIR_UNANSWERED ? -1 : r->at.rcode, o);
}

/** Tail, as kept or made; false where there is no room. */
ROW_INLINE bool row_tail(const struct row_format *f, struct encode_context *cx, const struct record *r,
			 bool kept, struct out *o)
{
	if (!out_need(o, ENCODE_TAIL_MAX))
		return false;
	if (kept)
		o->at = (uint8_t *)memcpy(o->at, cx->tail, cx->tail_len) + cx->tail_len;
	else
		o->at = f->tail(cx, r, o->at);
	return true;
}

/** Keeps the head and the tail of the item that was just written, for the record's other items. */
static inline void row_keep(struct encode_context *cx, struct encode_cursor *c, const uint8_t *head,
			    uint32_t head_len, const uint8_t *tail, uint32_t tail_len)
{
	memcpy(cx->head, head, head_len);
	memcpy(cx->tail, tail, tail_len);
	cx->head_len = head_len;
	cx->tail_len = tail_len;
	c->mark = ++cx->mark;
}

/** The step of such a format: inlined into each, with `f` constant. */
ROW_INLINE enum encode_step row_step(const struct row_format *f, struct encode_context *cx,
				     const struct record *r, struct encode_cursor *c, struct out *o)
{
	const struct out before = *o;
	const bool kept = c->item && c->mark == cx->mark;
	const char *a;
	const bool fixed = row_fixed(r, &a);
	struct dns_walk w = row_walk(r, c);
	struct dns_rr rr;

	if (fixed ? c->item : !row_next(&w, &rr))
		return ENCODE_DONE;
	if (!out_need(o, ENCODE_HEAD_MAX))
		goto full;
	row_head(f, cx, r, kept, o);
	uint32_t head_len = (uint32_t)(o->at - before.at);
	if (fixed)
		f->fixed(a, (uint32_t)strlen(a), o);
	else
		while (!f->rr(r, &rr, o) && !o->full)
			if (!row_next(&w, &rr)) {
				*o = before;
				return ENCODE_DONE;
			}
	uint8_t *tail = o->at;
	if (!row_tail(f, cx, r, kept, o))
		goto full;
	if (!kept && !fixed && w.left)
		row_keep(cx, c, before.at, head_len, tail, (uint32_t)(o->at - tail));
	*c = (struct encode_cursor){ .item = c->item + 1, .last = fixed || !w.left, .pos = w.pos, .left = w.left, .mark = c->mark };
	return ENCODE_ITEM;
full:
	*o = before;
	return ENCODE_FULL;
}

#endif
