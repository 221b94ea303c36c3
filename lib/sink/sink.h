// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Where records go. A sink is one file with a const table of functions; an instance belongs to one TX lcore.
 *
 * For every instance, at any time: items offered = delivered + pending + spooled + Σ dropped.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "core/error.h"
#include "encode/encode.h"
#include "sink/block.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

/** What sinks need to know; one for all, filled from the options, outlives the sinks. */
struct sink_config {
	bool lossless;            /**< replay: wait, drop nothing */
	bool quiet;               /**< nothing to stdout */
	bool kafka_avro;
	uint32_t tx;              /**< which TX lcore, from 0 */
	uint32_t tx_count;
	const char *sensor;       /**< -name */
	const char *logfile;      /**< NULL: none */
	uint32_t log_max_size;    /**< MB of 1048576 bytes; 0 is 100 */
	uint32_t log_max_backups; /**< 0: no limit */
	uint32_t log_max_age;     /**< days; 0: no limit */
	bool log_compress;
	const char *syslog_facility; /**< NULL or "": not given */
	const char *syslog_priority;
	const char *syslog_format;   /**< "go", "rfc3164" or "rfc5424" */
	const char *syslog_socket;   /**< NULL: /dev/log, /var/run/log, /var/run/syslog in turn */
	const char *fluentd_socket;  /**< path or tcp://host:port */
	bool fluentd_ack;            /**< chunked PackedForward with acks */
	const char *kafka_brokers;
	const char *kafka_topic;
	const char *const *kafka_config; /**< KEY=VALUE, NULL-terminated; or NULL */
	enum block_key kafka_key;
	uint32_t kafka_batch;        /**< lines a message, at least 1 */
	const char *spool_dir;       /**< NULL: no spool */
	uint64_t spool_max;          /**< bytes */
	bool spool_drop_oldest;      /**< else the newest go */
	int64_t timeout;             /**< ns without progress after which a sink counts as dead */
	const cpu_set_t *cpus;       /**< where threads of the sinks and their libraries may run; NULL: as the caller */
};

/** Blocks that all sinks of a TX lcore together keep at most, as they wait for a peer: a pool of more never
 * runs dry. */
#define SINK_HELD_BLOCKS 320

/** Why items were dropped. */
enum sink_drop { SINK_DROP_FULL, SINK_DROP_ERROR, SINK_DROP_TOO_LONG, SINK_DROP_CLOSED, SINK_DROPS };

/** Names of enum sink_drop for metrics and the summary. */
extern const char *const sink_drop_names[SINK_DROPS];

/** Buckets of delivery times: up to 1 ms · 2^i, the last one beyond. */
#define SINK_LATENCIES 18

/** Written by the instance (and its library's threads, atomically); read by the control loop. */
struct sink_stats {
	uint64_t offered;
	uint64_t delivered;
	uint64_t pending;
	uint64_t spooled;
	uint64_t dropped[SINK_DROPS];
	uint64_t bytes;      /**< delivered */
	uint64_t errors;     /**< failed writes, lost connections */
	uint64_t reconnects;
	uint64_t recovered;  /**< found in the spool at start; part of offered */
	uint64_t latency[SINK_LATENCIES]; /**< acknowledged messages by the time it took; where `timed` */
	uint64_t latency_sum; /**< µs */
};

/** Adds every figure of `s` to `sum`. */
void sink_stats_add(struct sink_stats *sum, const struct sink_stats *s);

struct sink;

/** A kind of sink. */
struct sink_ops {
	const char *name;   /**< "stdout", "file", "syslog", "fluentd", "kafka" */
	const char *help;
	/** A replay waits for it as long as it takes: what reads it is the user's own (a pipe to a pager), no peer
	 * that can die. */
	bool patient;
	/** It tells delivery times. */
	bool timed;
	/** True where the configuration asks for this sink. */
	bool (*wanted)(const struct sink_config *c);
	/** The format it takes: `format` is what the user chose ("flat" or "nested"). NULL and the reason where it
	 * can't be. */
	const struct encoder *(*encoder)(const struct sink_config *c, const char *format, struct error *e);
	/** Opens an instance into `*state` (owned by the sink until close). 0, or -1 and the reason: a setting that
	 * can never work. A peer that is merely away is no error: the sink connects later. */
	int (*open)(const struct sink_config *c, void **state, struct error *e);
	/** Takes items [from, b->items) of a borrowed block; returns how many it took, possibly none. Doesn't block
	 * past `deadline` (monotonic ns). What it took is its own: delivered, pending, spooled or dropped, and
	 * counted. */
	uint32_t (*write)(void *state, struct block *b, uint32_t from, int64_t deadline);
	/** Lets it do what is due (reconnect, delivery reports, spool); called when idle and between writes. Doesn't
	 * block. */
	void (*poll)(void *state);
	/** Tries to deliver what is pending until `deadline`; 0 when nothing is pending any more, or no delivery is
	 * to be hoped for. */
	int (*flush)(void *state, int64_t deadline);
	/** Reopens files (SIGHUP); NULL where there are none. */
	void (*reopen)(void *state);
	void (*stats)(void *state, struct sink_stats *s);
	/** Closes it and frees the state; what is still pending goes to the spool or is counted as dropped. `s` gets
	 * the last figures. */
	void (*close)(void *state, struct sink_stats *s);
};

/** Every kind, NULL-terminated, in the order of the seed's statsd names: stdout, file, kafka, syslog, fluentd. */
extern const struct sink_ops *const sink_kinds[];

/** Whole lines to standard output, unless quiet. */
extern const struct sink_ops sink_stdout;

/** Whole lines to a file, rotated as lumberjack's; instances that name one file share it. */
extern const struct sink_ops sink_file;

/** Messages to a Kafka topic by librdkafka, with a spool on disk. */
extern const struct sink_ops sink_kafka;

/** A message a record to the local syslog daemon. */
extern const struct sink_ops sink_syslog;

/** Events to a fluentd forward server. */
extern const struct sink_ops sink_fluentd;

/** The encoder of a format where it makes text, for sinks of lines; NULL and the reason (which names the sink)
 * where not. */
const struct encoder *sink_text_encoder(const char *sink, const char *format, struct error *e);

#endif
