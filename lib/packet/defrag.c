// SPDX-License-Identifier: BSD-3-Clause
#include "packet/defrag.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/siphash.h"
#include "packet/hash.h"
#include "packet/pieces.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NONE UINT32_MAX
#define UNKNOWN UINT32_MAX
#define DATAGRAMS_MIN 16
/* How long a duplicate of the fragment that completed a datagram is known as one: what a mirror port shows twice. */
#define DUPLICATE_WINDOW (100 * NS_PER_MS)
/* Packet time is followed for each port (by its number modulo PORTS), and is the least of its last RECENT fragments' times: one
 * fragment from the far future moves nothing. */
#define PORTS 16
#define RECENT 8

/* Compared and hashed as words. An IPv6 datagram may tell its protocol differently from fragment to fragment: not in its key. */
struct key {
	uint8_t src[16];
	uint8_t dst[16];
	uint32_t id;
	uint32_t tunnel_id;
	uint8_t family;
	uint8_t proto;
	uint8_t zero[6];
};
static_assert(sizeof(struct key) % 8 == 0, "whole words");

enum state {
	OPEN, /* waits for more */
	DEAD, /* had an overlap: takes nothing more until it times out */
	DONE, /* whole; kept to know duplicates by */
};

struct datagram {
	struct key key;
	int64_t time;       /* OPEN, DEAD: of the first fragment seen; DONE: of the last */
	uint32_t chain;     /* next of the same bucket */
	uint32_t older;     /* neighbours in the list of its state */
	uint32_t newer;
	uint32_t bucket;
	uint32_t first;     /* pieces by offset */
	uint32_t last;
	uint32_t total;     /* bytes of the whole, once the last fragment is there */
	uint32_t bytes;     /* of them there */
	uint16_t pieces;
	uint16_t port;
	uint8_t state;
	uint8_t proto;      /* as the first fragment tells it */
	uint16_t next_at;   /* likewise: where its header tells what comes next (IPv6) */
	uint64_t check;     /* DONE: hash of the fragment that completed it, and where it lay */
	uint32_t offset;
	uint32_t len;
};

/* Datagrams in the order of their time of arrival. */
struct list {
	uint32_t oldest;
	uint32_t newest;
};

struct defrag {
	struct counters *counters;
	uint64_t secret[2];
	struct pieces ring;
	struct datagram *datagrams;
	uint32_t *buckets;    /* index + 1 of the first datagram, 0 for none */
	uint32_t max;         /* datagrams that there is room for */
	uint32_t bucket_mask;
	uint32_t used;        /* datagrams ever touched */
	uint32_t spare;       /* list of those not in use, by `chain` */
	struct list waiting;  /* OPEN and DEAD */
	struct list done;
	struct { int64_t time[RECENT]; uint32_t n; } recent[PORTS];
};

static uint32_t power_of_two(uint32_t n)
{
	return n <= 1 ? 1 : 1u << (32 - __builtin_clz(n - 1));
}

struct defrag *defrag_new(uint32_t max_datagrams, uint32_t max_bytes, struct counters *counters)
{
	struct defrag *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->max = max_datagrams < DATAGRAMS_MIN ? DATAGRAMS_MIN : max_datagrams > 1u << 24 ? 1u << 24 : max_datagrams;
	g->bucket_mask = power_of_two(g->max) - 1;
	g->counters = counters;
	g->spare = g->waiting.oldest = g->waiting.newest = g->done.oldest = g->done.newest = NONE;
	g->datagrams = mem_reserve((size_t)g->max * sizeof(*g->datagrams));
	g->buckets = mem_reserve((g->bucket_mask + 1ull) * sizeof(*g->buckets));
	if (!pieces_init(&g->ring, max_bytes) || !g->datagrams || !g->buckets ||
	    getrandom(g->secret, sizeof(g->secret), 0) != sizeof(g->secret)) {
		defrag_free(g);
		return NULL;
	}
	return g;
}

void defrag_free(struct defrag *g)
{
	if (!g)
		return;
	mem_free(g->datagrams, (size_t)g->max * sizeof(*g->datagrams));
	mem_free(g->buckets, (g->bucket_mask + 1ull) * sizeof(*g->buckets));
	pieces_fini(&g->ring);
	free(g);
}

/* True where `late` is more than `limit` behind `early`; times may be anything. */
static bool later(int64_t late, int64_t early, int64_t limit)
{
	return late > early && (uint64_t)late - (uint64_t)early > (uint64_t)limit;
}

