// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the files of source_eth share: eth.c (bursts), eth_watch.c (ports that come and go).
 *
 * Lcores read ports; the control thread alone starts, stops, opens and closes them once they are read. A port that is to be closed
 * is first marked off; it is closed when every lcore has begun two bursts since then, so that none is still inside of it.
 */
#ifndef PORT_ETH_SOURCE_H
#define PORT_ETH_SOURCE_H

#include "port/eth_clock.h"
#include "port/eth_find.h"
#include "port/eth_sockets.h"
#include "port/eth_pool.h"
#include "port/eth_port.h"
#include "port/source.h"

#include <pthread.h>
#include <stdatomic.h>

/** What a port is up to; of the control thread. */
enum eth_state {
	ETH_RUNNING,
	ETH_STOPPED, /**< there, but couldn't be started: tried again */
	ETH_PARTING, /**< its device has gone; some lcore may still be inside of it */
	ETH_GONE,    /**< closed; its device is looked for */
};

/** A port's part in a source. */
struct eth_member {
	_Atomic bool off;          /**< not to be read; written by the control thread */
	_Atomic bool removed;      /**< its device said so; written by DPDK's thread */
	struct eth_port port;
	struct eth_clock clock;    /**< of the NIC, where it stamps packets */
	struct eth_device device;  /**< how to get it back */
	enum eth_state state;
	unsigned interface;        /**< index of the kernel interface; 0: none */
	bool up;                   /**< link, as last told */
	int pool;                  /**< index of its pool; -1: config.pool */
	struct source_stats before; /**< of devices that have gone */
	uint32_t kernel_last;      /**< the interface's own count of drops, when last seen */
	uint64_t kernel_dropped;   /**< its growth */
};

/** What a lcore keeps between bursts. */
struct eth_queue {
	uint16_t port;       /**< index of the port whose turn it is */
	uint16_t queue;      /**< queue of the port */
	bool seen;           /**< a packet came */
	int64_t quiet_since; /**< monotonic ns; 0: not quiet */
	_Atomic uint64_t bursts; /**< begun; written by the lcore */
	uint64_t mark;       /**< of the control thread: `bursts` when ports were last marked off */
	int epoll;           /**< of RX interrupts; -1: none */
} __attribute__((aligned(64)));

struct source {
	struct eth_member member[ETH_PORTS_MAX];
	unsigned ports;
	uint16_t queues;      /**< of the source */
	uint32_t table;       /**< entries of the redirection table that all ports have in common; 0: none */
	bool files;           /**< all ports are files: they end */
	bool on_sockets;      /**< all ports are net_af_packet's: their sockets tell when there is something */
	bool interrupts;      /**< RX interrupts are set up */
	int64_t quiet_after;  /**< ns without a packet after which files have ended; 0: as it seems best */
	int time_offset;      /**< of the mbuf field that net_pcap and NICs write the time to; -1: none */
	uint64_t time_flag;   /**< of mbufs that a NIC stamped; 0: none */
	struct rte_mempool *pool;  /**< of files; borrowed */
	struct eth_pools pools;    /**< of all others */
	struct eth_sockets sockets;  /**< of net_af_packet */
	unsigned file_room;   /**< mbufs that a burst of one frame may need on a net_pcap port */
	pthread_mutex_t lock; /**< held while ports are opened or closed, and while somebody asks them */
	struct eth_queue queue[]; /**< one a queue of the source */
};

/** Configures and starts a port as the source needs it. 0; -1 for good; 1: not now, the reason in `e`. */
int eth_start_member(struct source *s, struct eth_member *m, struct error *e);

/** Lets RX interrupts of a running port wake its queues' lcores; -1 where it has none. */
int eth_add_interrupts(struct source *s, const struct eth_member *m, struct error *e);

/** Adds what a port tells, and what its predecessors told. */
void eth_add_stats(const struct eth_member *m, struct source_stats *stats);

/** See struct source_ops. */
int eth_open(struct source **source, const struct source_config *config, struct error *e);
void eth_close(struct source *s);
void eth_tend(struct source *s);

/** Begins to watch a port that runs: its link, its device, its interface. */
void eth_watch(struct eth_member *m);

/** Ends that. */
void eth_unwatch(struct eth_member *m);

#endif
