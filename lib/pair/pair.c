// SPDX-License-Identifier: BSD-3-Clause
#include "pair/pair.h"

#include "core/mem.h"
#include "core/wire.h"
#include "pair/state.h"

#include <stdlib.h>
#include <string.h>

/* Slots have one bit that is not the index's, and rings are powers of two. */
#define MOST_ENTRIES (UINT32_C(1) << 30)
/* Ages are compared as signed differences of ticks. */
#define MOST_TICKS (INT64_C(1) << 30)
/* Odd, so that equal messages of different serials never have one hash. */
#define SERIAL_MIX UINT32_C(0x9e3779b1)
/* Entries that one pair_advance() ends, of each kind. A burst adds fewer. */
#define ADVANCE_MOST 128

/* The age in ticks after which an entry is of no use, where messages may be `ns` apart. */
static uint32_t ticks_of(int64_t ns)
{
	int64_t ticks = (ns >> TICK_SHIFT) + 2;

	return (uint32_t)(ticks < MOST_TICKS ? ticks : MOST_TICKS);
}

static void set_limits(struct pair *p)
{
	int64_t age = p->config.gc_age > PAIR_EARLY ? p->config.gc_age : PAIR_EARLY;
	size_t waits = p->waits.size / WAIT_LEAST + 1;

	p->max_queries = p->config.max_queries ? p->config.max_queries : 1;
	if (p->max_queries > MOST_ENTRIES / 2)
		p->max_queries = MOST_ENTRIES / 2;
	p->max_waits = waits < MOST_ENTRIES / 2 ? (uint32_t)waits : MOST_ENTRIES / 2;
	p->open_ticks = age > INT64_MAX - PAIR_EARLY ? (uint32_t)MOST_TICKS : ticks_of(age + PAIR_EARLY);
	p->wait_ticks = ticks_of(PAIR_EARLY + PAIR_EARLY);
	p->done_ticks = ticks_of(PAIR_DUPLICATE + PAIR_DUPLICATE);
}

static size_t origins_size(const struct pair *p)
{
	return p->config.unanswered ? ((size_t)p->table.capacity + 1) * sizeof(struct leg_origin) : 0;
}

struct pair *pair_new(const struct pair_config *config, struct error *e)
{
	struct pair *p = NULL;

	if (posix_memalign((void **)&p, 64, sizeof(*p))) {
		error_set(e, "no memory for the pairing table");
		return NULL;
	}
	memset(p, 0, sizeof(*p));
	p->config = *config;
	hasher_init(&p->hash, config->hash_key, false);
	bool ok = wait_init(&p->waits, config->wait_bytes);
	set_limits(p);
	ok = ok && table_init(&p->table, p->max_queries, p->max_waits);
	if (ok && config->unanswered) {
		p->origins = mem_reserve(origins_size(p));
		ok = p->origins;
	}
	if (!ok) {
		error_set(e, "no memory for a pairing table of %u queries; fewer are set by -max_queries",
			  p->max_queries);
		pair_free(p);
		return NULL;
	}
	p->memory = sizeof(*p) + p->waits.size + p->table.memory + origins_size(p);
	return p;
}

void pair_free(struct pair *p)
{
	if (!p)
		return;
	mem_free(p->origins, origins_size(p));
	table_close(&p->table);
	wait_close(&p->waits);
	free(p);
}

size_t pair_memory(const struct pair *p)
{
	return p->memory;
}

uint32_t pair_outstanding(const struct pair *p)
{
	return __atomic_load_n(&p->table.n_open, __ATOMIC_RELAXED);
}

void pair_hash(const struct pair *p, struct leg *leg)
{
	const struct dns_layout *at = &leg->msg.at;
	struct flow_view flow = flow_of(&leg->origin.flow, at);

	leg->hash = hash_flow(&p->hash, &flow);
	leg->rest = flow.rest;
	leg->question_hash = has_question(at) ? question_hash(p, leg->msg.data, at->qname_len) : 0;
	leg->message_hash = (uint32_t)hash_bytes(&p->hash, leg->msg.data, leg->msg.len) ^ leg->serial * SERIAL_MIX;
	__builtin_prefetch(&p->table.buckets[hash_bucket(&p->table, leg->hash)], 1);
}

void pair_prefetch(const struct pair *p, const struct leg *leg)
{
	const struct table *t = &p->table;
	const struct bucket *line = &t->buckets[hash_bucket(t, leg->hash)];
	uint32_t matches = line_match(line, hash_tag(leg->hash, leg->question_hash), TAG_ALL);

	if (!matches)
		return;
	uint32_t slot = line->slot[__builtin_ctz(matches)];
	if (slot & SLOT_TOMB)
		__builtin_prefetch(slot_tomb(t, slot));
	else
		entry_prefetch(t, slot);
}

