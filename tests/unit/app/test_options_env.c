// SPDX-License-Identifier: BSD-3-Clause
#include "options_support.h"

#include "core/clock.h"

TestSuite(options_env, .init = enter_folder, .fini = leave_folder);

Test(options_env, the_seeds_variables_are_known)
{
	static const char *const pairs[][2] = {
		{ "dev", "PDNS_DEV" },
		{ "fluentd_socket", "PDNS_FLUENTD_SOCKET" },
		{ "bpf", "PDNS_BPF" },
		{ "pcap", "PDNS_PCAP_FILE" },
		{ "logfile", "PDNS_LOG_FILE" },
		{ "logMaxAge", "PDNS_LOG_AGE" },
		{ "logMaxBackups", "PDNS_LOG_BACKUP" },
		{ "logMaxSize", "PDNS_LOG_SIZE" },
		{ "quiet", "PDNS_QUIET" },
		{ "debug", "PDNS_DEBUG" },
		{ "gc_age", "PDNS_GC_AGE" },
		{ "gc_interval", "PDNS_GC_INTERVAL" },
		{ "kafka_brokers", "PDNS_KAFKA_PEERS" },
		{ "kafka_topic", "PDNS_KAFKA_TOPIC" },
		{ "cpuprofile", "PDNS_PROFILE_FILE" },
		{ "numprocs", "PDNS_THREADS" },
		{ "pfring", "PDNS_PFRING" },
		{ "statsd_host", "PDNS_STATSD_HOST" },
		{ "statsd_interval", "PDNS_STATSD_INTERVAL" },
		{ "statsd_prefix", "PDNS_STATSD_PREFIX" },
		{ "name", "PDNS_NAME" },
		{ "syslog_facility", "PDNS_SYSLOG_FACILITY" },
		{ "syslog_priority", "PDNS_SYSLOG_PRIORITY" },
		{ "snaplen", "PDNS_SNAPLEN" },
		{ "kafka_avro", "PDNS_KAFKA_AVRO" },
		{ "config", "PDNS_CONFIG" },
	};

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct option_row *row = option_find(pairs[i][0], strlen(pairs[i][0]));
		cr_assert(row, "%s", pairs[i][0]);
		cr_assert_str_eq(row->variable, pairs[i][1]);
	}
}

Test(options_env, every_other_variable_is_the_name_in_capitals)
{
	static const char *const ours[] = { "driver", "idle", "idle_exit", "txprocs", "fused", "max_queries",
		"unanswered", "orphans", "format", "sink_format", "sink_timeout", "log_compress", "syslog_format",
		"syslog_socket", "fluentd_ack", "kafka_config", "kafka_key", "kafka_batch", "spool_dir",
		"spool_max", "spool_policy", "http", "user" };

	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		char want[64] = "PDNS_";
		for (unsigned j = 0; ours[i][j]; j++)
			want[5 + j] = (char)(ours[i][j] >= 'a' && ours[i][j] <= 'z' ? ours[i][j] - 32
										    : ours[i][j]);
		cr_assert_str_eq(option_find(ours[i], strlen(ours[i]))->variable, want);
	}
}

Test(options_env, no_name_or_variable_stands_twice)
{
	for (unsigned i = 0; i < option_row_count; i++)
		for (unsigned j = 0; j < i; j++) {
			cr_assert_str_neq(option_rows[i].name, option_rows[j].name);
			if (option_rows[i].variable && option_rows[j].variable)
				cr_assert_str_neq(option_rows[i].variable, option_rows[j].variable);
			if (option_rows[i].kind != OPTION_ACTION && option_rows[j].kind != OPTION_ACTION)
				cr_assert_neq(option_rows[i].offset, option_rows[j].offset, "%s",
					option_rows[i].name);
		}
}

Test(options_env, flags_beat_env_file_beats_environment)
{
	struct options o;

	setenv("PDNS_THREADS", "2", 1);
	setenv("PDNS_BPF", "udp", 1);
	setenv("PDNS_QUIET", "true", 1);
	setenv("PDNS_PCAP_FILE", "e.pcap", 1);
	put_file(".env", "PDNS_THREADS=3\nPDNS_BPF=tcp\nPDNS_PCAP_FILE=f.pcap\n");
	GOOD(&o, "-numprocs", "4");
	cr_assert_eq(o.numprocs, 4);
	cr_assert_str_eq(o.bpf, "tcp");
	cr_assert(o.quiet);
	cr_assert_str_eq(o.pcap[0], "f.pcap");
	cr_assert_null(o.pcap[1]);
	options_free(&o);
}

Test(options_env, a_flag_that_says_no_beats_a_variable)
{
	struct options o;

	setenv("PDNS_QUIET", "1", 1);
	GOOD(&o, "-pcap", "a", "-quiet=false");
	cr_assert_not(o.quiet);
	options_free(&o);
}

