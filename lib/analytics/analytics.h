// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the traffic looks like, in fixed memory: the records of a TX lcore are counted by it alone, and read by
 * others as a copy.
 */
#ifndef ANALYTICS_ANALYTICS_H
#define ANALYTICS_ANALYTICS_H

#include "analytics/domain.h"
#include "analytics/heavy.h"
#include "analytics/hll.h"
#include "analytics/timeline.h"
#include "record/record.h"

#define ANALYTICS_RCODES 25     /**< 0 … 23, and all others */
#define ANALYTICS_TYPES 260     /**< 0 … 258, and all others */
#define ANALYTICS_SERVERS 32    /**< servers with response times of their own */
#define ANALYTICS_OCTAVE 6      /**< their first bucket ends at 2^6 µs … */
#define ANALYTICS_OCTAVES 20    /**< … the last but one at 2^24 µs, 16.8 s */
#define ANALYTICS_TOP 100       /**< keys of a list at most */

/** What is ranked. */
enum analytics_list {
	LIST_NAMES,   /**< wire form, lower case */
	LIST_DOMAINS, /**< likewise */
	LIST_NXDOMAIN,/**< likewise */
	LIST_CLIENTS, /**< 16 bytes, as in struct flow_key */
	LIST_SERVERS, /**< likewise */
	LISTS
};

/** What is counted without repetitions. */
enum analytics_set { SET_NAMES, SET_DOMAINS, SET_CLIENTS, SET_SERVERS, SETS };

/** A server's response times. */
struct analytics_server {
	uint8_t address[16];
	uint64_t bucket[ANALYTICS_OCTAVES];
	uint64_t sum; /**< ns */
};

/** Figures that only grow. All of it is made of uint64_t but the servers' addresses. */
struct analytics_totals {
	uint64_t kind[3];                        /**< transactions by enum pair_kind */
	uint64_t rcode[ANALYTICS_RCODES];        /**< of those with a response */
	uint64_t qtype[ANALYTICS_TYPES];         /**< of all */
	uint64_t transport[2][2];                /**< of all: UDP or TCP, IPv4 or IPv6 */
	uint64_t latency[LATENCY_BUCKETS];
	uint64_t latency_sum;                    /**< ns */
	uint64_t other[ANALYTICS_OCTAVES];       /**< response times of servers that have no entry */
	uint64_t other_sum;                      /**< ns */
};

/** Fixed at start. */
struct analytics_config {
	int64_t window; /**< ns of packet time after which lists and sets begin anew; the one before is told
			   with it. 0: never */
	const struct domains *domains; /**< borrowed */
	uint64_t key[2];               /**< secret; the same for all whose figures are put together */
};

struct analytics;

/** Sets one up; NULL and the reason in `e`. Owned by the caller: analytics_free(). */
struct analytics *analytics_new(const struct analytics_config *config, struct error *e);

/** Frees it; NULL is allowed. */
void analytics_free(struct analytics *a);

/** Bytes that it takes; a copy takes as much. */
size_t analytics_memory(const struct analytics *a);

/** Counts a record. */
void analytics_record(struct analytics *a, const struct record *r);

/** Copies all of `from` to `to`, which was made with the same configuration. */
void analytics_copy(struct analytics *to, const struct analytics *from);

/** An entry of a list. */
struct analytics_item {
	uint8_t key[DNS_NAME_MAX + 1];
	uint32_t len;
	uint64_t count; /**< at least so often … */
	uint64_t error; /**< … and at most so much more */
};

/** The figures of several put together. */
struct analytics_view {
	struct analytics_totals totals;
	struct analytics_server server[ANALYTICS_SERVERS];
	uint32_t servers;
	bool seen;                      /**< there was a record; then: */
	int64_t first, newest;          /**< packet times */
	int64_t since;                  /**< packet time that lists and sets begin with */
	struct timeline minutes;        /**< the last hours, by the minute */
	struct timeline all;            /**< all of the run */
	uint64_t listed[LISTS];         /**< transactions that a list has seen */
	uint32_t items[LISTS];
	struct analytics_item item[LISTS][ANALYTICS_TOP];
	double distinct[SETS];
};

/** Puts `n` together into `v`, whose servers stay where they are from call to call (zero-initialised at first),
 * so that their figures only grow. 0, or -1 where memory lacks. */
int analytics_merge(struct analytics_view *v, const struct analytics *const *from, unsigned n);

#endif
