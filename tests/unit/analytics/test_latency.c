// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/latency.h"
#include "mix.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bucket[LATENCY_BUCKETS];

/* Every time lies in the bucket whose bounds are around it, and buckets are narrow. */
Test(latency, buckets_and_bounds)
{
	uint64_t state = 1;

	for (unsigned i = 1; i < LATENCY_BUCKETS; i++) {
		int64_t bound = (int64_t)latency_bound(i) * 1000, low = (int64_t)latency_bound(i - 1) * 1000;

		cr_assert_gt(bound, low);
		cr_assert_eq(latency_bucket(bound), i);
		cr_assert_eq(latency_bucket(low + 1), i);
		cr_assert(i < 16 || bound - low <= low / 8, "bucket %u", i);
	}
	for (unsigned i = 0; i < 100000; i++) {
		int64_t ns = (int64_t)(mix_below(&state, UINT64_C(1) << (1 + i % 37)));
		uint32_t at = latency_bucket(ns);

		cr_assert_lt(at, LATENCY_BUCKETS);
		cr_assert(ns <= (int64_t)latency_bound(at) * 1000 || at == LATENCY_BUCKETS - 1);
		cr_assert(!at || ns > (int64_t)latency_bound(at - 1) * 1000);
	}
}

Test(latency, ends)
{
	cr_assert_eq(latency_bucket(0), 0);
	cr_assert_eq(latency_bucket(-1), 0);
	cr_assert_eq(latency_bucket(INT64_MIN), 0);
	cr_assert_eq(latency_bucket(1000), 0);
	cr_assert_eq(latency_bucket(1001), 1);
	cr_assert_eq(latency_bucket(INT64_MAX), LATENCY_BUCKETS - 1);
	cr_assert_eq(latency_bound(LATENCY_BUCKETS - 1), UINT64_C(1) << LATENCY_OCTAVES);
	cr_assert_eq(latency_octave(0, 6, 20), 0);
	cr_assert_eq(latency_octave(64000, 6, 20), 0);
	cr_assert_eq(latency_octave(64001, 6, 20), 1);
	cr_assert_eq(latency_octave(128000, 6, 20), 1);
	cr_assert_eq(latency_octave(INT64_MAX, 6, 20), 19);
}

Test(latency, quantiles_of_little)
{
	cr_assert_eq(latency_quantile(bucket, 0.5), 0);
	bucket[latency_bucket(1500000)] = 1;
	double q = latency_quantile(bucket, 0.5);
	cr_assert(q > 1500 * 0.93 && q < 1500 * 1.07, "%f", q);
	memset(bucket, 0, sizeof(bucket));
	bucket[LATENCY_BUCKETS - 1] = 5;
	cr_assert_leq(latency_quantile(bucket, 1), (double)(UINT64_C(1) << LATENCY_OCTAVES));
	cr_assert_gt(latency_quantile(bucket, 0), 1e8);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* At most an eighth off, whatever the times are. */
Test(latency, quantiles_are_near)
{
	static int64_t ns[100000];
	static const double q[] = { 0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1 };
	uint64_t state = 7;

	for (unsigned i = 0; i < 100000; i++) {
		ns[i] = 20000 + (int64_t)mix_below(&state, 100000) * (mix_below(&state, 20) ? 1 : 500);
		bucket[latency_bucket(ns[i])]++;
	}
	qsort(ns, 100000, sizeof(ns[0]), by_size);
	for (unsigned i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		double want = (double)ns[(unsigned)(q[i] * 100000) - 1] / 1000, got = latency_quantile(bucket, q[i]);

		cr_assert(got > want * 0.87 && got < want * 1.13, "p%f: %f for %f", q[i], got, want);
	}
}

/* Coarse buckets are exact sums of fine ones, and agree with the coarse bucket of each time. */
Test(latency, octaves)
{
	uint64_t direct[20] = { 0 }, summed[20], state = 3;

	for (unsigned i = 0; i < 100000; i++) {
		int64_t ns = (int64_t)mix_below(&state, UINT64_C(1) << (8 + i % 30));

		bucket[latency_bucket(ns)]++;
		direct[latency_octave(ns, 6, 20)]++;
	}
	latency_octaves(bucket, 6, 20, summed);
	cr_assert_arr_eq(direct, summed, sizeof(direct));
}
