// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Starting EAL without DPDK's drivers.
 */
#ifndef APP_DRIVERS_H
#define APP_DRIVERS_H

#include <stdbool.h>

/** While true, EAL loads none of the drivers in DPDK's folder, of which there are some 130: a capture file needs none, and loading
 * them is most of what starting takes. For one thread, around rte_eal_init(). */
void drivers_skip(bool skip);

#endif
