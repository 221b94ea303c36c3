// SPDX-License-Identifier: BSD-3-Clause
#include "app/summary.h"
#include "core/clock.h"
#include "core/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void progress_start(struct progress *p, bool quiet)
{
	p->shown = !quiet && isatty(STDERR_FILENO);
	p->started = clock_monotonic();
}

static void time_text(char text[24], double seconds)
{
	uint64_t s = (uint64_t)(seconds + 0.5);

	if (s >= 3600)
		snprintf(text, 24, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600 % 100000, s / 60 % 60, s % 60);
	else
		snprintf(text, 24, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
}

void progress_show(struct progress *p, const struct topology *t)
{
	struct source_stats s = { 0 };
	char text[160], left[24];
	double took = (double)(clock_monotonic() - p->started) / NSEC_PER_SEC;
	int n;

	if (!p->shown || took < 0.9)
		return;
	t->ops->stats(t->source, &s);
	n = snprintf(text, sizeof(text), "\r%" PRIu64 " packets, %.2f M/s", s.packets, (double)s.packets / took / 1e6);
	if (s.total && s.done) {
		double part = (double)s.done / (double)s.total;

		time_text(left, took / part - took);
		n += snprintf(text + n, sizeof(text) - (size_t)n, ", %.0f %%, %s left", 100 * part, left);
	}
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\033[K");
	if (write(STDERR_FILENO, text, (size_t)n) > 0)
		p->line = true;
}

void progress_end(struct progress *p)
{
	if (p->line && write(STDERR_FILENO, "\r\033[K", 4) > 0)
		p->line = false;
}

void summary_start(const struct topology *t, const struct options *o)
{
	char **specs = o->dev ? o->dev : o->pcap;

	log_info("reading %s%s by %s, %s; %zu MiB for tables", specs[0], specs[1] ? " and others" : "", t->ops->name,
		 t->fused ? "all on one lcore" : "on several lcores", t->memory >> 20);
	if (!t->fused)
		log_info("%u intake%s, %u worker%s, %u TX lcore%s", t->intakes, t->intakes == 1 ? "" : "s", t->workers,
			 t->workers == 1 ? "" : "s", t->txs, t->txs == 1 ? "" : "s");
}

static void row(uint64_t n, const char *name, const char *text)
{
	if (n)
		log_info("  %12" PRIu64 "  %-28s %s", n, name, text);
}

static void sink_rows(const struct sink_stats *s, const char *name)
{
	log_info("  sink %s: %" PRIu64 " records offered = %" PRIu64 " delivered + %" PRIu64 " pending + %" PRIu64
		 " spooled + %" PRIu64 " dropped", name, s->offered, s->delivered, s->pending, s->spooled,
		 s->offered - s->delivered - s->pending - s->spooled);
	for (unsigned i = 0; i < SINK_DROPS; i++)
		if (s->dropped[i])
			log_info("  %12" PRIu64 "  dropped: %s", s->dropped[i], sink_drop_names[i]);
}

/* What a user with nothing, or with half of it, would ask next. */
static void hints(const struct options *o, const struct counters *c)
{
	const uint64_t *n = c->n;
	bool responses = n[COUNT_responses] || n[COUNT_drop_message_no_answers];

	if (n[COUNT_packets_in] && n[COUNT_drop_link_type] == n[COUNT_packets_in])
		log_info("hint: no packet has a link type that dnsweir can read");
	else if (n[COUNT_packets_in] && !n[COUNT_packets_udp] && !n[COUNT_packets_tcp])
		log_info("hint: packets were there, but none passed the filter `%s`", o->bpf);
	if (n[COUNT_queries] && !responses)
		log_info("hint: only queries were seen: is the other direction captured too (mirror both, or name both ports)?");
	if (responses && !n[COUNT_queries])
		log_info("hint: only responses were seen: is the other direction captured too (mirror both, or name both ports)?");
	if (n[COUNT_packets_cut] && n[COUNT_packets_cut] * 100 > n[COUNT_packets_in])
		log_info("hint: many packets are cut: capture with a larger snap length");
}

void summary_end(const struct topology *t, const struct options *o, const struct counters *c, const struct source_stats *source,
		 const struct sink_stats *sinks, const char *const *names, unsigned n, double seconds)
{
	log_info("%" PRIu64 " packets in %.2f s; %" PRIu64 " queries, %" PRIu64 " responses, %" PRIu64 " records",
		 c->n[COUNT_packets_in], seconds, c->n[COUNT_queries], c->n[COUNT_responses], c->n[COUNT_records_out]);
	for (unsigned i = 0; i < COUNTERS; i++)
		row(c->n[i], counter_infos[i].name, counter_infos[i].text);
	row(source->dropped, "source_dropped", "lost before dnsweir: by the NIC or the kernel");
	row(source->nombuf, "source_nombuf", "lost for lack of mbufs");
	row(source->errors, "source_errors", "frames that the source could not read");
	row(source->if_dropped, "source_if_dropped", "lost by the interface");
	for (unsigned i = 0; i < n; i++)
		sink_rows(&sinks[i], names[i]);
	hints(o, c);
}
