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
	bool dedicated;        /**< a device on a bus: a NIC, not a driver's own invention or a kernel interface */
	bool stamps;           /**< it stamps packets with a clock of its own */
	bool started;
	uint16_t linktype;     /**< of its frames */
	int socket;            /**< NUMA socket; SOCKET_ID_ANY where it has none */
	uint16_t descriptors;  /**< mbufs that a queue of it holds */
	uint32_t table;        /**< entries of its redirection table; 0: none that is told */
	const char *driver;    /**< borrowed from DPDK */
	char name[64];         /**< RTE_ETH_NAME_MAX_LEN */
};

/** How a port is set up. */
struct eth_port_config {
	uint16_t queues;          /**< RX queues, at most max_queues */
	uint32_t table;           /**< entries of the redirection table that all ports have in common: a power of two, or 0 */
	bool interrupts;          /**< RX interrupts are wanted */
	struct rte_mempool *pool; /**< the queues' mbufs */
};

/** Learns what a port can do. */
int eth_port_look(struct eth_port *p, uint16_t id, struct error *e);

/** Configures and starts it: promiscuous and, where it has several queues, with the symmetric RSS key of rss_hash() and a table
 * as rss_queue() has it. Where the device doesn't keep those, spread becomes ETH_SPREAD_NONE, and the caller starts it again with
 * one queue. -1 and the reason where that can't be; 1 and the reason where it is set up but can't start now: to be tried again. */
int eth_port_start(struct eth_port *p, const struct eth_port_config *config, struct error *e);

/** Stops it and gives the device back. */
void eth_port_stop(struct eth_port *p);

#endif
