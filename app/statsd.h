// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Statistics for a statsd server, under the names that gopassivedns gives them.
 *
 * statsd_lines.c turns figures into datagrams and knows no network; statsd.c sends them and knows no figures.
 */
#ifndef APP_STATSD_H
#define APP_STATSD_H

#include "core/counters.h"
#include "core/error.h"

#include <stdint.h>

#define STATSD_DATAGRAM 512 /**< bytes that lines are joined up to */
#define STATSD_WORKERS 128
#define STATSD_SINKS 8
#define STATSD_PREFIX 400 /**< room for a prefix, its NUL included */

/** Figures at one moment; zero-initialised, then filled by the control loop. All but depths only grow. */
struct statsd_values {
	uint64_t packets; /**< IPv4 alone, as the seed has it */
	uint64_t packets_ipv6;
	uint64_t cache_entries_dropped; /**< halves of transactions that left the table alone */
	uint64_t tcp_messages;
	uint64_t received; /**< the three of the sources, as libpcap tells them */
	uint64_t dropped;
	uint64_t if_dropped;
	uint64_t ring_dropped;    /**< packets that a worker was too slow for */
	uint64_t records_dropped; /**< transactions that an encoder was too slow for, or that fitted no block */
	uint64_t incoming_depth; /**< records that wait for a TX lcore, now */
	uint32_t workers;
	uint32_t sinks;
	struct {
		uint64_t lookups;   /**< DNS messages over UDP, both legs */
		uint64_t wall_time; /**< packets without a timestamp of their source */
	} worker[STATSD_WORKERS];
	uint64_t sink_dropped[STATSD_SINKS]; /**< items that a sink did not take */
	uint64_t depth[STATSD_SINKS]; /**< items that wait in each sink in use, now, in sink_kinds' order */
};

/** Adds the counters of a lcore, which belong to worker `worker` (from 0); a reader's belong to worker 0. */
void statsd_add(struct statsd_values *v, uint32_t worker, const struct counters *c);

/** Takes a datagram; `text` is borrowed until it returns. */
typedef void (*statsd_datagram_fn)(void *ctx, const char *text, uint32_t len);

/** Writes the prefix of all names, `<prefix>.<name>.`, into `text`, cut to fit: %HOST% in the prefix is the
 * host's name, and what would end a name or a line is `_`. */
void statsd_prefix(char text[STATSD_PREFIX], const char *prefix, const char *name, const char *host);

/** Gives the datagrams that tell `now` to a server that knows `last`: counters as differences, zeros left
 * out, depths always. */
void statsd_lines(const char *prefix, const struct statsd_values *now, const struct statsd_values *last,
	statsd_datagram_fn send, void *ctx);

/** What a client needs; texts are borrowed until statsd_new() returns. */
struct statsd_config {
	const char *host;   /**< HOST, HOST:PORT, ADDRESS or [ADDRESS]:PORT; port 8125 where none is given */
	const char *prefix; /**< -statsd_prefix */
	const char *name;   /**< -name */
};

struct statsd;

/** Splits HOST[:PORT] into `host` (256 bytes; "" is the loopback address) and `port` (6 bytes). 0, or -1 and
 * the reason. */
int statsd_parse_host(const char *text, char host[256], char port[6], struct error *e);

/** A client. A host's name is looked up by a thread of its own; what is due before it is known waits for the
 * next send. NULL and the reason where the host is malformed. Owned by the caller: statsd_free(). */
struct statsd *statsd_new(const struct statsd_config *config, struct error *e);

/** Sends what has changed since the last send. Never blocks. */
void statsd_send(struct statsd *s, const struct statsd_values *now);

/** The last send of a run: waits up to a second for the host's address where it is not known yet. */
void statsd_send_last(struct statsd *s, const struct statsd_values *now);

/** Datagrams that no server took. */
uint64_t statsd_lost(const struct statsd *s);

/** Frees it; NULL is allowed. */
void statsd_free(struct statsd *s);

#endif
