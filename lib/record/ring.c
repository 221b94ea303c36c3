// SPDX-License-Identifier: BSD-3-Clause
#include "record/ring.h"
#include "core/mem.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Before each element stands its size; this one says that the rest of the ring is unused and the next element is at its start. */
#define WRAP UINT32_MAX
#define HEAD 8u

/* Positions count bytes since the start and never wrap at the size; differences are exact. */
struct byte_ring {
	/* producer's line */
	_Alignas(64) uint64_t reserved;  /* producer only */
	uint64_t tail_seen;              /* producer's copy of tail */
	/* written by the producer, read by the consumer */
	_Alignas(64) _Atomic uint64_t head;
	/* consumer's line */
	_Alignas(64) uint64_t taken;     /* consumer only */
	uint64_t head_seen;              /* consumer's copy of head */
	/* written by the consumer, read by the producer */
	_Alignas(64) _Atomic uint64_t tail;
	/* fixed */
	_Alignas(64) uint8_t *base;
	uint32_t size;
};

struct byte_ring *ring_new(uint32_t size, struct error *e)
{
	struct byte_ring *r;

	if (size < 4096 || (size & (size - 1))) {
		error_set(e, "ring of %u bytes: must be a power of two of at least 4096", size);
		return NULL;
	}
	r = aligned_alloc(64, sizeof(*r));
	if (r)
		*r = (struct byte_ring){ .size = size, .base = mem_reserve(size) };
	if (!r || !r->base) {
		error_set(e, "no memory for a ring of %u bytes", size);
		free(r);
		return NULL;
	}
	return r;
}

void ring_free(struct byte_ring *r)
{
	if (!r)
		return;
	mem_free(r->base, r->size);
	free(r);
}

/* True where `need` more bytes than are reserved fit behind the consumer. */
static bool has_room(struct byte_ring *r, uint64_t need)
{
	if (r->reserved + need - r->tail_seen <= r->size)
		return true;
	r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return r->reserved + need - r->tail_seen <= r->size;
}

void *ring_reserve(struct byte_ring *r, uint32_t size)
{
	uint32_t at = (uint32_t)r->reserved & (r->size - 1);
	uint32_t need, skip = 0;

	if (size > r->size / 2 - HEAD)
		return NULL;
	need = HEAD + ((size + 7) & ~7u);
	if (at + need > r->size)
		skip = r->size - at;
	if (!has_room(r, (uint64_t)skip + need))
		return NULL;
	if (skip) {
		*(uint32_t *)(r->base + at) = WRAP;
		r->reserved += skip;
		at = 0;
	}
	*(uint32_t *)(r->base + at) = size;
	r->reserved += need;
	return r->base + at + HEAD;
}

void ring_publish(struct byte_ring *r)
{
	atomic_store_explicit(&r->head, r->reserved, memory_order_release);
}

const void *ring_next(struct byte_ring *r, uint32_t *size)
{
	for (;;) {
		if (r->taken == r->head_seen) {
			r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
			if (r->taken == r->head_seen)
				return NULL;
		}
		uint32_t at = (uint32_t)r->taken & (r->size - 1);
		uint32_t n = *(const uint32_t *)(r->base + at);
		if (n == WRAP) {
			r->taken += r->size - at;
			continue;
		}
		r->taken += HEAD + ((n + 7) & ~7u);
		*size = n;
		return r->base + at + HEAD;
	}
}

void ring_release(struct byte_ring *r)
{
	atomic_store_explicit(&r->tail, r->taken, memory_order_release);
}

void ring_restart(struct byte_ring *r)
{
	if (r->taken != r->reserved)
		return;
	r->reserved = r->taken = r->tail_seen = r->head_seen = 0;
	atomic_store_explicit(&r->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&r->head, 0, memory_order_relaxed);
}

uint32_t ring_used(const struct byte_ring *r)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	return head > tail ? (uint32_t)(head - tail) : 0;
}

uint32_t ring_capacity(const struct byte_ring *r)
{
	return r->size;
}
