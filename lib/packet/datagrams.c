// SPDX-License-Identifier: BSD-3-Clause
#include "packet/datagrams.h"
#include "core/mem.h"
#include "core/siphash.h"

#include <string.h>
#include <sys/random.h>

#define NONE DATAGRAM_NONE
#define MIN 16u
#define MAX (1u << 24)

static uint32_t power_of_two(uint32_t n)
{
	return 1u << (32 - __builtin_clz(n - 1));
}

bool datagrams_init(struct datagrams *t, uint32_t max, uint32_t max_bytes, struct counters *counters)
{
	const struct datagram_list empty = { NONE, NONE };

	max = max < MIN ? MIN : max > MAX ? MAX : max;
	*t = (struct datagrams){
		.counters = counters, .max = max, .bucket_mask = power_of_two(max) - 1, .spare = NONE,
		.waiting = empty, .done = empty,
	};
	t->slots = mem_reserve((size_t)max * sizeof(*t->slots));
	t->buckets = mem_reserve((t->bucket_mask + 1ull) * sizeof(*t->buckets));
	return pieces_init(&t->ring, max_bytes) && t->slots && t->buckets &&
	       getrandom(t->secret, sizeof(t->secret), 0) == sizeof(t->secret);
}

void datagrams_fini(struct datagrams *t)
{
	mem_free(t->slots, (size_t)t->max * sizeof(*t->slots));
	mem_free(t->buckets, (t->bucket_mask + 1ull) * sizeof(*t->buckets));
	pieces_fini(&t->ring);
}

static uint32_t index_of(const struct datagrams *t, const struct datagram *d)
{
	return (uint32_t)(d - t->slots);
}

static struct datagram_list *list_of(struct datagrams *t, const struct datagram *d)
{
	return d->state == DATAGRAM_DONE ? &t->done : &t->waiting;
}

static void list_add(struct datagrams *t, struct datagram *d)
{
	struct datagram_list *list = list_of(t, d);
	uint32_t at = index_of(t, d);

	d->older = list->newest;
	d->newer = NONE;
	if (list->newest == NONE)
		list->oldest = at;
	else
		t->slots[list->newest].newer = at;
	list->newest = at;
}

static void list_remove(struct datagrams *t, struct datagram *d)
{
	struct datagram_list *list = list_of(t, d);

	if (d->older == NONE)
		list->oldest = d->newer;
	else
		t->slots[d->older].newer = d->newer;
	if (d->newer == NONE)
		list->newest = d->older;
	else
		t->slots[d->newer].older = d->older;
}

uint32_t datagram_free_pieces(struct datagrams *t, struct datagram *d)
{
	uint32_t n = d->pieces;

	for (uint32_t at = d->first; at != PIECE_NONE; at = piece_at(&t->ring, at)->next)
		piece_free(&t->ring, at);
	pieces_trim(&t->ring);
	d->first = d->last = PIECE_NONE;
	d->pieces = 0;
	return n;
}

void datagram_forget(struct datagrams *t, struct datagram *d, enum counter reason)
{
	uint32_t at = index_of(t, d), *link = &t->buckets[d->bucket];

	counter_add(t->counters, reason, datagram_free_pieces(t, d));
	list_remove(t, d);
	if (*link == at + 1) {
		*link = d->chain + 1;
	} else {
		struct datagram *before = &t->slots[*link - 1];
		while (before->chain != at)
			before = &t->slots[before->chain];
		before->chain = d->chain;
	}
	d->chain = t->spare;
	t->spare = at;
}

/* Room for one more datagram: what isn't used, then whole ones that were kept for duplicates, then the
 * oldest. */
static struct datagram *room(struct datagrams *t, int64_t now)
{
	struct datagram *done = t->done.oldest == NONE ? NULL : &t->slots[t->done.oldest];

	if (t->spare == NONE && done &&
	    (t->used == t->max || datagram_apart(now, done->time, DATAGRAM_DUPLICATE_WINDOW)))
		datagram_forget(t, done, COUNT_fragments_evicted);
	if (t->spare == NONE && t->used < t->max)
		return &t->slots[t->used++];
	if (t->spare == NONE)
		datagram_forget(t, &t->slots[t->waiting.oldest], COUNT_fragments_evicted);
	struct datagram *d = &t->slots[t->spare];
	t->spare = d->chain;
	return d;
}

static uint32_t bucket_of(const struct datagrams *t, const struct datagram_key *key)
{
	uint64_t words[sizeof(*key) / 8];

	memcpy(words, key, sizeof(*key));
	return (uint32_t)siphash_words(t->secret, words, sizeof(*key) / 8) & t->bucket_mask;
}

struct datagram *datagram_find(struct datagrams *t, const struct datagram_key *key)
{
	for (uint32_t at = t->buckets[bucket_of(t, key)] - 1; at != NONE; at = t->slots[at].chain)
		if (memcmp(&t->slots[at].key, key, sizeof(*key)) == 0)
			return &t->slots[at];
	return NULL;
}

struct datagram *datagram_start(struct datagrams *t, const struct datagram_key *key, const struct packet *p)
{
	struct datagram *d = room(t, p->time);
	uint32_t bucket = bucket_of(t, key);

	*d = (struct datagram){
		.key = *key, .time = p->time, .bucket = bucket, .chain = t->buckets[bucket] - 1,
		.first = PIECE_NONE, .last = PIECE_NONE, .total = DATAGRAM_UNKNOWN, .port = p->port,
		.state = DATAGRAM_OPEN,
	};
	t->buckets[bucket] = index_of(t, d) + 1;
	list_add(t, d);
	return d;
}

void datagram_done(struct datagrams *t, struct datagram *d, int64_t now)
{
	list_remove(t, d);
	d->state = DATAGRAM_DONE;
	d->time = now;
	list_add(t, d);
}

/* True where a datagram's time is far from all recent ones of its port. */
static bool stale(const struct datagrams *t, const struct datagram *d, int64_t timeout)
{
	const int64_t *time = t->recent[d->port % DATAGRAM_PORTS];

	for (int i = 0; i < DATAGRAM_RECENT; i++)
		if (!datagram_apart(time[i], d->time, timeout))
			return false;
	return true;
}

void datagrams_expire(struct datagrams *t, const struct packet *p, int64_t timeout)
{
	unsigned port = p->port % DATAGRAM_PORTS;

	if (t->seen[port] == 0)
		for (int i = 1; i < DATAGRAM_RECENT; i++)
			t->recent[port][i] = p->time;
	t->recent[port][t->seen[port]++ % DATAGRAM_RECENT] = p->time;
	for (int i = 0; i < 2 && t->waiting.oldest != NONE; i++) {
		struct datagram *d = &t->slots[t->waiting.oldest];
		if (!stale(t, d, timeout))
			return;
		datagram_forget(t, d, COUNT_fragments_timeout);
	}
}
