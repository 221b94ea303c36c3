// SPDX-License-Identifier: BSD-3-Clause
/*
 * source_eth: any DPDK ethdev.
 *
 * Queue i of every port belongs to worker i, so that both directions of a flow, be they on one port or on two, meet at one
 * worker. Where a port can't spread packets by flow, all its queues belong to queue 0 of the source, which then has no other.
 */
#include "core/clock.h"
#include "core/log.h"
#include "port/eth_find.h"
#include "port/eth_losses.h"
#include "port/eth_port.h"
#include "port/source.h"

#include <inttypes.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <stdlib.h>
#include <string.h>

/** net_pcap tells no end: it has come when nothing is read for so long, after the first packet or at all. */
#define QUIET_AFTER (50 * NSEC_PER_MSEC)
#define QUIET_AT_ALL (200 * NSEC_PER_MSEC)
/** The longest frame that a net_pcap port is sure to find mbufs for (longer ones may be lost, and are told). */
#define FILE_FRAME_MAX 65536

/** What a lcore keeps between bursts. */
struct eth_queue {
	uint16_t port;       /**< index of the port whose turn it is */
	uint16_t queue;      /**< queue of the port */
	bool seen;           /**< a packet came */
	int64_t quiet_since; /**< monotonic ns; 0: not quiet */
} __attribute__((aligned(64)));

struct source {
	struct eth_port port[ETH_PORTS_MAX];
	unsigned ports;
	uint16_t queues;      /**< of the source */
	uint32_t table;       /**< entries of the redirection table that all ports have in common; 0: none */
	bool files;           /**< all ports are files: they end */
	int time_offset;      /**< of the mbuf field that net_pcap writes the time to; -1: none */
	struct rte_mempool *pool;
	struct eth_losses *losses; /**< of net_af_packet; owned */
	unsigned file_room;   /**< mbufs that a burst of one frame may need on a net_pcap port */
	struct eth_queue queue[]; /**< one a queue of the source */
};

