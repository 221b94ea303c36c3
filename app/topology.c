// SPDX-License-Identifier: BSD-3-Clause
#include "app/topology.h"
#include "app/eal.h"
#include "app/plan.h"
#include "app/sandbox.h"
#include "app/statsd.h"
#include "core/clock.h"
#include "core/log.h"

#include <net/if.h>
#include <pthread.h>
#include <pcap/pcap.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define RECORD_RING (4u << 20)  /* bytes in a ring of records */
#define RECORD_RING_FUSED (512u << 10) /* emptied after each burst: what is small stays in the cache */
#define DATA_ROOM 2048
#define LIVE_WINDOW (300 * NSEC_PER_SEC) /* lists of live traffic tell one to two times so much */
#define DRAIN (5 * NSEC_PER_SEC)    /* live: how long sinks get after SIGTERM */

static void fill_sinks(struct topology *t, const struct options *o)
{
	t->sinks = (struct sink_config){
		.lossless = !t->live,
		.kafka_avro = o->kafka_avro,
		.tx_count = t->txs,
		.sensor = o->name,
		.quiet = o->quiet,
		.logfile = o->logfile,
		.log_max_size = o->log_max_size,
		.log_max_backups = o->log_max_backups,
		.log_max_age = o->log_max_age,
		.log_compress = o->log_compress,
		.syslog_facility = o->syslog_facility,
		.syslog_priority = o->syslog_priority,
		.syslog_format = option_syslog_format_names[o->syslog_format],
		.syslog_socket = o->syslog_socket,
		.fluentd_socket = o->fluentd_socket,
		.fluentd_ack = o->fluentd_ack,
		.kafka_brokers = o->kafka_brokers,
		.kafka_topic = o->kafka_topic,
		.kafka_config = (const char *const *)o->kafka_config,
		.kafka_key = (enum block_key)o->kafka_key,
		.kafka_batch = o->kafka_batch,
		.spool_dir = o->spool_dir,
		.spool_max = o->spool_max,
		.spool_drop_oldest = o->spool_policy == SPOOL_OLDEST,
		.timeout = o->sink_timeout,
	};
}

/* The main thread, and what it or a sink's library starts, keep off the readers' and workers' processors. */
static void place_threads(struct topology *t, bool direct)
{
	unsigned busy = t->workers + !direct;

	if (eal_other_processors(busy, &t->cpus) && !pthread_setaffinity_np(pthread_self(), sizeof(t->cpus), &t->cpus))
		t->sinks.cpus = &t->cpus;
	else if (t->live)
		log_info("no processor is left beside the workers': threads of the sinks' libraries share theirs");
}

static int open_txs(struct topology *t, const struct options *o, struct error *e)
{
	const char *formats[OPTION_SINKS];
	unsigned n = t->txs;

	for (unsigned i = 0; i < OPTION_SINKS; i++)
		formats[i] = option_format_names[o->format_of[i]];
	for (t->txs = 0; t->txs < n; t->txs++) {
		struct tx *x;

		t->sinks.tx = t->txs;
		x = tx_new(&t->sinks, formats, o->syslog_priority ? o->syslog_priority : "", e);
		if (!x)
			return -1;
		x->abort = &t->abort;
		x->stopping = &t->stop;
		x->same_lcore = t->fused;
		t->tx[t->txs] = x;
	}
	return 0;
}

/* Where somebody will look at it: what the records tell. Of a capture all is told, of live traffic the last minutes. */
static int open_analytics(struct topology *t, const struct options *o, struct error *e)
{
	struct analytics_config c = { .window = t->live && !o->report ? LIVE_WINDOW : 0 };
	struct error why;

	if (!o->http && !o->report && !o->top)
		return 0;
	t->domains = domains_load(DOMAIN_LIST, &why);
	if (!t->domains) {
		log_warn("no list of public suffixes, so a domain is two labels: %s", why.text);
		t->domains = domains_load(NULL, e);
	}
	if (!t->domains)
		return -1;
	if (getrandom(c.key, sizeof(c.key), 0) != sizeof(c.key))
		return error_set(e, "the system gives no random numbers");
	c.domains = t->domains;
	for (unsigned i = 0; i < t->txs; i++) {
		if (tx_analyse(t->tx[i], &c, e))
			return -1;
		t->memory += 2 * analytics_memory(t->tx[i]->analytics);
	}
	return 0;
}

