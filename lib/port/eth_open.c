// SPDX-License-Identifier: BSD-3-Clause
#include "core/log.h"
#include "port/eth_source.h"

#include <net/if.h>
#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/** Bytes of an mbuf where frames may lie in several. */
#define ROOM 2048
/** The longest frame that a net_pcap port is sure to find mbufs for (longer ones may be lost, and are told). */
#define FILE_FRAME_MAX 65536

/** Says that a port keeps the source from having as many queues as there are workers. */
static void tell_queues(const struct eth_port *p, uint16_t wanted)
{
	if (wanted == 1 || p->file)
		return;
	if (p->spread == ETH_SPREAD_NONE)
		log_info("%s: %s doesn't spread UDP flows over queues: one core reads and hands packets to the workers", p->name,
			 p->driver);
	else if (p->max_queues < wanted)
		log_info("%s: %s has %u queues for %u workers: one core reads and hands packets to the workers", p->name, p->driver,
			 p->max_queues, wanted);
}

/** Looks at all ports. The source has as many queues as each port can spread by flow. */
static int look(struct source *s, const struct eth_ports *found, uint16_t wanted, struct error *e)
{
	s->queues = wanted;
	s->files = s->on_sockets = true;
	for (unsigned i = 0; i < found->n; i++) {
		struct eth_member *m = &s->member[i];
		struct eth_port *p = &m->port;

		m->device = found->device[i];
		m->interface = if_nametoindex(m->device.interface);
		if (eth_port_look(p, found->id[i], e))
			return -1;
		s->ports++;
		s->files &= p->file;
		s->on_sockets &= p->spread == ETH_SPREAD_FANOUT;
		s->queues = p->spread == ETH_SPREAD_NONE ? 1 : RTE_MIN(s->queues, p->max_queues);
		tell_queues(p, wanted);
	}
	return 0;
}

/** Queues that a port is set up with. */
static uint16_t queues_of(const struct source *s, const struct eth_port *p)
{
	/* Of these none may be left out: each net_pcap file is one, and the kernel fills all of an interface's. */
	return p->spread == ETH_SPREAD_FANOUT || p->file ? p->max_queues : s->queues;
}

/** Makes the ports' mbufs: files share those of the run, which may wait for them. */
static int make_pools(struct source *s, unsigned spare, struct error *e)
{
	for (unsigned i = 0; i < s->ports; i++) {
		struct eth_member *m = &s->member[i];
		const struct eth_port *p = &m->port;

		m->pool = -1;
		if (p->file)
			continue;
		m->pool = eth_pools_want(&s->pools, p->socket, m->device.slot ? m->device.slot : ROOM,
					 (unsigned)queues_of(s, p) * p->descriptors, e);
		if (m->pool < 0)
			return -1;
	}
	return eth_pools_make(&s->pools, spare, e);
}

int eth_start_member(struct source *s, struct eth_member *m, struct error *e)
{
	struct eth_port_config c = {
		.queues = queues_of(s, &m->port),
		.table = s->table,
		.interrupts = s->interrupts,
		.pool = m->pool < 0 ? s->pool : s->pools.pool[m->pool].pool,
	};
	int r = eth_port_start(&m->port, &c, e);

	if (!r && m->port.stamps && !eth_clock_start(&m->clock, m->port.id))
		log_info("%s: its clock can't be read: packets have the time when they are read", m->port.name);
	m->state = r ? ETH_STOPPED : ETH_RUNNING;
	atomic_store(&m->off, r != 0);
	return r;
}

/** The redirection table that all ports can have: the smallest of theirs, as it stands repeated in longer ones. */
static uint32_t common_table(const struct source *s)
{
	uint32_t smallest = 0;

	for (unsigned i = 0; i < s->ports; i++) {
		const struct eth_port *p = &s->member[i].port;

		if (p->spread == ETH_SPREAD_RSS && p->table && (!smallest || p->table < smallest))
			smallest = p->table;
	}
	return rte_align32prevpow2(smallest);
}

/** Starts all ports; one that turns out not to spread as told gives s->queues back to be 1. One that can't start now is tried
 * again later. */
