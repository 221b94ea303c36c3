// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Clocks. Packets carry their own time; these are for start-up, control and sinks.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/** Nanoseconds of CLOCK_MONOTONIC. */
static inline int64_t clock_monotonic(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/** Nanoseconds since the Unix epoch, CLOCK_REALTIME. */
static inline int64_t clock_realtime(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

#endif
