// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * How far packet time has gone, believed with care. Private to lib/pair.
 *
 * Each port's clock is followed on its own. It moves ahead with its packets; a jump, ahead or back, is
 * believed only once PROGRESS_VOTES packets in a row agree on it. What entries age by is the sum of the steps
 * (`now`), not the clock itself: it never goes back, a believed jump adds no more than a step does, and two
 * ports whose clocks differ add nothing for their difference. So nothing that is wrong with a timestamp can
 * age an entry before its time, nor keep it for ever.
 */
#ifndef PAIR_PROGRESS_H
#define PAIR_PROGRESS_H

#include <stdint.h>

#define PROGRESS_VOTES 8
#define PROGRESS_PORTS 64 /**< ports beyond share clocks */
/** A step longer than this is a jump; the most that one packet can add, ns. */
#define PROGRESS_STEP INT64_C(1000000000)
/** A jump longer than this is told; a quiet link has shorter ones all the time. */
#define PROGRESS_TOLD INT64_C(60000000000)

/** One port's clock. */
struct progress_port {
	int64_t believed;
	int64_t now;                   /**< this port's own sum of steps */
	int64_t votes[PROGRESS_VOTES]; /**< the last times, where they are a step or more from `believed` */
	uint32_t n;                    /**< votes in a row */
	uint32_t seen;                 /**< not 0: `believed` is set */
};

/** All ports' clocks. Zeroed at start. */
struct progress {
	int64_t now; /**< ns of packet time since the start; never goes back */
	struct progress_port port[PROGRESS_PORTS];
};

/** `a - b`, at the ends of the range where it doesn't fit. */
static inline int64_t time_diff(int64_t a, int64_t b)
{
	int64_t d;

	if (__builtin_sub_overflow(a, b, &d))
		return a < b ? INT64_MIN : INT64_MAX;
	return d;
}

/** Takes the newest packet time of a port. 1 where a long jump was followed, else 0. */
uint32_t progress_follow(struct progress *p, uint16_t port, int64_t time);

#endif
