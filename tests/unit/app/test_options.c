// SPDX-License-Identifier: BSD-3-Clause
#include "options_support.h"
#include "sink/sink.h"

#include "core/clock.h"

TestSuite(options, .init = enter_folder, .fini = leave_folder);

Test(options, defaults_are_the_documented_ones)
{
	struct options o;
	char host[256] = "";

	GOOD(&o, "-pcap", "x.pcap");
	gethostname(host, sizeof(host) - 1);
	cr_assert_str_eq(o.pcap[0], "x.pcap");
	cr_assert_null(o.pcap[1]);
	cr_assert_null(o.dev);
	cr_assert_str_eq(o.bpf, "port 53");
	cr_assert_eq(o.snaplen, 262144);
	cr_assert_eq(o.gc_age, 60 * NSEC_PER_SEC);
	cr_assert_eq(o.gc_interval, 180 * NSEC_PER_SEC);
	cr_assert_eq(o.max_queries, 1000000);
	cr_assert_eq(o.numprocs, 0);
	cr_assert_eq(o.txprocs, 0);
	cr_assert_eq(o.fused, SWITCH_AUTO);
	cr_assert_eq(o.driver, DRIVER_AUTO);
	cr_assert_eq(o.idle, IDLE_AUTO);
	cr_assert_eq(o.idle_exit, 0);
	cr_assert_eq(o.format, FORMAT_FLAT);
	cr_assert_str_eq(o.name, *host ? host : "UNKNOWN");
	cr_assert_eq(o.log_max_age, 28);
	cr_assert_eq(o.log_max_backups, 3);
	cr_assert_eq(o.log_max_size, 100);
	cr_assert_eq(o.syslog_format, SYSLOG_GO);
	cr_assert_eq(o.kafka_batch, 1);
	cr_assert_eq(o.kafka_key, KAFKA_KEY_NONE);
	cr_assert_eq(o.spool_max, 1u << 30);
	cr_assert_eq(o.spool_policy, SPOOL_OLDEST);
	cr_assert_eq(o.sink_timeout, 30 * NSEC_PER_SEC);
	cr_assert_eq(o.statsd_interval, 5);
	cr_assert_str_eq(o.statsd_prefix, "gopassivedns");
	cr_assert_not(o.quiet || o.debug || o.unanswered || o.orphans || o.kafka_avro || o.log_compress ||
		      o.fluentd_ack);
	cr_assert_null(o.logfile);
	cr_assert_null(o.kafka_config);
	cr_assert_null(o.eal);
	options_free(&o);
	cr_assert_null(o.name);
}

Test(options, flags_have_gos_four_forms)
{
	struct options o;

	GOOD(&o, "-pcap", "a", "--bpf", "udp", "-snaplen=100", "--numprocs=3");
	cr_assert_str_eq(o.pcap[0], "a");
	cr_assert_str_eq(o.bpf, "udp");
	cr_assert_eq(o.snaplen, 100);
	cr_assert_eq(o.numprocs, 3);
	options_free(&o);
}

Test(options, a_value_may_begin_with_a_dash)
{
	struct options o;

	GOOD(&o, "-gc_age", "-2m", "-pcap", "-", "-bpf", "-quiet", "-name", "--");
	cr_assert_eq(o.gc_age, 120 * NSEC_PER_SEC);
	cr_assert_str_eq(o.pcap[0], "-");
	cr_assert_str_eq(o.bpf, "-quiet");
	cr_assert_str_eq(o.name, "--");
	cr_assert_not(o.quiet);
	options_free(&o);
}

Test(options, a_boolean_takes_no_next_argument)
{
	struct options o;

	GOOD(&o, "-pcap", "a", "-quiet", "-debug=false", "-orphans=T");
	cr_assert(o.quiet && !o.debug && o.orphans);
	options_free(&o);
	BAD("stray argument \"false\"", "-pcap", "a", "-quiet", "false");
}

Test(options, a_value_may_hold_an_equals_sign_or_nothing)
{
	struct options o;

	GOOD(&o, "-pcap=a=b", "-bpf=", "-logfile=");
	cr_assert_str_eq(o.pcap[0], "a=b");
	cr_assert_str_eq(o.bpf, "");
	cr_assert_null(o.logfile);
	options_free(&o);
}

