// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The run at a glance, as JSON: what the page, the report and the terminal's view show.
 */
#ifndef APP_OVERVIEW_H
#define APP_OVERVIEW_H

#include "app/metrics.h"

#include <jansson.h>

/** Makes it: one object, NULL where memory lacks. Owned by the caller: json_decref(). */
json_t *overview_json(const struct metrics_source *m);

/** Writes it: one object, in ASCII, without `<`, so that it can stand in HTML. 0, or -1 where memory lacks. */
int overview_write(const struct metrics_source *m, FILE *out);

#endif
