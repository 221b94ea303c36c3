// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Commands for DPDK's telemetry socket (`dpdk-telemetry.py`): /dnsweir/counters, /dnsweir/source,
 * /dnsweir/sinks. There where EAL's telemetry is on (`-- --telemetry`).
 */
#ifndef APP_TELEMETRY_H
#define APP_TELEMETRY_H

#include "app/topology.h"

/** Registers the commands, whose answers come from `t` until telemetry_stop(). */
void telemetry_start(const struct topology *t);

/** From here on the commands answer nothing. Before what they read is closed. */
void telemetry_stop(void);

#endif