Test(options, the_last_flag_counts_and_lists_grow)
{
	struct options o;

	GOOD(&o, "-numprocs", "2", "-numprocs", "3", "-pcap", "a,b", "-pcap", "c");
	cr_assert_eq(o.numprocs, 3);
	cr_assert_str_eq(o.pcap[0], "a,b");
	cr_assert_str_eq(o.pcap[1], "c");
	cr_assert_null(o.pcap[2]);
	options_free(&o);
	GOOD(&o, "-dev", "0000:01:00.0,eth0", "-dev", "eth1");
	cr_assert_str_eq(o.dev[0], "0000:01:00.0");
	cr_assert_str_eq(o.dev[1], "eth0");
	cr_assert_str_eq(o.dev[2], "eth1");
	cr_assert_null(o.dev[3]);
	options_free(&o);
}

Test(options, what_follows_two_dashes_is_eals)
{
	struct options o;

	GOOD(&o, "-dev", "net_pcap0", "--", "--vdev", "net_pcap0,rx_pcap=x", "-pcap");
	cr_assert_eq(o.eal_count, 3);
	cr_assert_str_eq(o.eal[1], "net_pcap0,rx_pcap=x");
	cr_assert_str_eq(o.eal[2], "-pcap");
	cr_assert_null(o.eal[3]);
	cr_assert_null(o.pcap);
	options_free(&o);
	GOOD(&o, "-pcap", "a", "--");
	cr_assert_eq(o.eal_count, 0);
	options_free(&o);
}

Test(options, wrong_command_lines_are_told)
{
	BAD("unknown option -pcpa (did you mean -pcap?)", "-pcpa", "x");
	BAD("unknown option -gc-age (did you mean -gc_age?)", "--gc-age=1m");
	BAD("unknown option -LOGMAXAGE (did you mean -logMaxAge?)", "-LOGMAXAGE", "1");
	BAD("unknown option -frobnicate; see", "-frobnicate");
	BAD("bad flag syntax: \"-=x\"", "-=x");
	BAD("bad flag syntax: \"---pcap\"", "---pcap");
	BAD("a value is missing: -bpf FILTER", "-pcap", "a", "-bpf");
	BAD("stray argument \"a.pcap\"", "a.pcap");
	BAD("-pcap FILE", "a.pcap");
	BAD("write -pcap before each", "-pcap", "a.pcap", "b.pcap");
	BAD("stray argument \"-\"", "-pcap", "a", "-");
	BAD("stray argument \"\"", "-pcap", "a", "");
}

Test(options, an_endless_unknown_name_is_cut)
{
	char name[5000];

	memset(name, 'x', sizeof(name));
	name[0] = '-';
	name[sizeof(name) - 1] = '\0';
	BAD("unknown option -xxx", name);
}

Test(options, something_to_read_must_be_given)
{
	struct options o;
	struct error e;

	cr_assert_eq(read_flags_list(&o, &e, NULL), OPTIONS_ERROR);
	cr_assert(strstr(e.text, "-pcap") && strstr(e.text, "-dev"));
	options_free(&o);
	BAD("-dev", "-pcap", "");
}

Test(options, dev_wins_over_pcap_with_a_warning)
{
	struct options o;

	divert(STDERR_FILENO, "err");
	GOOD(&o, "-pcap", "a", "-dev", "eth0", "-pfring");
	char *text = get_file("err");
	cr_assert_null(o.pcap);
	cr_assert_str_eq(o.dev[0], "eth0");
	cr_assert(strstr(text, "-pcap is left out"), "%s", text);
	cr_assert(strstr(text, "PF_RING"), "%s", text);
	free(text);
	options_free(&o);
}

Test(options, help_version_and_their_negation)
{
	struct options o;
	struct error e;

	divert(STDOUT_FILENO, "out");
	static const char *const flags[] = { "-h", "-help", "--help", "-version", "--version=true" };
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		cr_assert_eq(read_flags_list(&o, &e, flags[i], NULL), OPTIONS_DONE);
		options_free(&o);
	}
	GOOD(&o, "-version=false", "-help=0", "-pcap", "a");
	options_free(&o);
	BAD("-version: \"maybe\"", "-version=maybe");
	fflush(stdout);
	char *text = get_file("out");
	cr_assert(strstr(text, "dnsweir 0."), "%s", text);
	cr_assert(strstr(text, "usage: dnsweir"));
	free(text);
}

