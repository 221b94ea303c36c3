// SPDX-License-Identifier: BSD-3-Clause
#include "core/siphash.h"

#include <criterion/criterion.h>

/* The reference's key, 00 … 0f, and input, 00 … n - 1. */
static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
static const uint64_t words[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

static uint64_t two_four(unsigned n, uint64_t last)
{
	struct siphash h = siphash_start(key);

	for (unsigned i = 0; i < n; i++)
		siphash_word(&h, words[i], 2);
	siphash_word(&h, last, 2);
	return siphash_end(&h, 4);
}

/* The reference's own vectors of SipHash-2-4. */
Test(siphash, is_the_references)
{
	cr_expect_eq(two_four(0, 0), 0x726fdb47dd0e0e31);
	cr_expect_eq(two_four(0, UINT64_C(7) << 56 | 0x06050403020100), 0xab0200f58b01d137);
	cr_expect_eq(two_four(1, UINT64_C(8) << 56), 0x93f5f5799a932462);
	cr_expect_eq(two_four(1, UINT64_C(15) << 56 | 0x0e0d0c0b0a0908), 0xa129ca6149be45e5);
}

/* What CPython's bytes hash, SipHash-1-3, gives under a key of zeros. */
Test(siphash, words_are_one_three)
{
	const uint64_t zero[2] = { 0, 0 };

	cr_expect_eq(siphash_words(zero, words, 1), 0xead411e67ebe2eea);
	cr_expect_eq(siphash_words(zero, words, 2), 0x8972188433a5c5b7);
	cr_expect_neq(siphash_words(key, words, 2), siphash_words(zero, words, 2));
}
