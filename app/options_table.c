// SPDX-License-Identifier: BSD-3-Clause
#include "app/options_table.h"

#include "core/clock.h"

#include <string.h>

#define FIELD(name) .offset = offsetof(struct options, name)
#define DAY (24 * 3600 * NSEC_PER_SEC)

const char *const option_driver_names[] = { "auto", "af_packet", "af_xdp", "libpcap", NULL };
const char *const option_idle_names[] = { "auto", "sleep", "poll", "interrupt", NULL };
const char *const option_switch_names[] = { "auto", "true", "false", NULL };
const char *const option_format_names[] = { "flat", "nested", NULL };
const char *const option_sink_names[] = { "stdout", "file", "kafka", "syslog", "fluentd", NULL };
const char *const option_syslog_format_names[] = { "go", "rfc3164", "rfc5424", NULL };
const char *const option_kafka_key_names[] = { "none", "client", "server", "qname", NULL };
const char *const option_spool_policy_names[] = { "oldest", "newest", NULL };

static const char *const facilities[] = {
	"KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON",
	"AUTHPRIV", "FTP", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
	NULL,
};
static const char *const priorities[] = {
	"EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG", NULL,
};

const char *const option_group_titles[OPTION_GROUPS] = {
	[GROUP_CAPTURE] = "Capture",
	[GROUP_CORES] = "Cores",
	[GROUP_PAIRING] = "Pairing",
	[GROUP_RECORDS] = "Records",
	[GROUP_FILE] = "Log file",
	[GROUP_SYSLOG] = "Syslog",
	[GROUP_FLUENTD] = "Fluentd",
	[GROUP_KAFKA] = "Kafka",
	[GROUP_STATISTICS] = "Statistics",
	[GROUP_GENERAL] = "General",
};

