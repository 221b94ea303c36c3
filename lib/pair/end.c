// SPDX-License-Identifier: BSD-3-Clause
/* How entries end: answered, unanswered, orphaned, or dropped for want of room. */
#include "pair/state.h"

#include "core/put.h"
#include "dns/types.h"

static bool response_continues(const struct entry *e, const struct dns_message *response)
{
	return (e->qtype == DNS_TYPE_AXFR || e->qtype == DNS_TYPE_IXFR) && e->bits & ENTRY_TCP &&
	       !(e->bits & ENTRY_LOOSE) && !response->at.rcode;
}

/* Borrows the name from the entry, or from `room`. */
static struct pair_query query_of(const struct table *t, const struct entry *e, uint8_t room[DNS_NAME_MAX])
{
	return (struct pair_query){
		.time = e->first,
		.qname = e->name_len ? entry_name(t, e, room) : NULL,
		.qname_len = e->name_len,
		.qtype = e->qtype,
		.qclass = e->qclass,
		.flags = e->flags,
		.id = e->id,
		.bytes = e->bytes,
		.edns_size = e->edns_size,
		.edns = e->bits & ENTRY_EDNS,
		.edns_do = e->bits & ENTRY_DNSSEC_OK,
		.retransmissions = e->retransmissions,
	};
}

static void give(struct pair *p, const struct entry *e, const struct leg_origin *origin,
		 const struct dns_message *response)
{
	uint8_t room[DNS_NAME_MAX];
	struct pair_query q = query_of(&p->table, e, room);

	p->config.emit(p->config.ctx, &(struct transaction){ PAIR_ANSWERED, &q, NULL, origin, response });
}

/* An OPEN or TRANSFER entry leaves the table. */
static void forget(struct pair *p, uint32_t i)
{
	struct table *t = &p->table;
	struct entry *e = &t->entries[i];

	age_remove(t, i);
	chain_remove(t, hash_bucket(t, e->flow), i);
	entry_drop_name(t, e);
	e->state = ENTRY_FREE;
	entry_give(t, i);
}

void end_transfer(struct pair *p, uint32_t i)
{
	forget(p, i);
}

static void become_transfer(struct pair *p, uint32_t i, int64_t time, uint32_t hash)
{
	struct entry *e = &p->table.entries[i];

	e->state = ENTRY_TRANSFER;
	e->last = time;
	e->message = hash;
	e->seen = pair_ticks(p);
	age_add(&p->table, i);
}

/* The hash of an entry's question, made anew where the response that it was found for has none. */
static uint32_t entry_question(const struct pair *p, const struct entry *e, const struct look *k)
{
	if (e->bits & ENTRY_LOOSE)
		return 0;
	if (!k->loose)
		return k->question;
	uint8_t message[DNS_HEADER_SIZE + DNS_NAME_MAX + 4] = { 0 }, room[DNS_NAME_MAX];
	const uint8_t rest[] = { (uint8_t)(e->qtype >> 8), (uint8_t)e->qtype, (uint8_t)(e->qclass >> 8),
				 (uint8_t)e->qclass };
	uint8_t *at = put_mem(message + DNS_HEADER_SIZE, entry_name(&p->table, e, room), e->name_len);
	put_mem(at, rest, sizeof(rest));
	return question_hash(p, message, e->name_len);
}

static void become_tomb(struct pair *p, uint32_t i, const struct look *k, const struct leg_origin *response,
			uint32_t hash)
{
	struct table *t = &p->table;
	struct entry *e = &t->entries[i];
	struct tomb *tomb = tomb_add(t, k->hash, i);

	tomb->first = e->first;
	tomb->last = e->last;
	tomb->answered = response->time;
	tomb->question = entry_question(p, e, k);
	tomb->message = e->message;
	tomb->response = hash;
	tomb->seen = pair_ticks_of(p, response);
	entry_drop_name(t, e);
	e->state = ENTRY_FREE;
	entry_give(t, i);
}

void end_answered(struct pair *p, uint32_t i, const struct look *k, const struct leg_origin *origin,
		  const struct dns_message *response, uint32_t hash)
{
	struct entry *e = &p->table.entries[i];

	COUNT(p->config.counters, queries_answered);
	COUNT(p->config.counters, responses_matched);
	give(p, e, origin, response);
	age_remove(&p->table, i);
	if (response_continues(e, response))
		become_transfer(p, i, origin->time, hash);
	else
		become_tomb(p, i, k, origin, hash);
}

void give_transfer(struct pair *p, uint32_t i, const struct leg_origin *origin,
		   const struct dns_message *response, uint32_t hash)
{
	struct entry *e = &p->table.entries[i];

	COUNT(p->config.counters, responses_transfer);
	give(p, e, origin, response);
	if (origin->time > e->last)
		e->last = origin->time;
	e->message = hash;
	e->seen = pair_ticks(p);
	age_remove(&p->table, i);
	age_add(&p->table, i);
}

void end_unanswered(struct pair *p, uint32_t i)
{
	const struct entry *e = &p->table.entries[i];

	COUNT(p->config.counters, queries_unanswered);
	if (p->origins) {
		uint8_t room[DNS_NAME_MAX];
		struct pair_query q = query_of(&p->table, e, room);
		p->config.emit(p->config.ctx,
			       &(struct transaction){ PAIR_UNANSWERED, &q, &p->origins[i], NULL, NULL });
	}
	forget(p, i);
}

