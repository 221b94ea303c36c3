// SPDX-License-Identifier: BSD-3-Clause
#include "app/monitor.h"
#include "app/overview.h"
#include "app/page.h"
#include "app/report.h"
#include "core/clock.h"
#include "core/log.h"

#include <stdlib.h>
#include <string.h>

#define STALLED (5 * NSEC_PER_SEC) /* a control loop that has not looked for so long hangs */

/* Puts together what the TX lcores have told; while one of them makes a copy, the figures of a second ago stay. */
static void refresh(struct monitor *m)
{
	const struct analytics *from[WORKER_RINGS];
	const struct topology *t = m->topology;

	for (unsigned i = 0; i < t->txs; i++) {
		from[i] = tx_analytics(t->tx[i]);
		if (!from[i])
			return;
	}
	if (analytics_merge(m->view, from, t->txs))
		log_warn("no memory to put the analytics together");
}

static struct metrics_source source(struct monitor *m)
{
	if (m->view)
		refresh(m);
	return (struct metrics_source){
		.topology = m->topology, .options = m->options, .health = &m->health, .view = m->view
	};
}

static unsigned page_metrics(void *ctx, const char *accept, FILE *body, const char **type)
{
	struct monitor *m = ctx;
	const struct metrics_source s = source(m);

	*type = metrics_write(&s, exposition_wanted(accept), body);
	return 200;
}

static unsigned page_live(void *ctx, const char *accept, FILE *body, const char **type)
{
	fputs(page_before, body);
	fputs(page_after, body);
	*type = "text/html; charset=utf-8";
	return 200;
}

static unsigned page_overview(void *ctx, const char *accept, FILE *body, const char **type)
{
	struct monitor *m = ctx;
	const struct metrics_source s = source(m);

	*type = "application/json";
	return overview_write(&s, body) ? 503 : 200;
}

/* Who is answered at all is alive; that the loop still looks at the run is another matter. */
static unsigned page_health(void *ctx, const char *accept, FILE *body, const char **type)
{
	const struct monitor *m = ctx;
	bool stalled = clock_monotonic() - m->health.ticked > STALLED;

	fputs(stalled ? "the control loop stands still\n" : "ok\n", body);
	return stalled ? 503 : 200;
}

static unsigned page_ready(void *ctx, const char *accept, FILE *body, const char **type)
{
	const struct monitor *m = ctx;

	if (!health_ready(&m->health, m->topology, body))
		return 503;
	fputs("ready\n", body);
	return 200;
}

static const struct http_page pages[] = {
	{ "/", page_live, page_policy },
	{ "/analytics.json", page_overview },
	{ "/metrics", page_metrics },
	{ "/healthz", page_health },
	{ "/readyz", page_ready },
	{ NULL },
};

int monitor_open(struct monitor *m, const struct options *o, int *code, struct error *e)
{
	memset(m, 0, sizeof(*m));
	m->options = o;
	*code = 1;
	if (!o->http && !o->report && !o->top)
		return 0;
	m->top = o->top ? top_open(o, code, e) : NULL;
	if (o->top && !m->top)
		return -1;
	m->view = calloc(1, sizeof(*m->view));
	if (!m->view)
		return error_set(e, "no memory for analytics");
	m->report = o->report ? report_open(o->report, e) : NULL;
	if (o->report && !m->report)
		return -1;
	m->http = o->http ? http_open(o->http, pages, m, code, e) : NULL;
	return !o->http || m->http ? 0 : -1;
}

void monitor_start(struct monitor *m, const struct topology *t)
{
	m->topology = t;
	m->health.started = clock_realtime();
	m->health.running = true;
	health_tick(&m->health, t, clock_monotonic());
	if (m->http)
		log_info("serving %s", http_url(m->http));
}

int monitor_fd(const struct monitor *m)
{
	return m->http ? http_fd(m->http) : -1;
}

int monitor_timeout(const struct monitor *m)
{
	return m->http ? http_timeout(m->http) : -1;
}

void monitor_serve(struct monitor *m)
{
	if (m->http)
		http_serve(m->http);
}

void monitor_tick(struct monitor *m)
{
	health_tick(&m->health, m->topology, clock_monotonic());
	if (!m->http && !m->top)
		return;
	/* What was asked for a second ago; while a new copy is made there is none. */
	if (m->top) {
		const struct metrics_source s = source(m);
		top_show(m->top, &s);
	}
	for (unsigned i = 0; m->view && i < m->topology->txs; i++)
		tx_ask_snapshot(m->topology->tx[i]);
	if (m->http)
		http_tick(m->http);
}

int monitor_ended(struct monitor *m, struct error *e)
{
	FILE *report = m->report;

	health_tick(&m->health, m->topology, clock_monotonic());
	m->health.ended = true;
	m->report = NULL;
	top_close(m->top);
	m->top = NULL;
	if (!report)
		return 0;
	const struct metrics_source s = source(m);
	return report_write(report, &s, e);
}

void monitor_close(struct monitor *m)
{
	http_close(m->http);
	top_close(m->top);
	if (m->report)
		fclose(m->report);
	m->report = NULL;
	m->http = NULL;
	m->top = NULL;
	free(m->view);
	m->view = NULL;
}
