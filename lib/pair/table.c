// SPDX-License-Identifier: BSD-3-Clause
#include "pair/table.h"

#include "core/mem.h"

#include <string.h>

/* Tombstones at most: they live for a fraction of a second, and a longer ring would only be colder. */
#define MOST_TOMBS (UINT32_C(1) << 19)
/* Buckets in use at first, and slots in one on average before there are more. */
#define BUCKETS_LEAST UINT32_C(1024)
#define BUCKET_FILL 4
/* Places of a ring at first. */
#define RING_LEAST UINT32_C(1024)
/* So many entries a place for the rest of a name longer than NAME_SHORT. */
#define ENTRIES_A_LONG_PLACE 4

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

/* For so many places at most, a power of two. */
static struct ring ring_of(uint32_t places)
{
	return (struct ring){ .mask = (places < RING_LEAST ? places : RING_LEAST) - 1, .most = places - 1 };
}

/* Makes room in a full ring with twice the places, if it may have them. What is in it keeps its number; half of it
 * comes to stand elsewhere. */
static bool ring_grow(struct ring *r, void *places, size_t size)
{
	uint32_t more = r->mask + 1;
	uint8_t *at = places;

	if (r->mask == r->most)
		return false;
	for (uint32_t i = r->head; i != r->tail; i++)
		if (i & more)
			memcpy(at + (size_t)((i & r->mask) + more) * size, at + (size_t)(i & r->mask) * size, size);
	r->mask += more;
	return true;
}

/* The memory of a table, piece by piece: reserved, freed and summed by the same list. */
struct piece {
	void **at;
	size_t size;
};

#define PIECES 9

static void pieces(struct table *t, struct piece p[PIECES])
{
	p[0] = (struct piece){ (void **)&t->entries, ((size_t)t->capacity + 1) * sizeof(struct entry) };
	p[1] = (struct piece){ (void **)&t->buckets, (size_t)t->buckets_max * sizeof(struct bucket) };
	p[2] = (struct piece){ (void **)&t->overflow,
			       ((size_t)t->overflow_capacity + 1) * sizeof(struct bucket) };
	p[3] = (struct piece){ (void **)&t->free, (size_t)t->capacity * sizeof(uint32_t) };
	p[4] = (struct piece){ (void **)&t->overflow_free, (size_t)t->overflow_capacity * sizeof(uint32_t) };
	p[5] = (struct piece){ (void **)&t->tombs, ((size_t)t->tomb_ring.most + 1) * sizeof(struct tomb) };
	p[6] = (struct piece){ (void **)&t->young, ((size_t)t->young_ring.most + 1) * sizeof(uint32_t) };
	for (int i = 0; i < PLACES; i++)
		p[7 + i] = (struct piece){ (void **)&t->places[i].base,
					   ((size_t)t->places[i].capacity + 1) * t->places[i].size };
}

bool table_init(struct table *t, uint32_t queries, uint32_t waits)
{
	struct piece p[PIECES];
	uint32_t n = queries + waits, tombs = power_of_two(queries / 2 < MOST_TOMBS ? queries / 2 : MOST_TOMBS);

	/* Overflow lines are full but for a chain's last: n slots never need more than n / 8 of them. */
	*t = (struct table){ .capacity = n,
			     .overflow_capacity = (n + tombs) / BUCKET_SLOTS + 1,
			     .buckets_max = power_of_two(n / BUCKET_FILL),
			     .tomb_ring = ring_of(tombs),
			     .young_ring = ring_of(power_of_two(2 * queries)),
			     .places = { { .size = NAME_SHORT - NAME_HEAD, .capacity = queries },
					 { .size = DNS_NAME_MAX + 1 - NAME_HEAD,
					   .capacity = n / ENTRIES_A_LONG_PLACE + 1 } } };
	t->bucket_mask = (t->buckets_max < BUCKETS_LEAST ? t->buckets_max : BUCKETS_LEAST) - 1;
	pieces(t, p);
	for (int i = 0; i < PIECES; i++) {
		*p[i].at = mem_reserve(p[i].size);
		if (!*p[i].at) {
			table_close(t);
			return false;
		}
		t->memory += p[i].size;
	}
	return true;
}

