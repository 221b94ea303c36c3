// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The bytes that are kept of one direction of a TCP flow, in chunks of a shared pool. Private to lib/l4.
 *
 * A chunk holds an aligned piece of sequence space and a bit for each byte that is there. So segments may
 * come in any order and size, overlap as they like (the first bytes are kept), and nothing has to be merged.
 * The chunks of a window form a list in the order of sequence numbers, which are compared modulo 2^32 (RFC
 * 9293 §3.4).
 */
#ifndef L4_TCP_BUFFER_H
#define L4_TCP_BUFFER_H

#include "core/error.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK_BYTES 1024
#define CHUNK_WORDS (CHUNK_BYTES / 64)
#define CHUNK_MARKS 16
#define CHUNK_NONE 0 /**< no chunk */

/** When a stretch of a chunk arrived. */
struct chunk_mark {
	int64_t time;    /**< of the packet */
	uint32_t serial; /**< of the segment, in the order of arrival */
	uint16_t from;   /**< first byte within the chunk */
	uint16_t to;     /**< one behind the last */
};

/** A piece of sequence space. */
struct chunk {
	uint32_t next;  /**< the next chunk of the window, or of the pool's free ones */
	uint32_t seq;   /**< sequence number of its first byte, a multiple of CHUNK_BYTES */
	uint32_t marks; /**< marks in use, in the order of arrival */
	uint32_t zero;
	struct chunk_mark mark[CHUNK_MARKS];
	uint64_t have[CHUNK_WORDS]; /**< a bit for each byte that is there */
	uint8_t data[CHUNK_BYTES];
};

/** Chunks for all flows of a lcore. */
struct chunk_pool {
	struct chunk *chunks; /**< the first one is never used: index 0 is none */
	uint32_t count;       /**< of all */
	uint32_t fresh;       /**< first one that was never used */
	uint32_t free;        /**< list of those given back */
	uint32_t left;        /**< that can be taken; another thread may read it */
};

/** Bytes kept of one direction. Zeroed: nothing kept, the next byte wanted is 0. */
struct window {
	uint32_t next;   /**< sequence number of the first byte that wasn't taken yet */
	uint32_t ready;  /**< bytes that are there from `next` on without a gap */
	uint32_t held;   /**< bytes that are there, behind gaps too */
	uint32_t head;   /**< first chunk */
	uint32_t tail;   /**< last chunk */
	uint32_t origin; /**< chunk whose data is the struct packet of the first segment behind a gap */
};

/** Who gave a stretch of bytes last. */
struct window_origin {
	int64_t time;
	uint32_t serial;
};

/** Reserves a pool of `bytes`. -1 and the reason in `e` where memory lacks. */
int chunk_pool_init(struct chunk_pool *pool, size_t bytes, struct error *e);

/** Frees its memory. */
void chunk_pool_fini(struct chunk_pool *pool);

/** Chunks that window_put() of `len` bytes may take, that for window_keep_origin() included. */
static inline uint32_t window_room(uint32_t len)
{
	return len / CHUNK_BYTES + 3;
}

/** True where something is kept behind a gap. */
static inline bool window_gapped(const struct window *w)
{
	return w->held != w->ready;
}

/** Sequence number of the first byte that isn't there. */
static inline uint32_t window_end(const struct window *w)
{
	return w->next + w->ready;
}

/** A sequence number behind all that is kept, by less than CHUNK_BYTES. */
static inline uint32_t window_top(const struct chunk_pool *pool, const struct window *w)
{
	return window_gapped(w) ? pool->chunks[w->tail].seq + CHUNK_BYTES : window_end(w);
}

/** Copies `len` bytes in, save those that are there already; returns how many were new. They must not begin
 * before `next`, and the pool must have window_room(len) chunks. */
uint32_t window_put(struct chunk_pool *pool, struct window *w, uint32_t seq, const uint8_t *data, uint32_t len,
		    struct window_origin by);

/** Copies `n` bytes out, `skip` bytes behind `next`; they must be ready. */
void window_copy(const struct chunk_pool *pool, const struct window *w, uint32_t skip, uint8_t *to, uint32_t n);

/** Moves `next` ahead by `n` bytes, over gaps too; returns how many bytes that were there went. */
uint32_t window_drop(struct chunk_pool *pool, struct window *w, uint32_t n);

/** Bytes from `next` to the first byte behind the first gap; something must be kept there. */
uint32_t window_gap(const struct chunk_pool *pool, const struct window *w);

/** Who gave the last of the `n` bytes from `next` on to arrive. */
struct window_origin window_last(const struct chunk_pool *pool, const struct window *w, uint32_t n);

/** Keeps a copy of the packet, if there is none yet. Needs a chunk. */
void window_keep_origin(struct chunk_pool *pool, struct window *w, const struct packet *p);

/** The packet that was kept, or NULL. Valid until the window changes. */
const struct packet *window_origin(const struct chunk_pool *pool, const struct window *w);

/** Gives everything back; `next` stays. Returns how many bytes went. */
uint32_t window_clear(struct chunk_pool *pool, struct window *w);

#endif
