// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_find.h"

#include "core/log.h"
#include "port/interface.h"
#include "port/source.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Memory of an interface's ring in the kernel, in all its queues: what comes in while a worker is busy elsewhere. */
#define RING_BYTES ((uint32_t)64 << 20)
/** Slots at least, however long frames may be. */
#define SLOTS_LEAST 8192u
#define BLOCK_BYTES 65536u
/** The driver lets the kernel put IPv4 fragments together before it sees them: a slot holds an answer of 4000 bytes. */
#define SLOT_MIN 4096u
#define SLOT_MAX 32768u
/** An Ethernet header and two tags. */
#define LINK_HEADER 22
/** How the names of our own vdevs start; EAL finds the driver by them. */
#define VDEV_AF_PACKET "net_af_packet_"
#define VDEV_AF_XDP "net_af_xdp_"

bool eth_pci_address(const char *spec, char *address, size_t size)
{
	unsigned domain = 0, bus, device, function;
	int end = 0;

	if (sscanf(spec, "%4x:%2x:%2x.%1u%n", &domain, &bus, &device, &function, &end) != 4 || spec[end]) {
		domain = 0;
		end = 0;
		if (sscanf(spec, "%2x:%2x.%1u%n", &bus, &device, &function, &end) != 3 || spec[end])
			return false;
	}
	snprintf(address, size, "%04x:%02x:%02x.%u", domain, bus, device, function);
	return true;
}

bool source_is_pci(const char *spec)
{
	char address[16];

	return eth_pci_address(spec, address, sizeof(address));
}

uint32_t eth_slot_frame(uint32_t slot)
{
	/* Before a frame stand the kernel's header, an address and room for the alignment of what follows the link header. */
	return slot - TPACKET_ALIGN(TPACKET2_HDRLEN + 16);
}

uint32_t eth_slot_size(uint32_t mtu)
{
	uint32_t size = SLOT_MIN;

	while (size < SLOT_MAX && eth_slot_frame(size) < mtu + LINK_HEADER)
		size *= 2;
	return size;
}

static int append(struct eth_ports *ports, uint16_t id, const struct eth_device *device, struct error *e)
{
	for (unsigned i = 0; i < ports->n; i++)
		if (ports->id[i] == id)
			return 0;
	if (ports->n == ETH_PORTS_MAX)
		return error_set(e, "-dev: more than %d ports", ETH_PORTS_MAX);
	ports->device[ports->n] = *device;
	ports->id[ports->n++] = id;
	return 0;
}

static void list_ports(char *text, size_t size)
{
	size_t n = 0;
	uint16_t id;

	text[0] = 0;
	RTE_ETH_FOREACH_DEV(id) {
		char name[RTE_ETH_NAME_MAX_LEN];

		if (n + 2 < size && !rte_eth_dev_get_name_by_port(id, name))
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", name);
	}
	if (!text[0])
		snprintf(text, size, "none");
}

static int no_such_device(const char *spec, struct error *e)
{
	char ports[160], interfaces[160];

	list_ports(ports, sizeof(ports));
	interface_list(interfaces, sizeof(interfaces));
	return error_set(e, "-dev %s: no such device; DPDK ports are: %s; kernel interfaces are: %s", spec, ports, interfaces);
}

/** Says why the device at a PCI address is no DPDK port, and what to type. */
static int explain_pci(const char *address, struct error *e)
{
	char path[64], link[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK))
		return no_such_device(address, e);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	const char *driver = NULL;

	if (n > 0) {
		link[n] = 0;
		driver = strrchr(link, '/');
	}
	if (!driver)
		return error_set(e, "-dev %s: bound to no driver; type: scripts/bind bind %s --do; or: modprobe vfio-pci && "
				 "dpdk-devbind.py --bind=vfio-pci %s", address, address, address);
	driver++;
	if (strcmp(driver, "vfio-pci") && strcmp(driver, "igb_uio") && strcmp(driver, "uio_pci_generic"))
		return error_set(e, "-dev %s: bound to the kernel's driver %s; type: scripts/bind bind %s --do; or: modprobe vfio-pci && "
				 "dpdk-devbind.py --bind=vfio-pci %s (its kernel interface goes); or name the interface instead",
				 address, driver, address, address);
	return error_set(e, "-dev %s: bound to %s, but DPDK can't use it%s; it needs a driver of DPDK's for this NIC, an IOMMU "
			 "(or vfio's enable_unsafe_noiommu_mode)%s; scripts/bind status and -debug tell more", address, driver,
			 geteuid() ? " as this user: run as root" : "",
			 rte_eal_has_hugepages() ? "" : " and hugepages: type: scripts/bind hugepages 1024 --do");
}

