// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/heavy.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A counted key. */
struct entry {
	uint64_t hash;
	uint64_t error;
	uint16_t place; /* in the order */
	uint16_t run;
	uint8_t len;
	uint8_t tag;
};

/* Entries of one count: neighbours in the order, from `first` on. */
struct run {
	uint64_t count;
	uint16_t first;
};

static struct entry *entries(const struct heavy *h)
{
	return (struct entry *)(uintptr_t)(h + 1);
}

static void *part(const struct heavy *h, uint32_t at)
{
	return (uint8_t *)(uintptr_t)h + at;
}

static struct run *runs(const struct heavy *h)
{
	return part(h, h->at_run);
}

/* Entries by their counts, the most frequent first. */
static uint16_t *order(const struct heavy *h)
{
	return part(h, h->at_order);
}

/* Entry + 1 by hash, linear probing; 0: free. */
static uint16_t *table(const struct heavy *h)
{
	return part(h, h->at_table);
}

static uint8_t *key_of(const struct heavy *h, uint32_t entry)
{
	return (uint8_t *)part(h, h->at_key) + (size_t)entry * h->key_max;
}

static uint32_t slots(uint32_t k)
{
	uint32_t n = 4;

	while (n < 4 * k)
		n *= 2;
	return n;
}

/* Where the parts are; the whole size. One run more than keys: a key's new run is there before its old one goes. */
static size_t lay_out(struct heavy *h, uint32_t k, uint32_t key_max)
{
	size_t at = sizeof(*h) + k * sizeof(struct entry);

	*h = (struct heavy){ .k = k, .key_max = key_max, .mask = slots(k) - 1 };
	h->at_run = (uint32_t)at;
	at += (k + 1) * sizeof(struct run);
	h->at_spare = (uint32_t)at;
	at += (k + 1) * sizeof(uint16_t);
	h->at_order = (uint32_t)at;
	at += k * sizeof(uint16_t);
	h->at_table = (uint32_t)at;
	at += slots(k) * sizeof(uint16_t);
	h->at_key = (uint32_t)at;
	return (at + (size_t)k * key_max + 63) & ~(size_t)63;
}

size_t heavy_size(uint32_t k, uint32_t key_max)
{
	struct heavy h;

	return lay_out(&h, k, key_max);
}

void heavy_clear(struct heavy *h)
{
	uint16_t *spare = part(h, h->at_spare);

	h->n = 0;
	h->total = 0;
	h->spare = h->k + 1;
	for (uint32_t i = 0; i <= h->k; i++)
		spare[i] = (uint16_t)i;
	memset(table(h), 0, (h->mask + 1) * sizeof(uint16_t));
}

struct heavy *heavy_init(void *mem, uint32_t k, uint32_t key_max)
{
	struct heavy *h = mem;

	assert(k && k <= HEAVY_KEYS_MAX && key_max <= 255);
	lay_out(h, k, key_max);
	heavy_clear(h);
	return h;
}

static uint16_t take_run(struct heavy *h, uint64_t count, uint32_t first)
{
	uint16_t i = ((uint16_t *)part(h, h->at_spare))[--h->spare];

	runs(h)[i] = (struct run){ .count = count, .first = (uint16_t)first };
	return i;
}

static void give_run(struct heavy *h, uint16_t i)
{
	((uint16_t *)part(h, h->at_spare))[h->spare++] = i;
}

/* Moves an entry to the left end of its run and from there into the next one. */
static void increment(struct heavy *h, uint32_t i)
{
	struct entry *e = entries(h);
	uint16_t *o = order(h), old = e[i].run;
	struct run *r = &runs(h)[old];
	uint16_t place = r->first, other = o[place];
	uint64_t count = r->count + 1;

	o[e[i].place] = other;
	e[other].place = e[i].place;
	o[place] = (uint16_t)i;
	e[i].place = place;
	r->first++;
	if (place && runs(h)[e[o[place - 1]].run].count == count)
		e[i].run = e[o[place - 1]].run;
	else
		e[i].run = take_run(h, count, place);
	if (r->first == h->n || e[o[r->first]].run != old)
		give_run(h, old);
}

/* The slot of a key, or the free one where it belongs. Keys aren't compared: hashes under a secret don't meet
 * by chance or by somebody's will, and the keys are in memory that is rarely in the cache. */
static uint32_t find(const struct heavy *h, uint64_t hash)
{
	const struct entry *e = entries(h);
	const uint16_t *t = table(h);
	uint32_t at = (uint32_t)hash & h->mask;

	while (t[at] && e[t[at] - 1].hash != hash)
		at = (at + 1) & h->mask;
	return at;
}

