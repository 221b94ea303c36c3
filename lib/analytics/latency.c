// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/latency.h"

#include <string.h>

uint64_t latency_bound(uint32_t bucket)
{
	uint32_t octave = bucket / LATENCY_SUB, sub = bucket % LATENCY_SUB;

	if (!octave)
		return bucket + 1;
	return (uint64_t)(LATENCY_SUB + sub + 1) << (octave - 1);
}

double latency_quantile(const uint64_t bucket[LATENCY_BUCKETS], double q)
{
	uint64_t total = 0;
	double rank;

	for (uint32_t i = 0; i < LATENCY_BUCKETS; i++)
		total += bucket[i];
	if (!total)
		return 0;
	rank = q * (double)total;
	for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
		double low = i ? (double)latency_bound(i - 1) : 0;

		if (bucket[i] && rank <= (double)bucket[i])
			return low + ((double)latency_bound(i) - low) * rank / (double)bucket[i];
		rank -= (double)bucket[i];
	}
	return (double)latency_bound(LATENCY_BUCKETS - 1);
}

void latency_octaves(const uint64_t bucket[LATENCY_BUCKETS], unsigned from, unsigned n, uint64_t *to)
{
	memset(to, 0, n * sizeof(*to));
	for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
		unsigned k = 0;

		while (k + 1 < n && latency_bound(i) > UINT64_C(1) << (from + k))
			k++;
		to[k] += bucket[i];
	}
}
