// SPDX-License-Identifier: BSD-3-Clause
#include "app/metrics.h"
#include "core/clock.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#define LABELS(...) ((const struct metric_label[]){ __VA_ARGS__, { NULL, NULL } })

/* ---- the one list of counters ---- */

/* How a group of counters is told: one by one, or as one family with a label, which is the counter's name
 * without `prefix`. */
static const struct group_family {
	const char *family; /* NULL: each is a family of its own */
	const char *label;
	const char *prefix;
	const char *help;
} group_families[] = {
	[GROUP_PLAIN] = { NULL },
	[GROUP_PACKET_DROP] = { "dnsweir_packets_dropped", "reason", "drop_",
				"packets that went no further, by reason" },
	[GROUP_FRAGMENT] = { "dnsweir_fragments", "fate", "fragments_",
			     "IP fragments, by what became of them" },
	[GROUP_MESSAGE_IN] = { "dnsweir_messages", "transport", "messages_", "DNS messages, by transport" },
	[GROUP_MESSAGE_DROP] = { "dnsweir_messages_dropped", "reason", "drop_message_",
				 "messages that can't be used, by reason" },
	[GROUP_QUERY] = { "dnsweir_query_fates", "fate", "queries_", "queries, by what became of them" },
	[GROUP_RESPONSE] = { "dnsweir_response_fates", "fate", "responses_",
			     "responses, by what became of them" },
};

static void write_plain(struct exposition *x, const struct counters *c)
{
	char name[64];

	for (unsigned i = 0; i < COUNTERS; i++) {
		if (counter_infos[i].group != GROUP_PLAIN)
			continue;
		snprintf(name, sizeof(name), "dnsweir_%s", counter_infos[i].name);
		exposition_family(x, name, METRIC_COUNTER, counter_infos[i].text);
		exposition_count(x, NULL, c->n[i]);
	}
}

static void write_group(struct exposition *x, enum counter_group group, const struct counters *c)
{
	const struct group_family *g = &group_families[group];

	exposition_family(x, g->family, METRIC_COUNTER, g->help);
	for (unsigned i = 0; i < COUNTERS; i++)
		if (counter_infos[i].group == group)
			exposition_count(x, LABELS({ g->label, counter_infos[i].name + strlen(g->prefix) }),
					 c->n[i]);
}

static void write_part(struct exposition *x, const char *part, unsigned id, const struct counters *from)
{
	struct counters c = { 0 };
	char number[16];

	counters_add(&c, from);
	snprintf(number, sizeof(number), "%u", id);
	for (unsigned i = 0; i < COUNTERS; i++)
		if (c.n[i])
			exposition_count(x,
					 LABELS({ "part", part }, { "id", number },
						{ "counter", counter_infos[i].name }),
					 c.n[i]);
}

static void write_counters(struct exposition *x, const struct topology *t)
{
	struct counters sum;

	topology_counters(t, &sum);
	write_plain(x, &sum);
	for (unsigned g = 0; g < sizeof(group_families) / sizeof(group_families[0]); g++)
		if (group_families[g].family)
			write_group(x, (enum counter_group)g, &sum);
	exposition_family(x, "dnsweir_part_events", METRIC_COUNTER,
			  "every counter that is not 0, by the intake, worker or TX that counted");
	for (unsigned i = 0; i < t->intakes; i++)
		write_part(x, "intake", i, &t->intake[i]->counters);
	for (unsigned i = 0; i < t->workers; i++)
		write_part(x, "worker", i, &t->worker[i]->counters);
	for (unsigned i = 0; i < t->txs; i++)
		write_part(x, "tx", i, &t->tx[i]->counters);
}

/* ---- the source ---- */

static void write_source(struct exposition *x, const struct topology *t)
{
	struct source_stats s = { 0 };

	t->ops->stats(t->source, &s);
	const struct {
		const char *name, *help;
		uint64_t value;
	} rows[] = {
		{ "dnsweir_source_packets", "packets that the source gave", s.packets },
		{ "dnsweir_source_bytes", "bytes that the source gave", s.bytes },
		{ "dnsweir_source_dropped", "packets lost before dnsweir, by the NIC or the kernel", s.dropped },
		{ "dnsweir_source_nombuf", "packets lost for lack of mbufs", s.nombuf },
		{ "dnsweir_source_errors", "frames that the source could not read", s.errors },
		{ "dnsweir_source_if_dropped", "packets lost by the interface", s.if_dropped },
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		exposition_family(x, rows[i].name, METRIC_COUNTER, rows[i].help);
		exposition_count(x, NULL, rows[i].value);
	}
}

/* ---- how full things are ---- */

static const char *text_of(char text[16], unsigned n)
{
	snprintf(text, 16, "%u", n);
	return text;
}

