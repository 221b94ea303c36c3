// SPDX-License-Identifier: BSD-3-Clause
/*
 * source_libpcap: kernel interfaces by libpcap. One queue; times and original lengths are the kernel's, and it tells its losses.
 *
 * No immediate mode: with it libpcap gives each packet a slot of the longest frame's size (a thousand of them in 64 MiB where
 * the kernel joins segments), without it packets lie close together and wait 10 ms at most.
 */
#include "core/log.h"
#include "core/clock.h"
#include "port/capture.h"
#include "port/fill.h"
#include "port/interface.h"
#include "port/source.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES_MAX 32
/** The kernel's buffer of an interface, bytes. */
#define BUFFER (64 << 20)
/** How long packets may wait in it for more, ms. */
#define WAIT_MS 10
/** How often an interface that has gone is looked for. */
#define RETRY NSEC_PER_SEC
/** Packets a burst at most. */
#define BURST_MAX 64

/** An interface. */
struct interface {
	char *name;          /**< owned */
	pcap_t *pcap;        /**< NULL while it has gone */
	uint16_t linktype;
	uint16_t index;
	bool nanoseconds;
	bool down;           /**< its link, as last told by the control thread */
	int64_t retry;       /**< monotonic ns when to look for it again */
	uint64_t lost_drop;  /**< what pcap_stats() told before it went */
	uint64_t lost_if;
};

struct source {
	struct interface interface[INTERFACES_MAX];
	unsigned n;
	unsigned turn;       /**< whose turn it is */
	uint32_t snaplen;
	struct rte_mempool *pool;
	uint64_t packets, bytes, nombuf; /**< written by the reader alone */
	pthread_mutex_t closing; /**< held while an interface is opened or closed, and while another thread asks it */
};

/** A burst on its way through libpcap's callback. */
struct burst {
	struct source *source;
	const struct interface *interface;
	struct rte_mbuf **pkts;
	unsigned used;
};

/** DLT values that differ from the LINKTYPE ones of files (https://www.tcpdump.org/linktypes.html). */
static uint16_t linktype_of(int dlt)
{
	switch (dlt) {
	case DLT_RAW:
		return LINKTYPE_RAW;
	case DLT_LOOP:
		return 108;
	case DLT_PFLOG:
		return 117;
	default:
		return (uint16_t)dlt;
	}
}

static int explain(const char *name, int r, pcap_t *p, struct error *e)
{
	char interfaces[256];

	switch (r) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		interface_list(interfaces, sizeof(interfaces));
		return error_set(e, "-dev %s: no such interface; kernel interfaces are: %s", name, interfaces);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return error_set(e, "-dev %s: not allowed: run as root, or type: setcap cap_net_raw,cap_net_admin+ep on the program",
				 name);
	case PCAP_ERROR_IFACE_NOT_UP:
		return error_set(e, "-dev %s: the interface is down; type: ip link set %s up", name, name);
	default:
		return error_set(e, "-dev %s: %s (%s)", name, pcap_statustostr(r), pcap_geterr(p));
	}
}

static int interface_open(const struct source *s, struct interface *i, struct error *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(i->name, why);

	if (!p)
		return error_set(e, "-dev %s: %s", i->name, why);
	pcap_set_snaplen(p, (int)s->snaplen);
	pcap_set_promisc(p, 1);
	pcap_set_timeout(p, WAIT_MS);
	pcap_set_buffer_size(p, BUFFER);
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	int r = pcap_activate(p);

	if (r < 0) {
		explain(i->name, r, p, e);
		pcap_close(p);
		return -1;
	}
	if (r > 0)
		log_warn("%s: %s", i->name, pcap_geterr(p)[0] ? pcap_geterr(p) : pcap_statustostr(r));
	if (pcap_setnonblock(p, 1, why) < 0) {
		error_set(e, "-dev %s: %s", i->name, why);
		pcap_close(p);
		return -1;
	}
	i->nanoseconds = pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO;
	i->linktype = linktype_of(pcap_datalink(p));
	i->pcap = p;
	return 0;
}

/** A packet of libpcap's. */
static void on_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct burst *b = (struct burst *)user;
	struct source *s = b->source;
	struct rte_mbuf *m = b->pkts[b->used];

	if (!fill(m, data, RTE_MIN(h->caplen, s->snaplen))) {
		__atomic_store_n(&s->nombuf, s->nombuf + 1, __ATOMIC_RELAXED);
		return;
	}
	struct packet *p = mbuf_packet(m);

	p->time = h->ts.tv_sec * NSEC_PER_SEC + h->ts.tv_usec * (b->interface->nanoseconds ? 1 : NSEC_PER_USEC);
	p->wire_len = h->len;
	p->linktype = b->interface->linktype;
	p->port = b->interface->index;
	__atomic_store_n(&s->bytes, s->bytes + h->caplen, __ATOMIC_RELAXED);
	b->used++;
}

/** The interface has gone: what it lost is kept, and it is looked for again. */
static void interface_gone(struct source *s, struct interface *i)
{
	struct pcap_stat stat;

	pthread_mutex_lock(&s->closing);
	log_warn("%s: %s; looking for it once a second", i->name, pcap_geterr(i->pcap));
	if (!pcap_stats(i->pcap, &stat)) {
		i->lost_drop += stat.ps_drop;
		i->lost_if += stat.ps_ifdrop;
	}
	pcap_close(i->pcap);
	i->pcap = NULL;
	pthread_mutex_unlock(&s->closing);
	i->retry = clock_monotonic() + RETRY;
}

