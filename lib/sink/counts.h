// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A sink instance's figures: written by its TX lcore, read whole by the control loop at any time.
 */
#ifndef SINK_COUNTS_H
#define SINK_COUNTS_H

#include "sink/sink.h"

#include <stdatomic.h>

/** Zero-initialised. A reader sees the figures before or after a change, never between: the equation holds at
 * any time. */
struct sink_counts {
	_Atomic uint32_t sequence; /**< odd while a change is under way */
	struct sink_stats s;       /**< written by the TX lcore alone, by the functions below */
};

/** Owner: a change of several figures begins. */
static inline void counts_begin(struct sink_counts *c)
{
	uint32_t v = atomic_load_explicit(&c->sequence, memory_order_relaxed);
	atomic_store_explicit(&c->sequence, v + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

/** Owner: the change is complete. */
static inline void counts_end(struct sink_counts *c)
{
	uint32_t v = atomic_load_explicit(&c->sequence, memory_order_relaxed);
	atomic_store_explicit(&c->sequence, v + 1, memory_order_release);
}

/** Owner: adds to a figure (a part of `c->s`), between begin and end or where it is no part of the equation. */
static inline void counts_add(uint64_t *figure, uint64_t n)
{
	__atomic_store_n(figure, *figure + n, __ATOMIC_RELAXED);
}

/** Owner: `n` more items were offered and are pending now. */
static inline void counts_offer(struct sink_counts *c, uint64_t n)
{
	counts_begin(c);
	counts_add(&c->s.offered, n);
	counts_add(&c->s.pending, n);
	counts_end(c);
}

/** Owner: `n` items move from one figure of the equation to another. */
static inline void counts_move(struct sink_counts *c, uint64_t *from, uint64_t *to, uint64_t n)
{
	counts_begin(c);
	counts_add(from, -n);
	counts_add(to, n);
	counts_end(c);
}

/** Owner: `n` pending items of `bytes` bytes in all were delivered. */
static inline void counts_deliver(struct sink_counts *c, uint64_t n, uint64_t bytes)
{
	counts_move(c, &c->s.pending, &c->s.delivered, n);
	counts_add(&c->s.bytes, bytes);
}

/** Owner: `n` pending items were dropped. */
static inline void counts_drop(struct sink_counts *c, enum sink_drop why, uint64_t n)
{
	counts_move(c, &c->s.pending, &c->s.dropped[why], n);
}

/** Owner: a message was acknowledged `us` microseconds after it was taken. */
static inline void counts_latency(struct sink_counts *c, uint64_t us)
{
	unsigned i = us > 1000 ? 64 - (unsigned)__builtin_clzll((us - 1) / 1000) : 0;

	counts_add(&c->s.latency[i < SINK_LATENCIES ? i : SINK_LATENCIES - 1], 1);
	counts_add(&c->s.latency_sum, us);
}

/** Any thread: the figures. */
void counts_read(const struct sink_counts *c, struct sink_stats *s);

#endif
