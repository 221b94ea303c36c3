// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A link: mbufs from the lcore that reads them to the worker they are for. The reader's packet time and the end of the run
 * travel with it: the worker looks at them before it empties the ring, and believes them after.
 */
#ifndef APP_LINK_H
#define APP_LINK_H

#include <rte_ring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Written by the reader's lcore, read by the worker's. */
struct link {
	struct rte_ring *ring;      /**< mbufs, single producer and consumer */
	_Alignas(64) _Atomic int64_t watermark; /**< newest packet time handed over; INT64_MIN before */
	_Atomic uint16_t port;      /**< whose time that is */
	_Atomic bool ended;         /**< nothing will come any more */
};

#endif
