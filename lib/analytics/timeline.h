// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What came when, by packet time, in a fixed number of slots: either the newest ones of a fixed width, or all
 * of a run, whose slots grow twice as wide whenever they don't reach any more.
 */
#ifndef ANALYTICS_TIMELINE_H
#define ANALYTICS_TIMELINE_H

#include "analytics/latency.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_SLOTS 240u

/** How a transaction ended, as the time lines tell it. */
enum timeline_fate {
	TIMELINE_NOERROR,
	TIMELINE_NXDOMAIN,
	TIMELINE_SERVFAIL,
	TIMELINE_OTHER,
	TIMELINE_UNANSWERED,
	TIMELINE_FATES
};

/** Names of enum timeline_fate. */
extern const char *const timeline_fate_names[TIMELINE_FATES];

/** A slot. */
struct timeline_slot {
	uint32_t fate[TIMELINE_FATES];
	uint32_t latency[LATENCY_BUCKETS]; /**< of those that have an answer and its query */
};

/** Slot number n holds the times from n · width on. */
struct timeline {
	int64_t width;  /**< ns */
	int64_t base;   /**< number of the oldest slot */
	int64_t end;    /**< number after the newest one that is in use; base where there is none */
	bool all;       /**< all of the run; else the newest TIMELINE_SLOTS */
	int64_t low, high; /**< times of the slot that was found last … */
	uint32_t last;     /**< … and its place */
	struct timeline_slot slot[TIMELINE_SLOTS];
};

/** Sets one up, empty. */
void timeline_init(struct timeline *t, int64_t width, bool all);

/** Forgets everything but the width. */
void timeline_clear(struct timeline *t);

/** timeline_slot() of another time than the last one. */
struct timeline_slot *timeline_seek(struct timeline *t, int64_t time);

/** The slot of a time. What is older than all slots goes to the oldest. */
static inline struct timeline_slot *timeline_slot(struct timeline *t, int64_t time)
{
	if (__builtin_expect(time >= t->low && time < t->high, 1))
		return &t->slot[t->last];
	return timeline_seek(t, time);
}

/** The slot of a number from base to end - 1. */
const struct timeline_slot *timeline_at(const struct timeline *t, int64_t number);

/** Adds what `from` has; both are of one kind and began with one width. */
void timeline_merge(struct timeline *to, const struct timeline *from);

#endif
