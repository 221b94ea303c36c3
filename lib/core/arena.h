// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Bump memory that lives as long as a burst of packets does.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>

/** An arena over fixed memory, used by one lcore. What it hands out is valid until arena_reset(). */
struct arena {
	uint8_t *base; /**< memory of mem_reserve(); owned by whoever set it up */
	size_t cap;    /**< bytes of it */
	size_t used;   /**< bytes handed out */
};

/** Bytes that can still be handed out. */
static inline size_t arena_left(const struct arena *a)
{
	return a->cap - a->used;
}

/** `n` bytes, 8-aligned, uninitialised; NULL where there is no room. */
static inline void *arena_take(struct arena *a, size_t n)
{
	size_t size = (n + 7) & ~(size_t)7;
	if (size < n || size > arena_left(a))
		return NULL;
	void *p = a->base + a->used;
	a->used += size;
	return p;
}

/** Takes everything back. */
static inline void arena_reset(struct arena *a)
{
	a->used = 0;
}

#endif
