// SPDX-License-Identifier: BSD-3-Clause
#include "options_support.h"

#include "core/clock.h"

#define SET(o, name, text) set(o, name, text, NULL)

/* What option_set() says; its error in *e where wanted. */
static int set(struct options *o, const char *name, const char *text, struct error *e)
{
	struct error mine;

	return option_set(o, option_find(name, strlen(name)), text, "here", e ? e : &mine);
}

Test(options_value, booleans_are_gos)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	static const char *const bad[] = { "", "yes", "tRUE", "2", " true", "on", "truee" };
	struct options o = { 0 };

	for (unsigned i = 0; i < 6; i++) {
		cr_assert(!SET(&o, "quiet", yes[i]) && o.quiet, "%s", yes[i]);
		cr_assert(!SET(&o, "quiet", no[i]) && !o.quiet, "%s", no[i]);
		cr_assert(!SET(&o, "fused", yes[i]) && o.fused == SWITCH_ON, "%s", yes[i]);
		cr_assert(!SET(&o, "fused", no[i]) && o.fused == SWITCH_OFF, "%s", no[i]);
	}
	cr_assert(!SET(&o, "fused", "auto") && o.fused == SWITCH_AUTO);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert(SET(&o, "quiet", bad[i]), "%s", bad[i]);
		cr_assert(SET(&o, "fused", bad[i]), "%s", bad[i]);
	}
}