/* Feeds worker i's records to TX j by a ring of their own. */
static int connect_tx(struct topology *t, unsigned i, unsigned j, struct error *e)
{
	struct byte_ring *ring = ring_new(t->fused ? RECORD_RING_FUSED : RECORD_RING, e);
	struct worker *w = t->worker[i];
	struct tx *x = t->tx[j];

	if (!ring)
		return -1;
	w->ring[w->rings++] = ring;
	x->ring[x->rings] = ring;
	x->worker[x->rings++] = w;
	t->memory += ring_capacity(ring);
	return 0;
}

static int open_workers(struct topology *t, const struct options *o, struct error *e)
{
	struct worker_config c = {
		.lossless = !t->live,
		.pair = {
			.max_queries = RTE_MAX(o->max_queries / t->workers, 1024u),
			.wait_bytes = (16u << 20) / t->workers + (1u << 20),
			.gc_age = o->gc_age,
			.unanswered = o->unanswered,
			.orphans = o->orphans,
		},
		.tcp = {
			.max_flows = RTE_MAX(131072u / t->workers, 4096u),
			.max_bytes = RTE_MAX((size_t)(256u << 20) / t->workers, (size_t)32 << 20),
			.max_flow_bytes = 256u << 10,
			.idle = 60 * NSEC_PER_SEC,
		},
	};

	t->pair_limit = c.pair.max_queries;
	if (getrandom(c.pair.hash_key, 16, 0) != 16 || getrandom(c.tcp.hash_key, 16, 0) != 16)
		return error_set(e, "the system gives no random numbers");
	for (unsigned i = 0; i < t->workers; i++) {
		t->worker[i] = worker_new(&c, e);
		if (!t->worker[i])
			return -1;
		t->memory += pair_memory(t->worker[i]->pair) + c.tcp.max_bytes;
	}
	/* Every worker has a TX and every TX has a worker; beyond that, round about. */
	for (unsigned k = 0; k < RTE_MAX(t->workers, t->txs); k++)
		if (connect_tx(t, k % t->workers, k % t->txs, e))
			return -1;
	return 0;
}

/* A link from an intake to a worker that isn't on its lcore. */
static int connect_worker(struct topology *t, struct intake *in, unsigned i, struct error *e)
{
	unsigned size = in->direct ? LINK_SIZE_DIRECT : LINK_SIZE;
	struct link *link = aligned_alloc(64, sizeof(*link));

	if (!link)
		return error_set(e, "no memory for a link");
	memset(link, 0, sizeof(*link));
	in->link[i] = link;
	atomic_store(&link->watermark, INT64_MIN);
	/* Not rte_ring_create(): many workers have more links than EAL has memory zones. */
	link->ring = aligned_alloc(64, RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(size), 64));
	if (!link->ring || rte_ring_init(link->ring, "link", size, RING_F_SP_ENQ | RING_F_SC_DEQ))
		return error_set(e, "no memory for a ring of packets");
	t->worker[i]->input[t->worker[i]->inputs++] = link;
	return 0;
}

/* The intakes: `n` of them, on their workers' lcores where `direct`. */
static int open_intakes(struct topology *t, const struct options *o, unsigned n, bool direct, struct error *e)
{
	struct ingress_config c = {
		.filter = o->bpf,
		.max_datagrams = RTE_MAX(65536u / n, 4096u),
		.max_fragment_bytes = (64u << 20) / n,
	};

	for (unsigned i = 0; i < n; i++) {
		struct intake *in = intake_new(&c, e);

		if (!in)
			return -1;
		t->intake[t->intakes++] = in;
		in->ops = t->ops;
		in->pool = t->pool;
		in->queue = (uint16_t)i;
		in->workers = t->workers;
		in->looks = t->looks;
		in->lossless = !t->live;
		in->live = t->live;
		in->stop = &t->stop;
		in->idle_exit = o->idle_exit;
		in->source = t->source;
		in->table = t->shape.table;
		in->wall_time = t->shape.wall_time;
		if (direct) {
			in->direct = t->worker[i];
			in->direct_index = i;
		}
		t->memory += c.max_fragment_bytes;
		for (unsigned j = 0; j < t->workers; j++)
			if (t->worker[j] != in->direct && connect_worker(t, in, j, e))
				return -1;
	}
	return 0;
}

