// SPDX-License-Identifier: BSD-3-Clause
#include "encode/json.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

/* What json_escape() must give, byte by byte. */
static uint32_t escaped(char *to, const uint8_t *from, uint32_t n)
{
	char *p = to;

	for (uint32_t i = 0; i < n; i++) {
		if (from[i] == '"' || from[i] == '\\')
			p += sprintf(p, "\\%c", from[i]);
		else if (from[i] < 0x20 || from[i] > 0x7e)
			p += sprintf(p, "\\u%04x", from[i]);
		else
			*p++ = (char)from[i];
	}
	return (uint32_t)(p - to);
}

static void check(const uint8_t *text, uint32_t n)
{
	char want[6 * 256 + 1], got[6 * 256 + 20];
	uint32_t len = escaped(want, text, n);

	/* At the exact room, one byte less, and with room to spare; something stands before it. */
	for (int spare = -1; spare < 20; spare += 7) {
		struct out o = out_init(got, 3 + n);
		out_str(&o, "abc");
		uint8_t *from = o.at;
		out_mem(&o, text, n);
		o.end = o.start + 3 + (uint32_t)((int)len + spare);
		if (o.end < o.at)
			continue;
		json_escape(&o, from);
		cr_assert_eq(o.full, spare < 0 && len > n);
		if (o.full)
			continue;
		cr_assert_eq(out_len(&o), 3 + len);
		cr_assert(!memcmp(got, "abc", 3) && !memcmp(got + 3, want, len));
	}
}

Test(json, every_byte_at_every_place)
{
	uint8_t text[40];

	for (unsigned c = 0; c < 256; c++)
		for (unsigned at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (uint8_t)c;
			check(text, sizeof(text));
			check(text, at + 1);
		}
	check(text, 0);
}

Test(json, random_texts)
{
	uint8_t text[200];

	for (unsigned i = 0; i < 5000; i++) {
		uint32_t n = (uint32_t)random() % sizeof(text);
		for (uint32_t k = 0; k < n; k++)
			text[k] = random() % 8 ? (uint8_t)(0x20 + random() % 95) : (uint8_t)random();
		check(text, n);
	}
}

Test(json, text)
{
	char buf[64];
	struct out o = out_init(buf, sizeof(buf));
	json_error_t error;

	json_text(&o, "a\"b\\c é");
	json_t *v = json_loadb(buf, out_len(&o), JSON_DECODE_ANY, &error);
	cr_assert_str_eq(json_string_value(v), "a\"b\\c é");
	json_decref(v);
	o = out_init(buf, 4);
	json_text(&o, "abcd");
	cr_assert(o.full);
}
