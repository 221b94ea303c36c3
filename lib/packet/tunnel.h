// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of decap: which UDP ports are tunnels'.
 */
#ifndef PACKET_TUNNEL_H
#define PACKET_TUNNEL_H

#include "packet/packet.h"

/** A row of the table. */
struct tunnel_port {
	uint16_t port;  /**< of either end: IANA's, or the customary one */
	uint8_t layer;  /**< enum layer of what follows UDP */
	uint8_t tunnel; /**< enum tunnel */
};

/** The table; a row of zeros ends it. */
extern const struct tunnel_port tunnel_ports[];

#endif