static int find_pci(struct eth_ports *ports, const char *address, struct error *e)
{
	unsigned before = ports->n;
	uint16_t id;

	struct eth_device device = { .bus = "pci" };

	snprintf(device.name, sizeof(device.name), "%s", address);
	/* One device may have several ports, each with a name that starts with its address. */
	for (int again = 0; again < 2; again++) {
		RTE_ETH_FOREACH_DEV(id) {
			char name[RTE_ETH_NAME_MAX_LEN];

			if (!rte_eth_dev_get_name_by_port(id, name) && !strncmp(name, address, strlen(address)) &&
			    append(ports, id, &device, e))
				return -1;
		}
		if (ports->n > before || again || rte_dev_probe(address))
			break;
	}
	return ports->n > before ? 0 : explain_pci(address, e);
}

int eth_plug(const struct eth_device *device, uint16_t *id)
{
	int r = rte_eal_hotplug_add(device->bus, device->name, device->args);

	return r ? r : rte_eth_dev_get_port_by_name(device->name, id);
}

void eth_unplug(const struct eth_device *device)
{
	if (device->bus[0])
		rte_eal_hotplug_remove(device->bus, device->name);
}

/** Adds a vdev for an interface. */
static int add_interface(struct eth_ports *ports, const struct eth_device *device, const char *driver, struct error *e)
{
	uint16_t id;
	int r = eth_plug(device, &id);

	if (r && geteuid())
		return error_set(e, "-dev %s: %s can't open this interface: run as root, or type: setcap cap_net_raw,cap_net_admin+ep "
				 "on the program", device->interface, driver);
	if (r)
		return error_set(e, "-dev %s: %s can't open this interface (%s); -debug tells more, -driver libpcap is another way",
				 device->interface, driver, rte_strerror(r < 0 ? -r : rte_errno));
	return append(ports, id, device, e);
}

/** Ring sizes: DPDK's defaults lose packets at 50,000 a second without telling, and cut long frames. */
static int add_af_packet(struct eth_ports *ports, const char *interface, uint16_t queues, struct error *e)
{
	struct eth_device device = { .bus = "vdev" };
	uint32_t mtu = interface_mtu(interface), slot = eth_slot_size(mtu), longest = eth_slot_frame(slot);
	uint32_t slots = RTE_MAX(RING_BYTES / slot, SLOTS_LEAST) / queues;

	if (mtu + LINK_HEADER > longest)
		log_warn("%s: net_af_packet cuts frames over %u bytes, but the MTU is %u; -driver libpcap reads them whole", interface,
			 longest, mtu);
	else if (interface_joins_segments(interface))
		log_warn("%s: the kernel joins TCP segments to frames over %u bytes, which net_af_packet cuts; type: "
			 "ethtool -K %s gro off lro off; or use -driver libpcap", interface, longest, interface);
	slots -= slots % (BLOCK_BYTES / slot);
	device.slot = slot;
	snprintf(device.interface, sizeof(device.interface), "%s", interface);
	snprintf(device.name, sizeof(device.name), VDEV_AF_PACKET "%s", interface);
	snprintf(device.args, sizeof(device.args), "iface=%s,qpairs=%u,blocksz=%u,framesz=%u,framecnt=%u", interface, queues,
		 BLOCK_BYTES, slot, slots);
	return add_interface(ports, &device, "net_af_packet", e);
}

/** A port for each queue: the driver's own count of queues is wrong on interfaces such as veth. */
static int add_af_xdp(struct eth_ports *ports, const char *interface, struct error *e)
{
	unsigned n = interface_queues(interface);

	/* Frames lie across page borders, and the kernel never fills those whose two pages don't adjoin. */
	if (!rte_eal_has_hugepages())
		return error_set(e, "-dev %s: net_af_xdp needs hugepages; type: scripts/bind hugepages 512 --do; or: echo 512 > /proc/sys/vm/nr_hugepages; or use "
				 "-driver af_packet or libpcap", interface);
	for (unsigned i = 0; i < n; i++) {
		struct eth_device device = { .bus = "vdev" };

		snprintf(device.interface, sizeof(device.interface), "%s", interface);
		snprintf(device.name, sizeof(device.name), VDEV_AF_XDP "%s_%u", interface, i);
		snprintf(device.args, sizeof(device.args), "iface=%s,start_queue=%u,queue_count=1,busy_budget=0", interface, i);
		if (add_interface(ports, &device, "net_af_xdp", e))
			return -1;
	}
	return 0;
}

int eth_find(struct eth_ports *ports, const char *spec, const char *driver, uint16_t queues, struct error *e)
{
	static const struct eth_device not_ours;
	char address[16];
	uint16_t id;

	if (!rte_eth_dev_get_port_by_name(spec, &id))
		return append(ports, id, &not_ours, e);
	if (eth_pci_address(spec, address, sizeof(address)))
		return find_pci(ports, address, e);
	if (!if_nametoindex(spec))
		return no_such_device(spec, e);
	if (driver && !strcmp(driver, "af_xdp"))
		return add_af_xdp(ports, spec, e);
	if (!driver || !strcmp(driver, "auto") || !strcmp(driver, "af_packet"))
		return add_af_packet(ports, spec, queues, e);
	return error_set(e, "-driver %s: DPDK has none of this name for kernel interfaces (af_packet and af_xdp are)", driver);
}
