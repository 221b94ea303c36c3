// SPDX-License-Identifier: BSD-3-Clause
#include "core/put.h"

#define TEN(h, t) h, t, '0', h, t, '1', h, t, '2', h, t, '3', h, t, '4', \
	h, t, '5', h, t, '6', h, t, '7', h, t, '8', h, t, '9'
#define HUNDRED(h) TEN(h, '0'), TEN(h, '1'), TEN(h, '2'), TEN(h, '3'), TEN(h, '4'), \
	TEN(h, '5'), TEN(h, '6'), TEN(h, '7'), TEN(h, '8'), TEN(h, '9')

const char put_digits[3001] = {
	HUNDRED('0'), HUNDRED('1'), HUNDRED('2'), HUNDRED('3'), HUNDRED('4'),
	HUNDRED('5'), HUNDRED('6'), HUNDRED('7'), HUNDRED('8'), HUNDRED('9'),
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

/* 16 bits in hexadecimal without leading zeros; 4 bytes of room. */
static uint8_t *group(uint8_t *p, unsigned v)
{
	static const char digit[] = "0123456789abcdef";
	const char text[7] = { digit[v >> 12], digit[v >> 8 & 15], digit[v >> 4 & 15], digit[v & 15] };
	unsigned n = 1 + (v > 0xf) + (v > 0xff) + (v > 0xfff);

	memcpy(p, text + 4 - n, 4);
	return p + n;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2): its start, and its
 * length in *run; a start of 8 where there is none. */
static unsigned longest_zeros(const uint16_t groups[8], unsigned *run)
{
	unsigned zero = 0, starts = 0;

	for (unsigned i = 0; i < 8; i++)
		zero |= (unsigned)!groups[i] << i;
	/* A bit that survives n turns starts a run of more than n. */
	for (*run = 0; zero; zero &= zero >> 1, ++*run)
		starts = zero;
	return *run > 1 ? (unsigned)__builtin_ctz(starts) : 8;
}

uint8_t *put_ipv6(uint8_t *p, const uint8_t *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint16_t groups[8];
	unsigned run, start;

	if (!memcmp(addr, mapped, 12))
		return put_ipv4(PUT(p, "::ffff:"), addr + 12);
	for (unsigned i = 0; i < 8; i++)
		groups[i] = (uint16_t)(addr[2 * i] << 8 | addr[2 * i + 1]);
	start = longest_zeros(groups, &run);
	for (unsigned i = 0; i < start; i++) {
		p = group(p, groups[i]);
		*p++ = ':';
	}
	if (start == 8)
		return p - 1;
	/* The colon before the run is there already, save at the address's start. */
	if (!start)
		*p++ = ':';
	*p++ = ':';
	for (unsigned i = start + run; i < 8; i++) {
		p = group(p, groups[i]);
		*p++ = ':';
	}
	return start + run < 8 ? p - 1 : p;
}
