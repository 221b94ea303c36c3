// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * How many of what a run has: decided from the options and the processors, before anything is opened; and EAL for that many.
 */
#ifndef APP_PLAN_H
#define APP_PLAN_H

#include "app/options.h"

#define LINK_SIZE 1024        /**< packets in a reader's link to a worker */
#define LINK_SIZE_DIRECT 256  /**< likewise from worker to worker, where there are many and each has little to carry */

/** What is decided. */
struct plan {
	bool devices;             /**< it reads devices, not files */
	bool live;                /**< some of them never end */
	bool fused;               /**< all on one lcore */
	bool direct;              /**< one worker, which reads for itself */
	bool looks;               /**< so, and over files: packets are taken where they lie, without mbufs */
	unsigned workers, txs;
	unsigned intakes;         /**< at most: whether the workers read for themselves is known once the ports are */
	unsigned lanes;           /**< lcores besides the main one: as many as the larger of both shapes needs */
};

/** Decides. 0, or -1 and the reason where the options ask for more than there can be. */
int plan_make(struct plan *p, const struct options *o, struct error *e);

/** Mbufs of the run's own pool: packets that can be on their way at once, and then some, so that nobody waits for one that only he
 * himself can free. 0: none are needed. */
unsigned plan_mbufs(const struct plan *p);

/** Starts EAL with the lcores, memory and devices of the plan: 0, or the reason and what eal_start() gives. */
int plan_start_eal(const struct plan *p, const struct options *o, struct error *e);

#endif
