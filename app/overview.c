// SPDX-License-Identifier: BSD-3-Clause
#include "app/overview.h"
#include "core/clock.h"
#include "core/put.h"
#include "dns/name.h"
#include "dns/types.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1100 /* a name's presentation form, or an address's */

/* ---- small things ---- */

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *seconds(int64_t ns)
{
	int64_t us = ns / NSEC_PER_USEC;
	return json_real((double)us / 1e6);
}

/* Milliseconds; three digits are enough of what is an eighth off. */
static json_t *milliseconds(double us)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3g", us / 1000);
	return json_real(atof(text));
}

static void append_count(json_t *list, const char *name, uint64_t count)
{
	if (count)
		json_array_append_new(list, json_pack("{s:s, s:o}", "name", name, "count", number(count)));
}

/* ---- what the records tell ---- */

static json_t *rcodes(const struct analytics_totals *t)
{
	json_t *list = json_array();
	char buf[DNS_CODE_TEXT];

	for (unsigned i = 0; i < ANALYTICS_RCODES; i++)
		append_count(list, i + 1 < ANALYTICS_RCODES ? dns_rcode_name((uint16_t)i, buf) : "other",
			     t->rcode[i]);
	return list;
}

static json_t *qtypes(const struct analytics_totals *t)
{
	json_t *list = json_array();
	char buf[DNS_CODE_TEXT];

	for (unsigned i = 0; i < ANALYTICS_TYPES; i++)
		append_count(list, i + 1 < ANALYTICS_TYPES ? dns_type_name((uint16_t)i, buf) : "other",
			     t->qtype[i]);
	return list;
}

static json_t *transports(const struct analytics_totals *t)
{
	json_t *list = json_array();

	append_count(list, "UDP over IPv4", t->transport[0][0]);
	append_count(list, "UDP over IPv6", t->transport[0][1]);
	append_count(list, "TCP over IPv4", t->transport[1][0]);
	append_count(list, "TCP over IPv6", t->transport[1][1]);
	return list;
}

/* p50, p95 and p99, at the end of an array. */
static void append_quantiles(json_t *row, const uint64_t bucket[LATENCY_BUCKETS])
{
	static const double q[] = { 0.5, 0.95, 0.99 };

	for (unsigned i = 0; i < 3; i++)
		json_array_append_new(row, milliseconds(latency_quantile(bucket, q[i])));
}

static json_t *latency(const struct analytics_totals *t)
{
	json_t *buckets = json_array(), *quantiles = json_array();
	uint64_t octave[LATENCY_OCTAVES], n = 0;

	latency_octaves(t->latency, 1, LATENCY_OCTAVES, octave);
	for (unsigned i = 0; i < LATENCY_OCTAVES; i++) {
		n += octave[i];
		json_array_append_new(
			buckets, json_pack("[f, o]", (double)(UINT64_C(2) << i) / 1000, number(octave[i])));
	}
	append_quantiles(quantiles, t->latency);
	return json_pack("{s:o, s:o, s:f, s:o}", "count", number(n), "quantiles", quantiles,
			 "mean", n ? (double)t->latency_sum / (double)n / 1e6 : 0.0, "buckets", buckets);
}

/* A row a slot: its time, fates, quantiles. */
static json_t *timeline(const struct timeline *t)
{
	json_t *rows = json_array();
	uint64_t bucket[LATENCY_BUCKETS];

	for (int64_t n = t->base; n < t->end; n++) {
		const struct timeline_slot *slot = timeline_at(t, n);
		json_t *row = json_array();

		json_array_append_new(row, seconds(n * t->width));
		for (unsigned i = 0; i < TIMELINE_FATES; i++)
			json_array_append_new(row, number(slot->fate[i]));
		for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
			bucket[i] = slot->latency[i];
		append_quantiles(row, bucket);
		json_array_append_new(rows, row);
	}
	return json_pack("{s:o, s:o}", "width", seconds(t->width), "rows", rows);
}

static const char *address_text(char text[TEXT_MAX], const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t *to = (uint8_t *)text;

	to = memcmp(address, mapped, 12) ? put_ipv6(to, address) : put_ipv4(to, address + 12);
	*to = '\0';
	return text;
}

static const char *key_text(char text[TEXT_MAX], enum analytics_list list, const struct analytics_item *item)
{
	struct out o = out_init(text, TEXT_MAX - 1);

	if (list == LIST_CLIENTS || list == LIST_SERVERS)
		return address_text(text, item->key);
	dns_name_text(&o, item->key, item->len, 0);
	text[out_len(&o)] = '\0';
	return text;
}

