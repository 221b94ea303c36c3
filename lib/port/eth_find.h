// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * From what the user named (a PCI address, a DPDK device, a kernel interface) to DPDK ports.
 */
#ifndef PORT_ETH_FIND_H
#define PORT_ETH_FIND_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Ports that can be used at once. */
#define ETH_PORTS_MAX 32

/** The ports of the user's devices. */
struct eth_ports {
	uint16_t id[ETH_PORTS_MAX];
	unsigned n;
};

/** Finds the ports of `spec` and appends them. A kernel interface gets a vdev of `driver` (NULL, auto or af_packet: net_af_packet
 * with `queues` queues, for mbufs with `room` bytes of data; af_xdp: net_af_xdp, a port for each queue that the interface has).
 * -1 and what to do about it in `e`. */
int eth_find(struct eth_ports *ports, const char *spec, const char *driver, uint16_t queues, uint32_t room, struct error *e);

/** Gives the vdev of a port back, where eth_find() made it. The port must be stopped. */
void eth_release(uint16_t id);

/** The kernel's interfaces, separated by commas, into `text`. */
void eth_list_interfaces(char *text, size_t size);

/** A PCI address in full (`0000:01:00.0`); false where `spec` is none. */
bool eth_pci_address(const char *spec, char *address, size_t size);

/** Bytes of a ring slot of net_af_packet for an interface of this MTU: a power of two, so that it divides a block. The driver
 * chains no mbufs: a slot fits their `room`, and longer frames are cut. */
uint32_t eth_slot_size(uint32_t mtu, uint32_t room);

/** The longest frame that such a slot holds. */
uint32_t eth_slot_frame(uint32_t slot);

#endif
