// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What systemd is told (sd_notify(3)): started, alive, ending. Without systemd each call does nothing.
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include "app/topology.h"

/** The sensor is up: what waits for the unit may go on. */
void notify_ready(void);

/**
 * Once a second: the watchdog's sign of life, given only where each lane that captures or parses went round since the
 * last call; so a stuck core restarts the unit. Lanes that only write may wait for a disk, and don't count.
 */
void notify_alive(const struct topology *t);

/** The sensor drains and ends. */
void notify_stopping(void);

#endif
