// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the files of lib/pair share: the table's state, what a message is looked up by, how entries end.
 * Private to lib/pair.
 */
#ifndef PAIR_STATE_H
#define PAIR_STATE_H

#include "pair/hash.h"
#include "pair/pair.h"
#include "pair/progress.h"
#include "pair/table.h"
#include "pair/wait.h"

/** All of it is of the worker that owns the table. */
struct pair {
	struct table table;
	struct wait_pool waits;
	struct hasher hash;
	struct pair_config config;
	struct leg_origin *origins; /**< of each open query, where unanswered ones are given; else NULL */
	size_t memory;              /**< bytes reserved in all */
	uint32_t max_queries;       /**< most queries and transfers */
	uint32_t max_waits;
	uint32_t n_waits;
	uint32_t open_ticks;        /**< ages at which entries can find no partner any more */
	uint32_t done_ticks;
	uint32_t wait_ticks;
	struct progress progress;
};

/** A message as the table looks for it. Borrows the name from the message. */
struct look {
	uint64_t rest;       /**< flow_rest() */
	int64_t time;
	uint64_t hash;       /**< of flow and ID */
	uint32_t question;   /**< hash of the question; 0 where loose */
	uint32_t message;    /**< as in struct entry, like qtype, qclass and name_len */
	uint32_t self;       /**< its own entry, which it must not find; 0: it has none */
	uint16_t qtype, qclass;
	const uint8_t *name; /**< NULL without a question */
	uint8_t name_len;
	bool loose;
};

/** What was found for a query; indices of entries, 0 for none. */
struct query_match {
	uint32_t open;      /**< the same query, not answered yet */
	uint32_t wait;      /**< a response that waits for it */
	bool answered;      /**< it is answered; this one came late or twice */
	bool duplicate;     /**< it is the same message as a moment ago */
};

/** What was found for a response. */
struct response_match {
	uint32_t open;      /**< the query that it answers */
	uint32_t transfer;  /**< the transfer that it continues */
	bool duplicate;     /**< the same message was here a moment ago */
	bool exact;         /**< `open` has the same question */
	bool mismatched;    /**< a query with another question is open on its flow and ID */
	bool extra;         /**< its question has been answered */
};

/** Now, in ticks. */
static inline uint32_t pair_ticks(const struct pair *p)
{
	return (uint32_t)(p->progress.now >> TICK_SHIFT);
}

/** The tick of a message. Packet time is followed after the burst that a message came in, and while it leaps, no
 * nearer than by PROGRESS_VOTES steps: what is only kept for a moment would age by all that at once. */
static inline uint32_t pair_ticks_of(const struct pair *p, const struct leg_origin *o)
{
	const struct progress_port *port = &p->progress.port[o->port % PROGRESS_PORTS];
	int64_t ahead = time_diff(o->time, port->believed);

	if (ahead > PROGRESS_VOTES * PROGRESS_STEP)
		ahead = PROGRESS_VOTES * PROGRESS_STEP;
	if (ahead <= 0 || port->now + ahead <= p->progress.now)
		return pair_ticks(p);
	return (uint32_t)((port->now + ahead) >> TICK_SHIFT);
}

/** Both ends and the ID of a message: who sent QR=1 is the server. */
static inline struct flow_view flow_of(const struct flow_key *flow, const struct dns_layout *at)
{
	if (at->flags & DNS_QR)
		return (struct flow_view){ flow->dst, flow->src,
					   flow_rest(flow->dport, flow->sport, at->id, flow->proto) };
	return (struct flow_view){ flow->src, flow->dst,
				   flow_rest(flow->sport, flow->dport, at->id, flow->proto) };
}

/** Hash of a message's only question, whose name has `name_len` octets; never 0. */
static inline uint32_t question_hash(const struct pair *p, const uint8_t *message, uint32_t name_len)
{
	uint32_t question = (uint32_t)hash_question(&p->hash, message, name_len);

	return question ? question : 1;
}

/** True where a message has exactly one question. */
static inline bool has_question(const struct dns_layout *at)
{
	return at->count[DNS_QUESTION] == 1 && at->qname_len;
}

/* What is found is returned by pointer: small structs that come back in registers are put together from
 * single bytes of the stack, and such a read waits until all stores before it are in the cache. */

/** Looks for what a query belongs to. Marks waiting responses whose question is another one. */
void match_query(struct pair *p, const struct look *k, struct query_match *m);

/** Looks for what a response belongs to. */
void match_response(const struct pair *p, const struct look *k, struct response_match *m);

/** Responses that still wait and ask the same as an answered query may be late copies of its answer: they
 * answer a later query only if nothing else does. */
void match_mark_extra(struct pair *p, const struct look *k);

/** Makes room for one more query in the table and in its chain. What is oldest goes, counted. */
void room_for_query(struct pair *p, const struct look *k);

/** Likewise for a waiting response, which drops no open query; false where there is no room. */
bool room_for_wait(struct pair *p, const struct look *k);

/** Makes room for a long name. */
void room_for_name(struct pair *p);

/** Gives a query's answer, which `k` looked for; the entry becomes a tombstone or a transfer. */
void end_answered(struct pair *p, uint32_t i, const struct look *k, const struct leg_origin *origin,
		  const struct dns_message *response, uint32_t hash);

/** Gives a further message of a transfer. */
void give_transfer(struct pair *p, uint32_t i, const struct leg_origin *origin,
		   const struct dns_message *response, uint32_t hash);

/** Ends an open query that found no response. */
void end_unanswered(struct pair *p, uint32_t i);

/** Ends a waiting response that found no query: it is given and counted, unless a deferred query is there for
 * it. */
void end_wait(struct pair *p, struct wait_record *r);

/** Takes a waiting response out of the table. Its record stays readable until the next one waits. */
void wait_forget(struct pair *p, struct wait_record *r);

/** Frees a transfer. */
void end_transfer(struct pair *p, uint32_t i);

/** How a stored response is looked up again. */
struct look look_of_wait(const struct pair *p, const struct wait_record *r);

#endif