void wait_forget(struct pair *p, struct wait_record *r)
{
	struct table *t = &p->table;
	uint32_t bucket = hash_bucket(t, t->entries[r->entry].flow);

	t->buckets[bucket].waits--;
	chain_remove(t, bucket, r->entry);
	t->entries[r->entry].state = ENTRY_FREE;
	entry_give(t, r->entry);
	p->n_waits--;
	wait_take(&p->waits, r);
}

struct look look_of_wait(const struct pair *p, const struct wait_record *r)
{
	const struct entry *e = &p->table.entries[r->entry];
	bool loose = e->bits & ENTRY_LOOSE;

	return (struct look){
		.rest = entry_rest(e),
		.time = e->first,
		.hash = e->flow,
		.question = loose ? 0 : question_hash(p, r->data, e->name_len),
		.message = e->message,
		.self = r->entry,
		.qtype = e->qtype,
		.qclass = e->qclass,
		.name = e->name_len ? r->data + DNS_HEADER_SIZE : NULL,
		.name_len = e->name_len,
		.loose = loose,
	};
}

void end_wait(struct pair *p, struct wait_record *r)
{
	uint8_t bits = p->table.entries[r->entry].bits;
	struct dns_message message = wait_message(r);

	if (bits & ENTRY_EXTRA) {
		struct look k = look_of_wait(p, r);
		struct response_match m;
		match_response(p, &k, &m);
		if (m.open) {
			wait_forget(p, r);
			end_answered(p, m.open, &k, &r->origin, &message, k.message);
			return;
		}
	}
	if (bits & ENTRY_MISMATCHED)
		COUNT(p->config.counters, responses_mismatched);
	else
		COUNT(p->config.counters, responses_orphan);
	if (p->config.orphans)
		p->config.emit(p->config.ctx,
			       &(struct transaction){ PAIR_ORPHAN, NULL, NULL, &r->origin, &message });
	wait_forget(p, r);
}

static void evict_wait(struct pair *p, struct wait_record *r)
{
	COUNT(p->config.counters, responses_evicted);
	wait_forget(p, r);
}

/* Which came first; ticks are coarse. */
static bool older(const struct entry *a, const struct entry *b)
{
	int32_t d = (int32_t)(a->seen - b->seen);

	return d < 0 || (d == 0 && a->first < b->first);
}

/* The oldest open query, with a long name or a short one. */
static uint32_t oldest_open(struct table *t)
{
	uint32_t a = oldest_short(t, UINT32_MAX), b = t->lists[LIST_LONG].head;

	if (!a || !b)
		return a | b;
	return older(&t->entries[b], &t->entries[a]) ? b : a;
}

/* What goes first where a chain is full, least first. An open query never makes room for a response. */
static uint32_t chain_rank(const struct entry *e, const struct look *k, bool query)
{
	switch (e->state) {
	case ENTRY_TRANSFER:
		return 1;
	case ENTRY_WAIT:
		return query ? 2 : 0;
	default:
		return !query ? UINT32_MAX : entry_is_of(e, k->hash, k->rest) ? 3 : 4;
	}
}

/* The slot that goes; 0 for none. A tombstone before all else. */
static uint32_t chain_victim(const struct pair *p, const struct look *k, bool query)
{
	struct probe probe = probe_init(&p->table, k->hash, 0, 0);
	const struct entry *entries = p->table.entries;
	uint32_t i, victim = 0, least = UINT32_MAX;

	while ((i = probe_next(&probe))) {
		if (i & SLOT_TOMB)
			return i;
		uint32_t rank = chain_rank(&entries[i], k, query);
		if (rank < least || (rank == least && victim && older(&entries[i], &entries[victim]))) {
			victim = i;
			least = rank;
		}
	}
	return victim;
}

static bool chain_room(struct pair *p, const struct look *k, bool query)
{
	struct table *t = &p->table;

	table_grow(t);
	if (t->buckets[hash_bucket(t, k->hash)].total < CHAIN_MOST)
		return true;
	uint32_t i = chain_victim(p, k, query);
	if (!i)
		return false;
	if (i & SLOT_TOMB) {
		tomb_end(t, i);
	} else if (t->entries[i].state == ENTRY_WAIT) {
		evict_wait(p, wait_at(&p->waits, t->entries[i].wait));
	} else {
		COUNT_N(p->config.counters, queries_bucket_evicted, t->entries[i].state == ENTRY_OPEN);
		forget(p, i);
	}
	return true;
}

static void drop_oldest(struct pair *p)
{
	if (p->table.lists[LIST_TRANSFER].n) {
		end_transfer(p, p->table.lists[LIST_TRANSFER].head);
	} else {
		COUNT(p->config.counters, queries_evicted);
		forget(p, oldest_open(&p->table));
	}
}

void room_for_query(struct pair *p, const struct look *k)
{
	const struct table *t = &p->table;

	if (t->n_open + t->lists[LIST_TRANSFER].n >= p->max_queries)
		drop_oldest(p);
	chain_room(p, k, true);
}

bool room_for_wait(struct pair *p, const struct look *k)
{
	if (p->n_waits >= p->max_waits)
		evict_wait(p, wait_oldest(&p->waits));
	return chain_room(p, k, false);
}

void room_for_name(struct pair *p)
{
	const struct list *lists = p->table.lists;

	if (lists[LIST_LONG].n) {
		COUNT(p->config.counters, queries_evicted);
		forget(p, lists[LIST_LONG].head);
	} else {
		forget(p, lists[LIST_TRANSFER].head);
	}
}