Test(options_env, an_empty_variable_counts_as_unset)
{
	struct options o;

	setenv("PDNS_QUIET", "", 1);
	setenv("PDNS_THREADS", "", 1);
	setenv("PDNS_GC_AGE", "", 1);
	setenv("PDNS_LOG_SIZE", "", 1);
	setenv("PDNS_FORMAT", "", 1);
	setenv("PDNS_KAFKA_TOPIC", "", 1);
	setenv("PDNS_LOG_FILE", "", 1);
	GOOD(&o, "-pcap", "a");
	cr_assert(!o.quiet && o.numprocs == 0 && o.gc_age == 60 * NSEC_PER_SEC && o.log_max_size == 100);
	cr_assert_null(o.logfile);
	options_free(&o);
	setenv("PDNS_BPF", "", 1);
	GOOD(&o, "-pcap", "a");
	cr_assert_str_eq(o.bpf, "");
	options_free(&o);
}

Test(options_env, lines_of_the_file)
{
	struct options o;

	put_file(".env", "# a comment\n"
			 "\n"
			 "export PDNS_PCAP_FILE=a b.pcap   # behind a blank\n"
			 "  PDNS_BPF = \"udp # port 53\"  # comment\r\n"
			 "PDNS_NAME='one \"two\" \\n'\n"
			 "export\tPDNS_THREADS=\t5\t\n"
			 "OTHER=thing\n"
			 "not an assignment\n"
			 "PDNS_LOG_FILE=/x#y\n"
			 "PDNS_GC_AGE=\"-2m\"\n"
			 "PDNS_QUIET=0\n"
			 "PDNS_QUIET=1");
	GOOD(&o, "-debug");
	cr_assert_str_eq(o.pcap[0], "a b.pcap");
	cr_assert_str_eq(o.bpf, "udp # port 53");
	cr_assert_str_eq(o.name, "one \"two\" \\n");
	cr_assert_eq(o.numprocs, 5);
	cr_assert_str_eq(o.logfile, "/x#y");
	cr_assert_eq(o.gc_age, 120 * NSEC_PER_SEC);
	cr_assert(o.quiet);
	options_free(&o);
}

Test(options_env, double_quotes_know_escapes)
{
	struct options o;

	put_file(".env", "PDNS_PCAP_FILE=\"a\\nb\\\\n\"\nPDNS_NAME=\"\\\"x\\\"\\d\"\nPDNS_BPF=''\n");
	GOOD(&o, "-debug");
	cr_assert_str_eq(o.pcap[0], "a");
	cr_assert_str_eq(o.pcap[1], "b\\n");
	cr_assert_str_eq(o.name, "\"x\"\\d");
	cr_assert_str_eq(o.bpf, "");
	options_free(&o);
}

Test(options_env, wrong_lines_are_told_with_their_number)
{
	put_file(".env", "\nPDNS_THREADS=x\n");
	BAD("-numprocs: \"x\" (.env:2, PDNS_THREADS) is not allowed", "-pcap", "a");
	put_file(".env", "PDNS_TREADS=4\n");
	BAD(".env:1: unknown variable PDNS_TREADS (did you mean PDNS_THREADS?)", "-pcap", "a");
	put_file(".env", "\n\nPDNS_QUIET\n");
	BAD(".env:3: \"PDNS_QUIET\"", "-pcap", "a");
	put_file(".env", "PDNS_BPF=\"udp\n");
	BAD(".env:1: PDNS_BPF: the quotes", "-pcap", "a");
	put_file(".env", "PDNS_BPF='udp' or\n");
	BAD(".env:1: PDNS_BPF: the quotes", "-pcap", "a");
}

Test(options_env, a_wrong_variable_is_told_by_its_name)
{
	setenv("PDNS_GC_INTERVAL", "soon", 1);
	BAD("-gc_interval: \"soon\" (variable PDNS_GC_INTERVAL) is not allowed", "-pcap", "a");
}

Test(options_env, what_a_flag_overrides_is_not_looked_at)
{
	struct options o;

	setenv("PDNS_GC_INTERVAL", "soon", 1);
	GOOD(&o, "-pcap", "a", "-gc_interval", "1m");
	cr_assert_eq(o.gc_interval, 60 * NSEC_PER_SEC);
	options_free(&o);
}

Test(options_env, foreign_variables_are_left_alone_and_near_misses_told)
{
	struct options o;

	setenv("PDNS_AUTH_API_KEY", "secret", 1);
	setenv("PDNS_KAFKA_TOPICS", "x", 1);
	divert(STDERR_FILENO, "err");
	GOOD(&o, "-pcap", "a");
	char *text = get_file("err");
	cr_assert(strstr(text, "PDNS_KAFKA_TOPICS is unknown (did you mean PDNS_KAFKA_TOPIC?)"), "%s", text);
	cr_assert_null(strstr(text, "API_KEY"));
	free(text);
	options_free(&o);
}

Test(options_env, random_files_do_no_harm)
{
	static const char letters[] = "PDNS_BPF==\"'\\ #\nn\tx\r";
	uint32_t seed = 7;

	for (unsigned i = 0; i < 3000; i++) {
		struct options o;
		struct error e;
		char text[64] = "PDNS_BPF=";
		unsigned len = 9 + i % 40;
		for (unsigned j = i % 2 ? 9 : 0; j < len; j++) {
			seed = seed * 1664525 + 1013904223;
			text[j] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		put_file(".env", text);
		read_flags_list(&o, &e, "-pcap", "a", NULL);
		options_free(&o);
	}
}