Test(options, a_part_that_is_not_there_yet_says_so)
{
	for (unsigned i = 0; i < option_row_count; i++) {
		char flag[64];
		struct options o;
		struct error e;
		if (!option_rows[i].pending)
			continue;
		snprintf(flag, sizeof(flag), "-%s=%s", option_rows[i].name,
			option_rows[i].value ? "1" : "true");
		cr_assert_eq(read_flags_list(&o, &e, "-pcap", "a", flag, NULL), OPTIONS_ERROR, "%s", flag);
		cr_assert(strstr(e.text, "not part of this version yet"), "%s", e.text);
		cr_assert(strstr(e.text, option_rows[i].name));
		options_free(&o);
	}
}

Test(options, a_sink_may_have_a_format_of_its_own)
{
	struct options o;

	for (unsigned i = 0; i < OPTION_SINKS; i++)
		cr_assert_str_eq(option_sink_names[i], sink_kinds[i]->name);
	cr_assert_null(sink_kinds[OPTION_SINKS]);
	GOOD(&o, "-pcap", "a", "-format", "nested", "-sink_format", "kafka=flat,fluentd=flat", "-sink_format", "file=flat");
	cr_assert(o.format_of[SINK_STDOUT] == FORMAT_NESTED && o.format_of[SINK_SYSLOG] == FORMAT_NESTED);
	cr_assert(o.format_of[SINK_KAFKA] == FORMAT_FLAT && o.format_of[SINK_FLUENTD] == FORMAT_FLAT);
	cr_assert_eq(o.format_of[SINK_FILE], FORMAT_FLAT);
	options_free(&o);
	BAD("\"disk=flat\" is not allowed", "-pcap", "a", "-sink_format", "disk=flat");
	BAD("\"file\" is not allowed", "-pcap", "a", "-sink_format", "file");
	BAD("\"file=\" is not allowed", "-pcap", "a", "-sink_format", "file=");
	BAD("\"=flat\" is not allowed", "-pcap", "a", "-sink_format", "=flat");
	BAD("\"file=avro\" is not allowed", "-pcap", "a", "-sink_format", "file=avro");
}

Test(options, kafka_needs_brokers_and_topic)
{
	NEEDS("kafka_brokers");
	struct options o;

	BAD("only -kafka_brokers is given", "-pcap", "a", "-kafka_brokers", "b");
	BAD("only -kafka_topic is given", "-pcap", "a", "-kafka_topic", "t");
	BAD("-format nested", "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_avro",
		"-format", "nested");
	BAD("-kafka_batch", "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_avro",
		"-kafka_batch", "2");
	BAD("KEY=VALUE", "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_config", "x");
	BAD("KEY=VALUE", "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_config", "=x");
	BAD("-format nested", "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_avro",
		"-sink_format", "kafka=nested");
	GOOD(&o, "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_avro", "-format", "nested",
		"-sink_format", "kafka=flat");
	options_free(&o);
	GOOD(&o, "-pcap", "a", "-kafka_brokers", "b", "-kafka_topic", "t", "-kafka_config", "a=b,c",
		"-kafka_config", "d=", "-kafka_key", "QNAME");
	cr_assert_str_eq(o.kafka_config[0], "a=b,c");
	cr_assert_str_eq(o.kafka_config[1], "d=");
	cr_assert_eq(o.kafka_key, KAFKA_KEY_QNAME);
	options_free(&o);
}

Test(options, half_a_syslog_is_none_but_gives_the_level)
{
	NEEDS("syslog_priority");
	struct options o;

	divert(STDERR_FILENO, "err");
	GOOD(&o, "-pcap", "a", "-syslog_priority", "Debug");
	char *text = get_file("err");
	cr_assert_str_eq(o.syslog_priority, "Debug");
	cr_assert_null(o.syslog_facility);
	cr_assert(strstr(text, "no syslog"), "%s", text);
	free(text);
	options_free(&o);
	BAD("LOCAL7", "-pcap", "a", "-syslog_facility", "LOCAL8", "-syslog_priority", "INFO");
	BAD("EMERG", "-pcap", "a", "-syslog_facility", "local0", "-syslog_priority", "loud");
}

Test(options, a_log_file_of_no_size_is_one_of_100_mb)
{
	NEEDS("logMaxSize");
	struct options o;

	GOOD(&o, "-pcap", "a", "-logMaxSize", "0", "-logMaxAge=0", "-logMaxBackups", "0");
	cr_assert_eq(o.log_max_size, 100);
	cr_assert_eq(o.log_max_age, 0);
	cr_assert_eq(o.log_max_backups, 0);
	options_free(&o);
}
