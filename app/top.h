// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * `-top`: the run at a glance on the terminal while it lasts, in the alternate screen, by the main lcore.
 */
#ifndef APP_TOP_H
#define APP_TOP_H

#include "app/metrics.h"

struct top;

/** Opens the terminal that is standard error; it isn't drawn on yet. NULL and the reason in `e`; `*code` is the exit
 * code then: 2 where there is no such terminal or records would go to it. Owned by the caller: top_close(). */
struct top *top_open(const struct options *o, int *code, struct error *e);

/** Once a second: draws it, in the size that the terminal has now. Never waits for the terminal: one that takes nothing
 * is drawn on later. The log's lines are kept from the picture and written to the ordinary screen. */
void top_show(struct top *t, const struct metrics_source *m);

/** Gives the terminal back as it was; the next top_show() takes it again. Async-signal-safe; nothing where nothing is
 * drawn. */
void top_restore(void);

/** Gives the terminal back, with the log's last lines on it. NULL is allowed. */
void top_close(struct top *t);

#endif