/* Takes an entry out of the table: what was probed past it moves up. */
static void unlink_entry(struct heavy *h, uint32_t i)
{
	const struct entry *e = entries(h);
	uint16_t *t = table(h);
	uint32_t hole = (uint32_t)e[i].hash & h->mask;

	while (t[hole] != i + 1)
		hole = (hole + 1) & h->mask;
	for (uint32_t at = (hole + 1) & h->mask; t[at]; at = (at + 1) & h->mask) {
		uint32_t home = (uint32_t)e[t[at] - 1].hash & h->mask;

		if (((at - home) & h->mask) < ((at - hole) & h->mask))
			continue;
		t[hole] = t[at];
		hole = at;
	}
	t[hole] = 0;
}

/* An entry for a new key: a free one, at the end of the order, or the rarest one. */
static uint32_t new_entry(struct heavy *h)
{
	struct entry *e = entries(h);
	uint16_t *o = order(h);
	uint32_t i = h->n;

	if (i == h->k) {
		i = o[h->n - 1];
		unlink_entry(h, i);
		e[i].error = runs(h)[e[i].run].count;
		increment(h, i);
		return i;
	}
	o[i] = (uint16_t)i;
	e[i].place = (uint16_t)i;
	e[i].error = 0;
	if (i && runs(h)[e[o[i - 1]].run].count == 1)
		e[i].run = e[o[i - 1]].run;
	else
		e[i].run = take_run(h, 1, i);
	h->n++;
	return i;
}

uint8_t *heavy_add(struct heavy *h, uint64_t hash, const void *key, uint32_t len, int *fresh)
{
	struct entry *e = entries(h);
	uint32_t at = find(h, hash), i;

	h->total++;
	*fresh = !table(h)[at];
	if (!*fresh) {
		i = table(h)[at] - 1u;
		increment(h, i);
		return &e[i].tag;
	}
	i = new_entry(h);
	e[i].hash = hash;
	e[i].len = (uint8_t)len;
	e[i].tag = 0;
	memcpy(key_of(h, i), key, len);
	/* What went may have moved the free slot. */
	table(h)[find(h, hash)] = (uint16_t)(i + 1);
	return &e[i].tag;
}

uint64_t heavy_count(const struct heavy *h, const uint8_t *tag)
{
	const struct entry *e = (const struct entry *)(uintptr_t)(tag - offsetof(struct entry, tag));

	return runs(h)[e->run].count - e->error;
}

/* ---- many sketches together ---- */

/* What a key that isn't there may have come at most. */
static uint64_t floor_of(const struct heavy *h)
{
	return h->n < h->k ? 0 : runs(h)[entries(h)[order(h)[h->n - 1]].run].count;
}

static int by_hash(const void *a, const void *b)
{
	const struct heavy_item *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static int by_count(const void *a, const void *b)
{
	const struct heavy_item *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->error != y->error)
		return x->error > y->error ? -1 : 1;
	return by_hash(a, b);
}

static uint32_t list(const struct heavy *h, struct heavy_item *to)
{
	const struct entry *e = entries(h);
	uint64_t floor = floor_of(h);

	/* The error also has what the key may have come in other sketches; the own floor isn't part of that. */
	for (uint32_t i = 0; i < h->n; i++)
		to[i] = (struct heavy_item){ .key = key_of(h, i),
					     .len = e[i].len,
					     .hash = e[i].hash,
					     .count = runs(h)[e[i].run].count - e[i].error,
					     .error = e[i].error - floor };
	return h->n;
}

int heavy_merge(const struct heavy *const *from, unsigned n, struct heavy_item *out, unsigned max)
{
	struct heavy_item *all;
	uint64_t floors = 0;
	size_t room = 1, found = 0, distinct = 0;

	for (unsigned i = 0; i < n; i++) {
		room += from[i]->n;
		floors += floor_of(from[i]);
	}
	all = malloc(room * sizeof(*all));
	if (!all)
		return -1;
	for (unsigned i = 0; i < n; i++)
		found += list(from[i], all + found);
	qsort(all, found, sizeof(*all), by_hash);
	for (size_t i = 0; i < found; i++) {
		if (distinct && all[distinct - 1].hash == all[i].hash) {
			all[distinct - 1].count += all[i].count;
			all[distinct - 1].error += all[i].error;
		} else {
			all[distinct++] = all[i];
		}
	}
	for (size_t i = 0; i < distinct; i++)
		all[i].error += floors;
	qsort(all, distinct, sizeof(*all), by_count);
	if (distinct > max)
		distinct = max;
	memcpy(out, all, distinct * sizeof(*all));
	free(all);
	return (int)distinct;
}
