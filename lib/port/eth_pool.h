// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The mbufs of ports: a pool for each NUMA socket and size of frames.
 */
#ifndef PORT_ETH_POOL_H
#define PORT_ETH_POOL_H

#include "core/error.h"

#include <rte_mempool.h>
#include <stdint.h>

#define ETH_POOLS_MAX 16

/** A pool. */
struct eth_pool {
	int socket;       /**< NUMA socket; SOCKET_ID_ANY: of no NIC */
	uint32_t room;    /**< bytes of a frame in an mbuf */
	unsigned wanted;  /**< mbufs that ports keep in their queues */
	struct rte_mempool *pool;
};

/** Pools of a source; zero-initialised. */
struct eth_pools {
	struct eth_pool pool[ETH_POOLS_MAX];
	unsigned n;
};

/** A port wants `n` mbufs of `room` bytes on a socket. The index of its pool, or -1 where there are too many. Before
 * eth_pools_make(). */
int eth_pools_want(struct eth_pools *p, int socket, uint32_t room, unsigned n, struct error *e);

/** Makes the pools, each with `spare` mbufs beyond what is wanted: what may be on its way to the workers. -1 and what to type where
 * memory lacks. */
int eth_pools_make(struct eth_pools *p, unsigned spare, struct error *e);

/** Frees them; the ports must be stopped, and all mbufs given back. */
void eth_pools_free(struct eth_pools *p);

#endif