static struct look look_of_leg(const struct leg *leg)
{
	const struct dns_layout *at = &leg->msg.at;

	return (struct look){
		.rest = leg->rest,
		.time = leg->origin.time,
		.hash = leg->hash,
		.question = leg->question_hash,
		.message = leg->message_hash,
		.qtype = at->qtype,
		.qclass = at->qclass,
		.name = at->qname_len ? leg->msg.data + DNS_HEADER_SIZE : NULL,
		.name_len = (uint8_t)at->qname_len,
		.loose = !has_question(at),
	};
}

/* What an OPT record tells of a query: its CLASS is the UDP size, DO the first bit of the second half of its
 * TTL (RFC 6891 §6.1.2). */
static void set_edns(struct entry *e, const struct dns_message *m)
{
	struct wire w = wire_init(m->data, m->len);

	if (!m->at.opt)
		return;
	wire_seek(&w, m->at.opt + 2U);
	e->edns_size = wire_u16(&w);
	wire_skip(&w, 2);
	e->bits |= ENTRY_EDNS | (wire_u16(&w) & 0x8000 ? ENTRY_DNSSEC_OK : 0);
}

static struct entry *entry_new(struct pair *p, const struct look *k, enum entry_state state, uint32_t *i)
{
	struct table *t = &p->table;

	*i = entry_take(t);
	struct entry *e = &t->entries[*i];
	entry_set_flow(e, k->hash, k->rest);
	e->first = e->last = k->time;
	e->message = k->message;
	e->qtype = k->qtype;
	e->qclass = k->qclass;
	e->name_len = k->name_len;
	e->retransmissions = 0;
	e->edns_size = 0;
	e->state = (uint8_t)state;
	e->bits = (k->loose ? ENTRY_LOOSE : 0) | (flow_proto(k->rest) == 6 ? ENTRY_TCP : 0);
	e->seen = pair_ticks(p);
	chain_add(t, hash_bucket(t, k->hash), hash_tag(k->hash, k->question), *i);
	return e;
}

static uint32_t query_open(struct pair *p, const struct look *k, const struct leg *leg)
{
	uint32_t i;

	room_for_query(p, k);
	struct entry *e = entry_new(p, k, ENTRY_OPEN, &i);
	e->flags = leg->msg.at.flags;
	e->bytes = (uint16_t)leg->msg.len;
	set_edns(e, &leg->msg);
	while (!entry_set_name(&p->table, e, k->name, k->name_len))
		room_for_name(p);
	age_add(&p->table, i);
	if (p->origins)
		p->origins[i] = leg->origin;
	return i;
}

static void query_again(struct pair *p, const struct look *k, const struct query_match *m)
{
	struct entry *e = &p->table.entries[m->open];

	if (m->duplicate)
		COUNT(p->config.counters, queries_duplicate);
	else
		COUNT(p->config.counters, queries_retransmitted);
	if (!m->open)
		return;
	if (k->time < e->first)
		e->first = k->time;
	if (k->time > e->last)
		e->last = k->time;
	if (!m->duplicate && e->retransmissions < UINT8_MAX)
		e->retransmissions++;
	age_remove(&p->table, m->open);
	e->seen = pair_ticks(p);
	age_add(&p->table, m->open);
}

/* Messages of a transfer that came before its query. */
static void give_waiting_transfer(struct pair *p, const struct look *query, uint32_t i)
{
	while (p->table.entries[i].state == ENTRY_TRANSFER) {
		struct query_match m;
		match_query(p, query, &m);
		if (!m.wait)
			return;
		struct wait_record *r = wait_at(&p->waits, p->table.entries[m.wait].wait);
		struct dns_message message = wait_message(r);
		uint32_t hash = p->table.entries[m.wait].message;
		wait_forget(p, r);
		give_transfer(p, i, &r->origin, &message, hash);
	}
}

static void query_leg(struct pair *p, const struct leg *leg)
{
	struct look k = look_of_leg(leg);
	struct query_match m;

	match_query(p, &k, &m);
	COUNT(p->config.counters, queries);
	COUNT_N(p->config.counters, queries_ipv6, leg->origin.flow.family == 6);
	if (m.open || m.answered)
		query_again(p, &k, &m);
	if (!m.wait) {
		if (!m.open && !m.answered)
			query_open(p, &k, leg);
		return;
	}
	if (m.answered && !m.open)
		return;
	struct wait_record *r = wait_at(&p->waits, p->table.entries[m.wait].wait);
	struct dns_message message = wait_message(r);
	uint32_t hash = p->table.entries[m.wait].message;
	wait_forget(p, r);
	uint32_t i = m.open ? m.open : query_open(p, &k, leg);
	end_answered(p, i, &k, &r->origin, &message, hash);
	give_waiting_transfer(p, &k, i);
	match_mark_extra(p, &k);
}