static json_t *top(const struct analytics_view *v, enum analytics_list list)
{
	json_t *rows = json_array();
	char text[TEXT_MAX];

	for (uint32_t i = 0; i < v->items[list]; i++) {
		const struct analytics_item *item = &v->item[list][i];

		json_array_append_new(rows, json_pack("[s, o, o]", key_text(text, list, item), number(item->count),
						      number(item->error)));
	}
	return json_pack("{s:o, s:o}", "of", number(v->listed[list]), "rows", rows);
}

static json_t *servers(const struct analytics_view *v)
{
	json_t *rows = json_array();
	char text[TEXT_MAX];

	for (uint32_t i = 0; i < v->servers; i++) {
		const struct analytics_server *s = &v->server[i];
		uint64_t n = 0;

		for (unsigned k = 0; k < ANALYTICS_OCTAVES; k++)
			n += s->bucket[k];
		json_array_append_new(rows, json_pack("[s, o, o]", address_text(text, s->address), number(n),
						      milliseconds(n ? (double)s->sum / (double)n / 1e3 : 0)));
	}
	return rows;
}

static void add_records(json_t *root, const struct analytics_view *v)
{
	json_object_update_new(root, json_pack("{s:{s:b, s:o, s:o, s:o}, s:{s:o, s:o, s:o}}", "time", "seen",
					       v->seen, "first", seconds(v->first), "newest",
					       seconds(v->newest), "since", seconds(v->since), "transactions",
					       "answered", number(v->totals.kind[PAIR_ANSWERED]), "unanswered",
					       number(v->totals.kind[PAIR_UNANSWERED]), "orphan",
					       number(v->totals.kind[PAIR_ORPHAN])));
	json_object_update_new(root, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rcodes", rcodes(&v->totals),
		"qtypes", qtypes(&v->totals), "transports", transports(&v->totals), "latency", latency(&v->totals),
		"servers", servers(v), "minutes", timeline(&v->minutes), "timeline", timeline(&v->all)));
	json_object_set_new(root, "top", json_pack("{s:o, s:o, s:o, s:o, s:o}", "names", top(v, LIST_NAMES),
		"domains", top(v, LIST_DOMAINS), "nxdomain", top(v, LIST_NXDOMAIN), "clients", top(v, LIST_CLIENTS),
		"servers", top(v, LIST_SERVERS)));
	json_object_set_new(root, "distinct",
			    json_pack("{s:f, s:f, s:f, s:f}", "names", v->distinct[SET_NAMES], "domains",
				      v->distinct[SET_DOMAINS], "clients", v->distinct[SET_CLIENTS], "servers",
				      v->distinct[SET_SERVERS]));
}

/* ---- what the program tells of itself ---- */

/* Who is to blame for what is lost. Sources and sinks are told besides. */
static const struct loss {
	const char *owner;
	enum counter counter;
} losses[] = {
	{ "rings", COUNT_drop_ring_full },
	{ "rings", COUNT_drop_steer_full },
	{ "rings", COUNT_records_ring_full },
	{ "tables", COUNT_fragments_evicted },
	{ "tables", COUNT_tcp_flows_evicted },
	{ "tables", COUNT_tcp_segments_dropped },
	{ "tables", COUNT_queries_evicted },
	{ "tables", COUNT_queries_bucket_evicted },
	{ "tables", COUNT_responses_evicted },
	{ "capture", COUNT_drop_message_cut },
	{ "capture", COUNT_answers_cut },
	{ "capture", COUNT_tcp_holes },
	{ "encoder", COUNT_records_too_long },
};

static void append_loss(json_t *rows, const char *owner, const char *name, const char *text, uint64_t n)
{
	json_array_append_new(rows, json_pack("[s, s, s, o]", owner, name, text, number(n)));
}

static json_t *losses_of(const struct topology *t, const struct counters *c)
{
	json_t *rows = json_array();
	struct source_stats s = { 0 };

	t->ops->stats(t->source, &s);
	append_loss(rows, "source", "source_dropped", "lost before dnsweir, by the NIC or the kernel", s.dropped);
	append_loss(rows, "source", "source_nombuf", "lost for lack of mbufs", s.nombuf);
	append_loss(rows, "source", "source_errors", "frames that the source could not read", s.errors);
	append_loss(rows, "source", "source_if_dropped", "lost by the interface", s.if_dropped);
	for (unsigned i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		const struct counter_info *info = &counter_infos[losses[i].counter];

		append_loss(rows, losses[i].owner, info->name, info->text, c->n[losses[i].counter]);
	}
	for (unsigned i = 0; i < (t->txs ? t->tx[0]->sinks : 0); i++) {
		struct sink_stats sum;

		health_sink_stats(t, i, &sum);
		for (unsigned k = 0; k < SINK_DROPS; k++)
			append_loss(rows, t->tx[0]->sink[i].ops->name, sink_drop_names[k],
				    "dropped by the sink", sum.dropped[k]);
	}
	return rows;
}

