// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Setting up an ethdev port for capture.
 */
#ifndef PORT_ETH_PORT_H
#define PORT_ETH_PORT_H

#include "core/error.h"

#include <rte_mempool.h>
#include <stdbool.h>
#include <stdint.h>

/** How a port spreads packets over its queues. */
enum eth_spread {
	ETH_SPREAD_RSS,    /**< a symmetric hash that we set: the same queue for both directions, on every port */
	ETH_SPREAD_FANOUT, /**< the kernel's symmetric hash (net_af_packet) */
	ETH_SPREAD_NONE,   /**< not by flow: one worker's business, or the reader's */
};

/** A port. */
struct eth_port {
	uint16_t id;
	uint16_t queues;       /**< set up */
	uint16_t max_queues;   /**< that the device has */
	enum eth_spread spread;
	bool file;             /**< net_pcap: it ends, and nothing may be lost */
	bool started;
	uint16_t linktype;     /**< of its frames */
	const char *driver;    /**< borrowed from DPDK */
	char name[64];         /**< RTE_ETH_NAME_MAX_LEN */
};

/** Learns what a port can do. */
int eth_port_look(struct eth_port *p, uint16_t id, struct error *e);

/** Configures and starts it with `queues` RX queues (≤ max_queues) that take mbufs from `pool`, promiscuous, with one symmetric
 * RSS key and table where `queues` > 1. Where the device doesn't keep those, spread becomes ETH_SPREAD_NONE, and the caller starts
 * it again with one queue. */
int eth_port_start(struct eth_port *p, uint16_t queues, struct rte_mempool *pool, struct error *e);

/** Stops it and gives the device back. */
void eth_port_stop(struct eth_port *p);

#endif
