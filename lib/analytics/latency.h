// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Response times by logarithmic buckets: eight for each doubling, so that a quantile is at most an eighth off.
 * Each eighth bucket ends at a power of two of microseconds: coarser histograms are exact sums.
 */
#ifndef ANALYTICS_LATENCY_H
#define ANALYTICS_LATENCY_H

#include <stdint.h>

#define LATENCY_SUB_BITS 3
#define LATENCY_SUB (1u << LATENCY_SUB_BITS)
#define LATENCY_OCTAVES 27 /**< up to 2^27 µs, 134 s; what took longer is in the last bucket */
#define LATENCY_BUCKETS ((LATENCY_OCTAVES - LATENCY_SUB_BITS + 1) * LATENCY_SUB)

/** The bucket of a time in ns; bucket i holds (latency_bound(i - 1), latency_bound(i)]. */
static inline uint32_t latency_bucket(int64_t ns)
{
	uint64_t us = ns > 0 ? (uint64_t)(ns - 1) / 1000 : 0;

	if (us < LATENCY_SUB)
		return (uint32_t)us;
	if (us >> LATENCY_OCTAVES)
		return LATENCY_BUCKETS - 1;
	uint32_t octave = 63 - (uint32_t)__builtin_clzll(us);
	return (octave - LATENCY_SUB_BITS + 1) * LATENCY_SUB +
	       ((us >> (octave - LATENCY_SUB_BITS)) & (LATENCY_SUB - 1));
}

/** The coarse bucket of a time in ns among `n`: the first one ends at 2^from µs, each further one at twice as
 * much, and the last one holds all that is longer. */
static inline uint32_t latency_octave(int64_t ns, unsigned from, unsigned n)
{
	uint64_t us = (ns > 0 ? (uint64_t)(ns - 1) / 1000 : 0) >> from;
	uint32_t i = us ? 64 - (uint32_t)__builtin_clzll(us) : 0;

	return i < n ? i : n - 1;
}

/** The upper bound of a bucket in µs. */
uint64_t latency_bound(uint32_t bucket);

/** The time in µs that the part `q` (0 … 1) of the times counted by bucket lies below; 0 where there are none. */
double latency_quantile(const uint64_t bucket[LATENCY_BUCKETS], double q);

/** Sums buckets up to powers of two: `to[i]` gets those up to 2^(from + i) µs that no earlier one has, the last
 * one of `n` all others. */
void latency_octaves(const uint64_t bucket[LATENCY_BUCKETS], unsigned from, unsigned n, uint64_t *to);

#endif
