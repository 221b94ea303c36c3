// SPDX-License-Identifier: BSD-3-Clause
#include "options_support.h"

static const char *suggested(const char *name, bool variables)
{
	static char text[96];

	option_suggest(name, variables, text, sizeof(text));
	return text;
}

Test(options_suggest, near_names_are_found)
{
	cr_assert_str_eq(suggested("pcpa", false), " (did you mean -pcap?)");
	cr_assert_str_eq(suggested("kafka-brokers", false), " (did you mean -kafka_brokers?)");
	cr_assert_str_eq(suggested("logmaxsize", false), " (did you mean -logMaxSize?)");
	cr_assert_str_eq(suggested("statsd_hosts", false), " (did you mean -statsd_host?)");
	cr_assert_str_eq(suggested("deb", false), " (did you mean -dev?)");
	cr_assert_str_eq(suggested("PDNS_GC_AG", true), " (did you mean PDNS_GC_AGE?)");
}

Test(options_suggest, far_ones_are_not)
{
	cr_assert_str_eq(suggested("frobnicate", false), "");
	cr_assert_str_eq(suggested("", false), "");
	cr_assert_str_eq(suggested("xy", false), "");
	cr_assert_str_eq(suggested("PDNS_API_KEY", true), "");
}

Test(options_suggest, hidden_options_and_long_names_are_not_offered)
{
	char name[500];

	cr_assert_str_eq(suggested("help_markdow", false), "");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	cr_assert_str_eq(suggested(name, false), "");
}