static int open_pool(struct topology *t, const struct plan *p, struct error *e)
{
	unsigned n = plan_mbufs(p);
	const char *ops = t->live ? NULL : "stack"; /* LIFO: a replay's mbufs stay in the cache */

	if (p->looks)
		return 0;
	t->pool = ops ? rte_pktmbuf_pool_create_by_ops("packets", n, 64, PACKET_PRIV_SIZE, RTE_PKTMBUF_HEADROOM + DATA_ROOM,
						       SOCKET_ID_ANY, ops) : NULL;
	if (!t->pool)
		t->pool = rte_pktmbuf_pool_create("packets", n, 128, PACKET_PRIV_SIZE, RTE_PKTMBUF_HEADROOM + DATA_ROOM,
						  SOCKET_ID_ANY);
	if (!t->pool)
		return rte_errno == EINVAL ?
			error_set(e, "DPDK has no driver for pools of mbufs: install librte-mempool-ring and librte-mempool-stack") :
			error_set(e, "no memory for %u mbufs: %s", n, rte_strerror(rte_errno));
	return 0;
}

/* What a lane does while nothing comes: see `-idle`. TX lcores always sleep. */
static void set_idle(const struct topology *t, const struct options *o, struct lane *lane)
{
	bool packets = lane->intake || lane->worker, can = lane->intake && t->shape.wakes;

	lane->poll = packets && (o->idle == IDLE_POLL ||
				 (o->idle == IDLE_AUTO && !lane->tx && t->live && t->shape.dedicated && eal_pinned()));
	lane->rest = can && !lane->poll;
	/* What comes at line rate doesn't wait long; kernel interfaces have large rings. */
	lane->nap_max = lane->intake && t->shape.dedicated ? LANE_NAP_SHORT : LANE_NAP_LONG;
}

/* Reading a NIC of another socket costs: its packets come over the link between the sockets. */
static void tell_nodes(const struct topology *t)
{
	for (unsigned i = 0; i < t->lanes; i++) {
		int node = eal_lane_node(i);

		if (!t->lane[i].intake || t->shape.socket < 0 || node < 0 || node == t->shape.socket)
			continue;
		log_warn("a lcore reads the NIC of NUMA node %d from node %d, which is slow: type: taskset or numactl --cpunodebind=%d "
			 "in front of dnsweir, or give fewer -numprocs", t->shape.socket, node, t->shape.socket);
		return;
	}
}

/* The lanes: fused, one for all; else readers that aren't workers too, workers, TXs. */
static void make_lanes(struct topology *t, const struct options *o)
{
	bool direct = t->intake[0]->direct;

	if (!direct)
		t->lane[t->lanes++].intake = t->intake[0];
	for (unsigned i = 0; i < t->workers; i++) {
		struct lane *lane = &t->lane[t->lanes++];

		lane->worker = t->worker[i];
		lane->intake = direct ? t->intake[i] : NULL;
		lane->tx = t->fused ? t->tx[0] : NULL;
	}
	for (unsigned i = 0; !t->fused && i < t->txs; i++)
		t->lane[t->lanes++].tx = t->tx[i];
	for (unsigned i = 0; i < t->lanes; i++) {
		struct lane *lane = &t->lane[i];

		lane->live = t->live;
		lane->gc_interval = o->gc_interval;
		lane->drain = t->live ? DRAIN : o->sink_timeout;
		set_idle(t, o, lane);
		if (lane->worker) {
			lane->worker->wait = lane_wait;
			lane->worker->wait_ctx = lane;
		}
		if (lane->intake) {
			lane->intake->wait = lane_wait;
			lane->intake->wait_ctx = lane;
		}
	}
}

