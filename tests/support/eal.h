// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * DPDK for a test: without hugepages, rights or devices.
 */
#ifndef SUPPORT_EAL_H
#define SUPPORT_EAL_H

#include "packet/packet.h"

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <stdlib.h>

/** Sets EAL up, with an argument more where it isn't NULL. Once a process. */
static inline void eal_start(const char *more)
{
	char *args[] = { (char *)"test", (char *)"--no-huge", (char *)"--no-shconf", (char *)"--no-pci", (char *)"--no-telemetry",
			 (char *)"-m", (char *)"128", (char *)"-l", (char *)"0", (char *)"--log-level=error", (char *)(uintptr_t)more };
	if (rte_eal_init(more ? 11 : 10, args) < 0)
		abort();
}

/** A pool of `n` mbufs of 2 KiB. */
static inline struct rte_mempool *eal_pool(unsigned n)
{
	struct rte_mempool *p = rte_pktmbuf_pool_create_by_ops("test", n, 0, PACKET_PRIV_SIZE, 2048 + RTE_PKTMBUF_HEADROOM, 0,
							       "stack");
	if (!p)
		abort();
	return p;
}

#endif
