// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/hll.h"
#include "mix.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct hll a, b;

static void fill(struct hll *h, uint64_t from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		hll_add(h, mix(from + i));
}

static void assert_near(const struct hll *h, double n, double part)
{
	double got = hll_estimate(h);

	cr_assert_leq(fabs(got - n), part * n, "%.1f for %.0f", got, n);
}

Test(hll, nothing)
{
	cr_assert_eq(hll_estimate(&a), 0);
}

/* Four standard errors, of 1.04 / sqrt(16384) each; far less where there are few. */
Test(hll, error_bounds)
{
	static const uint64_t sizes[] = { 1, 2, 10, 100, 1000, 10000, 40000, 80000, 200000, 1000000, 5000000 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(&a, 0, sizeof(a));
		fill(&a, (uint64_t)i << 32, sizes[i]);
		assert_near(&a, (double)sizes[i], sizes[i] <= 100 ? 0.02 : 4 * 1.04 / 128);
	}
}

/* The mean of many is near: no bias, where plain HyperLogLog has one (2 to 5 times the registers). */
Test(hll, no_bias)
{
	double sum = 0;

	for (unsigned i = 0; i < 40; i++) {
		memset(&a, 0, sizeof(a));
		fill(&a, (uint64_t)(i + 100) << 32, 50000);
		sum += hll_estimate(&a) / 50000;
	}
	cr_assert_leq(fabs(sum / 40 - 1), 4 * 1.04 / 128 / sqrt(40), "%f", sum / 40);
}

Test(hll, repetitions_do_not_count)
{
	fill(&a, 0, 1000);
	double once = hll_estimate(&a);

	for (unsigned i = 0; i < 10; i++)
		fill(&a, 0, 1000);
	cr_assert_eq(hll_estimate(&a), once);
}

/* Two together are as one that saw both. */
Test(hll, merging)
{
	static struct hll both;

	fill(&a, 0, 30000);
	fill(&b, 20000, 30000);
	fill(&both, 0, 50000);
	hll_merge(&a, &b);
	cr_assert_arr_eq(a.rank, both.rank, sizeof(a.rank));
}

Test(hll, every_hash_has_a_place)
{
	hll_add(&a, 0);
	hll_add(&a, UINT64_MAX);
	hll_add(&a, UINT64_C(1) << 63);
	cr_assert_eq(a.rank[0], 64 - HLL_BITS + 1);
	cr_assert_eq(a.rank[HLL_REGISTERS - 1], 1);
	cr_assert_eq(a.rank[HLL_REGISTERS / 2], 64 - HLL_BITS + 1);
	memset(&a, 64 - HLL_BITS + 1, sizeof(a));
	cr_assert_gt(hll_estimate(&a), 1e15);
}
