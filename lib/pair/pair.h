// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Queries meet their responses: a private table of a fixed size for each worker.
 *
 * Whether two legs match depends on their two times alone (response up to gc_age later than the query, or up
 * to 5 s earlier); expiry only frees memory. Three passes over a burst, so that table misses overlap:
 * pair_hash(), pair_prefetch(), pair_leg().
 */
#ifndef PAIR_PAIR_H
#define PAIR_PAIR_H

#include "core/counters.h"
#include "core/error.h"
#include "dns/message.h"
#include "packet/packet.h"

#include <stddef.h>
#include <stdint.h>

/** Responses may be up to this much earlier than their query (reordering taps, clocks that step). */
#define PAIR_EARLY INT64_C(5000000000)
/** The same message again within this time is a mirror port's duplicate. */
#define PAIR_DUPLICATE INT64_C(100000000)

/** How a message came. Plain data: it can be stored beside the message's bytes. */
struct leg_origin {
	struct flow_key flow;   /**< src sent it */
	int64_t time;           /**< ns since the epoch, of the frame that completed it */
	uint32_t wire_bytes;    /**< UDP: bytes on the wire of its frames; TCP: bytes of the message */
	uint32_t tunnel_id;
	uint32_t mpls;          /**< as in struct packet, like all below */
	uint16_t vlan;
	uint16_t vlan_inner;
	uint16_t port;
	uint8_t tunnel;
	uint8_t hop_limit;
	uint8_t depth;
	bool reassembled;
	uint8_t outer_family;
	uint8_t outer_src[16];  /**< set where outer_family is not 0 */
	uint8_t outer_dst[16];
};

/** One DNS message on its way into the table. */
struct leg {
	struct leg_origin origin;
	struct dns_message msg; /**< usable; data borrowed until pair_leg() returns */
	uint32_t serial;        /**< TCP: a number of its own, as no stream gives a message twice; UDP: 0 */
	uint64_t hash;          /**< pair_hash()'s, of flow and ID */
	uint64_t rest;          /**< likewise: ports, ID and protocol, as the table has them */
	uint32_t question_hash; /**< likewise, of the question; 0: none, or several */
	uint32_t message_hash;  /**< likewise, of the message's bytes and serial: what makes two the same */
};

/** What is kept of a query until its response comes. */
struct pair_query {
	int64_t time;       /**< of the first transmission */
	const uint8_t *qname; /**< wire form, borrowed until the callback returns; NULL without a question */
	uint16_t qname_len;
	uint16_t qtype;
	uint16_t qclass;
	uint16_t flags;     /**< header's second word */
	uint16_t id;
	uint16_t bytes;     /**< of the DNS message */
	uint16_t edns_size; /**< UDP size its OPT told; 0 without OPT */
	bool edns;          /**< it had an OPT */
	bool edns_do;
	uint8_t retransmissions; /**< at most 255 */
};

/** How a transaction ended. */
enum pair_kind { PAIR_ANSWERED, PAIR_UNANSWERED, PAIR_ORPHAN };

/** What the table gives. Everything is borrowed until the callback returns. */
struct transaction {
	enum pair_kind kind;
	const struct pair_query *query; /**< NULL for an orphan */
	const struct leg_origin *query_origin; /**< an unanswered query's (src is the client); else NULL */
	const struct leg_origin *origin; /**< the response's (src is the server); NULL if unanswered */
	const struct dns_message *response; /**< NULL if unanswered */
};

/** Takes a transaction. */
typedef void (*pair_fn)(void *ctx, const struct transaction *t);

/** Fixed at start. */
struct pair_config {
	uint32_t max_queries;  /**< outstanding queries; the oldest goes first */
	size_t wait_bytes;     /**< bytes of responses that wait for their query */
	int64_t gc_age;        /**< ns */
	bool unanswered;       /**< give unanswered queries */
	bool orphans;          /**< give responses without a query */
	uint8_t hash_key[16];  /**< secret: an attacker can't aim at a bucket */
	struct counters *counters; /**< of the lcore; outlives the table */
	pair_fn emit;
	void *ctx;
};

struct pair;

/** Sets a table up; NULL and the reason in `e` where memory lacks. All memory is reserved here; pair_memory()
 * tells how much. */
struct pair *pair_new(const struct pair_config *config, struct error *e);

/** Frees it; NULL is allowed. Nothing is emitted: see pair_finish(). */
void pair_free(struct pair *p);

/** Bytes reserved. */
size_t pair_memory(const struct pair *p);

/** Outstanding queries now; another thread may ask. */
uint32_t pair_outstanding(const struct pair *p);

/** First pass: stores keyed hashes in the leg and prefetches its bucket. */
void pair_hash(const struct pair *p, struct leg *leg);

/** Second pass: prefetches the entry that the leg most likely wants. */
void pair_prefetch(const struct pair *p, const struct leg *leg);

/** Third pass: pairs the leg; may call emit. Counts queries and responses and what became of them. */
void pair_leg(struct pair *p, const struct leg *leg);

/** Follows packet time: drops (and emits, where asked) what can find no partner any more. `time` is the
 * newest packet time of a `port`; one packet from the far future is not believed. Called once a burst and
 * when idle; its work is bounded a call. */
void pair_advance(struct pair *p, uint16_t port, int64_t time);

/** End of the run: all that is outstanding ends as unanswered or orphan. */
void pair_finish(struct pair *p);

#endif
