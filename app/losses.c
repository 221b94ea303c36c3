// SPDX-License-Identifier: BSD-3-Clause
#include "app/losses.h"

#include <inttypes.h>

/* Owners among the counters; which of them lost, and what helps. */
static const struct {
	const char *name, *text;
	enum counter counter[4];
	unsigned n;
} owners[] = {
	{ "ring", "packets because a worker was too slow; more -numprocs help", { COUNT_drop_ring_full, COUNT_drop_steer_full }, 2 },
	{ "NIC", "packets not lost, but put on another queue than their hash says; they are handed on at some cost",
	  { COUNT_packets_misplaced }, 1 },
	{ "reassembly", "fragments because memory was full", { COUNT_fragments_evicted }, 1 },
	{ "TCP", "flows or segments because memory was full", { COUNT_tcp_flows_evicted, COUNT_tcp_segments_dropped }, 2 },
	{ "table", "queries or responses because it was full; a larger -max_queries or a shorter -gc_age helps",
	  { COUNT_queries_evicted, COUNT_queries_bucket_evicted, COUNT_responses_evicted }, 3 },
	{ "encoder", "transactions because it was too slow; more -txprocs help", { COUNT_records_ring_full, COUNT_records_too_long }, 2 },
};

#define OWNERS (sizeof(owners) / sizeof(owners[0]))
_Static_assert(OWNERS + 4 <= LOSSES_OWNERS, "room for those and the source's");

void losses_note(struct losses *l, unsigned owner, uint64_t lost, const char *name, const char *text)
{
	uint64_t more = lost - l->told[owner], unused;

	if (lost <= l->told[owner] || !log_allowed(&l->limit[owner], &unused))
		return;
	l->told[owner] = lost;
	log_warn("%s: lost %" PRIu64 " %s (%" PRIu64 " in all)", name, more, text, lost);
}

static void look_at_source(struct losses *l, unsigned at, const struct topology *t)
{
	struct source_stats s = { 0 };

	t->ops->stats(t->source, &s);
	losses_note(l, at, s.dropped, "NIC or kernel", "packets because they were not read in time; more -numprocs help");
	losses_note(l, at + 1, s.nombuf, "mbufs", "packets because there were none");
	losses_note(l, at + 2, s.errors, "NIC", "frames that could not be read");
	losses_note(l, at + 3, s.if_dropped, "interface", "packets by its own count");
}

static void look_at_sinks(struct losses *l, unsigned at, const struct topology *t)
{
	uint64_t lost[TX_SINKS] = { 0 };

	for (unsigned i = 0; i < t->txs; i++)
		for (unsigned j = 0; j < t->tx[i]->sinks; j++) {
			struct sink_stats s;

			tx_sink_stats(t->tx[i], j, &s);
			for (unsigned k = 0; k < SINK_DROPS; k++)
				lost[j] += s.dropped[k];
		}
	for (unsigned j = 0; t->txs && j < t->tx[0]->sinks; j++)
		losses_note(l, at + j, lost[j], t->tx[0]->sink[j].ops->name, "records that the sink did not take");
}

void losses_tick(struct losses *l, const struct topology *t)
{
	struct counters c;

	topology_counters(t, &c);
	for (unsigned i = 0; i < OWNERS; i++) {
		uint64_t lost = 0;

		for (unsigned k = 0; k < owners[i].n; k++)
			lost += c.n[owners[i].counter[k]];
		losses_note(l, i, lost, owners[i].name, owners[i].text);
	}
	look_at_source(l, OWNERS, t);
	look_at_sinks(l, LOSSES_OWNERS, t);
}
