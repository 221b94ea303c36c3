// SPDX-License-Identifier: BSD-3-Clause
#include "dns/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

/* The text as it should be, one byte after the other. */
static uint32_t expected(char *to, const uint8_t *p, uint32_t n, enum text_form form)
{
	char *start = to;

	for (; n; n--, p++)
		if (*p < 0x20 || *p > 0x7e)
			to += sprintf(to, "\\%03u", *p);
		else if (*p == '\\' || (*p == '"' && form == TEXT_IN_QUOTES))
			to += sprintf(to, "\\%c", *p);
		else
			*to++ = (char)*p;
	return (uint32_t)(to - start);
}

/* Writes n bytes that lie at the very end of their memory into exactly `room` bytes. */
static void check(const uint8_t *p, uint32_t n, enum text_form form, uint32_t more, uint32_t spare)
{
	static char want[4 * 66000];
	uint8_t *from = malloc(n + more + 1), *to;
	uint32_t len = expected(want, p, n, form);

	memcpy(from, p, n);
	memset(from + n, 0xff, more);
	to = malloc(len + spare + 1);
	struct out o = out_init(to, len + spare);
	text_write(&o, from, n, n + more, form);
	if (o.full || out_len(&o) != len || memcmp(to, want, len))
		cr_assert(false, "%u bytes, %u more, %u spare: %.*s", n, more, spare, (int)len, want);
	free(from);
	free(to);
}

Test(text, every_byte_at_every_place)
{
	for (uint32_t n = 0; n < 20; n++)
		for (uint32_t at = 0; at < n + !n; at++)
			for (unsigned c = 0; c < 256; c++) {
				uint8_t data[20];
				memset(data, 'x', sizeof(data));
				data[at] = (uint8_t)c;
				check(data, n, (enum text_form)(c & 1), c % 12, c % 3 ? 0 : 100);
				check(data, n, (enum text_form)(~c & 1), 0, 100);
			}
}

Test(text, long_ones)
{
	static uint8_t data[65535];

	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 1000);
	for (uint32_t n = 254; n <= 65535; n = n * 3 / 2 + 1) {
		check(data, n, TEXT_BARE, 0, 0);
		check(data, n, TEXT_IN_QUOTES, 0, 4 * n + 8);
	}
}

Test(text, full)
{
	uint8_t to[10];
	struct out o = out_init(to, sizeof(to));

	memset(to, '#', sizeof(to));
	text_write(&o, (const uint8_t *)"0123456789\n", 10, 11, TEXT_BARE);
	cr_assert(not(o.full));
	text_write(&o, (const uint8_t *)"x", 1, 1, TEXT_BARE);
	cr_assert(o.full);
	cr_assert(eq(u32, out_len(&o), 10));
}