/* Kernel interfaces are best read by libpcap: with the kernel's own times, whole frames and the fragments as they came. */
static const struct source_ops *choose_source(const struct options *o)
{
	bool interfaces = true;

	if (!o->dev)
		return &source_file;
	for (char **d = o->dev; *d; d++)
		interfaces &= if_nametoindex(*d) != 0;
	return o->driver == DRIVER_LIBPCAP || (o->driver == DRIVER_AUTO && interfaces) ? &source_libpcap : &source_eth;
}

static int open_source(struct topology *t, const struct options *o, const struct plan *p, struct error *e)
{
	struct source_config c = {
		.specs = (const char *const *)(p->devices ? o->dev : o->pcap),
		.snaplen = o->snaplen,
		.driver = option_driver_names[o->driver],
		.queues = (uint16_t)p->workers,
		.interrupts = o->idle == IDLE_INTERRUPT,
		.idle_exit = o->idle_exit,
		.pool = t->pool,
		.spare = plan_mbufs(p),
	};

	if (t->ops->open(&t->source, &c, e))
		return -1;
	t->ops->shape(t->source, &t->shape);
	return 0;
}

/* Frames that will all be dropped are told of before they are read. */
static void tell_unread_links(const struct topology *t)
{
	uint16_t types[32];
	unsigned n = t->ops->linktypes(t->source, types, RTE_DIM(types));

	for (unsigned i = 0; i < n; i++) {
		const char *name = pcap_datalink_val_to_description(types[i]);

		if (!ingress_reads(types[i]))
			log_warn("link type %u (%s) is none that dnsweir reads: its packets are dropped", types[i],
				 name ? name : "unknown");
	}
}

/* A filter on frames that means nothing for any of the link types there are would pass nothing. Where it means
 * something for some, the others' frames are told of as they come. */
static int check_filter(const struct topology *t, const struct options *o, struct error *e)
{
	uint16_t types[32];
	unsigned n = t->ops->linktypes(t->source, types, RTE_DIM(types));
	struct error why;
	struct filter *filter = filter_new(o->bpf, &why);
	int failed = filter && n ? -1 : 0;

	for (unsigned i = 0; i < n && failed; i++)
		failed = filter_check_link(filter, types[i], &why);
	filter_free(filter);
	return failed ? error_set(e, "-bpf \"%.200s\", for link type %u: %s", o->bpf, types[n - 1], why.text) : 0;
}

/* What is known to be wrong before anything is opened. */
static int check_options(const struct options *o, struct error *e)
{
	struct error why;
	struct filter *filter = filter_new(o->bpf, &why);

	if (!filter)
		return error_set(e, "-bpf \"%.200s\": %s", o->bpf, why.text);
	filter_free(filter);
	if (o->statsd_host && statsd_parse_host(o->statsd_host, (char[256]){ 0 }, (char[6]){ 0 }, &why))
		return error_set(e, "-statsd_host: %.400s", why.text);
	return eal_check((const char *const *)o->eal, e) || sandbox_check(o, e) ? -1 : 0;
}

/* EAL, the source, and the sandbox: devices can be opened only before it, files can be read within it. */
static int open_input(struct topology *t, const struct options *o, const struct plan *p, struct error *e)
{
	int failed = plan_start_eal(p, o, e);

	if (failed)
		return failed;
	if (open_pool(t, p, e) || (!p->devices && sandbox_enter(o, e)) || open_source(t, o, p, e))
		return -1;
	return p->devices ? sandbox_enter(o, e) : 0;
}

