// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Blocks of encoded items. A TX lcore fills one and lends it to its sinks; a sink that needs it longer takes
 * a reference.
 */
#ifndef SINK_BLOCK_H
#define SINK_BLOCK_H

#include "core/error.h"
#include "core/out.h"
#include "encode/encode.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

/** A block is full enough to be written at this fill; a single longer item still fits (the rest of its memory
 * is faulted in only then). */
#define BLOCK_FILL (256u << 10)
#define BLOCK_ITEMS 4096 /**< items of a block at most */
#define BLOCK_CAPACITY (BLOCK_FILL + ENCODE_ITEM_MAX)

/** Which field partitions a Kafka topic: `-kafka_key`. */
enum block_key { KEY_NONE, KEY_CLIENT, KEY_SERVER, KEY_QNAME };

/** Items one after the other in `data`; item i ends at end[i], and starts where the one before ended.
 * Read-only once lent. */
struct block {
	_Atomic uint32_t refs;
	uint32_t items;
	uint32_t len;             /**< bytes used of data */
	uint32_t end[BLOCK_ITEMS];
	uint32_t key[BLOCK_ITEMS]; /**< hash of the item's key, where a sink asked for one */
	uint8_t *data;            /**< BLOCK_CAPACITY bytes */
	struct block_pool *pool;
} __attribute__((aligned(4096))); /* whole pages, which can be given back */
static_assert(BLOCK_CAPACITY % 4096 == 0, "likewise");

/** Start of item i. */
static inline uint32_t block_start(const struct block *b, uint32_t i)
{
	return i ? b->end[i - 1] : 0;
}

/** The first item of [from, items) that doesn't lie wholly within the first `at` bytes; `items` where all do. */
uint32_t block_item_at(const struct block *b, uint32_t from, uint32_t at);

struct block_pool;

/** A pool of `n` blocks for one TX lcore; memory is reserved, faulted in as it is used, and given back by
 * block_get() when it wasn't for a while. NULL and the reason where it lacks. */
struct block_pool *block_pool_new(uint32_t n, struct error *e);

/** Frees it. Every block must have come back. NULL is allowed. */
void block_pool_free(struct block_pool *p);

/** TX lcore: an empty block with one reference, or NULL while all are lent. */
struct block *block_get(struct block_pool *p);

/** Any thread: one more reference. */
static inline void block_ref(struct block *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
}

/** Any thread: gives a reference back; the last one returns the block to its pool. */
void block_unref(struct block *b);

/** Blocks that are lent now. */
uint32_t block_pool_lent(const struct block_pool *p);

#endif
