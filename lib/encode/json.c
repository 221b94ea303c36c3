// SPDX-License-Identifier: BSD-3-Clause
#include "encode/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes that an escape adds to each byte. */
static const uint8_t growth[256] = { [0 ... 0x1f] = 5, ['"'] = 1, ['\\'] = 1, [0x7f ... 0xff] = 5 };

#ifdef __SSE2__
/* A bit for each of 16 bytes that needs an escape. */
static inline unsigned specials(const uint8_t *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)p);
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	/* Signed: bytes from 0x80 on are below 0x20 as well. */
	__m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)), del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
	__m128i all = _mm_or_si128(_mm_or_si128(quote, backslash), _mm_or_si128(low, del));

	return (unsigned)_mm_movemask_epi8(all);
}
#endif

/* The first byte at or behind `p` that needs an escape, or `end`. Nearly all texts have none. Memory up to
 * `limit` may be read. */
static const uint8_t *find_special(const uint8_t *p, const uint8_t *end, const uint8_t *limit)
{
#ifdef __SSE2__
	for (; p < end && limit - p >= 16; p += 16) {
		unsigned mask = specials(p);
		if (end - p < 16)
			mask &= (1u << (end - p)) - 1;
		if (mask)
			return p + __builtin_ctz(mask);
	}
	if (p >= end)
		return end;
#endif
	while (p < end && !growth[*p])
		p++;
	return p;
}

/* Moves the bytes of [from, end) to end at `to`, escaped, from the last to the first: none is overwritten
 * before it is read. */
static void expand(uint8_t *from, const uint8_t *end, uint8_t *to)
{
	static const char digit[] = "0123456789abcdef";
	static const uint8_t start[4] = { '\\', 'u', '0', '0' };

	while (end > from) {
		uint8_t c = *--end;

		switch (growth[c]) {
		case 0:
			*--to = c;
			break;
		case 1:
			*--to = c;
			*--to = '\\';
			break;
		default:
			to -= 6;
			memcpy(to, start, sizeof(start));
			to[4] = (uint8_t)digit[c >> 4];
			to[5] = (uint8_t)digit[c & 15];
			break;
		}
	}
}

void json_escape(struct out *o, uint8_t *from)
{
	const uint8_t *p;
	uint32_t more = 0;

	if (o->full)
		return;
	p = find_special(from, o->at, o->end);
	if (__builtin_expect(p == o->at, 1))
		return;
	from += p - from;
	for (; p < o->at; p++)
		more += growth[*p];
	if (!out_need(o, more))
		return;
	o->at += more;
	expand(from, p, o->at);
}

void json_text(struct out *o, const char *text)
{
	out_u8(o, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			out_u8(o, '\\');
		out_u8(o, (uint8_t)*text);
	}
	out_u8(o, '"');
}
