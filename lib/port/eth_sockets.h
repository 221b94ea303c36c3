// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The sockets by which net_af_packet reads. The driver gives them away to nobody, but the kernel has more to tell of them than
 * the driver does, and makes an interface promiscuous for as long as a socket lives.
 */
#ifndef PORT_ETH_SOCKETS_H
#define PORT_ETH_SOCKETS_H

#include <stdint.h>

#define ETH_SOCKETS_MAX 256

/** The packet sockets of this process, borrowed from the driver until its ports are released. */
struct eth_sockets {
	int fd[ETH_SOCKETS_MAX];
	unsigned n;
	uint64_t dropped; /**< packets, since the sockets were opened */
};

/** Finds the packet sockets that there are now; to be called again when some were opened or closed. What is known of drops stays. */
void eth_sockets_find(struct eth_sockets *l);

/** Makes their interfaces promiscuous until they are closed. Unlike what the driver does it needs no more rights than the sockets
 * themselves, and leaves nothing behind. */
void eth_sockets_promiscuous(const struct eth_sockets *l);

/** Sleeps until one of them has packets, `ms` at most. */
void eth_sockets_wait(const struct eth_sockets *l, int ms);

/** Asks the kernel what it dropped before the driver could read it. Packets so far in all. Any thread may. */
uint64_t eth_sockets_drops(struct eth_sockets *l);

#endif
