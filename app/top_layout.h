// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The run at a glance on a terminal: the overview's JSON laid out as lines. It counts nothing.
 */
#ifndef APP_TOP_LAYOUT_H
#define APP_TOP_LAYOUT_H

#include <jansson.h>
#include <stdio.h>

/** Writes at most `height` lines of less than `width` columns (at most 400), each with its newline. `now` is what
 * overview_json() made, `before` an older one that rates are counted from, or NULL; `news` stands at
 * the bottom, where it isn't empty. A cell is a byte: all that isn't
 * printable ASCII is written as `?`, so that nothing from the network speaks to the terminal; the only sequences are
 * bold, reverse and normal. */
void top_layout(FILE *out, const json_t *now, const json_t *before, const char *news, unsigned width, unsigned height);

#endif