Test(options_value, whole_numbers_are_gos)
{
	static const struct {
		const char *text;
		uint32_t value; /* 0: refused */
	} cases[] = {
		{ "8", 8 },
		{ "+8", 8 },
		{ "0x10", 16 },
		{ "0X1f", 31 },
		{ "0b101", 5 },
		{ "0o17", 15 },
		{ "017", 15 },
		{ "1_000", 1000 },
		{ "0x_1_0", 16 },
		{ "268435456", 1 << 28 },
		{ "268435457", 0 },
		{ "0", 0 },
		{ "-1", 0 },
		{ "", 0 },
		{ " 8", 0 },
		{ "8 ", 0 },
		{ "8k", 0 },
		{ "1__0", 0 },
		{ "_1", 0 },
		{ "1_", 0 },
		{ "0x", 0 },
		{ "08", 0 },
		{ "0b2", 0 },
		{ "1.0", 0 },
		{ "--8", 0 },
		{ "+", 0 },
		{ "99999999999999999999", 0 },
		{ "9223372036854775808", 0 },
		{ "0x_", 0 },
		{ "1e3", 0 },
		{ "\xd9\xa1", 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options o = { 0 };
		int refused = SET(&o, "max_queries", cases[i].text);
		cr_assert_eq(!refused, cases[i].value != 0, "%s", cases[i].text);
		cr_assert_eq(o.max_queries, cases[i].value, "%s", cases[i].text);
	}
}

Test(options_value, durations_are_gos)
{
	static const struct {
		const char *text;
		int64_t ns; /* -1: refused */
	} cases[] = {
		{ "1ns", 1 },
		{ "5us", 5000 },
		{ "5\xc2\xb5s", 5000 },
		{ "5\xce\xbcs", 5000 },
		{ "500ms", 500 * NSEC_PER_MSEC },
		{ "90s", 90 * NSEC_PER_SEC },
		{ "3m", 180 * NSEC_PER_SEC },
		{ "1h30m", 5400 * NSEC_PER_SEC },
		{ "1h1m1s1ms1us1ns", 3661001001001 },
		{ "1.5h", 5400 * NSEC_PER_SEC },
		{ ".5s", 500 * NSEC_PER_MSEC },
		{ "1.s", NSEC_PER_SEC },
		{ "+2s", 2 * NSEC_PER_SEC },
		{ "-2m", 120 * NSEC_PER_SEC },
		{ "0.000000001s", 1 },
		{ "1.9999999999999999999999ns", 1 },
		{ "24h", 86400 * NSEC_PER_SEC },
		{ "24h1ns", -1 },
		{ "0", -1 },
		{ "0s", -1 },
		{ "60", -1 },
		{ "", -1 },
		{ "-", -1 },
		{ "m", -1 },
		{ ".s", -1 },
		{ "1", -1 },
		{ "1d", -1 },
		{ "1M", -1 },
		{ "1 s", -1 },
		{ " 1s", -1 },
		{ "1s ", -1 },
		{ "1s2", -1 },
		{ "--1s", -1 },
		{ "1m-1s", -1 },
		{ "1e3s", -1 },
		{ "9223372036854775808ns", -1 },
		{ "99999999999999999999999999h", -1 },
		{ "2562048h", -1 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options o = { .gc_age = -7 };
		int refused = SET(&o, "gc_age", cases[i].text);
		cr_assert_eq(refused != 0, cases[i].ns < 0, "%s", cases[i].text);
		if (!refused)
			cr_assert_eq(
				llabs(o.gc_age), cases[i].ns, "%s: %lld", cases[i].text, (long long)o.gc_age);
		else
			cr_assert_eq(o.gc_age, -7, "%s", cases[i].text);
	}
}

Test(options_value, sizes_have_units)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} cases[] = {
		{ "1048576", 1 << 20 },
		{ "1M", 1 << 20 },
		{ "1m", 1 << 20 },
		{ "2MB", 2 << 20 },
		{ "2MiB", 2 << 20 },
		{ "2048K", 2 << 20 },
		{ "3G", 3ull << 30 },
		{ "1T", 1ull << 40 },
		{ "1", 0 },
		{ "1023K", 0 },
		{ "", 0 },
		{ "M", 0 },
		{ "-1M", 0 },
		{ "1.5G", 0 },
		{ "1X", 0 },
		{ "1MM", 0 },
		{ "1M ", 0 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", 0 },
		{ "9000000T", 0 },
		{ "99999999999999999999", 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options o = { 0 };
		cr_assert_eq(!SET(&o, "spool_max", cases[i].text), cases[i].bytes != 0, "%s", cases[i].text);
		cr_assert_eq(o.spool_max, cases[i].bytes, "%s", cases[i].text);
	}
}

Test(options_value, choices_in_any_case)
{
	struct options o = { 0 };
	struct error e;

	cr_assert(!SET(&o, "format", "NESTED") && o.format == FORMAT_NESTED);
	cr_assert(!SET(&o, "driver", "af_xdp") && o.driver == DRIVER_AF_XDP);
	cr_assert(!SET(&o, "spool_policy", "newest") && o.spool_policy == SPOOL_NEWEST);
	cr_assert(!SET(&o, "syslog_format", "rfc5424") && o.syslog_format == SYSLOG_RFC5424);
	cr_assert(set(&o, "idle", "rest", &e));
	cr_assert_str_eq(
		e.text, "-idle: \"rest\" (here) is not allowed; allowed: auto, sleep, poll or interrupt");
	cr_assert(SET(&o, "format", ""));
}

Test(options_value, texts_with_choices_are_kept_as_typed)
{
	struct options o = { 0 };

	cr_assert_eq(SET(&o, "syslog_priority", "Warning"), 0);
	cr_assert_str_eq(o.syslog_priority, "Warning");
	cr_assert_eq(SET(&o, "syslog_facility", "authpriv"), 0);
	cr_assert(SET(&o, "syslog_facility", "LOG_AUTH"));
	cr_assert_str_eq(o.syslog_facility, "authpriv");
	cr_assert_eq(SET(&o, "syslog_priority", ""), 0);
	options_free(&o);
}

Test(options_value, lists_split_where_their_row_says)
{
	struct options o = { 0 };

	cr_assert_eq(SET(&o, "dev", ",a,,b,"), 0);
	cr_assert_str_eq(o.dev[0], "a");
	cr_assert_str_eq(o.dev[1], "b");
	cr_assert_null(o.dev[2]);
	cr_assert_eq(SET(&o, "kafka_config", "a=1,2\nb=3"), 0);
	cr_assert_str_eq(o.kafka_config[0], "a=1,2");
	cr_assert_str_eq(o.kafka_config[1], "b=3");
	cr_assert_null(o.kafka_config[2]);
	options_free(&o);
}

Test(options_value, an_error_says_option_source_and_what_is_allowed)
{
	struct options o = { 0 };
	struct error e;

	cr_assert(set(&o, "numprocs", "many", &e));
	cr_assert_str_eq(
		e.text, "-numprocs: \"many\" (here) is not allowed; allowed: a whole number from 1 to 64");
	cr_assert(set(&o, "gc_interval", "60", &e));
	cr_assert(strstr(e.text, "such as 500ms, 90s or 1h30m, from 1ms to 24h"), "%s", e.text);
	cr_assert(set(&o, "spool_max", "lots", &e));
	cr_assert(strstr(e.text, "1048576"), "%s", e.text);
	cr_assert(set(&o, "quiet", "\x1b[31m\n", &e));
	cr_assert_null(strpbrk(e.text, "\x1b\n"));
}

Test(options_value, random_texts_do_no_harm)
{
	static const char letters[] = "0123456789.xbomsuhnKMG_-+ \xc2\xb5\xce\xbc";
	static const char *const names[] = { "numprocs", "gc_age", "spool_max", "quiet", "fused", "driver" };
	uint32_t seed = 1;

	for (unsigned i = 0; i < 200000; i++) {
		struct options o = { 0 };
		char text[12];
		unsigned len = i % sizeof(text);
		for (unsigned j = 0; j < len; j++) {
			seed = seed * 1664525 + 1013904223;
			text[j] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		text[len] = '\0';
		SET(&o, names[i % 6], text);
		cr_assert_leq(o.numprocs, 64);
	}
}
