// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "encode/stamp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct encode_context cx;

static const char *go(int64_t ns)
{
	static char text[STAMP_ROOM + 1];

	*stamp_go(&cx, (uint8_t *)text, ns) = 0;
	return text;
}

static const char *rfc3339(int64_t ns)
{
	static char text[STAMP_ROOM + 1];

	*stamp_rfc3339(&cx, (uint8_t *)text, ns) = 0;
	return text;
}

Test(stamp, fraction)
{
	static const struct { int64_t ns; const char *text; } rows[] = {
		{ 0, "" }, { 1, ".000000001" }, { 10, ".00000001" }, { 100000000, ".1" },
		{ 999999999, ".999999999" },
		{ 123456000, ".123456" }, { 120000000, ".12" }, { 1000, ".000001" }, { 999999000, ".999999" },
	};

	encode_context_init(&cx, "", "");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[64];
		snprintf(want, sizeof(want), "2026-11-22 10:11:12%s +0000 UTC", rows[i].text);
		cr_assert_str_eq(go(1795342272 * NSEC_PER_SEC + rows[i].ns), want);
		snprintf(want, sizeof(want), "2026-11-22T10:11:12.%09dZ", (int)rows[i].ns);
		cr_assert_str_eq(rfc3339(1795342272 * NSEC_PER_SEC + rows[i].ns), want);
	}
}

Test(stamp, ends_of_time)
{
	encode_context_init(&cx, "", "");
	cr_assert_str_eq(go(0), "1970-01-01 00:00:00 +0000 UTC");
	cr_assert_str_eq(go(-1), "1969-12-31 23:59:59.999999999 +0000 UTC");
	cr_assert_str_eq(go(-NSEC_PER_SEC), "1969-12-31 23:59:59 +0000 UTC");
	cr_assert_str_eq(go(INT64_MAX), "2262-04-11 23:47:16.854775807 +0000 UTC");
	cr_assert_str_eq(go(INT64_MIN), "1677-09-21 00:12:43.145224192 +0000 UTC");
	cr_assert_str_eq(rfc3339(INT64_MIN), "1677-09-21T00:12:43.145224192Z");
	cr_assert_str_eq(go(951782400 * NSEC_PER_SEC), "2000-02-29 00:00:00 +0000 UTC");
	cr_assert_str_eq(go(4107542400 * NSEC_PER_SEC), "2100-03-01 00:00:00 +0000 UTC");
}

static uint64_t random64(void)
{
	return (uint64_t)random() << 33 ^ (uint64_t)random() << 10 ^ (uint64_t)random();
}

/* Random times, near to each other and far apart, against the C library. */
Test(stamp, as_gmtime_says)
{
	int64_t ns = 0;

	encode_context_init(&cx, "", "");
	for (unsigned i = 0; i < 50000; i++) {
		char date[32], want[64];
		struct tm tm;
		if (i % 3 == 0)
			ns = (int64_t)random64();
		else
			ns += random() % 1000000000;
		int64_t fraction = (ns % NSEC_PER_SEC + NSEC_PER_SEC) % NSEC_PER_SEC;
		time_t second = (ns - fraction) / NSEC_PER_SEC;
		if (ns < INT64_MIN + NSEC_PER_SEC)
			continue;
		gmtime_r(&second, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), "%s.%09dZ", date, (int)fraction);
		cr_assert_str_eq(rfc3339(ns), want);
		date[10] = ' ';
		cr_assert_eq(strncmp(go(ns), date, 19), 0);
	}
}
