// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A lane: what one lcore does, round and round: an intake, a worker, a TX, or several of them (all three: fused).
 */
#ifndef APP_LANE_H
#define APP_LANE_H

#include "app/intake.h"
#include "app/tx.h"
#include "app/worker.h"
#include "core/clock.h"

/** The longest sleeps of a lane: right after packets or for what comes at line rate (a TX lcore of its own: 0.5 ms), and after a long
 * quiet. Together with a partial batch's 10 ms they bound how late a record is. */
#define LANE_NAP_SHORT (200 * NSEC_PER_USEC)
#define LANE_NAP_LONG (5 * NSEC_PER_MSEC)

/** A lane; whoever isn't on it is NULL. */
struct lane {
	struct intake *intake;
	struct worker *worker;
	struct tx *tx;
	bool poll;                /* never sleep: a dedicated NIC's lcore */
	bool rest;                /* the source can sleep until a packet comes, and is to */
	int64_t nap_max;          /* ns that are slept at most after a long quiet */
	bool live;                /* packet time goes on while nothing comes */
	int64_t gc_interval;      /* ns: expiry is noticed at least this often on an idle worker */
	int64_t drain;            /* ns that sinks get at the end of a run */
	void (*ended)(void);      /* called on the lcore when the lane is through: wakes the control loop */
	/* the lcore's own */
	uint32_t empty_polls;
	int64_t idle_since;       /* monotonic ns; 0: busy */
	int64_t advanced;         /* monotonic ns when the idle worker's time was last moved on */
	_Atomic uint64_t rounds;  /* grows while the lane runs or waits; for the watchdog */
	_Atomic bool through;     /* the lane has ended */
};

/** Runs a lane to its end; an lcore_function_t over a struct lane. */
int lane_run(void *lane);

/** What the lane's parts call while they wait for another lcore or for their own TX: a worker_wait_fn over a struct lane. */
void lane_wait(void *lane);

#endif
