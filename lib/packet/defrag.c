// SPDX-License-Identifier: BSD-3-Clause
#include "packet/defrag.h"
#include "packet/datagrams.h"
#include "packet/hash.h"

#include <stdlib.h>
#include <string.h>

struct defrag {
	struct datagrams table;
};

struct defrag *defrag_new(uint32_t max_datagrams, uint32_t max_bytes, struct counters *counters)
{
	struct defrag *g = malloc(sizeof(*g));

	if (g && !datagrams_init(&g->table, max_datagrams, max_bytes, counters)) {
		defrag_free(g);
		return NULL;
	}
	return g;
}

void defrag_free(struct defrag *g)
{
	if (!g)
		return;
	datagrams_fini(&g->table);
	free(g);
}

static struct datagram_key key_of(const struct fragment *f, const struct packet *p)
{
	struct datagram_key key = { .id = f->id, .tunnel_id = p->tunnel_id, .family = f->family };
	const uint8_t *ip = f->data + f->l3;

	if (f->family == 6) {
		memcpy(key.src, ip + 8, 16);
		memcpy(key.dst, ip + 24, 16);
	} else {
		memcpy(key.src, ip + 12, 4);
		memcpy(key.dst, ip + 16, 4);
		key.proto = f->proto;
	}
	return key;
}

/* No key is needed where a sender could only fool itself. */
static uint64_t check_of(const uint8_t *bytes, uint32_t len)
{
	uint64_t h = len, word;

	for (; len >= 8; bytes += 8, len -= 8) {
		memcpy(&word, bytes, 8);
		h = hash_mix(h ^ word, UINT64_C(0x9e3779b97f4a7c15));
	}
	word = 0;
	memcpy(&word, bytes, len);
	return hash_mix(h ^ word, UINT64_C(0xd6e8feb86659fd93));
}

/* An IP packet tells its length in 16 bits; IPv6 without its fixed header. */
static bool too_long(uint8_t family, uint32_t len)
{
	return len > UINT16_MAX + (family == 6 ? 40u : 0u);
}

/* Forgets a datagram, together with the fragment that just came. */
static enum defrag_verdict give_up(struct datagrams *t, struct datagram *d, enum counter reason)
{
	counter_add(t->counters, reason, 1);
	datagram_forget(t, d, reason);
	return DEFRAG_DROPPED;
}

static enum defrag_verdict kill(struct datagrams *t, struct datagram *d)
{
	COUNT_N(t->counters, fragments_overlap, 1 + datagram_free_pieces(t, d));
	d->state = DATAGRAM_DEAD;
	return DEFRAG_DROPPED;
}

/* How a fragment lies to those that are there. */
enum fit { FITS, DUPLICATE, OVERLAPS };

/* Where it belongs: `*before` gets the piece in front of it, or PIECE_NONE. */
static enum fit fit(const struct datagrams *t, const struct datagram *d, const struct fragment *f,
		    uint32_t *before)
{
	uint32_t end = f->offset + f->len, at = d->first;
	const struct piece *p;

	*before = PIECE_NONE;
	if (d->total != DATAGRAM_UNKNOWN && (end > d->total || (!f->more && end != d->total)))
		return OVERLAPS;
	if (d->last != PIECE_NONE && piece_at(&t->ring, d->last)->offset < f->offset) {
		*before = d->last;
		at = PIECE_NONE;
	}
	for (; at != PIECE_NONE && (p = piece_at(&t->ring, at))->offset <= f->offset; at = p->next)
		*before = at;
	if (*before != PIECE_NONE) {
		struct piece *b = piece_at(&t->ring, *before);
		if (b->offset == f->offset && b->len == f->len &&
		    memcmp(piece_payload(b), f->data + f->payload, f->len) == 0)
			return DUPLICATE;
		if (b->offset + (uint32_t)b->len > f->offset)
			return OVERLAPS;
	}
	if (at != PIECE_NONE && (piece_at(&t->ring, at)->offset < end || !f->more))
		return OVERLAPS;
	return FITS;
}

static enum defrag_verdict keep(struct datagrams *t, struct datagram *d, const struct fragment *f,
				const struct packet *p, uint32_t before)
{
	uint16_t header_len = f->offset == 0 ? (uint16_t)f->header_len : 0;
	uint32_t oldest, at;

	while ((at = pieces_put(&t->ring, header_len + f->len, &oldest)) == PIECE_NONE) {
		struct datagram *victim = &t->slots[piece_at(&t->ring, oldest)->owner];
		if (victim == d)
			return give_up(t, d, COUNT_fragments_evicted);
		datagram_forget(t, victim, COUNT_fragments_evicted);
	}
	struct piece *new = piece_at(&t->ring, at);
	uint32_t *link = before == PIECE_NONE ? &d->first : &piece_at(&t->ring, before)->next;
	new->owner = (uint32_t)(d - t->slots);
	new->next = *link;
	new->offset = f->offset;
	new->len = (uint16_t)f->len;
	new->header_len = header_len;
	new->wire_len = p->wire_len;
	memcpy(piece_header(new), f->data + f->l3, header_len);
	memcpy(piece_payload(new), f->data + f->payload, f->len);
	*link = at;
	if (d->last == before)
		d->last = at;
	d->pieces++;
	d->bytes += f->len;
	return DEFRAG_KEPT;
}

