// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/punycode.h"

#include <stdbool.h>

#define LABEL_MAX 63u

/* The parameters of RFC 3492 §5. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

/* The next character of UTF-8 (RFC 3629); 0 at the end, UINT32_MAX where it is malformed. */
static uint32_t next(const char **at)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)*at;
	unsigned more = *p < 0x80 ? 0 : *p < 0xc0 ? 4 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : *p < 0xf8 ? 3 : 4;
	uint32_t c = more ? *p & (0x3f >> more) : *p;

	if (more == 4)
		return UINT32_MAX;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		c = c << 6 | (p[i] & 0x3f);
	}
	*at += *p ? more + 1 : 0;
	return c < least[more] ? UINT32_MAX : c;
}

/* RFC 3492 §6.1. */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t d)
{
	return (char)(d < 26 ? 'a' + d : '0' + d - 26);
}

/* Appends a variable-length integer (RFC 3492 §3.3); the new length, or 0 where it doesn't fit. */
static uint32_t append(char *ascii, uint32_t len, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;

		if (len == LABEL_MAX)
			return 0;
		if (delta < t) {
			ascii[len] = digit(delta);
			return len + 1;
		}
		ascii[len++] = digit(t + (delta - t) % (BASE - t));
		delta = (delta - t) / (BASE - t);
	}
}

/* RFC 3492 §6.3: the characters that aren't ASCII, behind those that are. */
static uint32_t encode(char *ascii, uint32_t len, const uint32_t *point, uint32_t points, uint32_t basic)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = basic;

	for (; done < points; delta++, n++) {
		uint32_t least = UINT32_MAX;

		for (uint32_t i = 0; i < points; i++)
			if (point[i] >= n && point[i] < least)
				least = point[i];
		delta += (least - n) * (done + 1);
		n = least;
		for (uint32_t i = 0; i < points; i++) {
			delta += point[i] < n;
			if (point[i] != n)
				continue;
			len = append(ascii, len, delta, bias);
			if (!len)
				return 0;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return len;
}

uint32_t punycode_label(char ascii[PUNYCODE_LABEL], const char *text)
{
	static const char prefix[4] = { 'x', 'n', '-', '-' };
	uint32_t point[LABEL_MAX], points = 0, basic = 0, len = 0, c;

	while ((c = next(&text))) {
		if (c == UINT32_MAX || points == LABEL_MAX)
			return 0;
		point[points++] = c;
		basic += c < 0x80;
	}
	if (basic < points)
		for (; len < sizeof(prefix); len++)
			ascii[len] = prefix[len];
	for (uint32_t i = 0; i < points; i++) {
		if (point[i] >= 0x80)
			continue;
		if (len == LABEL_MAX)
			return 0;
		ascii[len++] = (char)point[i];
	}
	if (basic == points)
		return len;
	if (basic && len < LABEL_MAX)
		ascii[len++] = '-';
	return encode(ascii, len, point, points, basic);
}
