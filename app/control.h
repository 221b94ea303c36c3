// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The main lcore while the others work: signals, statistics, progress. It never touches a packet, and it sleeps.
 */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "app/topology.h"

/** Blocks the signals it will serve. Before EAL starts threads, so that only the main lcore gets them. */
void control_block_signals(void);

/** Launches the lanes and serves until all of them are through. */
void control_run(struct topology *t, const struct options *o);

#endif
