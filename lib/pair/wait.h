// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Responses that wait for their query: a circular pool of bytes, oldest first. Private to lib/pair.
 */
#ifndef PAIR_WAIT_H
#define PAIR_WAIT_H

#include "dns/message.h"
#include "pair/pair.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A waiting response. */
struct wait_record {
	uint32_t size;   /**< bytes of it in the pool */
	uint32_t entry;  /**< its entry in the table; 0: taken out, or filler at the end of the pool */
	uint32_t seen;   /**< when it came, in the table's ticks */
	uint32_t len;    /**< bytes of the message */
	struct leg_origin origin;
	struct dns_layout at;
	uint8_t data[];
};

/** Records are this many bytes apart, or a multiple. */
#define WAIT_ALIGN 16

/** The least bytes that a message takes. */
#define WAIT_LEAST ((sizeof(struct wait_record) + DNS_HEADER_SIZE + WAIT_ALIGN - 1) / WAIT_ALIGN * WAIT_ALIGN)

/** The pool. */
struct wait_pool {
	uint8_t *base;  /**< memory of mem_reserve(), owned */
	size_t size;
	size_t head;    /**< where the next record goes */
	size_t tail;    /**< the oldest record */
	size_t used;    /**< bytes from tail to head, around the end */
};

/** Reserves `size` bytes (rounded up, so that the longest message fits). False where memory lacks. */
bool wait_init(struct wait_pool *w, size_t size);

/** Frees it. */
void wait_close(struct wait_pool *w);

/** Copies a response in; its place, or NULL where there is no room now (wait_oldest() should go). `entry` is
 * not 0. */
struct wait_record *wait_put(struct wait_pool *w, const struct leg *leg, uint32_t entry, uint32_t seen);

/** The oldest record; NULL where there is none. */
struct wait_record *wait_oldest(struct wait_pool *w);

/** Takes a record out. Its bytes stay readable until the next wait_put(). */
void wait_take(struct wait_pool *w, struct wait_record *r);

/** The record at an offset that wait_offset() told. */
static inline struct wait_record *wait_at(const struct wait_pool *w, size_t offset)
{
	return (struct wait_record *)(void *)(w->base + offset);
}

/** Where a record lies. */
static inline size_t wait_offset(const struct wait_pool *w, const struct wait_record *r)
{
	return (size_t)((const uint8_t *)r - w->base);
}

/** The message of a record, borrowed like it. */
static inline struct dns_message wait_message(const struct wait_record *r)
{
	return (struct dns_message){ .data = r->data, .len = r->len, .at = r->at };
}

#endif