void table_close(struct table *t)
{
	struct piece p[PIECES];

	pieces(t, p);
	for (int i = 0; i < PIECES; i++) {
		mem_free(*p[i].at, p[i].size);
		*p[i].at = NULL;
	}
}

uint32_t entry_take(struct table *t)
{
	if (!t->n_free)
		return ++t->touched;
	return t->free[--t->n_free];
}

void entry_give(struct table *t, uint32_t i)
{
	t->free[t->n_free++] = i;
}

/* Where the rest of a name lies. */
static int places_of(const struct entry *e)
{
	return e->name_len > NAME_SHORT ? PLACES_LONG : PLACES_SHORT;
}

static uint8_t *place_at(const struct places *p, uint32_t place)
{
	return p->base + (size_t)place * p->size;
}

/* 0 where there is none. */
static uint32_t place_take(struct places *p)
{
	uint32_t place = p->free;

	if (place)
		memcpy(&p->free, place_at(p, place), sizeof(p->free));
	else if (p->touched < p->capacity)
		place = ++p->touched;
	p->used += place != 0;
	return place;
}

bool entry_set_name(struct table *t, struct entry *e, const uint8_t *name, uint8_t len)
{
	struct places *p;

	e->name_len = len;
	if (len <= NAME_INLINE) {
		if (len)
			memcpy(e->name, name, len);
		return true;
	}
	p = &t->places[places_of(e)];
	e->place = place_take(p);
	if (!e->place)
		return false;
	memcpy(e->head, name, NAME_HEAD);
	memcpy(place_at(p, e->place), name + NAME_HEAD, len - NAME_HEAD);
	return true;
}

void entry_drop_name(struct table *t, struct entry *e)
{
	struct places *p = &t->places[places_of(e)];

	if (e->name_len <= NAME_INLINE)
		return;
	memcpy(place_at(p, e->place), &p->free, sizeof(p->free));
	p->free = e->place;
	p->used--;
}

const uint8_t *name_join(const struct table *t, const struct entry *e, uint8_t *room)
{
	const struct places *p = &t->places[places_of(e)];

	memcpy(room, e->head, NAME_HEAD);
	memcpy(room + NAME_HEAD, place_at(p, e->place), e->name_len - NAME_HEAD);
	return room;
}

void chain_add(struct table *t, uint32_t bucket, uint16_t tag, uint32_t slot)
{
	struct bucket *first = &t->buckets[bucket], *line = first;

	while (line->used == BUCKET_SLOTS) {
		if (!line->next) {
			uint32_t fresh = t->n_overflow_free ? t->overflow_free[--t->n_overflow_free]
							    : ++t->overflow_touched;
			t->overflow[fresh].used = 0;
			t->overflow[fresh].next = 0;
			line->next = fresh;
		}
		line = &t->overflow[line->next];
	}
	line->tag[line->used] = tag;
	line->slot[line->used++] = slot;
	first->total++;
	t->slots++;
}

void chain_replace(struct table *t, uint32_t bucket, uint32_t slot, uint32_t by)
{
	struct bucket *line = &t->buckets[bucket];
	uint32_t hit;

	while (!(hit = line_slot(line, slot)))
		line = &t->overflow[line->next];
	line->slot[__builtin_ctz(hit)] = by;
}

void chain_remove(struct table *t, uint32_t bucket, uint32_t slot)
{
	struct bucket *first = &t->buckets[bucket], *last = first, *before = NULL, *hit = NULL;
	uint32_t at = 0;

	for (;;) {
		uint32_t found = hit ? 0 : line_slot(last, slot);
		if (found) {
			at = (uint32_t)__builtin_ctz(found);
			hit = last;
		}
		if (!last->next)
			break;
		before = last;
		last = &t->overflow[last->next];
	}
	/* The last slot of the chain fills the hole. */
	last->used--;
	hit->tag[at] = last->tag[last->used]; /* NOLINT(clang-analyzer-core.NullDereference): a slot is in its chain */
	hit->slot[at] = last->slot[last->used];
	first->total--;
	t->slots--;
	if (before && !last->used) {
		t->overflow_free[t->n_overflow_free++] = before->next;
		before->next = 0;
	}
}

