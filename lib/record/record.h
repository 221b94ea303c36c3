// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The record: a transaction as one run of bytes, on its way from a worker to a TX lcore through a byte ring.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "dns/message.h"
#include "pair/pair.h"
#include "record/ring.h"

/** The most that `bytes` tells: a damaged capture can claim more, and Avro's int holds no more. */
#define RECORD_BYTES_MAX INT32_MAX

/** A transaction, pointer-free. `data` holds the question's name in wire form (qname_len bytes), then the response message
 * (msg_len bytes, not aligned). */
struct record {
	int64_t t_query;        /**< ns since the epoch; meaningless for an orphan */
	int64_t t_response;     /**< meaningless for an unanswered query */
	uint8_t client[16];     /**< as in struct flow_key */
	uint8_t server[16];
	uint16_t client_port;
	uint16_t server_port;
	uint8_t kind;           /**< enum pair_kind */
	uint8_t proto;          /**< 17 or 6 */
	uint8_t family;         /**< 4 or 6 */
	uint8_t retransmissions;
	uint32_t bytes;         /**< the flat record's: see struct leg_origin.wire_bytes; 0 for an unanswered query */
	uint16_t id;
	uint16_t query_flags;   /**< header's second word of the query; of the response for an orphan */
	uint16_t qtype;         /**< the query's, or the response's where the query has no question or there is none */
	uint16_t qclass;
	uint16_t qname_len;     /**< 0: neither leg has a question */
	uint16_t query_bytes;   /**< DNS message length of the query; 0 for an orphan */
	uint16_t query_edns_size;
	bool query_edns;
	bool query_edns_do;
	struct leg_origin origin; /**< of the response, or of the unanswered query */
	struct dns_layout at;   /**< of the response; all zero for an unanswered query */
	uint32_t msg_len;       /**< 0 for an unanswered query */
	uint8_t data[];
};

/** The name of the question, wire form, qname_len bytes. */
static inline const uint8_t *record_qname(const struct record *r)
{
	return r->data;
}

/** The response message, msg_len bytes. */
static inline const uint8_t *record_msg(const struct record *r)
{
	return r->data + r->qname_len;
}

/** Nanoseconds from query to response, as the flat record has it: 0 where the response is not later, -1 unless both legs are there. */
static inline int64_t record_elapsed(const struct record *r)
{
	if (r->kind != PAIR_ANSWERED)
		return -1;
	return r->t_response > r->t_query ? r->t_response - r->t_query : 0;
}

/** The record's time: the response's, or an unanswered query's own. */
static inline int64_t record_time(const struct record *r)
{
	return r->kind == PAIR_UNANSWERED ? r->t_query : r->t_response;
}

/** Bytes that a transaction takes as a record. */
uint32_t record_size(const struct transaction *t);

/** Writes a transaction into `r` (record_size() bytes, 8-aligned). Everything is copied. */
void record_fill(struct record *r, const struct transaction *t);

#endif
