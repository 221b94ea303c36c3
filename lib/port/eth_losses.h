// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the kernel dropped before net_af_packet could read it. The driver doesn't tell, but the kernel counts by socket.
 */
#ifndef PORT_ETH_LOSSES_H
#define PORT_ETH_LOSSES_H

#include <stdint.h>

#define ETH_LOSSES_SOCKETS 256

/** The packet sockets of this process, borrowed from the driver until its ports are released. */
struct eth_losses {
	int fd[ETH_LOSSES_SOCKETS];
	unsigned n;
	uint64_t dropped; /**< packets, since the sockets were opened */
};

/** Finds the packet sockets that there are now; to be called again when some were opened or closed. What is known of drops stays. */
void eth_losses_find(struct eth_losses *l);

/** Asks the kernel. Packets dropped so far in all. Any thread may. */
uint64_t eth_losses_read(struct eth_losses *l);

#endif
