// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Writes metrics in Prometheus's text format 0.0.4, or in OpenMetrics 1.0, which differs in the names of
 * counters and in its last line.
 */
#ifndef APP_EXPOSITION_H
#define APP_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** What a family of metrics is. */
enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/** A label; the value is any text (escaped here), the name a literal. */
struct metric_label {
	const char *name;
	const char *value;
};

/** Where and how to write. `out` is borrowed. */
struct exposition {
	FILE *out;
	bool open_metrics;
	const char *family;      /* the one whose samples are being written; borrowed until the next one */
	enum metric_type type;
};

/** Begins a family: its HELP and TYPE lines. `name` has no `_total`; `help` is one line. */
void exposition_family(struct exposition *x, const char *name, enum metric_type type, const char *help);

/** A sample of the family (of a counter: with `_total`); `labels` ends with a name that is NULL, or is NULL. */
void exposition_count(struct exposition *x, const struct metric_label *labels, uint64_t value);

/** Likewise, a real number. */
void exposition_real(struct exposition *x, const struct metric_label *labels, double value);

/** A histogram: `n` buckets whose upper bounds are `bound` (s, rising; the last one is infinity and isn't
 * written in it), with the number in each (not summed up), and the sum of all values (s). At most 4 labels. */
void exposition_histogram(struct exposition *x, const struct metric_label *labels, const double *bound,
			  const uint64_t *bucket, unsigned n, double sum);

/** What ends the page. */
void exposition_end(struct exposition *x);

/** The media type. */
const char *exposition_type(const struct exposition *x);

/** True where an Accept header prefers OpenMetrics to plain text. */
bool exposition_wanted(const char *accept);

#endif
