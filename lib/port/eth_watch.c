// SPDX-License-Identifier: BSD-3-Clause
/* Ports whose links, devices or interfaces go and come back. All here is the control thread's, but on_removal(). */
#include "core/log.h"
#include "port/eth_source.h"
#include "port/interface.h"

#include <net/if.h>
#include <rte_ethdev.h>

void eth_add_stats(const struct eth_member *m, struct source_stats *stats)
{
	struct rte_eth_stats one = { 0 };

	if (m->state != ETH_GONE)
		rte_eth_stats_get(m->port.id, &one);
	stats->packets += m->before.packets + one.ipackets;
	stats->bytes += m->before.bytes + one.ibytes;
	stats->dropped += m->before.dropped + one.imissed;
	stats->nombuf += m->before.nombuf + one.rx_nombuf;
	stats->errors += m->before.errors + one.ierrors;
	stats->if_dropped += m->kernel_dropped;
}

/** Called by a thread of DPDK's. */
static int on_removal(uint16_t id, enum rte_eth_event_type event, void *member, void *unused)
{
	atomic_store(&((struct eth_member *)member)->removed, true);
	return 0;
}

/** What people call it. */
static const char *name_of(const struct eth_member *m)
{
	return m->device.interface[0] ? m->device.interface : m->port.name;
}

static bool has_link(const struct eth_member *m)
{
	struct rte_eth_link link = { .link_status = 0 };

	if (m->device.interface[0])
		return interface_runs(m->device.interface);
	return rte_eth_link_get_nowait(m->port.id, &link) || link.link_status;
}

void eth_watch(struct eth_member *m)
{
	m->up = true;
	if (m->device.interface[0])
		interface_drops(m->device.interface, &m->kernel_last);
	rte_eth_dev_callback_register(m->port.id, RTE_ETH_EVENT_INTR_RMV, on_removal, m);
}

void eth_unwatch(struct eth_member *m)
{
	if (m->state != ETH_GONE)
		rte_eth_dev_callback_unregister(m->port.id, RTE_ETH_EVENT_INTR_RMV, on_removal, m);
}

/** Tells when the link goes or comes. */
static void look_at_link(struct eth_member *m)
{
	bool up = has_link(m);

	if (up == m->up)
		return;
	m->up = up;
	if (up)
		log_info("%s: the link is up", name_of(m));
	else
		log_warn("%s: the link is down: nothing comes in", name_of(m));
}

/** What the interface dropped by its own count. */
static void look_at_drops(struct eth_member *m)
{
	uint32_t drops;

	if (!m->device.interface[0] || !interface_drops(m->device.interface, &drops))
		return;
	m->kernel_dropped += drops - m->kernel_last;
	m->kernel_last = drops;
}

/** True where a device that was there no longer is, or where its interface is another of the same name. */
static bool has_gone(const struct eth_member *m)
{
	if (atomic_load(&m->removed))
		return true;
	return m->interface && if_nametoindex(m->device.interface) != m->interface;
}

/** True once no lcore can be in a burst that it began before the last marks. */
static bool lcores_passed(const struct source *s)
{
	for (uint16_t q = 0; q < s->queues; q++)
		if (atomic_load(&s->queue[q].bursts) < s->queue[q].mark + 2)
			return false;
	return true;
}

static void set_marks(struct source *s)
{
	for (uint16_t q = 0; q < s->queues; q++)
		s->queue[q].mark = atomic_load(&s->queue[q].bursts);
}

/** Closes a port that nobody is inside of any more. */
static void part(struct source *s, struct eth_member *m)
{
	struct source_stats all = { 0 };

	eth_add_stats(m, &all);
	all.if_dropped = 0; /* kept by itself */
	eth_sockets_drops(&s->sockets);
	eth_unwatch(m);
	eth_port_stop(&m->port);
	m->before = all;
	eth_unplug(&m->device);
	eth_sockets_find(&s->sockets);
	m->state = ETH_GONE;
}

/** Looks for a device that has gone. */
static void look_for(struct source *s, struct eth_member *m)
{
	struct error e;
	uint16_t id;

	if (m->device.interface[0] && !if_nametoindex(m->device.interface))
		return;
	if (eth_plug(&m->device, &id))
		return;
	if (eth_port_look(&m->port, id, &e)) {
		eth_unplug(&m->device);
		return;
	}
	m->interface = if_nametoindex(m->device.interface);
	atomic_store(&m->removed, false);
	m->state = ETH_STOPPED;
	m->kernel_last = 0;
	eth_watch(m);
	eth_sockets_find(&s->sockets);
	eth_sockets_promiscuous(&s->sockets);
}

/** Tries to start a port. */
static void try_start(struct source *s, struct eth_member *m)
{
	struct error e;

	if (eth_start_member(s, m, &e)) {
		log_debug("%s", e.text);
		return;
	}
	if (s->interrupts && eth_add_interrupts(s, m, &e))
		log_warn("%s", e.text);
	log_info("%s: it is there and started", name_of(m));
}

static void tend(struct source *s, struct eth_member *m)
{
	switch (m->state) {
	case ETH_RUNNING:
		look_at_drops(m);
		eth_clock_follow(&m->clock, m->port.id);
		if (!has_gone(m)) {
			look_at_link(m);
			break;
		}
		log_warn("%s: it has gone; looking for it once a second", name_of(m));
		atomic_store(&m->off, true);
		m->state = ETH_PARTING;
		break;
	case ETH_PARTING:
		if (lcores_passed(s))
			part(s, m);
		break;
	case ETH_GONE:
		look_for(s, m);
		if (m->state == ETH_STOPPED)
			try_start(s, m);
		break;
	case ETH_STOPPED:
		if (has_gone(m))
			m->state = ETH_PARTING;
		else
			try_start(s, m);
		break;
	}
}

void eth_tend(struct source *s)
{
	if (s->files)
		return;
	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->ports; i++)
		tend(s, &s->member[i]);
	set_marks(s);
	pthread_mutex_unlock(&s->lock);
}
