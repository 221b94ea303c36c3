// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_buffer.h"

#include "core/mem.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

static_assert(CHUNK_BYTES % 64 == 0, "whole words");
static_assert((CHUNK_BYTES & (CHUNK_BYTES - 1)) == 0, "regions by masking");
static_assert(sizeof(struct packet) <= CHUNK_BYTES, "a packet fits a chunk");
static_assert(offsetof(struct chunk, data) % alignof(struct packet) == 0, "so that a chunk can hold one");
static_assert(sizeof(struct chunk) % alignof(struct packet) == 0, "likewise");

int chunk_pool_init(struct chunk_pool *pool, size_t bytes, struct error *e)
{
	size_t count = bytes / sizeof(struct chunk);

	if (count > UINT32_MAX)
		count = UINT32_MAX;
	if (count < 2)
		return error_set(e, "%zu bytes are too few for TCP streams", bytes);
	pool->chunks = mem_reserve(count * sizeof(struct chunk));
	if (!pool->chunks)
		return error_set(e, "no memory for %zu bytes of TCP streams", bytes);
	pool->count = (uint32_t)count;
	pool->fresh = 1;
	pool->free = CHUNK_NONE;
	pool->left = pool->count - 1;
	return 0;
}

void chunk_pool_fini(struct chunk_pool *pool)
{
	mem_free(pool->chunks, pool->count * sizeof(struct chunk));
	pool->chunks = NULL;
}

static uint32_t chunk_take(struct chunk_pool *pool, uint32_t seq)
{
	uint32_t at = pool->free;

	assert(pool->left);
	if (at != CHUNK_NONE)
		pool->free = pool->chunks[at].next;
	else
		at = pool->fresh++;
	__atomic_store_n(&pool->left, pool->left - 1, __ATOMIC_RELAXED);
	struct chunk *c = &pool->chunks[at];
	c->next = CHUNK_NONE;
	c->seq = seq;
	c->marks = 0;
	memset(c->have, 0, sizeof(c->have));
	return at;
}

static void chunk_give(struct chunk_pool *pool, uint32_t at)
{
	pool->chunks[at].next = pool->free;
	pool->free = at;
	__atomic_store_n(&pool->left, pool->left + 1, __ATOMIC_RELAXED);
}

/* The bits from `from` to `to` (exclusive, both within word `i` or outside of it). */
static uint64_t word_mask(uint32_t i, uint32_t from, uint32_t to)
{
	uint32_t first = i * 64, last = first + 64;
	uint64_t mask = UINT64_MAX;

	if (from > first)
		mask &= UINT64_MAX << (from - first);
	if (to < last)
		mask &= UINT64_MAX >> (last - to);
	return mask;
}

/* How many bytes of a stretch are there. */
static uint32_t chunk_count(const struct chunk *c, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (uint32_t i = from / 64; i * 64 < to; i++)
		n += (uint32_t)__builtin_popcountll(c->have[i] & word_mask(i, from, to));
	return n;
}

/* The first byte from `from` on that is there (`want`) or isn't; CHUNK_BYTES where there is none. */
static uint32_t chunk_find(const struct chunk *c, uint32_t from, bool want)
{
	for (uint32_t i = from / 64; i < CHUNK_WORDS; i++) {
		uint64_t bits = (want ? c->have[i] : ~c->have[i]) & word_mask(i, from, CHUNK_BYTES);
		if (bits)
			return i * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	return CHUNK_BYTES;
}

/* Stretches a mark over a later one. */
static void mark_join(struct chunk_mark *m, const struct chunk_mark *later)
{
	m->time = later->time;
	m->serial = later->serial;
	m->from = later->from < m->from ? later->from : m->from;
	m->to = later->to > m->to ? later->to : m->to;
}

/* Makes room for a mark: the two neighbours that came the shortest time apart become one. */
static void marks_thin(struct chunk *c)
{
	uint32_t best = 0;
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i + 1 < CHUNK_MARKS; i++) {
		uint64_t apart = (uint64_t)c->mark[i + 1].time - (uint64_t)c->mark[i].time;
		if (apart < least) {
			least = apart;
			best = i;
		}
	}
	mark_join(&c->mark[best], &c->mark[best + 1]);
	memmove(&c->mark[best + 1], &c->mark[best + 2], (CHUNK_MARKS - best - 2) * sizeof(c->mark[0]));
	c->marks--;
}