static json_t *sinks(const struct topology *t, const struct health *h)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < h->sinks; i++) {
		struct sink_stats s;
		uint64_t dropped = 0;

		health_sink_stats(t, i, &s);
		for (unsigned k = 0; k < SINK_DROPS; k++)
			dropped += s.dropped[k];
		json_array_append_new(rows, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "name",
						      t->tx[0]->sink[i].ops->name, "offered", number(s.offered),
						      "delivered", number(s.delivered), "pending",
						      number(s.pending), "spooled", number(s.spooled),
						      "dropped", number(dropped), "bytes", number(s.bytes),
						      "problem", h->sink[i].problem ? h->sink[i].problem : ""));
	}
	return rows;
}

static json_t *fill(const char *what, uint64_t used, uint64_t limit)
{
	return json_pack("[s, o, o]", what, number(used), number(limit));
}

static json_t *fills(const struct topology *t)
{
	uint64_t queries = 0, used = 0, room = 0, packets = 0, links = 0;
	json_t *rows = json_array();

	for (unsigned i = 0; i < t->workers; i++) {
		queries += pair_outstanding(t->worker[i]->pair);
		for (unsigned j = 0; j < t->worker[i]->rings; j++) {
			used += ring_used(t->worker[i]->ring[j]);
			room += ring_capacity(t->worker[i]->ring[j]);
		}
	}
	for (unsigned i = 0; i < t->intakes * t->workers; i++) {
		const struct link *link = t->intake[i / t->workers]->link[i % t->workers];

		packets += link ? rte_ring_count(link->ring) : 0;
		links += link ? rte_ring_get_capacity(link->ring) : 0;
	}
	json_array_append_new(rows, fill("outstanding queries", queries, (uint64_t)t->pair_limit * t->workers));
	json_array_append_new(rows, fill("record rings, bytes", used, room));
	if (links)
		json_array_append_new(rows, fill("packet rings", packets, links));
	if (t->pool)
		json_array_append_new(rows,
				      fill("packet buffers", rte_mempool_in_use_count(t->pool), t->pool->size));
	return rows;
}

static json_t *counters(const struct counters *c)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < COUNTERS; i++)
		json_object_set_new(o, counter_infos[i].name, number(c->n[i]));
	return o;
}

static json_t *problems(const struct metrics_source *m)
{
	json_t *list = json_array();
	char *text = NULL, *line, *rest;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return list;
	health_ready(m->health, m->topology, f);
	if (!fclose(f))
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
			json_array_append_new(list, json_string(line));
	free(text);
	return list;
}

static json_t *source_of(const struct metrics_source *m)
{
	char **specs = m->options->dev ? m->options->dev : m->options->pcap;
	json_t *names = json_array();
	struct source_stats s = { 0 };

	m->topology->ops->stats(m->topology->source, &s);
	for (; specs && *specs; specs++)
		json_array_append_new(names, json_stringn_nocheck(*specs, strlen(*specs)));
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "kind", m->topology->ops->name, "live",
			 m->topology->live, "names", names, "packets", number(s.packets), "done",
			 number(s.done), "total", number(s.total));
}

json_t *overview_json(const struct metrics_source *m)
{
	const struct topology *t = m->topology;
	struct counters c;
	json_t *root;

	topology_counters(t, &c);
	root = json_pack("{s:s, s:s*, s:s, s:o, s:o, s:o}", "version", DNSWEIR_VERSION, "sensor",
			 m->options->name, "state",
			 m->health->ended     ? "ended"
			 : m->health->running ? "running"
					      : "starting",
			 "problems", problems(m), "now", seconds(clock_realtime()), "started",
			 seconds(m->health->started));
	json_object_update_new(root, json_pack("{s:o, s:o, s:o, s:o, s:o}", "source", source_of(m), "counters",
					       counters(&c), "losses", losses_of(t, &c), "sinks",
					       sinks(t, m->health), "fill", fills(t)));
	if (m->view)
		add_records(root, m->view);
	return root;
}

int overview_write(const struct metrics_source *m, FILE *out)
{
	json_t *root = overview_json(m);
	char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16));
	json_decref(root);
	if (!text)
		return -1;
	/* `<` is only ever in strings. */
	for (const char *p = text; *p; p++)
		if (*p == '<')
			fputs("\\u003c", out);
		else
			fputc(*p, out);
	free(text);
	return 0;
}
