// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the formats of the flat record share: which items a record has, and the walk from one to the next.
 *
 * An item is a head (fields up to qtype), an answer (a, atype, ttl) and a tail (fields from dst on). Head and tail are the same
 * for all items of a record: they are made for the first one and copied for the others.
 */
#ifndef ENCODE_ROW_H
#define ENCODE_ROW_H

#include "dns/rdata.h"
#include "dns/types.h"
#include "encode/encode.h"

/** How a format writes the parts. `head` and `answer` write with checks; for `head` there is ENCODE_HEAD_MAX of room, for `tail`
 * ENCODE_TAIL_MAX, which it returns the end of. */
struct row_format {
	void (*head)(struct encode_context *cx, const struct record *r, int rcode, struct out *o);
	/** The three fields of an RR; false, and nothing written, where its data is unsound. */
	bool (*rr)(const struct record *r, const struct dns_rr *rr, struct out *o);
	/** The three fields of an item that is no RR: `a` is the text. */
	void (*fixed)(const char *a, uint32_t len, struct out *o);
	uint8_t *(*tail)(struct encode_context *cx, const struct record *r, uint8_t *p);
};

/** True where the record is one item that is no RR; `*a` is its text then. */
bool row_fixed(const struct record *r, const char **a);

/** Room that must be there before an item is begun. */
static inline uint32_t row_room(const struct record *r)
{
	/* A byte of a name takes five characters at most: \\DDD. */
	return 256 + 5u * r->qname_len;
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
ROW_INLINE void row_head(const struct row_format *f, struct encode_context *cx, const struct record *r, bool kept, struct out *o)
{
	if (kept)
		o->at = (uint8_t *)memcpy(o->at, cx->head, cx->head_len) + cx->head_len;
	else
		f->head(cx, r, r->kind == PAIR_UNANSWERED ? -1 : r->at.rcode, o);
}

/** Tail, as kept or made; false where there is no room. */
ROW_INLINE bool row_tail(const struct row_format *f, struct encode_context *cx, const struct record *r, bool kept, struct out *o)
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
static inline void row_keep(struct encode_context *cx, struct encode_cursor *c, const uint8_t *head, uint32_t head_len,
			    const uint8_t *tail, uint32_t tail_len)
{
	memcpy(cx->head, head, head_len);
	memcpy(cx->tail, tail, tail_len);
	cx->head_len = head_len;
	cx->tail_len = tail_len;
	c->mark = ++cx->mark;
}

/** The step of such a format: inlined into each, with `f` constant. */
ROW_INLINE enum encode_step row_step(const struct row_format *f, struct encode_context *cx, const struct record *r,
				     struct encode_cursor *c, struct out *o)
{
	const struct out before = *o;
	const bool kept = c->item && c->mark == cx->mark;
	const char *a;
	const bool fixed = row_fixed(r, &a);
	struct dns_walk w = { .data = record_msg(r), .len = r->msg_len, .pos = c->pos, .left = c->left };
	struct dns_rr rr;

	if (!c->item)
		w = dns_walk_init(record_msg(r), r->msg_len, &r->at, DNS_ANSWER);
	if (fixed ? c->item : !row_next(&w, &rr))
		return ENCODE_DONE;
	if (!out_need(o, row_room(r)))
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
	*c = (struct encode_cursor){ .item = c->item + 1, .pos = w.pos, .left = w.left, .mark = c->mark };
	return ENCODE_ITEM;
full:
	*o = before;
	return ENCODE_FULL;
}

#endif
