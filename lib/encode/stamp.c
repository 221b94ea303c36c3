// SPDX-License-Identifier: BSD-3-Clause
#include "encode/stamp.h"
#include "core/clock.h"
#include "core/put.h"

#define DAY 86400
/* "2026-11-22 10:11:12": nanoseconds in 64 bits end in 2262, so that a year has four digits. */
#define SECOND_TEXT 19

static uint8_t *two(uint8_t *p, int64_t v)
{
	*p++ = (uint8_t)('0' + v / 10);
	*p++ = (uint8_t)('0' + v % 10);
	return p;
}

/* The civil date of a day since the epoch, Gregorian. Years are counted from March, so that the leap day is
 * the last. */
static uint8_t *date(uint8_t *p, int64_t day)
{
	int64_t z = day + 719468; /* days since 0000-03-01; not negative within 64 bits of nanoseconds */
	int64_t era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t m = (5 * doy + 2) / 153;
	int64_t month = m < 10 ? m + 3 : m - 9;
	int64_t year = 400 * era + yoe + (month <= 2);

	p = two(two(p, year / 100), year % 100);
	*p++ = '-';
	p = two(p, month);
	*p++ = '-';
	return two(p, doy - (153 * m + 2) / 5 + 1);
}

/* Writes the text of a second, kept in the context: most records share theirs with the one before. */
static uint8_t *second_text(struct encode_context *cx, uint8_t *p, int64_t second)
{
	if (second != cx->stamp_second) {
		int64_t day = second / DAY - (second % DAY < 0), of_day = second - day * DAY;
		uint8_t *s = date((uint8_t *)cx->stamp, day);

		*s++ = ' ';
		s = two(s, of_day / 3600);
		*s++ = ':';
		s = two(s, of_day / 60 % 60);
		*s++ = ':';
		two(s, of_day % 60);
		cx->stamp_second = second;
	}
	return put_mem(p, cx->stamp, SECOND_TEXT);
}

static uint8_t *nine(uint8_t *p, uint32_t fraction)
{
	p = put_pad3(p, fraction / 1000000);
	p = put_pad3(p, fraction / 1000 % 1000);
	return put_pad3(p, fraction % 1000);
}

/* Whole seconds, rounded down, and the ns behind them; the product of both may be no int64_t any more. */
static int64_t split(int64_t ns, uint32_t *fraction)
{
	int64_t rest = ns % NSEC_PER_SEC;

	*fraction = (uint32_t)(rest < 0 ? rest + NSEC_PER_SEC : rest);
	return ns / NSEC_PER_SEC - (rest < 0);
}

uint8_t *stamp_go(struct encode_context *cx, uint8_t *p, int64_t ns)
{
	uint32_t fraction;
	int64_t second = split(ns, &fraction);

	p = second_text(cx, p, second);
	if (fraction) {
		*p = '.';
		p = nine(p + 1, fraction);
		while (p[-1] == '0')
			p--;
	}
	return PUT(p, " +0000 UTC");
}

uint8_t *stamp_rfc3339(struct encode_context *cx, uint8_t *p, int64_t ns)
{
	uint32_t fraction;
	int64_t second = split(ns, &fraction);
	uint8_t *start = p;

	p = second_text(cx, p, second);
	start[10] = 'T';
	*p = '.';
	p = nine(p + 1, fraction);
	*p++ = 'Z';
	return p;
}
