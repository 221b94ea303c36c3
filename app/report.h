// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The report: the page as a file, with its data in it.
 */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include "app/metrics.h"

/** Opens the file for writing; what it holds stays until report_write(). NULL and the reason in `e`. */
FILE *report_open(const char *path, struct error *e);

/** Writes the report in place of what the file held, and closes it. 0, or -1 and the reason. */
int report_write(FILE *f, const struct metrics_source *m, struct error *e);

#endif
