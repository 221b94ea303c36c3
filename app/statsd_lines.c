// SPDX-License-Identifier: BSD-3-Clause
#include "app/statsd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A datagram that is being filled. A single line may be longer than a datagram should be. */
struct datagram {
	statsd_datagram_fn send;
	void *ctx;
	const char *prefix;
	uint32_t len;
	char text[STATSD_DATAGRAM];
};

void statsd_add(struct statsd_values *v, uint32_t worker, const struct counters *c)
{
	struct counters now = { 0 };

	counters_add(&now, c);
	v->packets += now.n[COUNT_packets_ipv4];
	v->packets_ipv6 += now.n[COUNT_packets_ipv6];
	v->tcp_messages += now.n[COUNT_messages_tcp];
	v->cache_entries_dropped += now.n[COUNT_queries_unanswered] + now.n[COUNT_queries_evicted] +
				    now.n[COUNT_queries_bucket_evicted] + now.n[COUNT_responses_orphan] +
				    now.n[COUNT_responses_evicted];
	v->ring_dropped += now.n[COUNT_drop_ring_full] + now.n[COUNT_drop_steer_full];
	v->records_dropped += now.n[COUNT_records_ring_full] + now.n[COUNT_records_too_long];
	if (worker >= STATSD_WORKERS)
		return;
	v->worker[worker].lookups += now.n[COUNT_messages_udp];
	v->worker[worker].wall_time += now.n[COUNT_packets_no_timestamp];
	if (worker >= v->workers)
		v->workers = worker + 1;
}

/* A byte of a name: what has a meaning for statsd, blanks and control bytes have none in it. */
static char name_byte(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || strchr(":|@", c) ? '_' : c;
}

static char *append(char *at, const char *end, const char *text, size_t len)
{
	for (size_t i = 0; i < len && at < end; i++)
		*at++ = name_byte(text[i]);
	return at;
}

void statsd_prefix(char text[STATSD_PREFIX], const char *prefix, const char *name, const char *host)
{
	static const char mark[] = "%HOST%";
	const char *end = text + STATSD_PREFIX - 1, *found;
	char *at = text;

	while ((found = strstr(prefix, mark))) {
		at = append(at, end, prefix, (size_t)(found - prefix));
		at = append(at, end, host, strlen(host));
		prefix = found + sizeof(mark) - 1;
	}
	at = append(at, end, prefix, strlen(prefix));
	at = append(at, end, ".", 1);
	at = append(at, end, name, strlen(name));
	at = append(at, end, ".", 1);
	*at = '\0';
}

static void flush(struct datagram *d)
{
	if (d->len)
		d->send(d->ctx, d->text, d->len);
	d->len = 0;
}

/* Adds a line; `of` is the worker or sink in front of the name, or -1. */
static void line(struct datagram *d, int of, const char *name, uint64_t value, char type)
{
	char text[STATSD_DATAGRAM], number[16] = "";

	if (of >= 0)
		snprintf(number, sizeof(number), "%d.", of);
	int n = snprintf(text, sizeof(text), "%s%s%s:%" PRIu64 "|%c", d->prefix, number, name, value, type);
	if (n < 0 || (uint32_t)n >= sizeof(text))
		return;
	if (d->len && d->len + 1 + (uint32_t)n > sizeof(d->text))
		flush(d);
	if (d->len)
		d->text[d->len++] = '\n';
	memcpy(d->text + d->len, text, (size_t)n);
	d->len += (uint32_t)n;
}

static void counter(struct datagram *d, int of, const char *name, uint64_t now, uint64_t last)
{
	if (now > last)
		line(d, of, name, now - last, 'c');
}

void statsd_lines(const char *prefix, const struct statsd_values *now, const struct statsd_values *last,
	statsd_datagram_fn send, void *ctx)
{
	struct datagram d = { .send = send, .ctx = ctx, .prefix = prefix };

	counter(&d, -1, "packets", now->packets, last->packets);
	counter(&d, -1, "packets_ipv6", now->packets_ipv6, last->packets_ipv6);
	counter(&d, -1, "cache_entries_dropped", now->cache_entries_dropped, last->cache_entries_dropped);
	/* The seed's spelling: dashboards know it. */
	counter(&d, -1, "reassembed_tcp", now->tcp_messages, last->tcp_messages);
	counter(&d, -1, "packets_received", now->received, last->received);
	counter(&d, -1, "packets_dropped", now->dropped, last->dropped);
	counter(&d, -1, "packets_ifdropped", now->if_dropped, last->if_dropped);
	/* Losses that the seed has no names for. */
	counter(&d, -1, "packets_ring_dropped", now->ring_dropped, last->ring_dropped);
	counter(&d, -1, "records_dropped", now->records_dropped, last->records_dropped);
	for (uint32_t i = 0; i < now->sinks && i < STATSD_SINKS; i++)
		counter(&d, (int)i, "log_dropped", now->sink_dropped[i], last->sink_dropped[i]);
	for (uint32_t i = 0; i < now->workers && i < STATSD_WORKERS; i++) {
		counter(&d, (int)i, "dns_lookups", now->worker[i].lookups, last->worker[i].lookups);
		counter(&d, (int)i, "packet_wall_time", now->worker[i].wall_time, last->worker[i].wall_time);
	}
	line(&d, -1, "incoming_log_depth", now->incoming_depth, 'g');
	for (uint32_t i = 0; i < now->sinks && i < STATSD_SINKS; i++)
		line(&d, (int)i, "log_depth", now->depth[i], 'g');
	flush(&d);
}