static void response_wait(struct pair *p, const struct look *k, const struct leg *leg,
			  const struct response_match *m)
{
	struct wait_record *r = NULL;
	uint32_t i;

	if (!room_for_wait(p, k)) {
		COUNT(p->config.counters, responses_evicted);
		return;
	}
	struct entry *e = entry_new(p, k, ENTRY_WAIT, &i);
	e->bits |= (m->mismatched ? ENTRY_MISMATCHED : 0) | (m->extra ? ENTRY_EXTRA : 0);
	while (!(r = wait_put(&p->waits, leg, i, e->seen))) {
		COUNT(p->config.counters, responses_evicted);
		wait_forget(p, wait_oldest(&p->waits));
	}
	e->wait = wait_offset(&p->waits, r);
	p->table.buckets[hash_bucket(&p->table, k->hash)].waits++;
	p->n_waits++;
}

static void response_leg(struct pair *p, const struct leg *leg)
{
	struct look k = look_of_leg(leg);
	struct response_match m;

	match_response(p, &k, &m);
	COUNT(p->config.counters, responses);
	if (m.duplicate)
		COUNT(p->config.counters, responses_duplicate);
	else if (m.open)
		end_answered(p, m.open, &k, &leg->origin, &leg->msg, k.message);
	else if (m.transfer)
		give_transfer(p, m.transfer, &leg->origin, &leg->msg, k.message);
	else
		response_wait(p, &k, leg, &m);
}

void pair_leg(struct pair *p, const struct leg *leg)
{
	if (leg->msg.at.flags & DNS_QR)
		response_leg(p, leg);
	else
		query_leg(p, leg);
}

static bool aged(const struct pair *p, uint32_t seen, uint32_t ticks)
{
	return (int32_t)(pair_ticks(p) - seen - ticks) > 0;
}

/* The oldest tombstone, where its time has come. */
static const struct tomb *tomb_due(struct pair *p)
{
	const struct tomb *tomb = tomb_oldest(&p->table);

	return tomb && aged(p, tomb->seen, p->done_ticks) ? tomb : NULL;
}

static void fetch_tombs(struct pair *p)
{
	const struct table *t = &p->table;
	uint32_t ahead = tomb_due(p) ? t->tomb_ring.tail - t->tomb_ring.head : 0;

	for (uint32_t i = 0; i < ahead && i < TOMBS_AHEAD; i++)
		tomb_prefetch(t, t->tomb_ring.head + i);
}

static void advance_tombs(struct pair *p)
{
	const struct ring *r = &p->table.tomb_ring;

	for (uint32_t n = 0; n < ADVANCE_MOST && tomb_due(p); n++) {
		if (r->tail - r->head > TOMBS_AHEAD)
			tomb_prefetch(&p->table, r->head + TOMBS_AHEAD);
		tomb_end(&p->table, r->head);
	}
}

static bool entry_aged(const struct pair *p, uint32_t i)
{
	return i && aged(p, p->table.entries[i].seen, p->open_ticks);
}

static void advance_open(struct pair *p)
{
	struct table *t = &p->table;
	uint32_t i;

	for (int n = 0; n < ADVANCE_MOST && entry_aged(p, i = oldest_short(t, 2 * ADVANCE_MOST)); n++)
		end_unanswered(p, i);
	for (int n = 0; n < ADVANCE_MOST && entry_aged(p, i = t->lists[LIST_LONG].head); n++)
		end_unanswered(p, i);
	for (int n = 0; n < ADVANCE_MOST && entry_aged(p, i = t->lists[LIST_TRANSFER].head); n++)
		end_transfer(p, i);
}

static void advance_waits(struct pair *p)
{
	for (int n = 0; n < ADVANCE_MOST; n++) {
		struct wait_record *r = wait_oldest(&p->waits);
		if (!r || !aged(p, r->seen, p->wait_ticks))
			return;
		end_wait(p, r);
	}
}

void pair_advance(struct pair *p, uint16_t port, int64_t time)
{
	COUNT_N(p->config.counters, time_jumps, progress_follow(&p->progress, port, time));
	fetch_tombs(p);
	advance_waits(p);
	advance_open(p);
	advance_tombs(p);
}

void pair_finish(struct pair *p)
{
	struct list *lists = p->table.lists;
	struct wait_record *r;
	uint32_t i;

	while ((r = wait_oldest(&p->waits)))
		end_wait(p, r);
	while ((i = oldest_short(&p->table, UINT32_MAX)) || (i = lists[LIST_LONG].head))
		end_unanswered(p, i);
	while (lists[LIST_TRANSFER].n)
		end_transfer(p, lists[LIST_TRANSFER].head);
	while (tomb_oldest(&p->table))
		tomb_end(&p->table, p->table.tomb_ring.head);
}
