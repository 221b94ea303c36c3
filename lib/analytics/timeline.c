// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/timeline.h"

#include <string.h>

const char *const timeline_fate_names[TIMELINE_FATES] = {
	[TIMELINE_NOERROR] = "noerror",
	[TIMELINE_NXDOMAIN] = "nxdomain",
	[TIMELINE_SERVFAIL] = "servfail",
	[TIMELINE_OTHER] = "other",
	[TIMELINE_UNANSWERED] = "unanswered",
};

void timeline_init(struct timeline *t, int64_t width, bool all)
{
	t->width = width;
	t->all = all;
	timeline_clear(t);
}

void timeline_clear(struct timeline *t)
{
	t->base = t->end = 0;
	t->low = t->high = 0;
	t->last = 0;
	memset(t->slot, 0, sizeof(t->slot));
}

/* The largest number whose slot doesn't begin after the time, before 1970 too. */
static int64_t number_of(int64_t time, int64_t width)
{
	return time / width - (time % width < 0);
}

static uint32_t place(const struct timeline *t, int64_t number)
{
	int64_t at = t->all ? number - t->base : number % TIMELINE_SLOTS;

	return (uint32_t)(at < 0 ? at + TIMELINE_SLOTS : at);
}

const struct timeline_slot *timeline_at(const struct timeline *t, int64_t number)
{
	return &t->slot[place(t, number)];
}

static void add_slot(struct timeline_slot *to, const struct timeline_slot *from)
{
	for (unsigned i = 0; i < TIMELINE_FATES; i++)
		to->fate[i] += from->fate[i];
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		to->latency[i] += from->latency[i];
}

/* Slots twice as wide. */
static void widen(struct timeline *t)
{
	int64_t base = number_of(t->base, 2), end = number_of(t->end - 1, 2) + 1;
	uint32_t n = (uint32_t)(t->end - t->base);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t to = (uint32_t)(number_of(t->base + i, 2) - base);

		if (to == i)
			continue;
		add_slot(&t->slot[to], &t->slot[i]);
		memset(&t->slot[i], 0, sizeof(t->slot[i]));
	}
	t->base = base;
	t->end = end;
	t->width *= 2;
	t->low = t->high = 0;
}

/* Forgets the oldest slots of those that are to be the newest ones up to `number`. */
static void advance(struct timeline *t, int64_t number)
{
	int64_t base = number + 1 - TIMELINE_SLOTS;

	if (base >= t->end) {
		memset(t->slot, 0, sizeof(t->slot));
	} else {
		for (int64_t i = t->base; i < base; i++)
			memset(&t->slot[place(t, i)], 0, sizeof(t->slot[0]));
	}
	t->base = base;
}

/* Lets an older slot than all others be the oldest, where there is room for those in between. */
static void reach_back(struct timeline *t, int64_t number)
{
	uint32_t by = (uint32_t)(t->base - number), n = (uint32_t)(t->end - t->base);

	if (t->end - number > TIMELINE_SLOTS)
		return;
	if (t->all) {
		memmove(&t->slot[by], &t->slot[0], n * sizeof(t->slot[0]));
		memset(&t->slot[0], 0, by * sizeof(t->slot[0]));
	}
	t->base = number;
}

struct timeline_slot *timeline_seek(struct timeline *t, int64_t time)
{
	int64_t number = number_of(time, t->width);

	if (t->end == t->base)
		t->base = t->end = number;
	if (number < t->base)
		reach_back(t, number);
	while (t->all && number - t->base >= TIMELINE_SLOTS) {
		widen(t);
		number = number_of(time, t->width);
	}
	if (number - t->base >= TIMELINE_SLOTS)
		advance(t, number);
	if (number < t->base)
		number = t->base;
	if (number >= t->end)
		t->end = number + 1;
	t->low = number * t->width;
	t->high = t->low + t->width;
	t->last = place(t, number);
	return &t->slot[t->last];
}

void timeline_merge(struct timeline *to, const struct timeline *from)
{
	if (from->end == from->base)
		return;
	if (to->end == to->base)
		to->width = from->width;
	while (to->width < from->width)
		widen(to);
	/* All of a run needs room at its start, too. */
	while (to->all && to->end > to->base &&
	       to->end - number_of(from->base * from->width, to->width) > TIMELINE_SLOTS)
		widen(to);
	for (int64_t i = from->base; i < from->end; i++) {
		int64_t time = i * from->width;
		struct timeline_slot *slot = timeline_slot(to, time);

		/* What is too old for the newest slots is left out. */
		if (to->all || number_of(time, to->width) >= to->base)
			add_slot(slot, timeline_at(from, i));
	}
}