static void chunk_mark(struct chunk *c, uint32_t from, uint32_t to, struct window_origin by)
{
	struct chunk_mark mark = { by.time, by.serial, (uint16_t)from, (uint16_t)to };

	if (c->marks && c->mark[c->marks - 1].serial == by.serial) {
		mark_join(&c->mark[c->marks - 1], &mark);
		return;
	}
	if (c->marks == CHUNK_MARKS)
		marks_thin(c);
	c->mark[c->marks++] = mark;
}

/* Copies the bytes from `from` to `to` in; those that are there stay. Returns how many were new. */
static uint32_t chunk_fill(struct chunk *c, uint32_t from, uint32_t to, const uint8_t *data,
			   struct window_origin by)
{
	uint32_t added = 0;

	for (uint32_t i = from / 64; i * 64 < to; i++) {
		uint64_t mask = word_mask(i, from, to), fresh = mask & ~c->have[i];
		uint32_t first = i * 64 > from ? i * 64 : from;

		if (fresh == mask) {
			uint32_t last = i * 64 + 64 < to ? i * 64 + 64 : to;
			memcpy(c->data + first, data + (first - from), last - first);
		} else {
			for (uint64_t bits = fresh; bits; bits &= bits - 1) {
				uint32_t at = i * 64 + (uint32_t)__builtin_ctzll(bits);
				c->data[at] = data[at - from];
			}
		}
		c->have[i] |= mask;
		added += (uint32_t)__builtin_popcountll(fresh);
	}
	if (added)
		chunk_mark(c, from, to, by);
	return added;
}

/* The chunk of a region, new where there is none. The search begins at `start`, a chunk that isn't behind it,
 * or at the head. */
static uint32_t window_chunk(struct chunk_pool *pool, struct window *w, uint32_t region, uint32_t start)
{
	uint32_t at = start != CHUNK_NONE ? start : w->head, after = CHUNK_NONE;

	while (at != CHUNK_NONE && (int32_t)(pool->chunks[at].seq - region) < 0) {
		after = at;
		at = pool->chunks[at].next;
	}
	if (at != CHUNK_NONE && pool->chunks[at].seq == region)
		return at;
	uint32_t made = chunk_take(pool, region);
	pool->chunks[made].next = at;
	if (after != CHUNK_NONE)
		pool->chunks[after].next = made;
	else
		w->head = made;
	if (at == CHUNK_NONE)
		w->tail = made;
	return made;
}

/* Counts on what is ready, from its end. */
static void window_extend(const struct chunk_pool *pool, struct window *w)
{
	uint32_t end = window_end(w), region = end & ~(CHUNK_BYTES - 1U), at = w->head;

	if (w->tail != CHUNK_NONE && pool->chunks[w->tail].seq == region)
		at = w->tail;
	while (at != CHUNK_NONE && (int32_t)(pool->chunks[at].seq - region) < 0)
		at = pool->chunks[at].next;
	while (at != CHUNK_NONE && pool->chunks[at].seq == region) {
		uint32_t from = end - region, to = chunk_find(&pool->chunks[at], from, false);
		w->ready += to - from;
		if (to < CHUNK_BYTES)
			return;
		region += CHUNK_BYTES;
		end = region;
		at = pool->chunks[at].next;
	}
}

uint32_t window_put(struct chunk_pool *pool, struct window *w, uint32_t seq, const uint8_t *data, uint32_t len,
		    struct window_origin by)
{
	uint32_t region = seq & ~(CHUNK_BYTES - 1U), added = 0, at = CHUNK_NONE;
	bool extends = (int32_t)(seq - window_end(w)) <= 0;

	if (w->tail != CHUNK_NONE && (int32_t)(pool->chunks[w->tail].seq - region) <= 0)
		at = w->tail;
	for (uint32_t done = 0; done < len; region += CHUNK_BYTES) {
		uint32_t from = seq + done - region;
		uint32_t n = CHUNK_BYTES - from < len - done ? CHUNK_BYTES - from : len - done;
		at = window_chunk(pool, w, region, at);
		added += chunk_fill(&pool->chunks[at], from, from + n, data + done, by);
		done += n;
	}
	w->held += added;
	if (extends)
		window_extend(pool, w);
	return added;
}

