// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/hll.h"

#include <math.h>

#define RANKS (64 - HLL_BITS + 1) /* the largest rank */

void hll_merge(struct hll *to, const struct hll *from)
{
	for (uint32_t i = 0; i < HLL_REGISTERS; i++)
		if (from->rank[i] > to->rank[i])
			to->rank[i] = from->rank[i];
}

/* x + Σ x^(2^k) 2^(k-1): what registers that are still 0 stand for. */
static double sigma(double x)
{
	double z = x, y = 1, before;

	if (x == 1)
		return INFINITY;
	do {
		before = z;
		x *= x;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

/* (1 - x - Σ (1 - x^(2^-k))^2 2^-k) / 3: what registers at their largest rank stand for. */
static double tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		before = z;
		x = sqrt(x);
		y /= 2;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double hll_estimate(const struct hll *h)
{
	uint32_t of_rank[RANKS + 1] = { 0 };
	const double m = HLL_REGISTERS;
	double z;

	for (uint32_t i = 0; i < HLL_REGISTERS; i++)
		of_rank[h->rank[i]]++;
	z = m * tau(1 - of_rank[RANKS] / m);
	for (unsigned k = RANKS - 1; k; k--)
		z = (z + of_rank[k]) / 2;
	z += m * sigma(of_rank[0] / m);
	return m * m / (2 * M_LN2 * z);
}
