// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Which keys come most often, in fixed memory: Space-Saving (Metwally, Agrawal and El Abbadi, "Efficient
 * computation of frequent and top-k elements in data streams", 2005).
 *
 * `k` keys are counted. A key that isn't among them takes the place of the rarest one, and its count on top:
 * what a key may have been counted too often is kept as its `error`. Of n keys added, none is more than n / k
 * off, and every key that came more than n / k times is there. Adding takes constant time: entries lie in the
 * order of their counts, in runs of equal ones.
 */
#ifndef ANALYTICS_HEAVY_H
#define ANALYTICS_HEAVY_H

#include <stddef.h>
#include <stdint.h>

#define HEAVY_KEYS_MAX 32768 /**< k at most */

/** A sketch: this head, and what follows it in the same memory. It holds no pointers, so that it can be copied
 * as bytes. */
struct heavy {
	uint32_t k;       /**< keys that are counted */
	uint32_t key_max; /**< bytes of a key at most */
	uint32_t n;       /**< keys that are there */
	uint32_t mask;    /**< of the hash table */
	uint32_t spare;   /**< unused runs */
	uint32_t at_run, at_spare, at_order, at_table, at_key; /**< where its parts begin, in bytes from the head */
	uint64_t total;   /**< keys added */
};

/** What a key was counted. */
struct heavy_item {
	const uint8_t *key; /**< borrowed from the sketch */
	uint32_t len;
	uint64_t hash;
	uint64_t count;     /**< it came at least so often … */
	uint64_t error;     /**< … and at most so much more */
};

/** Bytes that a sketch takes. */
size_t heavy_size(uint32_t k, uint32_t key_max);

/** Sets up `mem` (heavy_size() bytes, 8-aligned, zeroed; the caller's). */
struct heavy *heavy_init(void *mem, uint32_t k, uint32_t key_max);

/** Forgets everything. */
void heavy_clear(struct heavy *h);

/** A key (at most key_max bytes) came; `hash` is of it, under a secret: keys of one hash are one. Returns its
 * entry's tag, a byte of the caller's that lives as long as the key is there; `*fresh` says that the key is
 * new, and its tag 0. */
uint8_t *heavy_add(struct heavy *h, uint64_t hash, const void *key, uint32_t len, int *fresh);

/** How often an entry's key came at least; `tag` is what heavy_add() gave. */
uint64_t heavy_count(const struct heavy *h, const uint8_t *tag);

/** The keys of `n` sketches together, most frequent first: up to `max` of them into `out`; returns how many, or
 * -1 where memory lacks. The same keys have the same hash in all. */
int heavy_merge(const struct heavy *const *from, unsigned n, struct heavy_item *out, unsigned max);

#endif
