// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Blocks lent to librdkafka: messages point into them, and the last delivery report gives a block back.
 *
 * A small block is copied behind the last one, so that a quiet sensor's few records don't hold a block each.
 */
#ifndef SINK_KAFKA_LEND_H
#define SINK_KAFKA_LEND_H

#include "sink/kafka_client.h"
#include "sink/spool.h"

/** Blocks of records that are lent at most, and of frames of the spool. */
#define LEND_DIRECT 200
#define LEND_REPLAY 64
#define LEND_BLOCKS (LEND_DIRECT + LEND_REPLAY)
/** Messages that go to librdkafka in one call. */
#define LEND_CHUNK 1024

/** A block that librdkafka has. Message i is items first[i] … first[i + 1] - 1. */
struct lent {
	struct block *block;      /**< referenced; NULL: the entry is free */
	uint64_t serial;          /**< in the order of lending */
	uint32_t messages;
	uint32_t left;            /**< without a final report */
	uint32_t refused;         /**< of these: not in librdkafka, to be produced again */
	bool open;                /**< more messages may be added */
	bool replay;              /**< a frame of the spool's */
	bool text;
	struct spool_mark mark;
	uint64_t done[BLOCK_ITEMS / 64]; /**< a bit a message: delivered or dropped */
	uint16_t first[BLOCK_ITEMS + 1];
};

/** Items by what the delivery reports since the last look said; the owner books and clears it. */
struct lend_tally {
	uint64_t delivered;
	uint64_t replayed;        /**< delivered, from the spool */
	uint64_t bytes;
	uint64_t dropped[SINK_DROPS];
	uint64_t unspooled[SINK_DROPS]; /**< dropped, from the spool */
	const char *reason;       /**< of the last drop */
	const char *refusal;      /**< why the topic takes nothing now; NULL: nothing was refused */
};

/** The lending of one producer; used by one thread. */
struct kafka_lend {
	struct kafka_client client;
	struct block_pool *pool;  /**< for copies and frames */
	struct lent *lents;       /**< LEND_BLOCKS entries */
	struct lent *gather;      /**< the block that small ones are copied into, or NULL */
	struct lent *replaying;   /**< the frame that is only partly in the queue, or NULL */
	struct spool *spool;
	uint64_t serial;
	uint32_t direct, replays; /**< entries in use */
	uint32_t in_flight;       /**< messages in librdkafka */
	uint64_t in_flight_bytes;
	uint32_t refused;         /**< messages that are to be produced again */
	int64_t again_at;         /**< monotonic; when */
	uint32_t batch;           /**< lines a message */
	bool keyed;
	bool keep;                /**< reports of failures change nothing: the messages are used otherwise */
	bool fatal;               /**< the producer can't go on */
	struct lend_tally tally;
	rd_kafka_message_t messages[LEND_CHUNK];
	char keys[LEND_CHUNK][8];
};

/** Opens the producer. 0, or -1 and the reason. */
int lend_open(struct kafka_lend *l, const struct sink_config *c, const struct kafka_events *events, void *opaque,
	struct error *e);

/** Messages that the queue takes now; 0 also where too many blocks are lent. */
uint32_t lend_room(const struct kafka_lend *l);

/** Queues items from `from` on; how many. Those that librdkafka refuses for good are among them, and dropped
 * in the tally. */
uint32_t lend_items(struct kafka_lend *l, struct block *b, uint32_t from, bool text);

/** Queues the spool's next frames as far as there is room, `frames` of them at a time (LEND_REPLAY at most).
 * `*lost` gets the items that were damaged on disk. */
void lend_replay(struct kafka_lend *l, struct spool *spool, uint32_t frames, uint64_t *lost);

/** A delivery report. */
void lend_report(struct kafka_lend *l, const rd_kafka_message_t *m);

/** Produces again what the topic refused for a reason that can be put right meanwhile (it isn't there, or
 * closed to us), where that is due. */
void lend_again(struct kafka_lend *l);

/** After a fatal error: a new producer, and every message that was not delivered again in it. -1 and the
 * reason: try again. */
int lend_restart(struct kafka_lend *l, const struct sink_config *c, const struct kafka_events *events, void *opaque,
	struct error *e);

/** Takes back what the producer has: what is on its way may arrive until `deadline`, the rest stays
 * undelivered. It takes no more, but its threads end only with lend_close() or lend_restart(): that may take
 * long where a name is being looked up. */
void lend_stop(struct kafka_lend *l, int64_t deadline);

/** After lend_stop(): calls `run` for each run of undelivered items that aren't in the spool, oldest first. */
void lend_undelivered(struct kafka_lend *l,
	void (*run)(void *opaque, const struct block *b, uint32_t from, uint32_t n, bool text), void *opaque);

/** Gives every block back and frees all. */
void lend_close(struct kafka_lend *l);

#endif
