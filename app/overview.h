// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The run at a glance, as JSON: what the page and the report show.
 */
#ifndef APP_OVERVIEW_H
#define APP_OVERVIEW_H

#include "app/metrics.h"

/** Writes it: one object, in ASCII, without `<`, so that it can stand in HTML. 0, or -1 where memory lacks. */
int overview_write(const struct metrics_source *m, FILE *out);

#endif
