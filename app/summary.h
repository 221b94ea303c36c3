// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What people read on standard error: how far a replay is, and at the end every counter that is not 0.
 */
#ifndef APP_SUMMARY_H
#define APP_SUMMARY_H

#include "app/topology.h"

/** Progress on a terminal. */
struct progress {
	bool shown;      /* standard error is a terminal */
	bool line;       /* a line stands there without its end */
	int64_t started; /* monotonic ns */
};

/** Before the lanes start; `quiet`: something else is shown there. */
void progress_start(struct progress *p, bool quiet);

/** Rewrites the line: packets, rate, percent, time left. Only on a terminal and after the first second. */
void progress_show(struct progress *p, const struct topology *t);

/** Ends the line. */
void progress_end(struct progress *p);

/** The start-up line: source, shape, memory. */
void summary_start(const struct topology *t, const struct options *o);

/** The closing summary: every counter that is not 0, what the source and the sinks lost, hints. `seconds`: wall time. */
void summary_end(const struct topology *t, const struct options *o, const struct counters *c, const struct source_stats *source,
		 const struct sink_stats *sinks, const char *const *names, unsigned n, double seconds);

#endif
