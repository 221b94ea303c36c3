// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What a run tells to Prometheus. Names of counters come from the list in core/counters.h.
 */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "app/exposition.h"
#include "app/health.h"
#include "app/options.h"

#include <stdio.h>

/** What pages are made from; all borrowed. */
struct metrics_source {
	const struct topology *topology;
	const struct options *options;
	const struct health *health;
	const struct analytics_view *view; /* NULL: the records aren't looked at */
};

/** Writes all metrics to `out`; OpenMetrics where it is asked for. Reads figures that lcores write meanwhile.
 * Returns the media type. */
const char *metrics_write(const struct metrics_source *m, bool open_metrics, FILE *out);

/** Part of it: what the records tell. */
void metrics_write_dns(struct exposition *x, const struct analytics_view *v);

#endif