static void write_record_rings(struct exposition *x, const struct topology *t, bool capacity)
{
	char worker[16], number[16];

	for (unsigned i = 0; i < t->workers; i++) {
		for (unsigned j = 0; j < t->worker[i]->rings; j++) {
			const struct byte_ring *r = t->worker[i]->ring[j];

			exposition_count(
				x, LABELS({ "worker", text_of(worker, i) }, { "ring", text_of(number, j) }),
				capacity ? ring_capacity(r) : ring_used(r));
		}
	}
}

static void write_links(struct exposition *x, const struct topology *t, bool capacity)
{
	char intake[16], worker[16];

	for (unsigned i = 0; i < t->intakes; i++) {
		for (unsigned j = 0; j < t->workers; j++) {
			const struct link *l = t->intake[i]->link[j];

			if (l)
				exposition_count(x,
						 LABELS({ "intake", text_of(intake, i) },
							{ "worker", text_of(worker, j) }),
						 capacity ? rte_ring_get_capacity(l->ring)
							  : rte_ring_count(l->ring));
		}
	}
}

static void write_tables(struct exposition *x, const struct topology *t)
{
	char worker[16];

	exposition_family(x, "dnsweir_queries_outstanding", METRIC_GAUGE, "queries that wait for their response");
	for (unsigned i = 0; i < t->workers; i++)
		exposition_count(x, LABELS({ "worker", text_of(worker, i) }), pair_outstanding(t->worker[i]->pair));
	exposition_family(x, "dnsweir_queries_outstanding_limit", METRIC_GAUGE, "queries that may wait at once");
	for (unsigned i = 0; i < t->workers; i++)
		exposition_count(x, LABELS({ "worker", text_of(worker, i) }), t->pair_limit);
	exposition_family(x, "dnsweir_tcp_streams", METRIC_GAUGE, "TCP flows in the table");
	for (unsigned i = 0; i < t->workers; i++)
		exposition_count(x, LABELS({ "worker", text_of(worker, i) }), tcp_usage(t->worker[i]->tcp).flows);
	exposition_family(x, "dnsweir_tcp_kept_bytes", METRIC_GAUGE, "bytes of TCP segments that are kept");
	for (unsigned i = 0; i < t->workers; i++)
		exposition_count(x, LABELS({ "worker", text_of(worker, i) }), tcp_usage(t->worker[i]->tcp).bytes);
}

static void write_fill(struct exposition *x, const struct topology *t)
{
	exposition_family(x, "dnsweir_record_ring_bytes", METRIC_GAUGE,
			  "bytes of records that wait for a TX lcore");
	write_record_rings(x, t, false);
	exposition_family(x, "dnsweir_record_ring_capacity_bytes", METRIC_GAUGE, "bytes that such a ring takes");
	write_record_rings(x, t, true);
	exposition_family(x, "dnsweir_link_packets", METRIC_GAUGE,
			  "packets on their way from an intake to a worker");
	write_links(x, t, false);
	exposition_family(x, "dnsweir_link_capacity_packets", METRIC_GAUGE, "packets that such a link takes");
	write_links(x, t, true);
	write_tables(x, t);
	exposition_family(x, "dnsweir_mbufs_in_use", METRIC_GAUGE,
			  "mbufs that hold a packet, or that a device will fill");
	exposition_count(x, NULL, t->pool ? rte_mempool_in_use_count(t->pool) : 0);
	exposition_family(x, "dnsweir_mbufs", METRIC_GAUGE, "mbufs in all");
	exposition_count(x, NULL, t->pool ? t->pool->size : 0);
	exposition_family(x, "dnsweir_table_bytes", METRIC_GAUGE, "bytes reserved for tables");
	exposition_count(x, NULL, t->memory);
}

/* ---- sinks ---- */

/* A figure of every sink's instances; `at` is its place in struct sink_stats. */
static void write_sink_figure(struct exposition *x, const struct topology *t, size_t at)
{
	struct sink_stats s;
	char tx[16];

	for (unsigned k = 0; k < t->txs; k++) {
		for (unsigned i = 0; i < t->tx[k]->sinks; i++) {
			tx_sink_stats(t->tx[k], i, &s);
			exposition_count(
				x, LABELS({ "sink", t->tx[k]->sink[i].ops->name }, { "tx", text_of(tx, k) }),
				*(const uint64_t *)((const char *)&s + at));
		}
	}
}

static void write_sink_drops(struct exposition *x, const struct topology *t)
{
	struct sink_stats s;
	char tx[16];

	exposition_family(x, "dnsweir_sink_dropped", METRIC_COUNTER, "records that a sink dropped, by reason");
	for (unsigned k = 0; k < t->txs; k++) {
		for (unsigned i = 0; i < t->tx[k]->sinks; i++) {
			tx_sink_stats(t->tx[k], i, &s);
			for (unsigned r = 0; r < SINK_DROPS; r++)
				exposition_count(x,
						 LABELS({ "sink", t->tx[k]->sink[i].ops->name },
							{ "tx", text_of(tx, k) },
							{ "reason", sink_drop_names[r] }),
						 s.dropped[r]);
		}
	}
}

