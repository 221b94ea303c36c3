// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The main lcore while the others work: signals, statistics, progress. It never touches a packet, and it sleeps.
 */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "app/monitor.h"

/** Blocks the signals it will serve. Before EAL starts threads, so that only the main lcore gets them. */
void control_block_signals(const struct options *o);

/** Launches the lanes and serves until all of them are through, and the monitor for as long as it is to linger. 0, or -1
 * where the report could not be written, which was told. */
int control_run(struct topology *t, const struct options *o, struct monitor *m);

#endif
