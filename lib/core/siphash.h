// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * SipHash-c-d (Aumasson and Bernstein, https://www.aumasson.jp/siphash/siphash.pdf): for tables whose keys
 * strangers choose. c rounds a word and d at the end: 1-3 is enough where nobody sees the hashes.
 */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H

#include <stdint.h>

/** What is hashed so far. */
struct siphash {
	uint64_t v[4];
};

static inline uint64_t siphash_rotate(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static inline void siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = siphash_rotate(v[1], 13) ^ v[0];
	v[3] = siphash_rotate(v[3], 16) ^ v[2];
	v[0] = siphash_rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = siphash_rotate(v[1], 17) ^ v[2];
	v[3] = siphash_rotate(v[3], 21) ^ v[0];
	v[2] = siphash_rotate(v[2], 32);
}

/** Begins under a secret of 128 bits. */
static inline struct siphash siphash_start(const uint64_t key[2])
{
	return (struct siphash){ { key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
				   key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573) } };
}

/** Takes a word. The last one has the length in bytes, modulo 256, in its uppermost byte, and fewer than eight
 * bytes of data. */
static inline void siphash_word(struct siphash *h, uint64_t word, int c)
{
	h->v[3] ^= word;
	for (int i = 0; i < c; i++)
		siphash_round(h->v);
	h->v[0] ^= word;
}

/** The hash. */
static inline uint64_t siphash_end(struct siphash *h, int d)
{
	h->v[2] ^= 0xff;
	for (int i = 0; i < d; i++)
		siphash_round(h->v);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}

/** SipHash-1-3 of `n` words. */
static inline uint64_t siphash_words(const uint64_t key[2], const uint64_t *words, unsigned n)
{
	struct siphash h = siphash_start(key);

	for (unsigned i = 0; i < n; i++)
		siphash_word(&h, words[i], 1);
	siphash_word(&h, (uint64_t)n << 59, 1);
	return siphash_end(&h, 3);
}

#endif
