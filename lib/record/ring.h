// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Byte ring between one producer and one consumer: elements of any size, contiguous, 8-aligned, published in bursts.
 */
#ifndef RECORD_RING_H
#define RECORD_RING_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct byte_ring;

/** A ring of `size` bytes (a power of two, at least 4096); elements of up to a half of it fit. NULL and the reason in `e` where
 * memory lacks. Owned by the caller: ring_free(), once neither side uses it. */
struct byte_ring *ring_new(uint32_t size, struct error *e);

/** Frees it; NULL is allowed. */
void ring_free(struct byte_ring *r);

/** Producer: room for an element of `size` bytes, owned by the producer until ring_publish(); NULL where there is none now. */
void *ring_reserve(struct byte_ring *r, uint32_t size);

/** Producer: everything reserved so far becomes the consumer's. Once a burst. */
void ring_publish(struct byte_ring *r);

/** Consumer: the next element and its size, borrowed until ring_release(); NULL where there is none. */
const void *ring_next(struct byte_ring *r, uint32_t *size);

/** Consumer: gives the room of all elements taken so far back to the producer. Once a burst. */
void ring_release(struct byte_ring *r);

/** Where both sides are one lcore: an empty ring starts over at its beginning, so that no more of it is touched than a burst needs. */
void ring_restart(struct byte_ring *r);

/** Bytes in use, as seen from either side or from a third (approximate there). */
uint32_t ring_used(const struct byte_ring *r);

/** Bytes in all. */
uint32_t ring_capacity(const struct byte_ring *r);

#endif
