// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What can be seen of a run from outside: the pages of `-http` and the terminal's view while it lasts, the report at
 * its end. Owned and served by the main lcore.
 */
#ifndef APP_MONITOR_H
#define APP_MONITOR_H

#include "app/http.h"
#include "app/metrics.h"
#include "app/top.h"

/** Zero-initialised, then opened. */
struct monitor {
	const struct options *options;
	const struct topology *topology; /* NULL until the run starts */
	struct health health;
	struct http *http;               /* NULL: not asked for */
	FILE *report;                    /* NULL: not asked for */
	struct top *top;                 /* NULL: not asked for, or over */
	struct analytics_view *view;     /* what the records told lately; NULL where nobody asks */
};

/** Opens the terminal and the file of `-report`, and binds what `-http` names, before anything else is opened; nobody is answered
 * yet. 0, or -1, the reason in `e` and `*code` the exit code. monitor_close() in any case. Options are
 * borrowed. */
int monitor_open(struct monitor *m, const struct options *o, int *code, struct error *e);

/** The lanes are about to run. `t` is borrowed until monitor_close(). */
void monitor_start(struct monitor *m, const struct topology *t);

/** The descriptor to wait for, or -1 (poll(2) leaves it out). */
int monitor_fd(const struct monitor *m);

/** Milliseconds after which monitor_serve() is due even so, or -1. */
int monitor_timeout(const struct monitor *m);

/** Answers. */
void monitor_serve(struct monitor *m);

/** Once a second. */
void monitor_tick(struct monitor *m);

/** The lanes are through: gives the terminal back and writes the report, where one is asked for. 0, or -1 and the reason. */
int monitor_ended(struct monitor *m, struct error *e);

/** Closes it. */
void monitor_close(struct monitor *m);

#endif