/** Takes the next queue's turn. */
static void next_turn(const struct source *s, struct eth_queue *q, uint16_t first)
{
	q->queue = (uint16_t)(q->queue + s->queues);
	if (q->queue < s->port[q->port].queues)
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

/** Fills in what the source knows of each packet. */
static void describe(const struct source *s, const struct eth_port *port, struct rte_mbuf **pkts, int n)
{
	int64_t now = port->file ? 0 : clock_realtime();

	for (int i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		struct packet *p = mbuf_packet(m);

		/* Tags that the NIC took off go back, so that the frame is as it was on the wire. */
		if (__builtin_expect(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED, 0))
			rte_vlan_insert(&pkts[i]);
		p->time = port->file && s->time_offset >= 0 ?
			(int64_t)*RTE_MBUF_DYNFIELD(m, s->time_offset, rte_mbuf_timestamp_t *) * NSEC_PER_USEC : now;
		p->wire_len = m->pkt_len;
		p->linktype = port->linktype;
		p->port = port->id;
	}
}

/** At the end of files: were all their packets read? */
static int files_ended(const struct source *s, struct error *e)
{
	for (unsigned i = 0; i < s->ports; i++) {
		struct rte_eth_stats stats;

		if (rte_eth_stats_get(s->port[i].id, &stats))
			continue;
		if (stats.rx_nombuf) {
			error_set(e, "%s: %" PRIu64 " packets lost for lack of mbufs", s->port[i].name, stats.rx_nombuf);
			return SOURCE_FAILED;
		}
		if (stats.ierrors) {
			error_set(e, "%s: the file is cut or damaged, or has interfaces of several link types; -pcap FILE tells more",
				  s->port[i].name);
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
	int64_t now = clock_monotonic();

	if (!q->quiet_since)
		q->quiet_since = now;
	return now - q->quiet_since > (q->seen ? QUIET_AFTER : QUIET_AT_ALL) ? files_ended(s, e) : 0;
}

static int eth_burst(struct source *s, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, struct error *e)
{
	struct eth_queue *q = &s->queue[queue];
	uint16_t port = q->port, port_queue = q->queue;
	bool starved = false;

	do {
		const struct eth_port *p = &s->port[q->port];
		uint16_t want = allowed(s, p, n);
		uint16_t got = rte_eth_rx_burst(p->id, q->queue, pkts, want);

		starved |= !want;
		next_turn(s, q, queue);
		if (got) {
			q->seen = true;
			q->quiet_since = 0;
			describe(s, p, pkts, got);
			return got;
		}
	} while (q->port != port || q->queue != port_queue);
	return starved ? 0 : quiet(s, q, e);
}

static void eth_shape(const struct source *s, struct source_shape *shape)
{
	*shape = (struct source_shape){ .queues = s->queues, .table = s->table, .dedicated = true };
	for (unsigned i = 0; i < s->ports; i++)
		shape->dedicated &= s->port[i].dedicated;
}

static void eth_stats(const struct source *s, struct source_stats *stats)
{
	*stats = (struct source_stats){ 0 };
	for (unsigned i = 0; i < s->ports; i++) {
		struct rte_eth_stats one;

		if (rte_eth_stats_get(s->port[i].id, &one))
			continue;
		stats->packets += one.ipackets;
		stats->bytes += one.ibytes;
		stats->dropped += one.imissed;
		stats->nombuf += one.rx_nombuf;
		stats->errors += one.ierrors;
	}
	stats->dropped += eth_losses_read(s->losses);
}

static void eth_close(struct source *s)
{
	for (unsigned i = 0; s && i < s->ports; i++) {
		eth_port_stop(&s->port[i]);
		eth_release(s->port[i].id);
	}
	if (s)
		free(s->losses);
	free(s);
}

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
	s->files = true;
	for (unsigned i = 0; i < found->n; i++) {
		struct eth_port *p = &s->port[i];

		if (eth_port_look(p, found->id[i], e))
			return -1;
		s->ports++;
		s->files &= p->file;
		s->queues = p->spread == ETH_SPREAD_NONE ? 1 : RTE_MIN(s->queues, p->max_queues);
		tell_queues(p, wanted);
	}
	return 0;
}

/** The redirection table that all ports can have: the smallest of theirs, as it stands repeated in longer ones. */
static uint32_t common_table(const struct source *s)
{
	uint32_t smallest = 0;

	for (unsigned i = 0; i < s->ports; i++)
		if (s->port[i].spread == ETH_SPREAD_RSS && s->port[i].table && (!smallest || s->port[i].table < smallest))
			smallest = s->port[i].table;
	return rte_align32prevpow2(smallest);
}

/** Starts all ports; one that turns out not to spread as told gives s->queues back to be 1. */
static int start(struct source *s, struct error *e)
{
	uint16_t queues = s->queues;

	s->table = queues > 1 ? common_table(s) : 0;
	for (unsigned i = 0; i < s->ports; i++) {
		struct eth_port_config c = { .queues = s->queues, .table = s->table, .pool = s->pool };
		struct eth_port *p = &s->port[i];
		/* Of these no queue may be left out: each net_pcap file is one, and the kernel fills all of an interface's. */
		if (p->spread == ETH_SPREAD_FANOUT || p->file)
			c.queues = p->max_queues;
		if (eth_port_start(p, &c, e))
			return -1;
		if (p->spread == ETH_SPREAD_NONE)
			s->queues = 1;
	}
	if (s->queues == queues)
		return 0;
	for (unsigned i = 0; i < s->ports; i++)
		eth_port_stop(&s->port[i]);
	return start(s, e);
}

static unsigned eth_linktypes(const struct source *s, uint16_t *types, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->ports; i++)
		n = source_note_linktype(types, n, max, s->port[i].linktype);
	return n;
}

static int eth_open(struct source **source, const struct source_config *config, struct error *e)
{
	uint16_t wanted = config->queues ? config->queues : 1;
	struct source *s = aligned_alloc(64, sizeof(*s) + wanted * sizeof(struct eth_queue));
	struct eth_ports found = { .n = 0 };

	*source = NULL;
	if (!s)
		return error_set(e, "no memory");
	memset(s, 0, sizeof(*s) + wanted * sizeof(struct eth_queue));
	s->losses = calloc(1, sizeof(*s->losses));
	if (!s->losses) {
		error_set(e, "no memory");
		goto fail;
	}
	s->pool = config->pool;
	uint32_t room = rte_pktmbuf_data_room_size(s->pool) - RTE_PKTMBUF_HEADROOM;

	s->file_room = FILE_FRAME_MAX / room + 1;
	for (uint16_t i = 0; i < wanted; i++)
		s->queue[i].queue = i;
	for (const char *const *spec = config->specs; *spec; spec++)
		if (eth_find(&found, *spec, config->driver, wanted, room, e))
			goto fail;
	if (!found.n) {
		error_set(e, "-dev: no device given");
		goto fail;
	}
	if (look(s, &found, wanted, e) || start(s, e))
		goto fail;
	s->time_offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
	eth_losses_find(s->losses);
	*source = s;
	return 0;
fail:
	eth_close(s);
	return -1;
}

const struct source_ops source_eth = {
	.name = "eth", .help = "DPDK ports: NICs by PCI address, vdevs, kernel interfaces by net_af_packet or net_af_xdp",
	.open = eth_open, .burst = eth_burst, .shape = eth_shape, .linktypes = eth_linktypes,
	.stats = eth_stats, .close = eth_close,
};
