// SPDX-License-Identifier: BSD-3-Clause
/*
 * source_eth: any DPDK ethdev.
 *
 * Queue i of every port belongs to worker i, so that both directions of a flow, be they on one port or on two, meet at one
 * worker. Where a port can't spread packets by flow, all its queues belong to queue 0 of the source, which then has no other.
 */
#include "core/clock.h"
#include "port/eth_source.h"

#include <inttypes.h>
#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>

/** net_pcap tells no end: it has come when nothing is read for so long, after the first packet or at all. */
#define QUIET_AFTER (50 * NSEC_PER_MSEC)
#define QUIET_AT_ALL (200 * NSEC_PER_MSEC)
/** Interrupts taken at once. */
#define EVENTS 16

/** Takes the next queue's turn. */
static void next_turn(const struct source *s, struct eth_queue *q, uint16_t first)
{
	q->queue = (uint16_t)(q->queue + s->queues);
	if (q->queue < s->member[q->port].port.queues)
		return;
	q->queue = first;
	q->port = q->port + 1u < s->ports ? (uint16_t)(q->port + 1) : 0;
}

/** How many packets may be asked of a port: net_pcap loses what it finds no mbufs for. */
static uint16_t allowed(const struct source *s, const struct eth_port *p, uint16_t n)
{
	if (!p->file)
		return n;
	unsigned reserve = s->pool->cache_size * 2, there = rte_mempool_avail_count(s->pool);

	return there <= reserve ? 0 : (uint16_t)RTE_MIN(n, (there - reserve) / s->file_room);
}

/** Bytes on the wire of a frame that filled its slot of net_af_packet, which cuts without telling: as its IP header says. */
static uint32_t uncut_length(const struct rte_mbuf *m)
{
	const uint8_t *f = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t at = 12, type = 0, len = 0;

	/* A slot is much longer than these headers. */
	for (unsigned tags = 0; tags < 3; tags++, at += 4) {
		type = (uint32_t)f[at] << 8 | f[at + 1];
		if (type != RTE_ETHER_TYPE_VLAN && type != RTE_ETHER_TYPE_QINQ)
			break;
	}
	at += 2;
	if (type == RTE_ETHER_TYPE_IPV4)
		len = at + ((uint32_t)f[at + 2] << 8 | f[at + 3]);
	else if (type == RTE_ETHER_TYPE_IPV6)
		len = at + 40 + ((uint32_t)f[at + 4] << 8 | f[at + 5]);
	return RTE_MAX(len, m->pkt_len);
}

/** Fills in what the source knows of each packet. */
static void describe(const struct source *s, const struct eth_member *member, struct rte_mbuf **pkts, int n)
{
	const struct eth_port *port = &member->port;
	int64_t now = port->file ? 0 : clock_realtime();
	bool stamped = eth_clock_runs(&member->clock);
	uint32_t full = member->device.slot ? eth_slot_frame(member->device.slot) : UINT32_MAX;

	for (int i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		struct packet *p = mbuf_packet(m);

		/* Tags that the NIC took off go back, so that the frame is as it was on the wire. */
		if (__builtin_expect(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED, 0))
			rte_vlan_insert(&pkts[i]);
		p->time = now;
		if (port->file && s->time_offset >= 0)
			p->time = (int64_t)*RTE_MBUF_DYNFIELD(m, s->time_offset, rte_mbuf_timestamp_t *) * NSEC_PER_USEC;
		else if (stamped && m->ol_flags & s->time_flag)
			p->time = eth_clock_time(&member->clock,
						 *RTE_MBUF_DYNFIELD(m, s->time_offset, rte_mbuf_timestamp_t *), now);
		p->wire_len = __builtin_expect(m->pkt_len >= full, 0) ? uncut_length(m) : m->pkt_len;
		p->linktype = port->linktype;
		p->port = port->id;
	}
}

/** At the end of files: were all their packets read? */
static int files_ended(const struct source *s, struct error *e)
{
	for (unsigned i = 0; i < s->ports; i++) {
		const struct eth_port *p = &s->member[i].port;
		struct rte_eth_stats stats;

		if (rte_eth_stats_get(p->id, &stats))
			continue;
		if (stats.rx_nombuf) {
			error_set(e, "%s: %" PRIu64 " packets lost for lack of mbufs", p->name, stats.rx_nombuf);
			return SOURCE_FAILED;
		}
		if (stats.ierrors) {
			error_set(e, "%s: the file is cut or damaged, or has interfaces of several link types; -pcap FILE tells more",
				  p->name);
			return SOURCE_FAILED;
		}
	}
	return SOURCE_EOF;
}

