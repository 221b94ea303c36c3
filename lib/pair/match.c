// SPDX-License-Identifier: BSD-3-Clause
/* Which messages belong together. All of it goes by the messages' own times; what has aged out can't be found anyway. */
#include "pair/state.h"

#include <string.h>

static bool name_same(const uint8_t *a, const uint8_t *b, uint32_t len)
{
	if (!memcmp(a, b, len))
		return true;
	for (uint32_t i = 0; i < len; i++) {
		uint8_t x = a[i], y = b[i];
		x |= (uint8_t)(x - 'A') < 26 ? 0x20 : 0;
		y |= (uint8_t)(y - 'A') < 26 ? 0x20 : 0;
		if (x != y)
			return false;
	}
	return true;
}

/* True where both have one question, and the same. Not for tombstones, which have no name any more. */
static bool question_same(const struct pair *p, const struct entry *e, const struct look *k)
{
	if (k->loose || e->bits & ENTRY_LOOSE || e->question != k->question || e->qtype != k->qtype || e->qclass != k->qclass ||
	    e->name_len != k->name_len)
		return false;
	const uint8_t *name = e->state == ENTRY_WAIT ? wait_at(&p->waits, e->wait)->data + DNS_HEADER_SIZE : entry_name(&p->table, e);
	return name_same(name, k->name, k->name_len);
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

/* A query at `time` is a transmission of one that was sent from e->first to e->last. */
static bool transmission(const struct pair *p, const struct entry *e, int64_t time)
{
	return time_diff(time, e->last) <= p->config.gc_age && time_diff(e->first, time) <= p->config.gc_age;
}

static void consider_query(const struct pair *p, const struct look *k, uint32_t i, struct query_match *m)
{
	const struct entry *e = &p->table.entries[i];
	bool same_message = e->message == k->message;

	switch (e->state) {
	case ENTRY_OPEN:
		if (!(k->loose ? e->bits & ENTRY_LOOSE && same_message : question_same(p, e, k)) || !transmission(p, e, k->time))
			return;
		m->open = i;
		m->duplicate = same_message && (within(k->time, e->last, PAIR_DUPLICATE) || within(k->time, e->first, PAIR_DUPLICATE));
		return;
	case ENTRY_DONE:
		if (!same_message)
			return;
		if (within(k->time, e->last, PAIR_DUPLICATE)) {
			m->answered = i;
			m->duplicate = true;
		} else if (k->time < e->answered && transmission(p, e, k->time) && !m->answered) {
			m->answered = i;
		}
		return;
	case ENTRY_TRANSFER:
		if (question_same(p, e, k) && within(k->time, e->first, PAIR_DUPLICATE)) {
			m->answered = i;
			m->duplicate = true;
		}
		return;
	default:
		return;
	}
}

static void consider_wait(struct pair *p, const struct look *k, uint32_t i, struct query_match *m)
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

struct query_match match_query(struct pair *p, const struct look *k)
{
	struct query_match m = { 0 };
	struct probe probe = probe_init(&p->table, k->hash, TAG_ALL);
	bool waits = probe.line->waits;
	uint32_t i;

	while ((i = probe_next(&probe)))
		if (flow_same(&p->table.entries[i].flow, &k->flow))
			consider_query(p, k, i, &m);
	if (!waits)
		return m;
	probe = probe_init(&p->table, k->hash, TAG_FLOW);
	while ((i = probe_next(&probe)))
		if (flow_same(&p->table.entries[i].flow, &k->flow))
			consider_wait(p, k, i, &m);
	return m;
}

void match_mark_extra(struct pair *p, const struct look *k)
{
	struct probe probe = probe_init(&p->table, k->hash, TAG_FLOW);
	uint32_t i;

	if (!probe.line->waits)
		return;
	while ((i = probe_next(&probe))) {
		struct entry *e = &p->table.entries[i];
		if (e->state == ENTRY_WAIT && flow_same(&e->flow, &k->flow) &&
		    (k->loose || e->bits & ENTRY_LOOSE || question_same(p, e, k)))
			e->bits |= ENTRY_EXTRA;
	}
}

static void consider_open(const struct pair *p, const struct look *k, uint32_t i, struct response_match *m, bool *exact)
{
	const struct entry *entries = p->table.entries, *e = &entries[i];

	if (!in_window(p, e->first, e->last, k->time))
		return;
	bool same = question_same(p, e, k);
	if (!same && !k->loose && !(e->bits & ENTRY_LOOSE)) {
		m->mismatched = true;
		return;
	}
	if (m->open && (*exact > same || (*exact == same && entries[m->open].first <= e->first)))
		return;
	m->open = i;
	*exact = same;
}

static void consider_response(const struct pair *p, const struct look *k, uint32_t i, struct response_match *m, bool *exact)
{
	const struct entry *e = &p->table.entries[i];

	switch (e->state) {
	case ENTRY_OPEN:
		consider_open(p, k, i, m, exact);
		return;
	case ENTRY_DONE:
		if (e->response == k->message && within(k->time, e->answered, PAIR_DUPLICATE))
			m->duplicate = true;
		else if ((k->loose || e->bits & ENTRY_LOOSE || e->question == k->question) && in_window(p, e->first, e->last, k->time))
			m->extra = true;
		return;
	case ENTRY_TRANSFER:
		if (e->message == k->message && within(k->time, e->last, PAIR_DUPLICATE))
			m->duplicate = true;
		else if ((k->loose || question_same(p, e, k)) && in_window(p, e->last, e->last, k->time))
			m->transfer = i;
		return;
	case ENTRY_WAIT:
		if (e->message == k->message && within(k->time, e->first, PAIR_DUPLICATE))
			m->duplicate = true;
		return;
	default:
		return;
	}
}

struct response_match match_response(const struct pair *p, const struct look *k)
{
	struct response_match m = { 0 };
	const struct entry *entries = p->table.entries;
	bool exact = false;

	/* Its own question first; where that finds nothing, all that is there of the flow and ID. */
	for (uint32_t bits = k->loose ? TAG_FLOW : TAG_ALL;; bits = TAG_FLOW) {
		struct probe probe = probe_init(&p->table, k->hash, (uint16_t)bits);
		uint32_t i;
		while ((i = probe_next(&probe)))
			if (i != k->self && flow_same(&entries[i].flow, &k->flow))
				consider_response(p, k, i, &m, &exact);
		if (bits == TAG_FLOW || m.duplicate || m.open || m.transfer)
			break;
	}
	/* A query younger than the transfer's last message: the client has gone on. */
	if (m.open && m.transfer) {
		if (entries[m.open].first > entries[m.transfer].last)
			m.transfer = 0;
		else
			m.open = 0;
	}
	return m;
}
