// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Writing without checks, into room that was checked before (out_need()): each returns where it ended. Some
 * store a few bytes more than they use, within the room that they tell.
 */
#ifndef CORE_PUT_H
#define CORE_PUT_H

#include <stdint.h>
#include <string.h>

/** "000001002…999", and a byte that keeps four-byte loads inside. */
extern const char put_digits[3001];
/** By number: its digits from the left, and in the last byte how many those are. */
extern const char put_numbers[1000][4];

/** Bytes of room for put_dec(). */
#define PUT_DEC_ROOM 24
/** Bytes of room for put_ipv4(). */
#define PUT_IPV4_ROOM 18
/** Bytes of room for put_ipv6(). */
#define PUT_IPV6_ROOM 48

/** Copies a literal without its NUL. */
#define PUT(p, literal) ((uint8_t *)memcpy(p, literal, sizeof(literal) - 1) + sizeof(literal) - 1)

/** `n` bytes. */
static inline uint8_t *put_mem(uint8_t *p, const void *from, uint32_t n)
{
	memcpy(p, from, n);
	return p + n;
}

/** A number below 1000 as three digits; 4 bytes of room. */
static inline uint8_t *put_pad3(uint8_t *p, uint32_t v)
{
	memcpy(p, put_digits + 3 * v, 4);
	return p + 3;
}

/** A number below 1000 without leading zeros; 4 bytes of room. */
static inline uint8_t *put_dec3(uint8_t *p, uint32_t v)
{
	memcpy(p, put_numbers[v], 4);
	return p + put_numbers[v][3];
}

/** put_dec() of larger numbers. */
uint8_t *put_dec_long(uint8_t *p, uint64_t v);

/** An unsigned number in decimal; PUT_DEC_ROOM. */
static inline uint8_t *put_dec(uint8_t *p, uint64_t v)
{
	if (v < 1000)
		return put_dec3(p, (uint32_t)v);
	if (v < 1000000)
		return put_pad3(put_dec3(p, (uint32_t)v / 1000), (uint32_t)v % 1000);
	return put_dec_long(p, v);
}

/** A signed number in decimal; PUT_DEC_ROOM. */
static inline uint8_t *put_sdec(uint8_t *p, int64_t v)
{
	if (v >= 0)
		return put_dec(p, (uint64_t)v);
	*p = '-';
	return put_dec(p + 1, -(uint64_t)v);
}

/** An IPv4 address (4 bytes) as dotted decimal; PUT_IPV4_ROOM. */
static inline uint8_t *put_ipv4(uint8_t *p, const uint8_t *addr)
{
	for (unsigned i = 0; i < 3; i++) {
		p = put_dec3(p, addr[i]);
		*p++ = '.';
	}
	return put_dec3(p, addr[3]);
}

/** An IPv6 address (16 bytes) as RFC 5952 has it; PUT_IPV6_ROOM. */
uint8_t *put_ipv6(uint8_t *p, const uint8_t *addr);

#endif