/* A chain's content. */
struct chain {
	uint32_t n;
	uint16_t tag[CHAIN_MOST];
	uint32_t slot[CHAIN_MOST];
};

/* Empties a chain, whose lines are free then. */
static void chain_take(struct table *t, uint32_t bucket, struct chain *c)
{
	struct bucket *first = &t->buckets[bucket];
	const struct bucket *line = first;

	c->n = 0;
	for (uint32_t next;; line = &t->overflow[next]) {
		for (uint32_t i = 0; i < line->used; i++, c->n++) {
			c->tag[c->n] = line->tag[i];
			c->slot[c->n] = line->slot[i];
		}
		next = line->next;
		if (!next)
			break;
		t->overflow_free[t->n_overflow_free++] = next;
	}
	*first = (struct bucket){ .used = 0 };
	t->slots -= c->n;
}

/* The hash that a slot was put into its chain by. */
static uint64_t slot_hash(const struct table *t, uint32_t slot)
{
	return slot & SLOT_TOMB ? slot_tomb(t, slot)->flow : t->entries[slot].flow;
}

/* Fetches what the next split asks for: the hashes of its slots' owners, and the line of the one after it. Each
 * is a miss of its own, and there are some messages until then. Inline always, since gcc takes a function that
 * but prefetches for one without effect, and leaves calls of it out. */
static inline __attribute__((always_inline)) void split_prefetch(const struct table *t)
{
	const struct bucket *next = &t->buckets[t->split];

	__builtin_prefetch(next + 1, 1);
	for (uint32_t i = 0; i < next->used; i++)
		if (next->slot[i] & SLOT_TOMB)
			__builtin_prefetch(slot_tomb(t, next->slot[i]));
		else
			__builtin_prefetch(&t->entries[next->slot[i]]);
}

void table_grow(struct table *t)
{
	uint32_t bucket = t->split;
	struct chain c;

	if (t->slots < BUCKET_FILL * (t->bucket_mask + 1 + t->split) || t->bucket_mask + 1 == t->buckets_max)
		return;
	chain_take(t, bucket, &c);
	if (t->split++ == t->bucket_mask) {
		t->bucket_mask = 2 * t->bucket_mask + 1;
		t->split = 0;
	}
	for (uint32_t i = 0; i < c.n; i++) {
		uint32_t to = hash_bucket(t, slot_hash(t, c.slot[i]));
		chain_add(t, to, c.tag[i], c.slot[i]);
		if (!(c.slot[i] & SLOT_TOMB) && t->entries[c.slot[i]].state == ENTRY_WAIT)
			t->buckets[to].waits++;
	}
	split_prefetch(t);
}

static void list_add(struct table *t, uint32_t list, uint32_t i)
{
	struct list *l = &t->lists[list];

	t->entries[i].link = (struct link){ .prev = l->tail };
	if (l->tail)
		t->entries[l->tail].link.next = i;
	else
		l->head = i;
	l->tail = i;
	l->n++;
}

static void list_remove(struct table *t, uint32_t list, uint32_t i)
{
	struct list *l = &t->lists[list];
	struct link at = t->entries[i].link;

	if (at.prev)
		t->entries[at.prev].link.next = at.next;
	else
		l->head = at.next;
	if (at.next)
		t->entries[at.next].link.prev = at.prev;
	else
		l->tail = at.prev;
	l->n--;
}

/* Places ahead of the one that is looked at, whose entries are fetched. */
#define YOUNG_AHEAD 16

