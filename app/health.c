// SPDX-License-Identifier: BSD-3-Clause
#include "app/health.h"
#include "core/clock.h"

#include <stdio.h>
#include <string.h>

void health_sink_stats(const struct topology *t, unsigned i, struct sink_stats *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned k = 0; k < t->txs; k++) {
		struct sink_stats s;

		tx_sink_stats(t->tx[k], i, &s);
		sink_stats_add(sum, &s);
	}
}

static bool any_dead(const struct topology *t, unsigned i)
{
	for (unsigned k = 0; k < t->txs; k++)
		if (t->tx[k]->sink[i].dead)
			return true;
	return false;
}

static void look_at_sink(struct sink_health *s, const struct topology *t, unsigned i, int64_t now)
{
	struct sink_stats sum;
	uint64_t dropped = 0;

	health_sink_stats(t, i, &sum);
	for (unsigned k = 0; k < SINK_DROPS; k++)
		dropped += sum.dropped[k];
	if (sum.delivered != s->delivered || !(sum.pending + sum.spooled) || !s->moved)
		s->moved = now;
	if (dropped != s->dropped)
		s->lost = now;
	s->delivered = sum.delivered;
	s->dropped = dropped;
	if (any_dead(t, i))
		s->problem = "dead: took nothing for -sink_timeout";
	else if (now - s->moved > HEALTH_PATIENCE)
		s->problem = "delivers nothing";
	else if (s->lost && now - s->lost < HEALTH_PATIENCE)
		s->problem = "drops records";
	else
		s->problem = NULL;
}

void health_tick(struct health *h, const struct topology *t, int64_t now)
{
	h->ticked = now;
	h->sinks = t->txs ? t->tx[0]->sinks : 0;
	for (unsigned i = 0; i < h->sinks; i++)
		look_at_sink(&h->sink[i], t, i, now);
}

bool health_ready(const struct health *h, const struct topology *t, FILE *why)
{
	bool ready = true;

	if (!h->running || h->ended) {
		if (why)
			fputs(h->ended ? "the run has ended\n" : "starting\n", why);
		return false;
	}
	for (unsigned i = 0; i < t->intakes; i++) {
		if (!atomic_load_explicit(&t->intake[i]->ended, memory_order_relaxed))
			continue;
		ready = false;
		if (why)
			fprintf(why, "intake %u takes no more packets\n", i);
	}
	for (unsigned i = 0; i < h->sinks; i++) {
		if (!h->sink[i].problem)
			continue;
		ready = false;
		if (why)
			fprintf(why, "sink %s: %s\n", t->tx[0]->sink[i].ops->name, h->sink[i].problem);
	}
	return ready;
}
