// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Whether the run does what it should: looked at once a second by the control loop, from the figures that there
 * are anyway.
 */
#ifndef APP_HEALTH_H
#define APP_HEALTH_H

#include "app/topology.h"

/** Packet path and sinks are given so long (ns): a sink with something to deliver that delivers nothing is not
 * healthy. */
#define HEALTH_PATIENCE (10 * NSEC_PER_SEC)

/** What is remembered of a sink from second to second, summed over its instances. */
struct sink_health {
	uint64_t delivered;
	uint64_t dropped;
	int64_t moved;       /* monotonic ns when it last delivered something, or had nothing to deliver */
	int64_t lost;        /* monotonic ns when it last dropped something; 0 never */
	const char *problem; /* NULL: healthy */
};

/** Zero-initialised; the control loop's. */
struct health {
	bool running;     /* the lanes were launched … */
	bool ended;       /* … and are through */
	int64_t started;  /* realtime ns */
	int64_t ticked;   /* monotonic ns of the last look */
	unsigned sinks;
	struct sink_health sink[TX_SINKS];
};

/** Sums the figures of sink `i` over its instances. */
void health_sink_stats(const struct topology *t, unsigned i, struct sink_stats *sum);

/** Looks; `now` is monotonic. */
void health_tick(struct health *h, const struct topology *t, int64_t now);

/** True where packets are taken and every sink delivers; else `why` (if not NULL) gets a line a problem. */
bool health_ready(const struct health *h, const struct topology *t, FILE *why);

#endif
