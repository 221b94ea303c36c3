// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_table.h"

#include "core/mem.h"
#include "core/siphash.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct tcp_end) == 18 && sizeof(struct tcp_end[2]) == 36, "compared as bytes");

/* Initial sequence numbers that share a cache line; of both directions of a flow in the same one. */
#define ISN_LINE 8

/* SipHash-1-3 over four words and a short one. */
static uint32_t hash_ends(const uint64_t key[2], const struct tcp_end end[2])
{
	struct siphash h = siphash_start(key);
	uint64_t word[4];

	memcpy(word, end[0].addr, 16);
	memcpy(word + 2, end[1].addr, 16);
	for (int i = 0; i < 4; i++)
		siphash_word(&h, word[i], 1);
	siphash_word(&h, (uint64_t)36 << 56 | (uint32_t)end[0].port << 16 | end[1].port, 1);
	uint64_t hash = siphash_end(&h, 3);
	return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = ISN_LINE;

	while (p < n && p < UINT32_C(1) << 31)
		p *= 2;
	return p;
}

static size_t flows_size(const struct tcp_table *t)
{
	return ((size_t)t->max + 1) * sizeof(struct tcp_flow);
}

int tcp_table_init(struct tcp_table *t, uint32_t max, const uint8_t hash_key[16], struct error *e)
{
	size_t buckets = power_of_two(max);

	memcpy(t->key, hash_key, sizeof(t->key));
	t->max = max;
	t->mask = (uint32_t)buckets - 1;
	t->fresh = 1;
	t->flows = mem_reserve(flows_size(t));
	t->buckets = mem_reserve(buckets * sizeof(*t->buckets));
	t->isn = mem_reserve(buckets * sizeof(*t->isn));
	if (t->flows && t->buckets && t->isn)
		return 0;
	tcp_table_fini(t);
	return error_set(e, "no memory for %u TCP flows", max);
}

void tcp_table_fini(struct tcp_table *t)
{
	mem_free(t->flows, flows_size(t));
	mem_free(t->buckets, ((size_t)t->mask + 1) * sizeof(*t->buckets));
	mem_free(t->isn, ((size_t)t->mask + 1) * sizeof(*t->isn));
	t->flows = NULL;
	t->buckets = NULL;
	t->isn = NULL;
}

struct tcp_key tcp_table_key(const struct tcp_table *t, const struct flow_key *flow)
{
	struct tcp_key k;
	int order = memcmp(flow->src, flow->dst, 16);

	k.dir = order > 0 || (order == 0 && flow->sport > flow->dport);
	k.family = flow->family;
	memcpy(k.end[k.dir].addr, flow->src, 16);
	memcpy(k.end[!k.dir].addr, flow->dst, 16);
	k.end[k.dir].port = flow->sport;
	k.end[!k.dir].port = flow->dport;
	k.hash = hash_ends(t->key, k.end);
	return k;
}

/* In three pieces, for which the compiler needs no call. */
static inline bool same_ends(const struct tcp_end a[2], const struct tcp_end b[2])
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;

	return !memcmp(x, y, 16) && !memcmp(x + 16, y + 16, 16) && !memcmp(x + 32, y + 32, 4);
}

struct tcp_flow *tcp_table_find(struct tcp_table *t, const struct tcp_key *key, struct tcp_flow **crowded)
{
	struct tcp_flow *f = NULL;
	uint32_t n = 0;

	for (uint32_t at = t->buckets[key->hash & t->mask]; at != FLOW_NONE; at = f->chain) {
		f = &t->flows[at];
		n++;
		if (f->hash == key->hash && same_ends(f->end, key->end))
			return f;
	}
	*crowded = n >= TCP_CHAIN_MAX ? f : NULL;
	return NULL;
}