/** Nothing came from any port, and not because mbufs lacked. */
static int quiet(struct source *s, struct eth_queue *q, struct error *e)
{
	if (!s->files)
		return 0;
	int64_t now = clock_monotonic(), wait = s->quiet_after;

	if (!wait)
		wait = q->seen ? QUIET_AFTER : QUIET_AT_ALL;
	if (!q->quiet_since)
		q->quiet_since = now;
	return now - q->quiet_since > wait ? files_ended(s, e) : 0;
}

static int eth_burst(struct source *s, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, struct error *e)
{
	struct eth_queue *q = &s->queue[queue];
	uint16_t port = q->port, port_queue = q->queue;
	bool starved = false;

	/* Ordered before the looks at `off`: see eth_source.h. */
	atomic_store(&q->bursts, q->bursts + 1);
	do {
		const struct eth_member *m = &s->member[q->port];
		uint16_t turn = q->queue, want = 0, got = 0;

		if (!atomic_load_explicit(&m->off, memory_order_acquire)) {
			want = allowed(s, &m->port, n);
			got = rte_eth_rx_burst(m->port.id, turn, pkts, want);
			starved |= !want;
		}
		next_turn(s, q, queue);
		if (got) {
			q->seen = true;
			q->quiet_since = 0;
			describe(s, m, pkts, got);
			return got;
		}
	} while (q->port != port || q->queue != port_queue);
	return starved ? 0 : quiet(s, q, e);
}

/** Turns the interrupts of a lcore's queues on or off. */
static void set_interrupts(struct source *s, uint16_t queue, bool on)
{
	for (unsigned i = 0; i < s->ports; i++) {
		const struct eth_member *m = &s->member[i];

		if (atomic_load_explicit(&m->off, memory_order_acquire))
			continue;
		for (uint16_t q = queue; q < m->port.queues; q = (uint16_t)(q + s->queues)) {
			if (on)
				rte_eth_dev_rx_intr_enable(m->port.id, q);
			else
				rte_eth_dev_rx_intr_disable(m->port.id, q);
		}
	}
}

/** All ports are net_af_packet's: the kernel knows when there is something. */
static void rest_on_sockets(struct source *s, int ms)
{
	struct eth_sockets sockets = { .n = 0 };

	/* The control thread holds it while it opens or closes a port. */
	if (!pthread_mutex_trylock(&s->lock)) {
		sockets = s->sockets;
		pthread_mutex_unlock(&s->lock);
	}
	eth_sockets_wait(&sockets, ms);
}

static void eth_rest(struct source *s, uint16_t queue, int ms)
{
	struct rte_epoll_event events[EVENTS];

	if (!s->interrupts) {
		rest_on_sockets(s, ms);
		return;
	}

	set_interrupts(s, queue, true);
	rte_epoll_wait(s->queue[queue].epoll, events, EVENTS, ms);
	set_interrupts(s, queue, false);
}

static void eth_shape(const struct source *s, struct source_shape *shape)
{
	*shape = (struct source_shape){ .queues = s->queues, .table = s->table, .dedicated = true, .wall_time = !s->files,
		.socket = -1, .wakes = s->interrupts || s->on_sockets };
	for (unsigned i = 0; i < s->ports; i++) {
		const struct eth_port *p = &s->member[i].port;

		shape->dedicated &= p->dedicated;
		if (p->dedicated && p->socket >= 0)
			shape->socket = p->socket;
	}
}

static unsigned eth_linktypes(const struct source *s, uint16_t *types, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->ports; i++)
		n = source_note_linktype(types, n, max, s->member[i].port.linktype);
	return n;
}

static void eth_stats(const struct source *source, struct source_stats *stats)
{
	struct source *s = (struct source *)(uintptr_t)source; /* nothing but its lock and what the kernel counts changes */

	*stats = (struct source_stats){ 0 };
	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->ports; i++)
		eth_add_stats(&s->member[i], stats);
	stats->dropped += eth_sockets_drops(&s->sockets);
	pthread_mutex_unlock(&s->lock);
}

const struct source_ops source_eth = {
	.name = "eth", .help = "DPDK ports: NICs by PCI address, vdevs, kernel interfaces by net_af_packet or net_af_xdp",
	.open = eth_open, .burst = eth_burst, .shape = eth_shape, .rest = eth_rest, .tend = eth_tend,
	.linktypes = eth_linktypes, .stats = eth_stats, .close = eth_close,
};