/* Makes the IP header that of a packet that was never split. */
static void patch(uint8_t *ip, const struct datagram *d, uint32_t header_len, uint32_t len)
{
	if (d->key.family == 4) {
		ip[2] = (uint8_t)(len >> 8);
		ip[3] = (uint8_t)len;
		ip[6] &= 0xc0; /* no more fragments, no offset */
		ip[7] = 0;
		ip[10] = ip[11] = 0;
	} else {
		ip[4] = (uint8_t)((len - 40) >> 8);
		ip[5] = (uint8_t)(len - 40);
		if (d->next_at < header_len)
			ip[d->next_at] = d->proto;
	}
}

/* All bytes but those of `f` are kept, and `f` fills the gap. */
static enum defrag_verdict join(struct datagrams *t, struct datagram *d, const struct fragment *f,
				struct packet *p, struct defrag_out *out)
{
	struct piece *first = f->offset == 0 ? NULL : piece_at(&t->ring, d->first);
	uint32_t header_len = first ? first->header_len : f->header_len;
	uint64_t wire_len = p->wire_len;

	if (too_long(d->key.family, header_len + d->total))
		return give_up(t, d, COUNT_fragments_malformed);
	uint8_t *to = arena_take(out->arena, header_len + d->total);
	if (!to)
		return give_up(t, d, COUNT_fragments_evicted);
	memcpy(to, first ? piece_header(first) : f->data + f->l3, header_len);
	memcpy(to + header_len + f->offset, f->data + f->payload, f->len);
	for (uint32_t at = d->first; at != PIECE_NONE; at = piece_at(&t->ring, at)->next) {
		struct piece *piece = piece_at(&t->ring, at);
		memcpy(to + header_len + piece->offset, piece_payload(piece), piece->len);
		wire_len += piece->wire_len;
	}
	out->data = to;
	out->len = header_len + d->total;
	patch(to, d, header_len, out->len);
	p->wire_len = wire_len > UINT32_MAX ? UINT32_MAX : (uint32_t)wire_len;
	p->reassembled = true;

	COUNT_N(t->counters, fragments_used, 1 + datagram_free_pieces(t, d));
	COUNT(t->counters, datagrams_reassembled);
	datagram_done(t, d, p->time);
	d->check = check_of(f->data + f->payload, f->len);
	d->offset = f->offset;
	d->len = f->len;
	return DEFRAG_WHOLE;
}

/* The datagram of a key, as far as it may still take this fragment; NULL where there is none. */
static struct datagram *current(struct datagrams *t, const struct datagram_key *key, const struct fragment *f,
				const struct packet *p)
{
	struct datagram *d = datagram_find(t, key);

	if (!d)
		return NULL;
	if (d->state != DATAGRAM_DONE && !datagram_apart(p->time, d->time, DEFRAG_TIMEOUT))
		return d;
	if (d->state == DATAGRAM_DONE && !datagram_apart(p->time, d->time, DATAGRAM_DUPLICATE_WINDOW) &&
	    d->offset == f->offset && d->len == f->len && d->check == check_of(f->data + f->payload, f->len))
		return d;
	datagram_forget(t, d, COUNT_fragments_timeout);
	return NULL;
}

static bool impossible(const struct fragment *f)
{
	return f->len == 0 || (f->more && f->len % 8) ||
	       too_long(f->family, f->header_len + f->offset + f->len);
}

static enum defrag_verdict add(struct datagrams *t, struct datagram *d, const struct fragment *f,
			       struct packet *p, struct defrag_out *out)
{
	uint32_t before;

	if (d->state == DATAGRAM_DEAD) {
		COUNT(t->counters, fragments_overlap);
		return DEFRAG_DROPPED;
	}
	enum fit how = d->state == DATAGRAM_DONE ? DUPLICATE : fit(t, d, f, &before);
	if (how == DUPLICATE) {
		COUNT(t->counters, fragments_duplicate);
		return DEFRAG_DROPPED;
	}
	if (how == OVERLAPS)
		return kill(t, d);
	if (!f->more)
		d->total = f->offset + f->len;
	if (f->offset == 0) {
		d->proto = f->proto;
		d->next_at = (uint16_t)f->next_at;
	}
	if (d->total != DATAGRAM_UNKNOWN && d->bytes + f->len == d->total)
		return join(t, d, f, p, out);
	if (d->pieces == DEFRAG_PIECES_MAX - 1)
		return give_up(t, d, COUNT_fragments_evicted);
	return keep(t, d, f, p, before);
}

enum defrag_verdict defrag_add(struct defrag *g, const struct fragment *f, struct packet *p,
			       struct defrag_out *out)
{
	struct datagrams *t = &g->table;

	if (f->cut || impossible(f)) {
		if (f->cut)
			COUNT(t->counters, fragments_cut);
		else
			COUNT(t->counters, fragments_malformed);
		return DEFRAG_DROPPED;
	}
	datagrams_expire(t, p, DEFRAG_TIMEOUT);
	struct datagram_key key = key_of(f, p);
	struct datagram *d = current(t, &key, f, p);
	return add(t, d ? d : datagram_start(t, &key, p), f, p, out);
}

void defrag_finish(struct defrag *g)
{
	struct datagrams *t = &g->table;

	while (t->waiting.oldest != DATAGRAM_NONE)
		datagram_forget(t, &t->slots[t->waiting.oldest], COUNT_fragments_open);
	while (t->done.oldest != DATAGRAM_NONE)
		datagram_forget(t, &t->slots[t->done.oldest], COUNT_fragments_open);
}
