// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Which lcore does what: decided once, from the options and the source, and run to its end.
 */
#ifndef APP_TOPOLOGY_H
#define APP_TOPOLOGY_H

#include "app/lane.h"
#include "app/options.h"

#define LANES 128

/** The whole of a run. Built and read by the main lcore; the lanes' parts belong to their lcores while they run. */
struct topology {
	const struct source_ops *ops;
	struct source *source;
	struct rte_mempool *pool;
	struct sink_config sinks;
	cpu_set_t cpus;            /* for the sinks' threads, where sinks.cpus points to it */
	struct source_shape shape;
	bool live;                 /* not a replay of files: never waits for a sink */
	bool fused;
	bool looks;                /* one worker over files: packets are taken where they lie, without mbufs */
	struct lane lane[LANES];
	unsigned lanes;
	struct intake *intake[LANES];
	unsigned intakes;
	struct worker *worker[WORKER_RINGS];
	unsigned workers;
	struct tx *tx[WORKER_RINGS];
	unsigned txs;
	_Atomic bool stop;         /* read no more, drain */
	_Atomic bool abort;        /* give up waiting */
	size_t memory;             /* bytes reserved for tables */
	struct domains *domains;   /* for the analytics; NULL without them */
	uint32_t pair_limit;       /* outstanding queries of each worker at most */
	struct counters closed;    /* of parts that are closed already */
	bool sink_lost;            /* a sink of a replay lost records: it was dead */
};

/** Decides on lanes, starts EAL, opens source and sinks, allocates every table. 0, or -1 and the reason in `e`, with `*code` the exit
 * code (1 or 2). topology_free() in any case. */
int topology_open(struct topology *t, const struct options *o, int *code, struct error *e);

/** Launches the lanes; `ended` is called by each lcore as its lane ends. */
void topology_launch(struct topology *t, void (*ended)(void));

/** True once every lane is through. */
bool topology_ended(const struct topology *t);

/** Waits for the lcores, closes the sinks. `stats` gets the last figures of each sink kind summed over the TX lcores
 * (TX_SINKS entries, `names` their names); returns how many. */
unsigned topology_close(struct topology *t, struct sink_stats *stats, const char **names);

/** Sums every counter of every part. */
void topology_counters(const struct topology *t, struct counters *sum);

/** Frees everything. */
void topology_free(struct topology *t);

#endif
