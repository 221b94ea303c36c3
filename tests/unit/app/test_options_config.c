// SPDX-License-Identifier: BSD-3-Clause
#include "options_support.h"

#include "core/clock.h"

TestSuite(options_config, .init = enter_folder, .fini = leave_folder);

Test(options_config, values_of_every_kind)
{
	struct options o;

	put_file("c.json",
		"{\"pcap\": [\"a\", \"b,c\"], \"bpf\": \"udp\", \"numprocs\": 3, \"quiet\": true, \"fused\": "
		"false,"
		" \"gc_age\": \"-2m\", \"format\": \"nested\", \"snaplen\": \"0x100\", \"debug\": null}");
	GOOD(&o, "-config", "c.json");
	cr_assert_str_eq(o.pcap[0], "a");
	cr_assert_str_eq(o.pcap[1], "b,c");
	cr_assert_null(o.pcap[2]);
	cr_assert_str_eq(o.bpf, "udp");
	cr_assert_eq(o.numprocs, 3);
	cr_assert_eq(o.snaplen, 256);
	cr_assert(o.quiet && !o.debug);
	cr_assert_eq(o.fused, SWITCH_OFF);
	cr_assert_eq(o.gc_age, 120 * NSEC_PER_SEC);
	cr_assert_eq(o.format, FORMAT_NESTED);
	options_free(&o);
}

Test(options_config, everything_else_beats_it)
{
	struct options o;

	put_file("c.json",
		"{\"pcap\": \"c\", \"numprocs\": 3, \"txprocs\": 3, \"max_queries\": 3, \"snaplen\": 300}");
	put_file(".env", "PDNS_TXPROCS=4\nPDNS_CONFIG=c.json\n");
	setenv("PDNS_MAX_QUERIES", "5", 1);
	setenv("PDNS_TXPROCS", "6", 1);
	setenv("PDNS_CONFIG", "nowhere", 1);
	GOOD(&o, "-numprocs", "7");
	cr_assert_str_eq(o.pcap[0], "c");
	cr_assert_eq(o.numprocs, 7);
	cr_assert_eq(o.txprocs, 4);
	cr_assert_eq(o.max_queries, 5);
	cr_assert_eq(o.snaplen, 300);
	options_free(&o);
	GOOD(&o, "-pcap", "f");
	cr_assert_str_eq(o.pcap[0], "f");
	cr_assert_null(o.pcap[1]);
	options_free(&o);
}

Test(options_config, wrong_files_are_told_with_their_line)
{
	static const struct {
		const char *text, *expect;
	} cases[] = {
		{ "{\n \"numprocs\": 0\n}", "-numprocs: \"0\" (c.json:2) is not allowed" },
		{ "{\n \"bpf\": \"numprocs\",\n\n \"numprocs\"\n : 1.5\n}",
			"-numprocs: \"1.5\" (c.json:4) is not allowed" },
		{ "{\"gc_age\": 60}", "-gc_age: \"60\" (c.json:1)" },
		{ "{\"quiet\": \"yes\"}", "-quiet: \"yes\" (c.json:1)" },
		{ "{\"quiet\": {}}", "an object is not allowed" },
		{ "{\"bpf\": [\"a\"]}", "an array is not allowed" },
		{ "{\"dev\": [1]}", "an array of texts" },
		{ "{\n\"numproc\": 1}", "c.json:2: unknown option \"numproc\" (did you mean -numprocs?)" },
		{ "{\"help\": true}", "unknown option \"help\"" },
		{ "{\"config\": \"x\"}", "unknown option \"config\"" },
		{ "{\"quiet\": true, \"quiet\": false}", "c.json:1: duplicate" },
		{ "{\n\"quiet\": }", "c.json:2: " },
		{ "[]", "c.json: an object" },
		{ "", "c.json:1: " },
		{ "{\"bpf\": \"a\\u0000b\"}", "c.json:1: " },
		{ "{\"bpf\": \"\xff\"}", "c.json:1: " },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_file("c.json", cases[i].text);
		BAD(cases[i].expect, "-pcap", "a", "-config", "c.json");
	}
}

Test(options_config, a_file_that_is_not_there_is_told)
{
	BAD("-config: nowhere can't be read: No such file", "-pcap", "a", "-config", "nowhere");
	BAD("-config: / can't be read", "-pcap", "a", "-config", "/");
}

Test(options_config, an_empty_name_is_no_file)
{
	struct options o;

	GOOD(&o, "-pcap", "a", "-config", "");
	cr_assert_null(o.config);
	options_free(&o);
}