static int start(struct source *s, struct error *e)
{
	uint16_t queues = s->queues;

	s->table = queues > 1 ? common_table(s) : 0;
	for (unsigned i = 0; i < s->ports; i++) {
		struct eth_member *m = &s->member[i];
		int r = eth_start_member(s, m, e);

		if (r < 0)
			return -1;
		if (r)
			log_warn("%s; trying again once a second", e->text);
		if (m->port.spread == ETH_SPREAD_NONE)
			s->queues = 1;
	}
	if (s->queues == queues)
		return 0;
	for (unsigned i = 0; i < s->ports; i++)
		eth_port_stop(&s->member[i].port);
	return start(s, e);
}

int eth_add_interrupts(struct source *s, const struct eth_member *m, struct error *e)
{
	for (uint16_t q = 0; q < m->port.queues; q++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): there is one queue at least. */
		struct eth_queue *queue = &s->queue[q % s->queues];
		int r = rte_eth_dev_rx_intr_ctl_q(m->port.id, q, queue->epoll, RTE_INTR_EVENT_ADD, NULL);

		if (r)
			return error_set(e, "-idle interrupt: %s: %s has no RX interrupts (%s); allowed here: -idle sleep or poll",
					 m->port.name, m->port.driver, rte_strerror(-r));
	}
	return 0;
}

static int open_interrupts(struct source *s, struct error *e)
{
	for (uint16_t q = 0; q < s->queues; q++) {
		s->queue[q].epoll = epoll_create1(EPOLL_CLOEXEC);
		if (s->queue[q].epoll < 0)
			return error_set(e, "-idle interrupt: no epoll (%s)", strerror(errno));
	}
	for (unsigned i = 0; i < s->ports; i++)
		if (s->member[i].state == ETH_RUNNING && eth_add_interrupts(s, &s->member[i], e))
			return -1;
	return 0;
}

static struct source *new_source(const struct source_config *config, uint16_t wanted)
{
	size_t size = sizeof(struct source) + wanted * sizeof(struct eth_queue);
	struct source *s = aligned_alloc(64, size);

	if (!s)
		return NULL;
	memset(s, 0, size);
	pthread_mutex_init(&s->lock, NULL);
	s->pool = config->pool;
	s->quiet_after = config->idle_exit;
	s->file_room = FILE_FRAME_MAX / (rte_pktmbuf_data_room_size(s->pool) - RTE_PKTMBUF_HEADROOM) + 1u;
	for (uint16_t i = 0; i < wanted; i++) {
		s->queue[i].queue = i;
		s->queue[i].epoll = -1;
	}
	return s;
}

int eth_open(struct source **source, const struct source_config *config, struct error *e)
{
	uint16_t wanted = config->queues ? config->queues : 1;
	struct source *s = new_source(config, wanted);
	struct eth_ports found = { .n = 0 };

	*source = NULL;
	if (!s)
		return error_set(e, "no memory");
	for (const char *const *spec = config->specs; *spec; spec++)
		if (eth_find(&found, *spec, config->driver, wanted, e))
			goto fail;
	if (!found.n) {
		error_set(e, "-dev: no device given");
		goto fail;
	}
	if (look(s, &found, wanted, e))
		goto fail;
	s->interrupts = config->interrupts && !s->files && !s->on_sockets;
	if (make_pools(s, config->spare, e) || start(s, e) || (s->interrupts && open_interrupts(s, e)))
		goto fail;
	s->time_offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
	int flag = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, NULL);

	s->time_flag = flag >= 0 && s->time_offset >= 0 ? UINT64_C(1) << flag : 0;
	eth_sockets_find(&s->sockets);
	eth_sockets_promiscuous(&s->sockets);
	for (unsigned i = 0; i < s->ports; i++)
		eth_watch(&s->member[i]);
	*source = s;
	return 0;
fail:
	eth_close(s);
	return -1;
}

void eth_close(struct source *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->ports; i++) {
		struct eth_member *m = &s->member[i];

		eth_unwatch(m);
		if (m->state == ETH_GONE)
			continue;
		eth_port_stop(&m->port);
		/* Its queues hold mbufs of pools that go now: EAL's own clean-up would come too late. */
		if (m->device.interface[0])
			eth_unplug(&m->device);
		else
			rte_eth_dev_close(m->port.id);
	}
	for (uint16_t q = 0; q < s->queues; q++)
		if (s->queue[q].epoll >= 0)
			close(s->queue[q].epoll);
	eth_pools_free(&s->pools);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