static void unlink_flow(struct tcp_table *t, struct tcp_flow *f)
{
	struct tcp_queue *q = &t->list[f->list];

	if (f->before != FLOW_NONE)
		t->flows[f->before].after = f->after;
	else
		q->head = f->after;
	if (f->after != FLOW_NONE)
		t->flows[f->after].before = f->before;
	else
		q->tail = f->before;
}

static void append_flow(struct tcp_table *t, struct tcp_flow *f, enum tcp_list list, int64_t now)
{
	struct tcp_queue *q = &t->list[list];
	uint32_t at = (uint32_t)(f - t->flows);

	f->list = (uint8_t)list;
	f->queued = now;
	f->before = q->tail;
	f->after = FLOW_NONE;
	if (q->tail != FLOW_NONE)
		t->flows[q->tail].after = at;
	else
		q->head = at;
	q->tail = at;
}

struct tcp_flow *tcp_table_add(struct tcp_table *t, const struct tcp_key *key, enum tcp_list list, int64_t now)
{
	uint32_t at = t->free;
	uint32_t *bucket = &t->buckets[key->hash & t->mask];

	assert(t->used < t->max);
	if (at != FLOW_NONE)
		t->free = t->flows[at].chain;
	else
		at = t->fresh++;
	struct tcp_flow *f = &t->flows[at];
	memset(f, 0, sizeof(*f));
	memcpy(f->end, key->end, sizeof(f->end));
	f->family = key->family;
	f->hash = key->hash;
	f->last = now;
	f->chain = *bucket;
	*bucket = at;
	append_flow(t, f, list, now);
	__atomic_store_n(&t->used, t->used + 1, __ATOMIC_RELAXED);
	return f;
}

void tcp_table_remove(struct tcp_table *t, struct tcp_flow *f)
{
	uint32_t at = (uint32_t)(f - t->flows), *link = &t->buckets[f->hash & t->mask];

	while (*link != at)
		link = &t->flows[*link].chain;
	*link = f->chain;
	unlink_flow(t, f);
	f->chain = t->free;
	t->free = at;
	__atomic_store_n(&t->used, t->used - 1, __ATOMIC_RELAXED);
}

void tcp_table_queue(struct tcp_table *t, struct tcp_flow *f, enum tcp_list list, int64_t now)
{
	unlink_flow(t, f);
	append_flow(t, f, list, now);
}

struct tcp_flow *tcp_table_head(const struct tcp_table *t, enum tcp_list list)
{
	uint32_t at = t->list[list].head;

	return at != FLOW_NONE ? &t->flows[at] : NULL;
}

/* What tells a sender's entry from others in its line; never 0. */
static uint32_t isn_tag(const struct tcp_key *key, uint8_t dir)
{
	return (key->hash | 1U << 31) ^ (dir ? 1U << 30 : 0);
}

/* The line begins at a multiple of ISN_LINE entries. The lowest bits choose it, as they choose the bucket. */
static uint64_t *isn_line(const struct tcp_table *t, const struct tcp_key *key)
{
	return &t->isn[(key->hash * ISN_LINE) & t->mask];
}

void tcp_table_put_isn(struct tcp_table *t, const struct tcp_key *key, uint32_t isn)
{
	uint64_t *line = isn_line(t, key);
	uint32_t tag = isn_tag(key, key->dir), n = 0;

	while (n < ISN_LINE - 1 && line[n] && line[n] >> 32 != tag)
		n++;
	memmove(line + 1, line, n * sizeof(*line));
	line[0] = (uint64_t)tag << 32 | isn;
}

bool tcp_table_take_isn(struct tcp_table *t, const struct tcp_key *key, uint8_t dir, uint32_t *isn)
{
	uint64_t *line = isn_line(t, key);
	uint32_t tag = isn_tag(key, dir);

	for (uint32_t n = 0; n < ISN_LINE; n++) {
		if (line[n] >> 32 != tag)
			continue;
		*isn = (uint32_t)line[n];
		line[n] = 0;
		return true;
	}
	return false;
}
