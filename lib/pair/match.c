// SPDX-License-Identifier: BSD-3-Clause
/* Which messages belong together, by their own times: what has aged out could not match anyway. */
#include "dns/name.h"
#include "pair/state.h"

/* True where both have one question, and the same. */
static bool question_same(const struct pair *p, const struct entry *e, const struct look *k)
{
	uint8_t room[DNS_NAME_MAX];

	if (k->loose || e->bits & ENTRY_LOOSE || e->name_len != k->name_len || e->qtype != k->qtype ||
	    e->qclass != k->qclass)
		return false;
	const uint8_t *name = e->state == ENTRY_WAIT ? wait_at(&p->waits, e->wait)->data + DNS_HEADER_SIZE
						     : entry_name(&p->table, e, room);
	return dns_name_equal(name, e->name_len, k->name, k->name_len);
}

static bool within(int64_t a, int64_t b, int64_t most)
{
	int64_t d = time_diff(a, b);

	return d <= most && d >= -most;
}

/* A response at `time` can answer a query sent from `first` to `last`. */
static bool in_window(const struct pair *p, int64_t first, int64_t last, int64_t time)
{
	return time_diff(time, first) >= -PAIR_EARLY && time_diff(time, last) <= p->config.gc_age;
}

/* A query at `time` is a transmission of one that was sent from `first` to `last`. */
static bool transmission(const struct pair *p, int64_t first, int64_t last, int64_t time)
{
	return time_diff(time, last) <= p->config.gc_age && time_diff(first, time) <= p->config.gc_age;
}

/* A query that came again after its response did, by its time or by the order of arrival. */
static void query_tomb(const struct pair *p, const struct look *k, struct tomb *tomb, struct query_match *m)
{
	if (tomb->flow != k->hash || tomb->message != k->message)
		return;
	bool duplicate = within(k->time, tomb->last, PAIR_DUPLICATE);
	if (!duplicate && !(k->time < tomb->answered && transmission(p, tomb->first, tomb->last, k->time)))
		return;
	m->answered = true;
	m->duplicate = m->duplicate || duplicate;
	if (k->time > tomb->last)
		tomb->last = k->time;
}

static void query_entry(const struct pair *p, const struct look *k, uint32_t i, struct query_match *m)
{
	const struct entry *e = &p->table.entries[i];
	bool same_message = e->message == k->message;

	if (e->state == ENTRY_OPEN) {
		bool same = k->loose ? e->bits & ENTRY_LOOSE && same_message : question_same(p, e, k);
		if (!same || !transmission(p, e->first, e->last, k->time))
			return;
		m->open = i;
		m->duplicate = same_message && (within(k->time, e->last, PAIR_DUPLICATE) ||
						within(k->time, e->first, PAIR_DUPLICATE));
	} else if (e->state == ENTRY_TRANSFER && question_same(p, e, k) &&
		   within(k->time, e->first, PAIR_DUPLICATE)) {
		m->answered = m->duplicate = true;
	}
}

static void query_wait(struct pair *p, const struct look *k, uint32_t i, struct query_match *m)
{
	struct entry *entries = p->table.entries, *e = &entries[i];

	if (e->state != ENTRY_WAIT || !in_window(p, k->time, k->time, e->first))
		return;
	if (!k->loose && !(e->bits & ENTRY_LOOSE) && !question_same(p, e, k)) {
		e->bits |= ENTRY_MISMATCHED;
		return;
	}
	if (e->bits & ENTRY_EXTRA && e->first < k->time)
		return;
	if (!m->wait || e->first < entries[m->wait].first)
		m->wait = i;
}

