// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the user asked for: flags, then `.env`, then the environment, then a configuration file.
 *
 * Every option is a row of the table in options_table.c; reading, help, the docs' page, the man page and the
 * completion come from it.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

/** `-driver`: how a kernel interface is read. */
enum option_driver { DRIVER_AUTO, DRIVER_AF_PACKET, DRIVER_AF_XDP, DRIVER_LIBPCAP };
/** `-idle`: what a lcore does while there is nothing to do. */
enum option_idle { IDLE_AUTO, IDLE_SLEEP, IDLE_POLL, IDLE_INTERRUPT };
/** A boolean that may be left to the program. */
enum option_switch { SWITCH_AUTO, SWITCH_ON, SWITCH_OFF };
/** `-format` */
enum option_format { FORMAT_FLAT, FORMAT_NESTED };
/** Sinks, in the order of sink_kinds. */
enum option_sink { SINK_STDOUT, SINK_FILE, SINK_KAFKA, SINK_SYSLOG, SINK_FLUENTD, OPTION_SINKS };
/** `-syslog_format` */
enum option_syslog_format { SYSLOG_GO, SYSLOG_RFC3164, SYSLOG_RFC5424 };
/** `-kafka_key`, in the order of enum block_key. */
enum option_kafka_key { KAFKA_KEY_NONE, KAFKA_KEY_CLIENT, KAFKA_KEY_SERVER, KAFKA_KEY_QNAME };
/** `-spool_policy`: what goes when the spool is full. */
enum option_spool_policy { SPOOL_OLDEST, SPOOL_NEWEST };

/** Names of the choices above, NULL-terminated; index them with the field's value. */
extern const char *const option_driver_names[];
extern const char *const option_idle_names[];
extern const char *const option_switch_names[];
extern const char *const option_format_names[];
extern const char *const option_sink_names[];
extern const char *const option_syslog_format_names[];
extern const char *const option_kafka_key_names[];
extern const char *const option_spool_policy_names[];

/** Everything resolved. Texts and lists are owned: options_free(). A text that was not given is NULL. */
struct options {
	/* Capture. Exactly one of dev and pcap is set. */
	char **dev;	   /**< devices, NULL-terminated; or NULL */
	char **pcap;	   /**< files, folders, globs or "-", NULL-terminated; or NULL */
	char *bpf;	   /**< filter expression; "" passes everything; never NULL */
	uint32_t snaplen;  /**< bytes of a packet that are kept */
	uint32_t driver;   /**< enum option_driver */
	uint32_t idle;	   /**< enum option_idle */
	int64_t idle_exit; /**< ns without packets that end a live run; 0: by the source */
	bool pfring;	   /**< only a warning, already told */
	/* Cores. */
	uint32_t fused;	   /**< enum option_switch */
	uint32_t numprocs; /**< workers; 0: by the cores */
	uint32_t txprocs;  /**< TX lcores; 0: by the cores */
	/* Pairing. */
	int64_t gc_age;	      /**< ns, more than 0 */
	int64_t gc_interval;  /**< ns, more than 0 */
	uint32_t max_queries; /**< outstanding queries in all */
	bool unanswered;
	bool orphans;
	/* Records and standard output. */
	uint32_t format;     /**< enum option_format */
	char **sink_formats; /**< SINK=FORMAT, NULL-terminated; or NULL */
	uint32_t format_of[OPTION_SINKS]; /**< enum option_format, resolved of both */
	bool quiet;
	bool debug;
	char *name; /**< of the sensor; never NULL or empty */
	/* File. */
	char *logfile;
	uint32_t log_max_age;	  /**< days; 0: no limit */
	uint32_t log_max_backups; /**< 0: no limit */
	uint32_t log_max_size;	  /**< MB of 1048576 bytes; 0 was turned into 100 */
	bool log_compress;
	/* Syslog: on where both facility and priority are set; the priority alone still is the level. */
	char *syslog_facility;
	char *syslog_priority;	/**< as typed */
	uint32_t syslog_format; /**< enum option_syslog_format */
	char *syslog_socket;
	/* Fluentd. */
	char *fluentd_socket;
	bool fluentd_ack;
	/* Kafka: on where brokers and topic are set; both are or none is. */
	char *kafka_brokers;
	char *kafka_topic;
	bool kafka_avro;
	char **kafka_config;  /**< KEY=VALUE, NULL-terminated; or NULL */
	uint32_t kafka_key;   /**< enum option_kafka_key */
	uint32_t kafka_batch; /**< lines a message, at least 1 */
	char *spool_dir;
	uint64_t spool_max;    /**< bytes */
	uint32_t spool_policy; /**< enum option_spool_policy */
	int64_t sink_timeout;  /**< ns without progress after which a sink counts as dead */
	/* Statistics and the rest. */
	char *statsd_host;
	uint32_t statsd_interval; /**< s */
	char *statsd_prefix;	  /**< never NULL */
	char *http;		  /**< [ADDRESS:]PORT; NULL: no server */
	int64_t http_linger;	  /**< ns that it goes on after the end */
	char *report;		  /**< file for the report; NULL: none */
	bool top;		  /**< the view on the terminal */
	char *user;
	bool sandbox;
	char *cpuprofile;
	char *config;
	/* What followed `--`, NULL-terminated; or NULL. */
	char **eal;
	uint32_t eal_count;
};

/** What options_read() says. */
enum options_result {
	OPTIONS_ERROR = -1, /**< the reason is in `e`: exit code 2 */
	OPTIONS_GO = 0,	    /**< run */
	OPTIONS_DONE = 1,   /**< help, version or the like was printed on standard output: exit code 0 */
};

/** Reads flags (Go's flag package's rules), `./.env`, the environment and the file of `-config`. Warnings are
 * logged. `o` need not be initialised; the caller frees it with options_free() whatever is returned. */
enum options_result options_read(struct options *o, int argc, char **argv, struct error *e);

/** Frees what it owns and zeroes it. */
void options_free(struct options *o);

#endif