/* True where two times differ by more than `limit`. */
static bool apart(int64_t a, int64_t b, int64_t limit)
{
	return later(a, b, limit) || later(b, a, limit);
}

static struct list *list_of(struct defrag *g, const struct datagram *d)
{
	return d->state == DONE ? &g->done : &g->waiting;
}

static void list_add(struct defrag *g, struct datagram *d)
{
	struct list *list = list_of(g, d);
	uint32_t at = (uint32_t)(d - g->datagrams);

	d->older = list->newest;
	d->newer = NONE;
	if (list->newest == NONE)
		list->oldest = at;
	else
		g->datagrams[list->newest].newer = at;
	list->newest = at;
}

static void list_remove(struct defrag *g, struct datagram *d)
{
	struct list *list = list_of(g, d);

	if (d->older == NONE)
		list->oldest = d->newer;
	else
		g->datagrams[d->older].newer = d->newer;
	if (d->newer == NONE)
		list->newest = d->older;
	else
		g->datagrams[d->newer].older = d->older;
}

/* Frees a datagram's bytes; says how many fragments they were. */
static uint32_t free_pieces(struct defrag *g, struct datagram *d)
{
	uint32_t n = d->pieces;

	for (uint32_t at = d->first; at != PIECE_NONE; at = piece_at(&g->ring, at)->next)
		piece_free(&g->ring, at);
	pieces_trim(&g->ring);
	d->first = d->last = PIECE_NONE;
	d->pieces = 0;
	return n;
}

/* Forgets a datagram; its fragments are counted under `reason`. */
static void forget(struct defrag *g, struct datagram *d, enum counter reason)
{
	uint32_t at = (uint32_t)(d - g->datagrams), *link = &g->buckets[d->bucket];

	g->counters->n[reason] += free_pieces(g, d);
	list_remove(g, d);
	if (*link == at + 1) {
		*link = d->chain + 1;
	} else {
		struct datagram *before = &g->datagrams[*link - 1];
		while (before->chain != at)
			before = &g->datagrams[before->chain];
		before->chain = d->chain;
	}
	d->chain = g->spare;
	g->spare = at;
}

/* Room for one more datagram: what isn't used, then whole ones that were kept for duplicates, then the oldest. */
static struct datagram *room(struct defrag *g, int64_t now)
{
	if (g->spare == NONE && g->done.oldest != NONE &&
	    (g->used == g->max || apart(now, g->datagrams[g->done.oldest].time, DUPLICATE_WINDOW)))
		forget(g, &g->datagrams[g->done.oldest], COUNT_fragments_evicted);
	if (g->spare == NONE && g->used < g->max)
		return &g->datagrams[g->used++];
	if (g->spare == NONE)
		forget(g, &g->datagrams[g->waiting.oldest], COUNT_fragments_evicted);
	struct datagram *d = &g->datagrams[g->spare];
	g->spare = d->chain;
	return d;
}

static struct key key_of(const uint8_t *data, const struct fragment *f, const struct packet *p)
{
	struct key key = { .id = f->id, .tunnel_id = p->tunnel_id, .family = f->family };
	const uint8_t *ip = data + f->l3;

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

static uint32_t bucket_of(const struct defrag *g, const struct key *key)
{
	uint64_t words[sizeof(*key) / 8];

	memcpy(words, key, sizeof(*key));
	return (uint32_t)siphash_words(g->secret, words, sizeof(*key) / 8) & g->bucket_mask;
}

static struct datagram *find(struct defrag *g, const struct key *key, uint32_t bucket)
{
	for (uint32_t at = g->buckets[bucket] - 1; at != NONE; at = g->datagrams[at].chain)
		if (memcmp(&g->datagrams[at].key, key, sizeof(*key)) == 0)
			return &g->datagrams[at];
	return NULL;
}

static struct datagram *start(struct defrag *g, const struct key *key, uint32_t bucket, const struct packet *p)
{
	struct datagram *d = room(g, p->time);