void match_query(struct pair *p, const struct look *k, struct query_match *m)
{
	struct probe probe = probe_init(&p->table, k->hash, k->question, TAG_ALL);
	bool waits = probe.line->waits;
	uint32_t i;

	*m = (struct query_match){ 0 };
	while ((i = probe_next(&probe))) {
		if (i & SLOT_TOMB)
			query_tomb(p, k, slot_tomb(&p->table, i), m);
		else if (entry_is_of(&p->table.entries[i], k->hash, k->rest))
			query_entry(p, k, i, m);
	}
	if (!waits)
		return;
	probe = probe_init(&p->table, k->hash, k->question, TAG_FLOW);
	while ((i = probe_next(&probe)))
		if (!(i & SLOT_TOMB) && entry_is_of(&p->table.entries[i], k->hash, k->rest))
			query_wait(p, k, i, m);
}

void match_mark_extra(struct pair *p, const struct look *k)
{
	struct probe probe = probe_init(&p->table, k->hash, k->question, TAG_FLOW);
	uint32_t i;

	if (!probe.line->waits)
		return;
	while ((i = probe_next(&probe))) {
		struct entry *e = &p->table.entries[i];
		if (!(i & SLOT_TOMB) && e->state == ENTRY_WAIT && entry_is_of(e, k->hash, k->rest) &&
		    (k->loose || e->bits & ENTRY_LOOSE || question_same(p, e, k)))
			e->bits |= ENTRY_EXTRA;
	}
}

static void response_open(const struct pair *p, const struct look *k, uint32_t i, struct response_match *m)
{
	const struct entry *entries = p->table.entries, *e = &entries[i];

	if (!in_window(p, e->first, e->last, k->time))
		return;
	bool same = question_same(p, e, k);
	if (!same && !k->loose && !(e->bits & ENTRY_LOOSE)) {
		m->mismatched = true;
		return;
	}
	if (m->open && (m->exact > same || (m->exact == same && entries[m->open].first <= e->first)))
		return;
	m->open = i;
	m->exact = same;
}

static void response_entry(const struct pair *p, const struct look *k, uint32_t i, struct response_match *m)
{
	const struct entry *e = &p->table.entries[i];

	switch (e->state) {
	case ENTRY_OPEN:
		response_open(p, k, i, m);
		return;
	case ENTRY_TRANSFER:
		if (e->message == k->message && within(k->time, e->last, PAIR_DUPLICATE))
			m->duplicate = true;
		else if ((k->loose || question_same(p, e, k)) && in_window(p, e->last, e->last, k->time))
			m->transfer = i;
		return;
	default:
		if (e->message == k->message && within(k->time, e->first, PAIR_DUPLICATE))
			m->duplicate = true;
		return;
	}
}

static void response_tomb(const struct pair *p, const struct look *k, const struct tomb *tomb,
			  struct response_match *m)
{
	if (tomb->flow != k->hash)
		return;
	if (tomb->response == k->message && within(k->time, tomb->answered, PAIR_DUPLICATE))
		m->duplicate = true;
	else if ((k->loose || !tomb->question || tomb->question == k->question) &&
		 in_window(p, tomb->first, tomb->last, k->time))
		m->extra = true;
}

void match_response(const struct pair *p, const struct look *k, struct response_match *m)
{
	const struct entry *entries = p->table.entries;

	*m = (struct response_match){ 0 };
	/* Its own question first; where that finds nothing, all that is there of the flow and ID. */
	for (uint16_t bits = k->loose ? TAG_FLOW : TAG_ALL;; bits = TAG_FLOW) {
		struct probe probe = probe_init(&p->table, k->hash, k->question, bits);
		uint32_t i;
		while ((i = probe_next(&probe))) {
			if (i & SLOT_TOMB)
				response_tomb(p, k, slot_tomb(&p->table, i), m);
			else if (i != k->self && entry_is_of(&entries[i], k->hash, k->rest))
				response_entry(p, k, i, m);
		}
		if (bits == TAG_FLOW || m->duplicate || m->open || m->transfer)
			break;
	}
	/* A query younger than the transfer's last message: the client has gone on. */
	if (m->open && m->transfer) {
		if (entries[m->open].first > entries[m->transfer].last)
			m->transfer = 0;
		else
			m->open = 0;
	}
}