void window_copy(const struct chunk_pool *pool, const struct window *w, uint32_t skip, uint8_t *to, uint32_t n)
{
	uint32_t seq = w->next + skip, at = w->head;

	assert(skip + n <= w->ready);
	while (n) {
		const struct chunk *c = &pool->chunks[at];
		uint32_t from = seq - c->seq;
		if (from < CHUNK_BYTES) {
			uint32_t piece = CHUNK_BYTES - from < n ? CHUNK_BYTES - from : n;
			memcpy(to, c->data + from, piece);
			to += piece;
			seq += piece;
			n -= piece;
		}
		at = c->next;
	}
}

uint32_t window_drop(struct chunk_pool *pool, struct window *w, uint32_t n)
{
	uint32_t next = w->next + n, gone = n < w->ready ? n : w->ready, beyond = w->next + gone;

	while (w->head != CHUNK_NONE) {
		struct chunk *c = &pool->chunks[w->head];
		uint32_t from = (int32_t)(beyond - c->seq) > 0 ? beyond - c->seq : 0;
		uint32_t to = next - c->seq;
		if ((int32_t)to <= 0)
			break;
		bool whole = to >= CHUNK_BYTES;
		if (n > w->ready && from < CHUNK_BYTES)
			gone += chunk_count(c, from, whole ? CHUNK_BYTES : to);
		if (!whole)
			break;
		uint32_t old = w->head;
		w->head = c->next;
		chunk_give(pool, old);
	}
	w->next = next;
	w->held -= gone;
	w->ready = n < w->ready ? w->ready - n : 0;
	if (w->held == 0) {
		window_clear(pool, w);
		return gone;
	}
	if (w->ready == 0)
		window_extend(pool, w);
	return gone;
}

uint32_t window_gap(const struct chunk_pool *pool, const struct window *w)
{
	uint32_t end = window_end(w);

	assert(window_gapped(w));
	for (uint32_t at = w->head; at != CHUNK_NONE; at = pool->chunks[at].next) {
		const struct chunk *c = &pool->chunks[at];
		uint32_t from = (int32_t)(end - c->seq) > 0 ? end - c->seq : 0;
		if (from >= CHUNK_BYTES)
			continue;
		from = chunk_find(c, from, true);
		if (from < CHUNK_BYTES)
			return c->seq + from - w->next;
	}
	return w->ready;
}

struct window_origin window_last(const struct chunk_pool *pool, const struct window *w, uint32_t n)
{
	struct window_origin last = { 0 };
	bool any = false;

	for (uint32_t at = w->head; at != CHUNK_NONE; at = pool->chunks[at].next) {
		const struct chunk *c = &pool->chunks[at];
		int32_t from = (int32_t)(w->next - c->seq), to = (int32_t)(w->next + n - c->seq);
		if (to <= 0)
			break;
		for (uint32_t i = 0; i < c->marks; i++) {
			const struct chunk_mark *m = &c->mark[i];
			if (m->from >= to || m->to <= from || (any && (int32_t)(m->serial - last.serial) <= 0))
				continue;
			last = (struct window_origin){ m->time, m->serial };
			any = true;
		}
	}
	return last;
}

void window_keep_origin(struct chunk_pool *pool, struct window *w, const struct packet *p)
{
	if (w->origin != CHUNK_NONE)
		return;
	w->origin = chunk_take(pool, 0);
	memcpy(pool->chunks[w->origin].data, p, sizeof(*p));
}

const struct packet *window_origin(const struct chunk_pool *pool, const struct window *w)
{
	return w->origin != CHUNK_NONE ? (const void *)pool->chunks[w->origin].data : NULL;
}

uint32_t window_clear(struct chunk_pool *pool, struct window *w)
{
	uint32_t gone = w->held;

	while (w->head != CHUNK_NONE) {
		uint32_t old = w->head;
		w->head = pool->chunks[old].next;
		chunk_give(pool, old);
	}
	if (w->origin != CHUNK_NONE)
		chunk_give(pool, w->origin);
	w->tail = w->origin = CHUNK_NONE;
	w->ready = w->held = 0;
	return gone;
}
