// SPDX-License-Identifier: BSD-3-Clause
#include "pair/hash.h"

#include "core/siphash.h"
#include "dns/message.h"

#include <string.h>

/* What the three kinds of input are told apart by, so that their hashes are independent. */
enum { FLOW = 1, QUESTION = 2, BYTES = 3 };

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

uint64_t siphash(const uint64_t k[2], const uint8_t *data, uint32_t len)
{
	struct siphash h = siphash_start(k);
	uint32_t whole = len & ~7U;
	uint64_t last = (uint64_t)len << 56;

	for (uint32_t i = 0; i < whole; i += 8)
		siphash_word(&h, load64(data + i), 2);
	for (uint32_t i = whole; i < len; i++)
		last |= (uint64_t)data[i] << 8 * (i - whole);
	siphash_word(&h, last, 2);
	return siphash_end(&h, 4);
}

static uint64_t sip_flow(const struct hasher *h, const struct flow_view *flow)
{
	uint8_t bytes[40];

	memcpy(bytes, flow->client, 16);
	memcpy(bytes + 16, flow->server, 16);
	memcpy(bytes + 32, &flow->rest, 8);
	return siphash(h->key + 2 * (FLOW - 1), bytes, sizeof(bytes));
}

static uint64_t sip_question(const struct hasher *h, const uint8_t *message, uint32_t name_len)
{
	uint8_t folded[DNS_NAME_MAX + 4];
	const uint8_t *from = message + DNS_HEADER_SIZE;

	for (uint32_t i = 0; i < name_len; i++)
		folded[i] = (uint8_t)(from[i] - 'A') < 26 ? from[i] | 0x20 : from[i];
	memcpy(folded + name_len, from + name_len, 4);
	return siphash(h->key + 2 * (QUESTION - 1), folded, name_len + 4);
}

static uint64_t sip_bytes(const struct hasher *h, const uint8_t *data, uint32_t len)
{
	return siphash(h->key + 2 * (BYTES - 1), data, len);
}

#if defined(__x86_64__) && defined(__SSE2__)
#include <immintrin.h>
#define AES __attribute__((target("aes,sse4.1")))

/* Two rounds between inputs: a difference that a sender chooses spreads over the whole state before the next
 * block can meet it. */
#define ABSORB(s, k, block) _mm_aesenc_si128(_mm_aesenc_si128(s, k), block)

static inline __m128i load128(const void *p)
{
	return _mm_loadu_si128(p);
}

AES static inline uint64_t aes_finish(const struct hasher *h, __m128i s)
{
	s = _mm_aesenc_si128(s, load128(h->key + 2));
	s = _mm_aesenc_si128(s, load128(h->key + 4));
	s = _mm_aesenc_si128(s, load128(h->key + 6));
	return (uint64_t)_mm_cvtsi128_si64(s) ^ (uint64_t)_mm_extract_epi64(s, 1);
}

AES static inline __m128i aes_start(const struct hasher *h, uint64_t kind, uint64_t length)
{
	return _mm_xor_si128(load128(h->key), _mm_set_epi64x((int64_t)kind, (int64_t)length));
}

AES static uint64_t aes_flow(const struct hasher *h, const struct flow_view *flow)
{
	__m128i k = load128(h->key + 8);
	__m128i s = _mm_xor_si128(aes_start(h, FLOW, 0), load128(flow->client));

	s = ABSORB(s, k, load128(flow->server));
	s = ABSORB(s, k, _mm_cvtsi64_si128((int64_t)flow->rest));
	return aes_finish(h, s);
}

/* Bytes A to Z get the bit of small letters. */
AES static inline __m128i fold(__m128i v)
{
	__m128i from_a = _mm_sub_epi8(v, _mm_set1_epi8('A'));
	__m128i capital = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);

	return _mm_or_si128(v, _mm_and_si128(capital, _mm_set1_epi8(0x20)));
}

/* The last block ends with the question and reaches back as far as it must, into the header where the name is
 * short. Type and class come unfolded by the start value. */
AES static uint64_t aes_question(const struct hasher *h, const uint8_t *message, uint32_t name_len)
{
	static const uint8_t keep[32] = { [16 ... 31] = 255 };
	const uint8_t *at = message + DNS_HEADER_SIZE, *end = at + name_len + 4;
	uint32_t type_class;

	memcpy(&type_class, end - 4, 4);
	__m128i k = load128(h->key + 8);
	__m128i s = aes_start(h, QUESTION, (uint64_t)type_class << 32 | name_len);
	for (; end - at > 16; at += 16)
		s = ABSORB(s, k, fold(load128(at)));
	__m128i last = _mm_and_si128(load128(end - 16), load128(keep + (end - at)));
	s = ABSORB(s, k, fold(last));
	return aes_finish(h, s);
}

/* Fewer than 16 bytes as a block, without a detour by memory. */
static inline __m128i load_short(const uint8_t *p, uint32_t len)
{
	uint64_t low = 0, high = 0;

	if (len >= 8) {
		low = load64(p);
		high = load64(p + len - 8);
	} else {
		for (uint32_t i = 0; i < len; i++)
			low |= (uint64_t)p[i] << 8 * i;
	}
	return _mm_set_epi64x((int64_t)high, (int64_t)low);
}

/* Four independent chains hide the latency of the rounds; what is left goes through the first. The last block
 * ends with the input and may take bytes a second time: the start value has the length, so that no two inputs
 * read alike. */
AES static uint64_t aes_bytes(const struct hasher *h, const uint8_t *data, uint32_t len)
{
	__m128i k = load128(h->key + 8), s = aes_start(h, BYTES, len);
	const uint8_t *end = data + len;

	if (len < 16)
		return aes_finish(h, ABSORB(s, k, load_short(data, len)));
	if (len > 64) {
		__m128i a = _mm_xor_si128(s, load128(h->key + 2)), b = _mm_xor_si128(s, load128(h->key + 4));
		__m128i c = _mm_xor_si128(s, load128(h->key + 6));
		for (; end - data > 64; data += 64) {
			s = ABSORB(s, k, load128(data));
			a = ABSORB(a, k, load128(data + 16));
			b = ABSORB(b, k, load128(data + 32));
			c = ABSORB(c, k, load128(data + 48));
		}
		s = ABSORB(s, k, a);
		b = ABSORB(b, k, c);
		s = ABSORB(s, k, b);
	}
	for (; end - data > 16; data += 16)
		s = ABSORB(s, k, load128(data));
	s = ABSORB(s, k, load128(end - 16));
	return aes_finish(h, s);
}

static bool use_aes(struct hasher *h)
{
	if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("sse4.1"))
		return false;
	h->flow = aes_flow;
	h->question = aes_question;
	h->bytes = aes_bytes;
	return true;
}
#else
static bool use_aes(struct hasher *h)
{
	return false;
}
#endif

void hasher_init(struct hasher *h, const uint8_t key[16], bool portable)
{
	uint64_t secret[2] = { load64(key), load64(key + 8) };

	for (unsigned i = 0; i < sizeof(h->key) / sizeof(h->key[0]); i++) {
		uint8_t which = (uint8_t)i;
		h->key[i] = siphash(secret, &which, 1);
	}
	if (!portable && use_aes(h))
		return;
	h->flow = sip_flow;
	h->question = sip_question;
	h->bytes = sip_bytes;
}