static void interface_retry(struct source *s, struct interface *i)
{
	int64_t now = clock_monotonic();
	struct error e;

	if (now < i->retry)
		return;
	i->retry = now + RETRY;
	pthread_mutex_lock(&s->closing);
	if (!interface_open(s, i, &e))
		log_info("%s: it is back", i->name);
	pthread_mutex_unlock(&s->closing);
}

static int libpcap_burst(struct source *s, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, struct error *e)
{
	unsigned have = fill_alloc(s->pool, pkts, RTE_MIN(n, BURST_MAX));
	struct burst b = { .source = s, .pkts = pkts };

	for (unsigned tried = 0; have && !b.used && tried < s->n; tried++) {
		struct interface *i = &s->interface[s->turn];

		s->turn = s->turn + 1 < s->n ? s->turn + 1 : 0;
		b.interface = i;
		if (!i->pcap)
			interface_retry(s, i);
		else if (pcap_dispatch(i->pcap, (int)have, on_packet, (u_char *)&b) < 0)
			interface_gone(s, i);
	}
	fill_free(s->pool, pkts + b.used, have - b.used);
	__atomic_store_n(&s->packets, s->packets + b.used, __ATOMIC_RELAXED);
	return (int)b.used;
}

static void libpcap_shape(const struct source *s, struct source_shape *shape)
{
	*shape = (struct source_shape){ .queues = 1, .wakes = true, .socket = -1 };
}

static void libpcap_rest(struct source *s, uint16_t queue, int ms)
{
	struct pollfd fds[INTERFACES_MAX];
	nfds_t n = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (s->interface[i].pcap)
			fds[n++] = (struct pollfd){ .fd = pcap_get_selectable_fd(s->interface[i].pcap), .events = POLLIN };
	poll(fds, n, ms);
}

/** Tells of links; interfaces that go and come back are the reader's business. */
static void libpcap_tend(struct source *s)
{
	for (unsigned k = 0; k < s->n; k++) {
		struct interface *i = &s->interface[k];
		bool down = !interface_runs(i->name);

		if (down && !i->down)
			log_warn("%s: the link is down: nothing comes in", i->name);
		else if (!down && i->down)
			log_info("%s: the link is up", i->name);
		i->down = down;
	}
}

static void libpcap_stats(const struct source *s, struct source_stats *stats)
{
	*stats = (struct source_stats){
		.packets = __atomic_load_n(&s->packets, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&s->bytes, __ATOMIC_RELAXED),
		.nombuf = __atomic_load_n(&s->nombuf, __ATOMIC_RELAXED),
	};
	pthread_mutex_t *closing = (pthread_mutex_t *)(uintptr_t)&s->closing; /* nothing else of the source changes here */

	pthread_mutex_lock(closing);
	for (unsigned k = 0; k < s->n; k++) {
		const struct interface *i = &s->interface[k];
		struct pcap_stat stat;

		stats->dropped += i->lost_drop;
		stats->if_dropped += i->lost_if;
		if (i->pcap && !pcap_stats(i->pcap, &stat)) {
			stats->dropped += stat.ps_drop;
			stats->if_dropped += stat.ps_ifdrop;
		}
	}
	pthread_mutex_unlock(closing);
}

static unsigned libpcap_linktypes(const struct source *s, uint16_t *types, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n = source_note_linktype(types, n, max, s->interface[i].linktype);
	return n;
}

static void libpcap_close(struct source *s)
{
	for (unsigned i = 0; s && i < s->n; i++) {
		if (s->interface[i].pcap)
			pcap_close(s->interface[i].pcap);
		free(s->interface[i].name);
	}
	free(s);
}

static int libpcap_open(struct source **source, const struct source_config *config, struct error *e)
{
	struct source *s = calloc(1, sizeof(*s));

	*source = NULL;
	if (!s)
		return error_set(e, "no memory");
	pthread_mutex_init(&s->closing, NULL);
	s->pool = config->pool;
	s->snaplen = config->snaplen && config->snaplen < CAPTURE_PACKET_MAX ? config->snaplen : CAPTURE_PACKET_MAX;
	for (const char *const *spec = config->specs; *spec; spec++) {
		struct interface *i = &s->interface[s->n];

		if (s->n == INTERFACES_MAX) {
			error_set(e, "-dev: more than %d interfaces", INTERFACES_MAX);
			goto fail;
		}
		i->name = strdup(*spec);
		i->index = (uint16_t)s->n++;
		if (!i->name || interface_open(s, i, e))
			goto fail;
	}
	if (s->n) {
		*source = s;
		return 0;
	}
	error_set(e, "-dev: no interface given");
fail:
	libpcap_close(s);
	return -1;
}

const struct source_ops source_libpcap = {
	.name = "libpcap", .help = "kernel interfaces by libpcap",
	.open = libpcap_open, .burst = libpcap_burst, .shape = libpcap_shape, .rest = libpcap_rest, .tend = libpcap_tend,
	.linktypes = libpcap_linktypes, .stats = libpcap_stats, .close = libpcap_close,
};
