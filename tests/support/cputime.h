// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The clock of benchmarks: what a thread has used of a processor, which other programs don't lengthen as they do the wall clock's.
 */
#ifndef SUPPORT_CPUTIME_H
#define SUPPORT_CPUTIME_H

#include <stdint.h>
#include <time.h>

/** CPU time of the calling thread, ns. A system call. */
static inline int64_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

#endif
