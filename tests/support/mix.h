// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Reproducible random numbers and hashes for tests (splitmix64).
 */
#ifndef SUPPORT_MIX_H
#define SUPPORT_MIX_H

#include <math.h>
#include <stdint.h>

/** 64 evenly spread bits of a number. */
static inline uint64_t mix(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

/** The next number of a sequence, below `limit`. */
static inline uint64_t mix_below(uint64_t *state, uint64_t limit)
{
	return mix((*state)++) % limit;
}

/** The next one of a long-tailed sequence: small numbers come most often, as names do. */
static inline uint32_t mix_tail(uint64_t *state)
{
	double u = ((double)(mix((*state)++) >> 11) + 1) / 9007199254740993.0;

	return (uint32_t)(pow(u, -1.2) - 1);
}

#endif
