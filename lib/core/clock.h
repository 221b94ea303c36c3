// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Clocks. Packets carry their own time; these are for start-up, control and sinks.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Not NS_PER_S: DPDK's rte_cycles.h has one of type int, in which a minute overflows. */
#define NSEC_PER_SEC INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)
#define NSEC_PER_USEC INT64_C(1000)

/** Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t clock_monotonic(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/** Nanoseconds since the Unix epoch, CLOCK_REALTIME. */
static inline int64_t clock_realtime(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

#endif
