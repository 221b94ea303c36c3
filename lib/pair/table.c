// SPDX-License-Identifier: BSD-3-Clause
#include "pair/table.h"

#include "core/mem.h"

#include <string.h>

/* A name of the slab for so many entries. */
#define ENTRIES_A_SLAB_NAME 4

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p <<= 1;
	return p;
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
	p[1] = (struct piece){ (void **)&t->buckets, ((size_t)t->bucket_mask + 1) * sizeof(struct bucket) };
	p[2] = (struct piece){ (void **)&t->overflow, ((size_t)t->overflow_capacity + 1) * sizeof(struct bucket) };
	p[3] = (struct piece){ (void **)&t->links, ((size_t)t->capacity + 1) * sizeof(struct link) };
	p[4] = (struct piece){ (void **)&t->free, (size_t)t->capacity * sizeof(uint32_t) };
	p[5] = (struct piece){ (void **)&t->overflow_free, (size_t)t->overflow_capacity * sizeof(uint32_t) };
	p[6] = (struct piece){ (void **)&t->slab, (size_t)t->slab_capacity * (DNS_NAME_MAX + 1) };
	p[7] = (struct piece){ (void **)&t->slab_free, (size_t)t->slab_capacity * sizeof(uint32_t) };
	p[8] = (struct piece){ (void **)&t->tombs, ((size_t)t->tomb_mask + 1) * sizeof(struct tomb) };
}

bool table_init(struct table *t, uint32_t queries, uint32_t waits)
{
	struct piece p[PIECES];
	uint32_t n = queries + waits;

	/* Overflow lines are full but for the last of a chain, so that n entries never need more than n / 8 of them. */
	*t = (struct table){ .capacity = n, .overflow_capacity = n / BUCKET_SLOTS + 1, .slab_capacity = n / ENTRIES_A_SLAB_NAME + 1,
			     .bucket_mask = power_of_two(n / 4) - 1, .tomb_mask = power_of_two(queries) - 1 };
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
	uint32_t i = t->free[--t->n_free];
	if (t->n_free) {
		__builtin_prefetch(&t->entries[t->free[t->n_free - 1]], 1);
		__builtin_prefetch(t->entries[t->free[t->n_free - 1]].name, 1);
	}
	return i;
}

void entry_give(struct table *t, uint32_t i)
{
	t->free[t->n_free++] = i;
}

bool entry_set_name(struct table *t, struct entry *e, const uint8_t *name, uint8_t len)
{
	e->name_len = len;
	if (len <= NAME_INLINE) {
		memcpy(e->name, name, len);
		return true;
	}
	if (!t->n_slab_free && t->slab_touched == t->slab_capacity)
		return false;
	e->slab = t->n_slab_free ? t->slab_free[--t->n_slab_free] : t->slab_touched++;
	e->bits |= ENTRY_LONG;
	memcpy(t->slab + (size_t)e->slab * (DNS_NAME_MAX + 1), name, len);
	return true;
}

void entry_drop_name(struct table *t, struct entry *e)
{
	if (e->bits & ENTRY_LONG) {
		t->slab_free[t->n_slab_free++] = e->slab;
		e->bits &= (uint8_t)~ENTRY_LONG;
	}
}

void chain_add(struct table *t, uint32_t bucket, uint16_t tag, uint32_t i)
{
	struct bucket *first = &t->buckets[bucket], *line = first;

	while (line->used == BUCKET_SLOTS) {
		if (!line->next) {
			uint32_t fresh = t->n_overflow_free ? t->overflow_free[--t->n_overflow_free] : ++t->overflow_touched;
			t->overflow[fresh].used = 0;
			t->overflow[fresh].next = 0;
			line->next = fresh;
		}
		line = &t->overflow[line->next];
	}
	line->tag[line->used] = tag;
	line->entry[line->used++] = i;
	first->total++;
}

static uint32_t line_slot(const struct bucket *line, uint32_t i)
{
	uint32_t slot = 0;

	while (slot < line->used && line->entry[slot] != i)
		slot++;
	return slot;
}

void chain_remove(struct table *t, uint32_t bucket, uint32_t i)
{
	struct bucket *first = &t->buckets[bucket], *last = first, *before = NULL, *hit = NULL;
	uint32_t slot = 0;

	for (;;) {
		if (!hit) {
			slot = line_slot(last, i);
			hit = slot < last->used ? last : NULL;
		}
		if (!last->next)
			break;
		before = last;
		last = &t->overflow[last->next];
	}
	/* The last slot of the chain fills the hole. */
	last->used--;
	hit->tag[slot] = last->tag[last->used];
	hit->entry[slot] = last->entry[last->used];
	first->total--;
	if (before && !last->used) {
		t->overflow_free[t->n_overflow_free++] = before->next;
		before->next = 0;
	}
}

void list_add(struct table *t, uint32_t list, uint32_t i)
{
	struct list *l = &t->lists[list];

	t->links[i] = (struct link){ .prev = l->tail };
	if (l->tail)
		t->links[l->tail].next = i;
	else
		l->head = i;
	l->tail = i;
	l->n++;
}

void list_remove(struct table *t, uint32_t list, uint32_t i)
{
	struct list *l = &t->lists[list];
	struct link at = t->links[i];

	if (at.prev)
		t->links[at.prev].next = at.next;
	else
		l->head = at.next;
	if (at.next)
		t->links[at.next].prev = at.prev;
	else
		l->tail = at.prev;
	l->n--;
}

void tomb_add(struct table *t, uint32_t bucket, uint32_t i, uint32_t seen)
{
	t->entries[i].seen = seen;
	t->entries[i].ring = t->tomb_tail;
	t->tombs[t->tomb_tail++ & t->tomb_mask] = (struct tomb){ .entry = i, .bucket = bucket, .seen = seen };
	t->n_done++;
}

struct tomb *tomb_oldest(struct table *t)
{
	while (t->tomb_head != t->tomb_tail) {
		struct tomb *tomb = &t->tombs[t->tomb_head & t->tomb_mask];
		if (tomb->entry)
			return tomb;
		t->tomb_head++;
	}
	return NULL;
}
