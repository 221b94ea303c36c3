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

/** Where a port came from, and how it can be had again. */
struct eth_device {
	char bus[8];         /**< "pci" or "vdev"; "" where it is none of ours to plug */
	char name[64];       /**< on the bus */
	char args[192];
	char interface[16];  /**< the kernel interface that it reads; "" for none */
	uint32_t slot;       /**< bytes of its ring's slots (net_af_packet); 0 otherwise */
};

/** The ports of the user's devices. */
struct eth_ports {
	uint16_t id[ETH_PORTS_MAX];
	struct eth_device device[ETH_PORTS_MAX];
	unsigned n;
};

/** Finds the ports of `spec` and appends them. A kernel interface gets a vdev of `driver` (NULL, auto or af_packet: net_af_packet with
 * `queues` queues; af_xdp: net_af_xdp, a port for each queue that the interface has). -1 and what to do about it in `e`. */
int eth_find(struct eth_ports *ports, const char *spec, const char *driver, uint16_t queues, struct error *e);

/** Plugs a device in (again) and finds its port; -1 where it can't. */
int eth_plug(const struct eth_device *device, uint16_t *id);

/** Gives the device of a port back, where eth_find() plugged it in. The port must be stopped. */
void eth_unplug(const struct eth_device *device);

/** A PCI address in full (`0000:01:00.0`); false where `spec` is none. */
bool eth_pci_address(const char *spec, char *address, size_t size);

/** Bytes of a ring slot of net_af_packet for an interface of this MTU: a power of two, so that it divides a block, which an mbuf can
 * hold, as the driver chains none. Longer frames are cut. */
uint32_t eth_slot_size(uint32_t mtu);

/** The longest frame that such a slot holds. */
uint32_t eth_slot_frame(uint32_t slot);

#endif
