// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of the analytics: what analytics.c writes and view.c reads.
 */
#ifndef ANALYTICS_STATE_H
#define ANALYTICS_STATE_H

#include "analytics/analytics.h"

#define WINDOWS 2

/** How large the lists are. */
extern const struct list_size {
	uint32_t keys;
	uint32_t key_max;
} analytics_list_sizes[LISTS];

/** Lists and sets of a stretch of packet time. */
struct analytics_window {
	bool used;
	int64_t since;      /* its first packet time */
	size_t at[LISTS];   /* where the lists are, from the start of the whole */
	struct hll set[SETS];
};

/** All of it; the lists follow in the same memory, and there are no pointers between its parts: a copy is a
 * copy of its bytes. */
struct analytics {
	size_t size;
	struct analytics_config config;
	bool seen;             /* there was a packet time: */
	int64_t first, newest;
	uint32_t strange;      /* records in a row whose time was far from the others */
	uint32_t current;      /* window */
	uint32_t servers;
	struct analytics_totals totals;
	struct analytics_server
		server[ANALYTICS_SERVERS]; /* the first ones that were seen often enough; they stay */
	struct analytics_window window[WINDOWS];
	struct timeline minutes;
	struct timeline all;
};

static inline struct heavy *window_list(const struct analytics *a, const struct analytics_window *w, unsigned list)
{
	return (struct heavy *)((uint8_t *)(uintptr_t)a + w->at[list]);
}

#endif
