// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * TX: records from workers' rings → encoders → blocks → sinks. Private to a lcore.
 */
#ifndef APP_TX_H
#define APP_TX_H

#include "analytics/analytics.h"
#include "app/worker.h"
#include "encode/encode.h"
#include "sink/sink.h"

#define TX_SINKS 8   /**< sinks of a TX lcore at most */
#define TX_FORMATS 4 /**< distinct formats at most */

/** An encoder and the block that it fills; a format is encoded once, however many sinks take it. */
struct tx_format {
	const struct encoder *encoder;
	struct block_pool *pool;
	struct block *block;      /* being filled; NULL while none is free */
	struct out out;           /* over the block's free part */
	bool keyed;               /* a sink wants block->key */
};

/** An instance of a sink. */
struct tx_sink {
	const struct sink_ops *ops;
	void *state;
	uint32_t format;          /* index of its format */
	bool dead;                /* replay: made no progress for too long; its records are counted as dropped */
	uint64_t lost;            /* records dropped because it was dead */
};

/** A TX's state; its lcore writes everything. */
struct tx {
	struct counters counters;
	struct encode_context context;
	struct tx_format format[TX_FORMATS];
	uint32_t formats;
	struct tx_sink sink[TX_SINKS];
	uint32_t sinks;
	enum block_key key;
	bool same_lcore;         /* as its workers */
	bool lossless;
	int64_t timeout;          /* ns without progress after which a sink of a replay is dead */
	struct byte_ring *ring[WORKER_RINGS];
	const struct worker *worker[WORKER_RINGS]; /* whose ring it is; `done` tells the end */
	uint32_t rings;
	uint32_t busy_polls;
	int64_t filled_since;     /* monotonic ns when the oldest item of an open block was written; 0: none */
	const _Atomic bool *abort; /* second signal: give up waiting */
	const _Atomic bool *stopping; /* first signal: what stands still is waited for DRAIN at most */
	_Atomic uint32_t reopen;  /* raised by the control loop on SIGHUP */
	uint32_t reopened;
	struct analytics *analytics; /* what the records tell; NULL where nobody asks */
	struct analytics *snapshot;  /* a copy, the control loop's while `made` equals `asked` */
	_Atomic uint32_t snapshot_asked; /* raised by the control loop */
	_Atomic uint32_t snapshot_made;  /* follows it */
	_Atomic bool done;
};

/** Opens a TX with the sinks that the configuration asks for. `formats` are the user's ("flat", "nested"), one for each of
 * sink_kinds. NULL and the reason in `e`. Owned by the caller: tx_free(). */
struct tx *tx_new(const struct sink_config *config, const char *const *formats, const char *level, struct error *e);

/** Lets it look at the records' content too. 0, or -1 and the reason. Before it runs. */
int tx_analyse(struct tx *t, const struct analytics_config *config, struct error *e);

/** Control loop: what its records told: the copy that was asked for last, or all once it is done. NULL while a copy is
 * being made, or where nobody looks at them. Valid until the next tx_ask_snapshot(). */
const struct analytics *tx_analytics(const struct tx *t);

/** Control loop: asks for a new copy. */
void tx_ask_snapshot(struct tx *t);

/** Closes the sinks and frees it; `stats` (one per sink) gets their last figures. NULL is allowed. */
void tx_free(struct tx *t, struct sink_stats *stats);

/** Figures of a sink now. */
void tx_sink_stats(const struct tx *t, uint32_t i, struct sink_stats *stats);

/** Takes what its rings hold, up to a bound; true where there was something to do. */
bool tx_poll(struct tx *t);

/** True where all its workers are done and their rings are empty. */
bool tx_input_ended(const struct tx *t);

/** End of the run: writes open blocks, gives sinks until `deadline` (monotonic ns) to deliver; then `done` is set. */
void tx_finish(struct tx *t, int64_t deadline);

#endif