const struct option_row option_rows[] = {
	{ "dev", "PDNS_DEV", OPTION_LIST, GROUP_CAPTURE, "DEVICE[,DEVICE]", .separator = ',', FIELD(dev),
		.help = "Capture from devices: a NIC's PCI address, a DPDK device name or a kernel "
			"interface. The two directions of a tap may come in on two devices." },
	{ "pcap", "PDNS_PCAP_FILE", OPTION_LIST, GROUP_CAPTURE, "FILE", FIELD(pcap),
		.help = "Replay a capture file, a folder or a pattern of them, or - for standard input; "
			"repeatable. -dev wins over it." },
	{ "bpf", "PDNS_BPF", OPTION_STRING, GROUP_CAPTURE, "FILTER", "port 53", FIELD(bpf),
		.help = "Filter in libpcap's syntax, applied to the innermost packet, without its tags, "
			"tunnels and fragments. Empty passes everything." },
	{ "snaplen", "PDNS_SNAPLEN", OPTION_INT, GROUP_CAPTURE, "BYTES", "262144", .min = 64, .max = 262144,
		FIELD(snaplen), .help = "Bytes that are kept of a packet." },
	{ "driver", "PDNS_DRIVER", OPTION_CHOICE, GROUP_CAPTURE, "NAME", "auto",
		.choices = option_driver_names, FIELD(driver),
		.help = "How kernel interfaces are read. auto is libpcap, which has the kernel's times and whole "
			"frames on one core, or af_packet beside devices of DPDK's; af_packet spreads over the "
			"workers; af_xdp needs hugepages." },
	{ "idle", "PDNS_IDLE", OPTION_CHOICE, GROUP_CAPTURE, "HOW", "auto", .choices = option_idle_names,
		FIELD(idle),
		.help = "What a core does while there are no packets. auto polls dedicated NICs where each core "
			"is a processor's only one, and sleeps elsewhere; interrupt waits for the NIC." },
	{ "idle_exit", "PDNS_IDLE_EXIT", OPTION_DURATION, GROUP_CAPTURE, "DURATION", "0s",
		"never; a file's end for net_pcap", 0, 365 * DAY, FIELD(idle_exit),
		.help = "End a live capture after so long without a packet." },
	{ "pfring", "PDNS_PFRING", OPTION_BOOL, GROUP_CAPTURE, FIELD(pfring),
		.help = "Kept for gopassivedns's users: warns that DPDK stands in for PF_RING." },

	{ "numprocs", "PDNS_THREADS", OPTION_INT, GROUP_CORES, "N", .fallback_text = "by the cores", .min = 1,
		.max = 64, FIELD(numprocs), .help = "Workers that parse and pair packets." },
	{ "txprocs", "PDNS_TXPROCS", OPTION_INT, GROUP_CORES, "N", .fallback_text = "by the cores", .min = 1,
		.max = 64, FIELD(txprocs),
		.help = "Cores that encode records and write them to the sinks." },
	{ "fused", "PDNS_FUSED", OPTION_SWITCH, GROUP_CORES, "auto|true|false", "auto",
		.choices = option_switch_names, FIELD(fused),
		.help = "Run the whole way of a packet on one core, without rings; auto: with fewer than four cores in a replay, with one live. "
			"A replay on two cores takes a third less time with -numprocs 1 or -fused=false." },

	{ "gc_age", "PDNS_GC_AGE", OPTION_DURATION, GROUP_PAIRING, "DURATION", "-1m", .min = 1, .max = DAY,
		FIELD(gc_age), .help = "How long a query waits for its response; the sign has no meaning." },
	{ "gc_interval", "PDNS_GC_INTERVAL", OPTION_DURATION, GROUP_PAIRING, "DURATION", "3m",
		.min = NSEC_PER_MSEC, .max = DAY, FIELD(gc_interval),
		.help = "How late an idle worker may notice that a query got no response." },
	{ "max_queries", "PDNS_MAX_QUERIES", OPTION_INT, GROUP_PAIRING, "N", "1000000", .min = 1,
		.max = 1 << 28, FIELD(max_queries),
		.help = "Queries that may wait for a response, in all; when they are more, the oldest go." },
	{ "unanswered", "PDNS_UNANSWERED", OPTION_BOOL, GROUP_PAIRING, FIELD(unanswered),
		.help = "Write a record for a query without a response (rcode -1, \"No Response\")." },
	{ "orphans", "PDNS_ORPHANS", OPTION_BOOL, GROUP_PAIRING, FIELD(orphans),
		.help = "Write records for a response without a query (elapsed -1)." },

	{ "format", "PDNS_FORMAT", OPTION_CHOICE, GROUP_RECORDS, "NAME", "flat",
		.choices = option_format_names, FIELD(format),
		.help = "flat: gopassivedns's record, one an answer. nested: one a transaction, with all "
			"sections." },
	{ "sink_format", "PDNS_SINK_FORMAT", OPTION_LIST, GROUP_RECORDS, "SINK=NAME[,SINK=NAME]", .separator = ',',
		FIELD(sink_formats),
		.help = "Another format for a sink (stdout, file, kafka, syslog, fluentd); repeatable." },
	{ "quiet", "PDNS_QUIET", OPTION_BOOL, GROUP_RECORDS, FIELD(quiet),
		.help = "No records on standard output." },
	{ "debug", "PDNS_DEBUG", OPTION_BOOL, GROUP_RECORDS, FIELD(debug),
		.help = "Tell more on standard error." },
	{ "name", "PDNS_NAME", OPTION_STRING, GROUP_RECORDS, "NAME", .fallback_text = "the host's name",
		FIELD(name), .help = "This sensor's name in statistics and records." },
	{ "sink_timeout", "PDNS_SINK_TIMEOUT", OPTION_DURATION, GROUP_RECORDS, "DURATION", "30s",
		.min = NSEC_PER_MSEC, .max = DAY, FIELD(sink_timeout),
		.help = "How long a sink may take no record before it counts as dead." },

	{ "logfile", "PDNS_LOG_FILE", OPTION_STRING, GROUP_FILE, "FILE", FIELD(logfile),
		.help = "Append records to a file. SIGHUP reopens it." },
	{ "logMaxAge", "PDNS_LOG_AGE", OPTION_INT, GROUP_FILE, "DAYS", "28", .max = 36500, FIELD(log_max_age),
		.help = "Delete rotated files after so many days; 0: never." },
	{ "logMaxBackups", "PDNS_LOG_BACKUP", OPTION_INT, GROUP_FILE, "N", "3", .max = 1000000,
		FIELD(log_max_backups),
		.help = "Rotated files that are kept; 0: all." },
	{ "logMaxSize", "PDNS_LOG_SIZE", OPTION_INT, GROUP_FILE, "MB", "100", .max = 1 << 30,
		FIELD(log_max_size),
		.help = "Rotate a file before it is longer than this; 0 is 100." },
	{ "log_compress", "PDNS_LOG_COMPRESS", OPTION_BOOL, GROUP_FILE, FIELD(log_compress),
		.help = "Compress rotated files with gzip." },

	{ "syslog_facility", "PDNS_SYSLOG_FACILITY", OPTION_STRING, GROUP_SYSLOG, "NAME",
		.choices = facilities, FIELD(syslog_facility),
		.help = "Send records to syslog with this facility; needs -syslog_priority too." },
	{ "syslog_priority", "PDNS_SYSLOG_PRIORITY", OPTION_STRING, GROUP_SYSLOG, "NAME",
		.choices = priorities, FIELD(syslog_priority),
		.help = "Priority of the records in syslog; it is the record's level, too." },
	{ "syslog_format", "PDNS_SYSLOG_FORMAT", OPTION_CHOICE, GROUP_SYSLOG, "NAME", "go",
		.choices = option_syslog_format_names, FIELD(syslog_format),
		.help = "Form of the lines; go is how gopassivedns wrote them." },
	{ "syslog_socket", "PDNS_SYSLOG_SOCKET", OPTION_STRING, GROUP_SYSLOG, "PATH",
		.fallback_text = "/dev/log, /var/run/log or /var/run/syslog", FIELD(syslog_socket),
		.help = "Where the syslog daemon listens." },

	{ "fluentd_socket", "PDNS_FLUENTD_SOCKET", OPTION_STRING, GROUP_FLUENTD, "PATH|tcp://HOST:PORT",
		FIELD(fluentd_socket),
		.help = "Send records to fluentd by its forward protocol, in MessagePack." },
	{ "fluentd_ack", "PDNS_FLUENTD_ACK", OPTION_BOOL, GROUP_FLUENTD, FIELD(fluentd_ack),
		.help = "Send chunks that fluentd acknowledges, again where it doesn't." },

	{ "kafka_brokers", "PDNS_KAFKA_PEERS", OPTION_STRING, GROUP_KAFKA, "HOST[:PORT],...",
		FIELD(kafka_brokers),
		.help = "Send records to Kafka; port 9092 where none is given." },
	{ "kafka_topic", "PDNS_KAFKA_TOPIC", OPTION_STRING, GROUP_KAFKA, "TOPIC", FIELD(kafka_topic),
		.help = "Topic of the records." },
	{ "kafka_avro", "PDNS_KAFKA_AVRO", OPTION_BOOL, GROUP_KAFKA, FIELD(kafka_avro),
		.help = "Avro single-object encoding instead of JSON." },
	{ "kafka_config", "PDNS_KAFKA_CONFIG", OPTION_LIST, GROUP_KAFKA, "KEY=VALUE", FIELD(kafka_config),
		
		.help = "Any setting of librdkafka's (TLS, SASL and all else); repeatable." },
	{ "kafka_key", "PDNS_KAFKA_KEY", OPTION_CHOICE, GROUP_KAFKA, "FIELD", "none",
		.choices = option_kafka_key_names, FIELD(kafka_key),
		.help = "Field whose records share a partition." },
	{ "kafka_batch", "PDNS_KAFKA_BATCH", OPTION_INT, GROUP_KAFKA, "N", "1", .min = 1, .max = 4096,
		FIELD(kafka_batch), .help = "JSON lines that may share a message." },
	{ "spool_dir", "PDNS_SPOOL_DIR", OPTION_STRING, GROUP_KAFKA, "FOLDER", FIELD(spool_dir),
		.help = "Keep records here while no broker takes them." },
	{ "spool_max", "PDNS_SPOOL_MAX", OPTION_SIZE, GROUP_KAFKA, "SIZE", "1G", .min = 1 << 20,
		.max = INT64_MAX, FIELD(spool_max),
		.help = "Bytes that the spool may take; K, M and G are known." },
	{ "spool_policy", "PDNS_SPOOL_POLICY", OPTION_CHOICE, GROUP_KAFKA, "WHICH", "oldest",
		.choices = option_spool_policy_names, FIELD(spool_policy),
		.help = "Which records go when the spool is full." },

	{ "statsd_host", "PDNS_STATSD_HOST", OPTION_STRING, GROUP_STATISTICS, "HOST[:PORT]",
		FIELD(statsd_host),
		.help = "Send statistics to a statsd server; port 8125 where none is given." },
	{ "statsd_interval", "PDNS_STATSD_INTERVAL", OPTION_INT, GROUP_STATISTICS, "SECONDS", "5", .min = 1,
		.max = 86400, FIELD(statsd_interval),
		.help = "Time between two sends to statsd." },
	{ "statsd_prefix", "PDNS_STATSD_PREFIX", OPTION_STRING, GROUP_STATISTICS, "TEXT", "gopassivedns",
		FIELD(statsd_prefix),
		.help = "What statistics' names begin with; %HOST% in it is the host's name." },
	{ "http", "PDNS_HTTP", OPTION_STRING, GROUP_STATISTICS, "[ADDRESS:]PORT", FIELD(http),
		.help = "Serve a live page and metrics for Prometheus there, read-only; on the loopback "
			"address where only a port is given." },
	{ "http_linger", "PDNS_HTTP_LINGER", OPTION_DURATION, GROUP_STATISTICS, "DURATION", "0s",
		.max = 365 * DAY, FIELD(http_linger),
		.help = "Serve for so long after the end of a replay, or until a signal." },
	{ "report", "PDNS_REPORT", OPTION_STRING, GROUP_STATISTICS, "FILE.html", FIELD(report),
		.help = "Write the page as a file at the end, with the plots and lists of all that was "
			"seen." },
	{ "top", "PDNS_TOP", OPTION_BOOL, GROUP_STATISTICS, FIELD(top),
		.help = "Show the page's figures on the terminal during the run, drawn anew each second." },

	{ "config", "PDNS_CONFIG", OPTION_STRING, GROUP_GENERAL, "FILE", FIELD(config),
		.help = "Read options from a JSON file: an object of option names; lists as arrays." },
	{ "user", "PDNS_USER", OPTION_STRING, GROUP_GENERAL, "USER",
		.fallback_text = "nobody where root runs it without files of its own", FIELD(user),
		.help = "Become this user, by name or number, once the capture devices are open; all other files and "
			"sockets are this user's to open." },
	{ "sandbox", "PDNS_SANDBOX", OPTION_BOOL, GROUP_GENERAL, NULL, "true", FIELD(sandbox),
		.help = "Give up capabilities, files and system calls that the run doesn't need." },
	{ "cpuprofile", "PDNS_PROFILE_FILE", OPTION_STRING, GROUP_GENERAL, "FILE", FIELD(cpuprofile),
		.help = "Write a CPU profile." },
	{ "avro_schema", NULL, OPTION_ACTION, GROUP_GENERAL, .action = options_print_avro_schema,
		.help = "Print the Avro schema of the flat record." },
	{ "avro_fingerprint", NULL, OPTION_ACTION, GROUP_GENERAL, .action = options_print_avro_fingerprint,
		.help = "Print that schema's CRC-64-AVRO fingerprint." },
	{ "version", NULL, OPTION_ACTION, GROUP_GENERAL, .action = options_print_version,
		.help = "Print the version." },
	{ "help", NULL, OPTION_ACTION, GROUP_GENERAL, .action = options_print_help,
		.help = "Print this help." },
	{ "h", NULL, OPTION_ACTION, GROUP_HIDDEN, .action = options_print_help },
	{ "help_markdown", NULL, OPTION_ACTION, GROUP_HIDDEN, .action = options_print_markdown },
	{ "help_man", NULL, OPTION_ACTION, GROUP_HIDDEN, .action = options_print_man },
	{ "help_completion", NULL, OPTION_ACTION, GROUP_HIDDEN, .action = options_print_completion },
};

const unsigned option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

const struct option_row *option_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < option_row_count; i++)
		if (strlen(option_rows[i].name) == len && !memcmp(option_rows[i].name, name, len))
			return &option_rows[i];
	return NULL;
}
