// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A worker: packets that the filter wants → DNS messages → transactions → records in its rings. Private to a lcore.
 */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/link.h"
#include "core/arena.h"
#include "core/counters.h"
#include "core/error.h"
#include "l4/tcp.h"
#include "pair/pair.h"
#include "record/ring.h"

#define WORKER_BATCH 64 /**< messages that go through the table together */
#define WORKER_RINGS 64 /**< TX lcores that a worker feeds at most */
#define BURST 64        /**< packets taken at once */

/** Fixed at start. */
struct worker_config {
	struct pair_config pair; /**< counters, emit and ctx are set by worker_new() */
	struct tcp_config tcp;   /**< counters are set by worker_new() */
	bool lossless;           /**< wait for room in a ring instead of dropping */
};

/** What a worker calls while it waits for room in a ring: runs whoever empties it on the same lcore, or sleeps. */
typedef void (*worker_wait_fn)(void *ctx);

/** A worker's state; its lcore writes everything but the links' own fields. */
struct worker {
	struct counters counters;
	struct pair *pair;
	struct tcp *tcp;
	struct arena arena;       /* messages of TCP buffers, packets in several mbufs */
	struct leg legs[WORKER_BATCH];
	uint32_t n_legs;
	bool lossless;
	struct byte_ring *ring[WORKER_RINGS];
	uint32_t rings;
	uint32_t ring_at;         /* round robin over bursts */
	worker_wait_fn wait;
	void *wait_ctx;
	struct link *input[WORKER_RINGS]; /* rings that bring packets; none where the lcore reads itself */
	uint32_t inputs;
	int64_t newest;           /* newest packet time of the burst … */
	uint16_t newest_port;     /* … and its port */
	bool seen;                /* it has had a packet; the last one's time and port: */
	int64_t last_time;
	uint16_t last_port;
	_Atomic bool done;        /* written last: everything is in the rings */
};

/** Allocates all its tables. Owned by the caller: worker_free(). NULL and the reason in `e`. */
struct worker *worker_new(const struct worker_config *config, struct error *e);

/** Frees it and its rings; NULL is allowed. */
void worker_free(struct worker *w);

/** Takes a packet that ingress passed. `data` must live until worker_flush(). */
void worker_packet(struct worker *w, const struct packet *p, const uint8_t *data);

/** End of a burst: pairs what is batched, publishes records, follows packet time. */
void worker_flush(struct worker *w);

/** Takes a burst from its links; true where there was something to do. */
bool worker_poll(struct worker *w);

/** True where all its links have ended and are empty (at once where it has none). */
bool worker_input_ended(const struct worker *w);

/** Lets packet time pass on an idle worker: `time` of `port`. */
void worker_advance(struct worker *w, uint16_t port, int64_t time);

/** End of the run: open streams and outstanding queries are settled; then `done` is set. */
void worker_finish(struct worker *w);

#endif
