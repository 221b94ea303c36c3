// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * TCP streams to DNS messages (RFC 1035 §4.2.2, RFC 7766): reassembly in both directions, framing,
 * resynchronisation.
 */
#ifndef L4_TCP_H
#define L4_TCP_H

#include "core/counters.h"
#include "core/error.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Least `max_flow_bytes`: the longest message and its prefix. */
#define TCP_FLOW_BYTES_MIN (65535 + 2)
/** Greatest `max_flow_bytes`. */
#define TCP_FLOW_BYTES_MAX (8 << 20)

/** Fixed at start. */
struct tcp_config {
	uint32_t max_flows;         /**< flows followed at once; the one that was idle longest goes first */
	size_t max_bytes;           /**< bytes kept in all (at least twice max_flow_bytes) */
	uint32_t max_flow_bytes;    /**< bytes kept for one direction (TCP_FLOW_BYTES_MIN … _MAX) */
	int64_t idle;               /**< ns of packet time after which an idle flow is dropped */
	uint8_t hash_key[16];       /**< secret */
	struct counters *counters;  /**< of the lcore; outlives the table */
};

/** Takes one DNS message, without its length prefix: `len` bytes, and `missing` more that the snap length cut
 * off (both together at least 12). `p` tells its flow (src sent the message) and time: it is the packet that
 * completed the message or showed that it is cut, or, where that one is gone (the message
 * waited behind a hole), a copy with that packet's flow, time and tunnel and no payload, valid until the
 * callback returns. `msg` is borrowed: from the packet's own data (from_buffer false), which lives as long as
 * the packet does, or from the table's memory (from_buffer true), which is valid only until the callback
 * returns. The callback must not call the table. */
typedef void (*tcp_message_fn)(void *ctx, const struct packet *p, const uint8_t *msg, uint32_t len,
			       uint32_t missing, bool from_buffer);

struct tcp;

/** Sets a table up; NULL and the reason in `e` where a limit is too small or memory lacks. All memory is
 * reserved here. */
struct tcp *tcp_new(const struct tcp_config *config, struct error *e);

/** Frees it; NULL is allowed. */
void tcp_free(struct tcp *t);

/** Takes a segment that ingress passed (`p` and `data` as it filled them); calls `emit` for each message that
 * can be read now, in stream order. Counts messages_tcp and the tcp_ counters. */
void tcp_segment(struct tcp *t, const struct packet *p, const uint8_t *data, tcp_message_fn emit, void *ctx);

/** Follows the packet time `now` of a port and drops flows that were idle too long; what can still be read of
 * them is given to `emit`. Cheap when there are none; called once a burst. */
void tcp_expire(struct tcp *t, uint16_t port, int64_t now, tcp_message_fn emit, void *ctx);

/** At the end of a run: what can still be read of open flows is given (messages whole behind a hole), the
 * rest counted. */
void tcp_finish(struct tcp *t, tcp_message_fn emit, void *ctx);

/** What a table holds. */
struct tcp_usage {
	uint32_t flows;
	size_t bytes; /**< of memory for kept bytes; at most max_bytes */
};

/** Tells what the table holds now; another thread may ask. */
struct tcp_usage tcp_usage(const struct tcp *t);

#endif
