// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Writing cursor into a buffer of fixed size that can't leave it.
 *
 * A write that doesn't fit writes nothing and sets `full`, which stays set; the caller looks once, at the
 * end.
 */
#ifndef CORE_OUT_H
#define CORE_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** A writing cursor over borrowed memory. */
struct out {
	uint8_t *at;    /**< next byte to write */
	uint8_t *end;   /**< one past the last byte that may be written */
	uint8_t *start; /**< first byte of the buffer */
	bool full;      /**< a write didn't fit; sticky */
};

/** A cursor at the start of `cap` bytes at `buf` (borrowed). */
static inline struct out out_init(void *buf, uint32_t cap)
{
	uint8_t *p = buf;
	return (struct out){ .at = p, .end = p + cap, .start = p };
}

/** Bytes written so far. */
static inline uint32_t out_len(const struct out *o)
{
	return (uint32_t)(o->at - o->start);
}

/** Bytes that still fit; 0 once full. */
static inline uint32_t out_left(const struct out *o)
{
	return o->full ? 0 : (uint32_t)(o->end - o->at);
}

/** True where `n` more bytes fit; else sets `full`. After it, n bytes may be stored at `at` without further
 * checks. */
static inline bool out_need(struct out *o, uint32_t n)
{
	if (__builtin_expect(n > out_left(o), 0)) {
		o->full = true;
		return false;
	}
	return true;
}

/** One byte. */
static inline void out_u8(struct out *o, uint8_t c)
{
	if (out_need(o, 1))
		*o->at++ = c;
}

/** `n` bytes. */
static inline void out_mem(struct out *o, const void *p, uint32_t n)
{
	if (out_need(o, n) && n) {
		memcpy(o->at, p, n);
		o->at += n;
	}
}

/** A NUL-terminated text, without its NUL. */
static inline void out_str(struct out *o, const char *s)
{
	out_mem(o, s, (uint32_t)strlen(s));
}

/** An unsigned number in decimal. */
void out_dec(struct out *o, uint64_t value);

/** A signed number in decimal. */
void out_sdec(struct out *o, int64_t value);

/** An unsigned number in decimal, padded with zeros to `width` digits. */
void out_dec_pad(struct out *o, uint64_t value, unsigned width);

/** `n` bytes in hexadecimal, lower case. */
void out_hex(struct out *o, const uint8_t *p, uint32_t n);

/** `n` bytes in hexadecimal, upper case (as zone files show digests). */
void out_hex_upper(struct out *o, const uint8_t *p, uint32_t n);

/** `n` bytes in base64 with padding (RFC 4648 §4). */
void out_base64(struct out *o, const uint8_t *p, uint32_t n);

/** An IPv4 address (4 bytes) as dotted decimal. */
void out_ipv4(struct out *o, const uint8_t *addr);

/** An IPv6 address (16 bytes) as RFC 5952 has it. */
void out_ipv6(struct out *o, const uint8_t *addr);

#endif
