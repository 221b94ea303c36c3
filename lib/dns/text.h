// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Bytes to presentation form (RFC 1035 §5.1), in words of eight where nothing needs an escape. Internal
 * to lib/dns.
 */
#ifndef DNS_TEXT_H
#define DNS_TEXT_H

#include "core/out.h"

#include <stdint.h>
#include <string.h>

/** Bytes are read and written in words of this many. */
#define TEXT_WORD 8
/** Fewer bytes than this, as most short labels are, cost less one by one. */
#define TEXT_FEW 4
/** Room that text_escape() needs for n bytes. */
#define TEXT_ROOM(n) (4 * (n) + TEXT_WORD)

#define TEXT_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/** What is written as it is: `low` … 0x7e, save two characters that get a backslash. Others are
 * written as \DDD. */
struct text_rule {
	uint8_t low;
	uint8_t escape[2];
	uint8_t bit; /**< of text_escaped: set for what isn't written as it is */
};

/** Labels of a name; strings in quotes; strings of TXT and its like, without quotes. */
#define TEXT_LABEL ((struct text_rule){ 0x21, { '.', '\\' }, 1 })
#define TEXT_QUOTED ((struct text_rule){ 0x20, { '"', '\\' }, 2 })
#define TEXT_PLAIN ((struct text_rule){ 0x20, { '\\', '\\' }, 4 })

/** By byte: the bits of the rules that escape it. */
extern const uint8_t text_escaped[256];

static inline uint64_t text_load(const uint8_t *p)
{
	uint64_t w;
	memcpy(&w, p, TEXT_WORD);
	return w;
}

/** Not 0 where any of the eight bytes needs an escape. */
static inline uint64_t text_special(uint64_t w, struct text_rule rule)
{
	uint64_t a = w ^ TEXT_EACH(rule.escape[0]), b = w ^ TEXT_EACH(rule.escape[1]);
	uint64_t low = (w - TEXT_EACH(rule.low)) & ~w;
	uint64_t high = (w + TEXT_EACH(1)) | w;

	return (low | high | ((a - TEXT_EACH(1)) & ~a) | ((b - TEXT_EACH(1)) & ~b)) & TEXT_EACH(0x80);
}

/** Writes n bytes one by one; where the text ended. */
static inline uint8_t *text_escape_bytes(uint8_t *to, const uint8_t *p, uint32_t n, struct text_rule rule)
{
	for (; n; n--, p++) {
		uint8_t c = *p;
		if (__builtin_expect(text_escaped[c] & rule.bit, 0)) {
			*to++ = '\\';
			if (c != rule.escape[0] && c != rule.escape[1]) {
				*to++ = (uint8_t)('0' + c / 100);
				*to++ = (uint8_t)('0' + c / 10 % 10);
				c = (uint8_t)('0' + c % 10);
			}
		}
		*to++ = c;
	}
	return to;
}

/** Ones for all bytes of a word behind the first `n` (0 to 8), as they lie in memory. */
static inline uint64_t text_behind(uint32_t n)
{
	/* In two steps, since a shift by all 64 bits has no meaning. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return ~UINT64_C(0) << 4 * n << 4 * n;
#else
	return ~UINT64_C(0) >> 4 * n >> 4 * n;
#endif
}

/** Writes the text of n bytes at p to `to` (TEXT_ROOM(n)); where it ended. `left` bytes, at least n,
 * may be read at p. */
static inline uint8_t *text_escape(uint8_t *to, const uint8_t *p, uint32_t n, uint32_t left,
				   struct text_rule rule)
{
	uint32_t at = 0;
	uint64_t w;

	if (n < TEXT_FEW)
		return text_escape_bytes(to, p, n, rule);
	for (; n - at > TEXT_WORD; at += TEXT_WORD) {
		w = text_load(p + at);
		if (__builtin_expect(text_special(w, rule) != 0, 0))
			return text_escape_bytes(to + at, p + at, n - at, rule);
		memcpy(to + at, &w, TEXT_WORD);
	}
	if (__builtin_expect(left - at < TEXT_WORD, 0))
		return text_escape_bytes(to + at, p + at, n - at, rule);
	w = text_load(p + at);
	uint64_t others = text_behind(n - at);
	if (__builtin_expect(text_special((w & ~others) | (TEXT_EACH('a') & others), rule) != 0, 0))
		return text_escape_bytes(to + at, p + at, n - at, rule);
	memcpy(to + at, &w, TEXT_WORD);
	return to + n;
}

/** How a string is written: within quotes, or bare (then `"` is a character as any other). */
enum text_form { TEXT_IN_QUOTES, TEXT_BARE };

/** Writes n bytes at p as a string, without the quotes. `left` bytes, at least n, may be read at p. */
void text_write(struct out *o, const uint8_t *p, uint32_t n, uint32_t left, enum text_form form);

#endif
