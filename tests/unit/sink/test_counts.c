// SPDX-License-Identifier: BSD-3-Clause
#include "sink/counts.h"
#include "blocks.h"

#include <pthread.h>

#define CHANGES 300000

static struct sink_counts counts;
static _Atomic bool over;

static void *change(void *unused)
{
	for (uint64_t i = 0; i < CHANGES; i++) {
		counts_offer(&counts, 7);
		counts_deliver(&counts, 3, 100);
		counts_move(&counts, &counts.s.pending, &counts.s.spooled, 2);
		counts_drop(&counts, SINK_DROP_FULL, 2);
		counts_move(&counts, &counts.s.spooled, &counts.s.delivered, 2);
	}
	over = true;
	return NULL;
}

/* Whenever another thread looks, the figures add up. */
Test(counts, the_equation_holds_at_any_time)
{
	struct sink_stats s;
	pthread_t thread;
	unsigned looks = 0;

	pthread_create(&thread, NULL, change, NULL);
	for (; !over; looks++) {
		counts_read(&counts, &s);
		test_equation(&s);
	}
	pthread_join(thread, NULL);
	counts_read(&counts, &s);
	cr_assert(looks && s.offered == 7 * CHANGES && s.delivered == 5 * CHANGES && s.dropped[SINK_DROP_FULL] == 2 * CHANGES);
	cr_assert(!s.pending && !s.spooled && s.bytes == 100 * CHANGES);
}