	*d = (struct datagram){ .key = *key, .time = p->time, .bucket = bucket, .chain = g->buckets[bucket] - 1,
				.first = PIECE_NONE, .last = PIECE_NONE, .total = UNKNOWN, .port = p->port, .state = OPEN };
	g->buckets[bucket] = (uint32_t)(d - g->datagrams) + 1;
	list_add(g, d);
	return d;
}

static int64_t believed(const struct defrag *g, uint16_t port)
{
	const int64_t *time = g->recent[port % PORTS].time;
	int64_t least = time[0];

	for (int i = 1; i < RECENT; i++)
		if (time[i] < least)
			least = time[i];
	return least;
}

/* Takes memory of datagrams back that can't become whole any more: a few a fragment. Being late harms nothing. */
static void expire(struct defrag *g, const struct packet *p)
{
	unsigned port = p->port % PORTS;

	if (g->recent[port].n == 0)
		for (int i = 1; i < RECENT; i++)
			g->recent[port].time[i] = p->time;
	g->recent[port].time[g->recent[port].n++ % RECENT] = p->time;
	for (int i = 0; i < 2 && g->waiting.oldest != NONE; i++) {
		struct datagram *d = &g->datagrams[g->waiting.oldest];
		if (!later(believed(g, d->port), d->time, DEFRAG_TIMEOUT))
			return;
		forget(g, d, COUNT_fragments_timeout);
	}
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
static enum defrag_verdict give_up(struct defrag *g, struct datagram *d, enum counter reason)
{
	g->counters->n[reason]++;
	forget(g, d, reason);
	return DEFRAG_DROPPED;
}

static enum defrag_verdict kill(struct defrag *g, struct datagram *d)
{
	COUNT_N(g->counters, fragments_overlap, 1 + free_pieces(g, d));
	d->state = DEAD;
	return DEFRAG_DROPPED;
}

/* How a fragment lies to those that are there. */
enum fit { FITS, DUPLICATE, OVERLAPS };

/* Where it belongs: `*before` gets the piece in front of it, or PIECE_NONE. */
static enum fit fit(const struct defrag *g, const struct datagram *d, const uint8_t *data, const struct fragment *f, uint32_t *before)
{
	uint32_t end = f->offset + f->len, at = d->first;
	const struct piece *p;

	*before = PIECE_NONE;
	if (d->total != UNKNOWN && (end > d->total || (!f->more && end != d->total)))
		return OVERLAPS;
	if (d->last != PIECE_NONE && piece_at(&g->ring, d->last)->offset < f->offset) {
		*before = d->last;
		at = PIECE_NONE;
	}
	for (; at != PIECE_NONE && (p = piece_at(&g->ring, at))->offset <= f->offset; at = p->next)
		*before = at;
	if (*before != PIECE_NONE) {
		struct piece *b = piece_at(&g->ring, *before);
		if (b->offset == f->offset && b->len == f->len && memcmp(piece_payload(b), data + f->payload, f->len) == 0)
			return DUPLICATE;
		if (b->offset + (uint32_t)b->len > f->offset)
			return OVERLAPS;
	}
	if (at != PIECE_NONE && (piece_at(&g->ring, at)->offset < end || !f->more))
		return OVERLAPS;
	return FITS;
}

static enum defrag_verdict keep(struct defrag *g, struct datagram *d, const uint8_t *data, const struct fragment *f,
				const struct packet *p, uint32_t before)
{
	uint16_t header_len = f->offset == 0 ? (uint16_t)f->header_len : 0;
	uint32_t oldest, at;

	while ((at = pieces_put(&g->ring, header_len + f->len, &oldest)) == PIECE_NONE) {
		struct datagram *victim = &g->datagrams[piece_at(&g->ring, oldest)->owner];
		if (victim == d)
			return give_up(g, d, COUNT_fragments_evicted);
		forget(g, victim, COUNT_fragments_evicted);
	}
	struct piece *new = piece_at(&g->ring, at);
	uint32_t *link = before == PIECE_NONE ? &d->first : &piece_at(&g->ring, before)->next;
	new->owner = (uint32_t)(d - g->datagrams);
	new->next = *link;
	new->offset = f->offset;
	new->len = (uint16_t)f->len;
	new->header_len = header_len;
	new->wire_len = p->wire_len;
	memcpy(piece_header(new), data + f->l3, header_len);
	memcpy(piece_payload(new), data + f->payload, f->len);
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
static enum defrag_verdict join(struct defrag *g, struct datagram *d, const uint8_t *data, const struct fragment *f, struct packet *p,
				struct arena *arena, const uint8_t **whole, uint32_t *len)
{
	struct piece *first = f->offset == 0 ? NULL : piece_at(&g->ring, d->first);
	uint32_t header_len = first ? first->header_len : f->header_len;
	uint64_t wire_len = p->wire_len;

	if (too_long(d->key.family, header_len + d->total))
		return give_up(g, d, COUNT_fragments_malformed);
	uint8_t *to = arena_take(arena, header_len + d->total);
	if (!to)
		return give_up(g, d, COUNT_fragments_evicted);
	memcpy(to, first ? piece_header(first) : data + f->l3, header_len);
	memcpy(to + header_len + f->offset, data + f->payload, f->len);
	for (uint32_t at = d->first; at != PIECE_NONE; at = piece_at(&g->ring, at)->next) {
		struct piece *piece = piece_at(&g->ring, at);
		memcpy(to + header_len + piece->offset, piece_payload(piece), piece->len);
		wire_len += piece->wire_len;
	}
	*whole = to;
	*len = header_len + d->total;
	patch(to, d, header_len, *len);
	p->wire_len = wire_len > UINT32_MAX ? UINT32_MAX : (uint32_t)wire_len;
	p->reassembled = true;

	COUNT_N(g->counters, fragments_used, 1 + free_pieces(g, d));
	COUNT(g->counters, datagrams_reassembled);
	list_remove(g, d);
	d->state = DONE;
	d->time = p->time;
	d->check = check_of(data + f->payload, f->len);
	d->offset = f->offset;
	d->len = f->len;
	list_add(g, d);
	return DEFRAG_WHOLE;
}

/* The datagram of a key, as far as it may still take this fragment; NULL where there is none. */
static struct datagram *current(struct defrag *g, const struct key *key, uint32_t bucket, const uint8_t *data, const struct fragment *f,
				const struct packet *p)
{
	struct datagram *d = find(g, key, bucket);

	if (!d)
		return NULL;
	if (d->state != DONE && !apart(p->time, d->time, DEFRAG_TIMEOUT))
		return d;
	if (d->state == DONE && !apart(p->time, d->time, DUPLICATE_WINDOW) && d->offset == f->offset && d->len == f->len &&
	    d->check == check_of(data + f->payload, f->len))
		return d;
	forget(g, d, COUNT_fragments_timeout);
	return NULL;
}

static bool impossible(const struct fragment *f)
{
	return f->len == 0 || (f->more && f->len % 8) || too_long(f->family, f->header_len + f->offset + f->len);
}

static enum defrag_verdict add(struct defrag *g, struct datagram *d, const uint8_t *data, const struct fragment *f, struct packet *p,
			       struct arena *arena, const uint8_t **whole, uint32_t *len)
{
	uint32_t before;

	if (d->state == DEAD) {
		COUNT(g->counters, fragments_overlap);
		return DEFRAG_DROPPED;
	}
	enum fit how = d->state == DONE ? DUPLICATE : fit(g, d, data, f, &before);
	if (how == DUPLICATE) {
		COUNT(g->counters, fragments_duplicate);
		return DEFRAG_DROPPED;
	}
	if (how == OVERLAPS)
		return kill(g, d);
	if (!f->more)
		d->total = f->offset + f->len;
	if (f->offset == 0) {
		d->proto = f->proto;
		d->next_at = (uint16_t)f->next_at;
	}
	if (d->total != UNKNOWN && d->bytes + f->len == d->total)
		return join(g, d, data, f, p, arena, whole, len);
	if (d->pieces == DEFRAG_PIECES_MAX - 1)
		return give_up(g, d, COUNT_fragments_evicted);
	return keep(g, d, data, f, p, before);
}

enum defrag_verdict defrag_add(struct defrag *g, const uint8_t *data, const struct fragment *f, struct packet *p, struct arena *arena,
			       const uint8_t **whole, uint32_t *len)
{
	if (f->cut || impossible(f)) {
		if (f->cut)
			COUNT(g->counters, fragments_cut);
		else
			COUNT(g->counters, fragments_malformed);
		return DEFRAG_DROPPED;
	}
	expire(g, p);
	struct key key = key_of(data, f, p);
	uint32_t bucket = bucket_of(g, &key);
	struct datagram *d = current(g, &key, bucket, data, f, p);
	if (!d)
		d = start(g, &key, bucket, p);
	return add(g, d, data, f, p, arena, whole, len);
}

void defrag_finish(struct defrag *g)
{
	while (g->waiting.oldest != NONE)
		forget(g, &g->datagrams[g->waiting.oldest], COUNT_fragments_open);
	while (g->done.oldest != NONE)
		forget(g, &g->datagrams[g->done.oldest], COUNT_fragments_open);
}