/* The entry at the old end of the ring; 0 where it has gone. */
static uint32_t young_oldest(const struct table *t)
{
	uint32_t i = t->young[t->young_ring.head & t->young_ring.mask];
	const struct entry *e = &t->entries[i];

	__builtin_prefetch(&t->entries[t->young[(t->young_ring.head + YOUNG_AHEAD) & t->young_ring.mask]].state);
	if (e->state != ENTRY_OPEN || e->bits & ENTRY_OLD || e->name_len > NAME_SHORT ||
	    e->young != t->young_ring.head)
		return 0;
	return i;
}

/* The oldest place of the ring is given up: its query grows old. */
static void young_shift(struct table *t)
{
	uint32_t i = young_oldest(t);

	t->young_ring.head++;
	if (i) {
		t->entries[i].bits |= ENTRY_OLD;
		list_add(t, LIST_OLD, i);
	}
}

/* The list that an entry is in; LISTS for the ring. */
static uint32_t entry_list(const struct entry *e)
{
	if (e->state == ENTRY_TRANSFER)
		return LIST_TRANSFER;
	return e->name_len > NAME_SHORT ? LIST_LONG : e->bits & ENTRY_OLD ? LIST_OLD : LISTS;
}

void age_add(struct table *t, uint32_t i)
{
	struct entry *e = &t->entries[i];

	e->bits &= (uint8_t)~ENTRY_OLD;
	__atomic_store_n(&t->n_open, t->n_open + (e->state == ENTRY_OPEN), __ATOMIC_RELAXED);
	uint32_t list = entry_list(e);
	if (list != LISTS) {
		list_add(t, list, i);
		return;
	}
	/* Before the oldest place goes: that may be one of this very entry, from a life before. */
	e->young = t->young_ring.tail;
	if (t->young_ring.tail - t->young_ring.head > t->young_ring.mask &&
	    !ring_grow(&t->young_ring, t->young, sizeof(*t->young)))
		young_shift(t);
	t->young[t->young_ring.tail++ & t->young_ring.mask] = i;
}

void age_remove(struct table *t, uint32_t i)
{
	const struct entry *e = &t->entries[i];
	uint32_t list = entry_list(e);

	__atomic_store_n(&t->n_open, t->n_open - (e->state == ENTRY_OPEN), __ATOMIC_RELAXED);
	if (list != LISTS)
		list_remove(t, list, i);
}

uint32_t oldest_short(struct table *t, uint32_t most)
{
	if (t->lists[LIST_OLD].n)
		return t->lists[LIST_OLD].head;
	for (; t->young_ring.head != t->young_ring.tail && most; t->young_ring.head++, most--) {
		uint32_t i = young_oldest(t);
		if (i)
			return i;
	}
	return 0;
}

struct tomb *tomb_oldest(struct table *t)
{
	for (; t->tomb_ring.head != t->tomb_ring.tail; t->tomb_ring.head++)
		if (slot_tomb(t, t->tomb_ring.head)->flow)
			return slot_tomb(t, t->tomb_ring.head);
	return NULL;
}

void tomb_end(struct table *t, uint32_t slot)
{
	struct tomb *tomb = slot_tomb(t, slot);

	chain_remove(t, hash_bucket(t, tomb->flow), SLOT_TOMB | slot);
	tomb->flow = 0;
}

struct tomb *tomb_add(struct table *t, uint64_t flow, uint32_t slot)
{
	struct ring *r = &t->tomb_ring;

	if (r->tail - r->head > r->mask && !ring_grow(r, t->tombs, sizeof(*t->tombs))) {
		tomb_prefetch(t, r->head + TOMBS_AHEAD);
		if (slot_tomb(t, r->head)->flow)
			tomb_end(t, r->head);
		r->head++;
	}
	uint32_t at = r->tail++;
	struct tomb *tomb = slot_tomb(t, at);
	chain_replace(t, hash_bucket(t, flow), slot, SLOT_TOMB | at);
	tomb->flow = flow;
	return tomb;
}