int topology_open(struct topology *t, const struct options *o, int *code, struct error *e)
{
	struct plan p;
	bool direct;

	memset(t, 0, sizeof(*t));
	*code = 2;
	if (check_options(o, e) || plan_make(&p, o, e))
		return -1;
	t->live = p.live;
	t->fused = p.fused;
	t->looks = p.looks;
	t->workers = p.workers;
	t->txs = p.txs;
	t->ops = choose_source(o);
	fill_sinks(t, o);
	int failed = open_input(t, o, &p, e);
	*code = failed == EAL_REFUSED ? 2 : 1;
	if (failed)
		return -1;
	/* A worker reads its own queue of every port, the only worker what there is. Else there is a reader. */
	direct = p.direct || (p.live && t->shape.queues == p.workers);
	place_threads(t, direct);
	tell_unread_links(t);
	*code = 2;
	if (check_filter(t, o, e) || open_txs(t, o, e))
		return -1;
	*code = 1;
	if (open_analytics(t, o, e) || open_workers(t, o, e) || open_intakes(t, o, direct ? p.workers : 1, direct, e))
		return -1;
	make_lanes(t, o);
	tell_nodes(t);
	return 0;
}

void topology_launch(struct topology *t, void (*ended)(void))
{
	unsigned lcore, i = 0;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (i == t->lanes)
			break;
		t->lane[i].ended = ended;
		rte_eal_remote_launch(lane_run, &t->lane[i++], lcore);
	}
}

bool topology_ended(const struct topology *t)
{
	for (unsigned i = 0; i < t->intakes; i++)
		if (!t->intake[i]->ended)
			return false;
	for (unsigned i = 0; i < t->txs; i++)
		if (!t->tx[i]->done)
			return false;
	return true;
}

/* Records that a sink should have delivered, could it have; those that it may not take for their length are none of them. */
static uint64_t undelivered(const struct sink_stats *s)
{
	return s->dropped[SINK_DROP_FULL] + s->dropped[SINK_DROP_ERROR] + s->dropped[SINK_DROP_CLOSED];
}

unsigned topology_close(struct topology *t, struct sink_stats *stats, const char **names)
{
	unsigned sinks = 0;

	rte_eal_mp_wait_lcore();
	memset(stats, 0, TX_SINKS * sizeof(*stats));
	for (unsigned i = 0; i < t->txs; i++) {
		struct sink_stats own[TX_SINKS];

		memset(own, 0, sizeof(own));
		sinks = t->tx[i]->sinks;
		for (unsigned j = 0; j < sinks; j++)
			names[j] = t->tx[i]->sink[j].ops->name;
		for (unsigned j = 0; j < sinks; j++)
			t->sink_lost |= t->tx[i]->sink[j].dead;
		counters_add(&t->closed, &t->tx[i]->counters);
		tx_free(t->tx[i], own);
		t->tx[i] = NULL;
		for (unsigned j = 0; j < sinks; j++)
			sink_stats_add(&stats[j], &own[j]);
	}
	for (unsigned j = 0; j < sinks; j++)
		t->sink_lost |= !t->live && undelivered(&stats[j]);
	return sinks;
}

void topology_counters(const struct topology *t, struct counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	counters_add(sum, &t->closed);
	for (unsigned i = 0; i < t->intakes; i++)
		counters_add(sum, &t->intake[i]->counters);
	for (unsigned i = 0; i < t->workers; i++)
		if (t->worker[i])
			counters_add(sum, &t->worker[i]->counters);
	for (unsigned i = 0; i < t->txs; i++)
		if (t->tx[i])
			counters_add(sum, &t->tx[i]->counters);
}

static void free_link(struct link *link)
{
	if (link)
		free(link->ring);
	free(link);
}

void topology_free(struct topology *t)
{
	for (unsigned i = 0; i < t->txs && i < WORKER_RINGS; i++)
		tx_free(t->tx[i], NULL);
	for (unsigned i = 0; i < t->workers && i < WORKER_RINGS; i++)
		worker_free(t->worker[i]);
	for (unsigned i = 0; i < t->intakes; i++) {
		for (unsigned j = 0; j < t->workers; j++)
			free_link(t->intake[i]->link[j]);
		intake_free(t->intake[i]);
	}
	if (t->source)
		t->ops->close(t->source);
	/* The pool stays: ports that EAL closes in the end have mbufs of it. */
	domains_free(t->domains);
}
