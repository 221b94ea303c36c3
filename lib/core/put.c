// SPDX-License-Identifier: BSD-3-Clause
#include "core/put.h"

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

/* Rows of three digits, by what makes a row of them. */
#define TEN(row, h, t) row(h, t, '0'), row(h, t, '1'), row(h, t, '2'), row(h, t, '3'), row(h, t, '4'), \
	row(h, t, '5'), row(h, t, '6'), row(h, t, '7'), row(h, t, '8'), row(h, t, '9')
#define HUNDRED(row, h) TEN(row, h, '0'), TEN(row, h, '1'), TEN(row, h, '2'), TEN(row, h, '3'), TEN(row, h, '4'), \
	TEN(row, h, '5'), TEN(row, h, '6'), TEN(row, h, '7'), TEN(row, h, '8'), TEN(row, h, '9')
#define PADDED(h, t, u) h, t, u
#define NUMBER1(h, t, u) { u, 0, 0, 1 }
#define NUMBER2(h, t, u) { t, u, 0, 2 }
#define NUMBER3(h, t, u) { h, t, u, 3 }

const char put_digits[3001] = {
	HUNDRED(PADDED, '0'), HUNDRED(PADDED, '1'), HUNDRED(PADDED, '2'), HUNDRED(PADDED, '3'), HUNDRED(PADDED, '4'),
	HUNDRED(PADDED, '5'), HUNDRED(PADDED, '6'), HUNDRED(PADDED, '7'), HUNDRED(PADDED, '8'), HUNDRED(PADDED, '9'),
};

const char put_numbers[1000][4] = {
	TEN(NUMBER1, '0', '0'), TEN(NUMBER2, '0', '1'), TEN(NUMBER2, '0', '2'), TEN(NUMBER2, '0', '3'), TEN(NUMBER2, '0', '4'),
	TEN(NUMBER2, '0', '5'), TEN(NUMBER2, '0', '6'), TEN(NUMBER2, '0', '7'), TEN(NUMBER2, '0', '8'), TEN(NUMBER2, '0', '9'),
	HUNDRED(NUMBER3, '1'), HUNDRED(NUMBER3, '2'), HUNDRED(NUMBER3, '3'), HUNDRED(NUMBER3, '4'), HUNDRED(NUMBER3, '5'),
	HUNDRED(NUMBER3, '6'), HUNDRED(NUMBER3, '7'), HUNDRED(NUMBER3, '8'), HUNDRED(NUMBER3, '9'),
};

uint8_t *put_dec_long(uint8_t *p, uint64_t v)
{
	uint32_t part[7];
	unsigned n = 0;

	for (; v >= 1000; v /= 1000)
		part[n++] = (uint32_t)(v % 1000);
	p = put_dec3(p, (uint32_t)v);
	while (n)
		p = put_pad3(p, part[--n]);
	return p;
}

/* The four digits of each group as they lie in memory, the first in the lowest byte, and a bit for each group that
 * is zero. */
#if defined(__SSSE3__)
static inline unsigned hexadecimal(uint32_t digits[8], const uint8_t *addr)
{
	const __m128i table = _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
	const __m128i low_half = _mm_set1_epi8(15);
	__m128i bytes = _mm_loadu_si128((const __m128i *)addr);
	__m128i high = _mm_shuffle_epi8(table, _mm_and_si128(_mm_srli_epi16(bytes, 4), low_half));
	__m128i low = _mm_shuffle_epi8(table, _mm_and_si128(bytes, low_half));
	__m128i zero = _mm_cmpeq_epi16(bytes, _mm_setzero_si128());

	_mm_storeu_si128((__m128i *)digits, _mm_unpacklo_epi8(high, low));
	_mm_storeu_si128((__m128i *)(digits + 4), _mm_unpackhi_epi8(high, low));
	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(zero, zero)) & 0xff;
}
#else
static inline unsigned hexadecimal(uint32_t digits[8], const uint8_t *addr)
{
	static const char digit[] = "0123456789abcdef";
	unsigned zero = 0;

	for (unsigned i = 0; i < 8; i++, addr += 2) {
		const char text[4] = { digit[addr[0] >> 4], digit[addr[0] & 15], digit[addr[1] >> 4], digit[addr[1] & 15] };
		memcpy(&digits[i], text, 4);
		zero |= (unsigned)!(addr[0] | addr[1]) << i;
	}
	return zero;
}
#endif

/* A group without its leading zeros, and a colon; 5 bytes of room. Shifted in a register: bytes that were stored
 * otherwise than they are read have to wait for the cache. */
static inline uint8_t *group(uint8_t *p, uint32_t digits)
{
	/* The last digit is written even where it is a zero. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	unsigned leading = (unsigned)__builtin_ctz((digits ^ 0x30303030) | 1U << 24) / 8;
	digits >>= 8 * leading;
#else
	unsigned leading = (unsigned)__builtin_clz((digits ^ 0x30303030) | 0xff) / 8;
	digits <<= 8 * leading;
#endif
	memcpy(p, &digits, 4);
	p[4 - leading] = ':';
	return p + 5 - leading;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2): its start, and its
 * length in *run; a start of 8 where there is none. */
static unsigned longest_zeros(unsigned zero, unsigned *run)
{
	unsigned starts = 0;

	/* A bit that survives n turns starts a run of more than n. */
	for (*run = 0; zero; zero &= zero >> 1, ++*run)
		starts = zero;
	return *run > 1 ? (unsigned)__builtin_ctz(starts) : 8;
}

uint8_t *put_ipv6(uint8_t *p, const uint8_t *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint32_t digits[8];
	unsigned run, start;

	if (!memcmp(addr, mapped, 12))
		return put_ipv4(PUT(p, "::ffff:"), addr + 12);
	start = longest_zeros(hexadecimal(digits, addr), &run);
	for (unsigned i = 0; i < start; i++)
		p = group(p, digits[i]);
	if (start == 8)
		return p - 1;
	/* The colon before the run is there already, save at the address's start. */
	if (!start)
		*p++ = ':';
	*p++ = ':';
	for (unsigned i = start + run; i < 8; i++)
		p = group(p, digits[i]);
	return start + run < 8 ? p - 1 : p;
}