/* How long messages took from librdkafka's queue to the broker's answer, over all producers. */
static void write_latency(struct exposition *x, const struct topology *t, const struct health *h)
{
	double bound[SINK_LATENCIES];
	struct sink_stats s;

	for (unsigned i = 0; i < SINK_LATENCIES; i++)
		bound[i] = 0.001 * (double)(1u << i);
	for (unsigned i = 0; i < h->sinks; i++) {
		if (!t->tx[0]->sink[i].ops->timed)
			continue;
		health_sink_stats(t, i, &s);
		exposition_family(x, "dnsweir_sink_delivery_seconds", METRIC_HISTOGRAM,
				  "time from a message's queueing to its acknowledgement");
		exposition_histogram(x, LABELS({ "sink", t->tx[0]->sink[i].ops->name }), bound, s.latency,
				     SINK_LATENCIES, (double)s.latency_sum / 1e6);
	}
}

static void write_sinks(struct exposition *x, const struct topology *t, const struct health *h)
{
	static const struct {
		const char *name;
		enum metric_type type;
		size_t at;
		const char *help;
	} rows[] = {
		{ "dnsweir_sink_offered", METRIC_COUNTER, offsetof(struct sink_stats, offered),
		  "records offered to a sink" },
		{ "dnsweir_sink_delivered", METRIC_COUNTER, offsetof(struct sink_stats, delivered),
		  "records delivered" },
		{ "dnsweir_sink_pending", METRIC_GAUGE, offsetof(struct sink_stats, pending),
		  "records on their way" },
		{ "dnsweir_sink_spooled", METRIC_GAUGE, offsetof(struct sink_stats, spooled),
		  "records that wait on disk" },
		{ "dnsweir_sink_delivered_bytes", METRIC_COUNTER, offsetof(struct sink_stats, bytes),
		  "bytes delivered" },
		{ "dnsweir_sink_errors", METRIC_COUNTER, offsetof(struct sink_stats, errors),
		  "failed writes, lost connections" },
		{ "dnsweir_sink_reconnects", METRIC_COUNTER, offsetof(struct sink_stats, reconnects),
		  "connections made again" },
		{ "dnsweir_sink_recovered", METRIC_COUNTER, offsetof(struct sink_stats, recovered),
		  "records of an earlier run found in the spool" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		exposition_family(x, rows[i].name, rows[i].type, rows[i].help);
		write_sink_figure(x, t, rows[i].at);
	}
	write_sink_drops(x, t);
	exposition_family(x, "dnsweir_sink_healthy", METRIC_GAUGE, "1 where the sink delivers what it is offered");
	for (unsigned i = 0; i < h->sinks; i++)
		exposition_count(x, LABELS({ "sink", t->tx[0]->sink[i].ops->name }), !h->sink[i].problem);
	write_latency(x, t, h);
}

/* ---- the process ---- */

static void write_process(struct exposition *x, const struct metrics_source *m)
{
	struct rusage used;
	int64_t started_ms = m->health->started / NSEC_PER_MSEC;

	getrusage(RUSAGE_SELF, &used);
	exposition_family(x, "dnsweir_build", METRIC_GAUGE, "1; what runs");
	exposition_count(x,
			 LABELS({ "version", DNSWEIR_VERSION }, { "sensor", m->options->name },
				{ "source", m->topology->ops->name }),
			 1);
	exposition_family(x, "dnsweir_ready", METRIC_GAUGE,
			  "1 where packets are taken and every sink delivers, as /readyz has it");
	exposition_count(x, NULL, health_ready(m->health, m->topology, NULL));
	exposition_family(x, "process_start_time_seconds", METRIC_GAUGE, "start, in seconds since the epoch");
	exposition_real(x, NULL, (double)started_ms / 1e3);
	exposition_family(x, "process_cpu_seconds", METRIC_COUNTER, "CPU time of all threads");
	exposition_real(x, NULL, (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
			(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
	exposition_family(x, "process_max_resident_memory_bytes", METRIC_GAUGE,
			  "the most memory that was resident so far");
	exposition_count(x, NULL, (uint64_t)used.ru_maxrss << 10);
}

const char *metrics_write(const struct metrics_source *m, bool open_metrics, FILE *out)
{
	struct exposition x = { .out = out, .open_metrics = open_metrics };

	write_process(&x, m);
	write_counters(&x, m->topology);
	write_source(&x, m->topology);
	write_fill(&x, m->topology);
	write_sinks(&x, m->topology, m->health);
	if (m->view)
		metrics_write_dns(&x, m->view);
	exposition_end(&x);
	return exposition_type(&x);
}
