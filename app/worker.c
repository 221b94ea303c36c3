// SPDX-License-Identifier: BSD-3-Clause
#include "app/worker.h"
#include "core/mem.h"
#include "port/source.h"
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE ((size_t)1 << 20)
#define FRAME_MAX ((size_t)262144 + 8)

/* Room for a transaction in the ring of this burst; NULL where the record is dropped. */
static struct record *reserve(struct worker *w, uint32_t size)
{
	struct byte_ring *ring = w->ring[w->ring_at];
	struct record *r = ring_reserve(ring, size);

	while (!r && w->lossless) {
		ring_publish(ring);
		w->wait(w->wait_ctx);
		r = ring_reserve(ring, size);
	}
	return r;
}

/* A response that is neither an error nor shows an answer, and isn't whole: it may not be told as NODATA. */
static void count_no_answer(struct worker *w, const struct dns_layout *at)
{
	if (at->rcode || at->answers || (!at->count[DNS_ANSWER] && at->damage == DNS_SOUND))
		return;
	if (at->damage == DNS_CUT_TAIL)
		COUNT(&w->counters, answers_cut);
	else
		COUNT(&w->counters, answers_malformed);
}

static void on_transaction(void *ctx, const struct transaction *t)
{
	struct worker *w = ctx;
	struct record *r = reserve(w, record_size(t));

	if (!r) {
		COUNT(&w->counters, records_ring_full);
		return;
	}
	record_fill(r, t);
	COUNT(&w->counters, records_in);
	if (t->response)
		count_no_answer(w, &t->response->at);
}

struct worker *worker_new(const struct worker_config *config, struct error *e)
{
	struct worker *w = aligned_alloc(64, (sizeof(*w) + 63) & ~(size_t)63);
	struct pair_config pair = config->pair;
	struct tcp_config tcp = config->tcp;

	if (!w) {
		error_set(e, "no memory for a worker");
		return NULL;
	}
	memset(w, 0, sizeof(*w));
	pair.counters = tcp.counters = &w->counters;
	pair.emit = on_transaction;
	pair.ctx = w;
	w->lossless = config->lossless;
	w->newest = INT64_MIN;
	w->arena = (struct arena){ .base = mem_reserve(ARENA_SIZE), .cap = ARENA_SIZE };
	w->pair = pair_new(&pair, e);
	w->tcp = w->pair ? tcp_new(&tcp, e) : NULL;
	if (!w->arena.base)
		error_set(e, "no memory for a worker");
	if (!w->arena.base || !w->tcp) {
		worker_free(w);
		return NULL;
	}
	return w;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	pair_free(w->pair);
	tcp_free(w->tcp);
	mem_free(w->arena.base, w->arena.cap);
	for (uint32_t i = 0; i < w->rings; i++)
		ring_free(w->ring[i]);
	free(w);
}

/* Pairs what is batched, in three passes so that the table's cache misses overlap. */
static void pair_batch(struct worker *w)
{
	for (uint32_t i = 0; i < w->n_legs; i++)
		pair_prefetch(w->pair, &w->legs[i]);
	for (uint32_t i = 0; i < w->n_legs; i++)
		pair_leg(w->pair, &w->legs[i]);
	w->n_legs = 0;
}

static void count_unusable(struct worker *w, enum dns_damage damage, uint32_t missing)
{
	/* What is cut before its question ends is cut, however little is left of it. */
	switch (damage < DNS_BAD_QUESTION && missing ? DNS_CUT_QUESTION : damage) {
	case DNS_EMPTY:
		COUNT(&w->counters, drop_message_empty);
		break;
	case DNS_SHORT:
		COUNT(&w->counters, drop_message_short);
		break;
	case DNS_CUT_QUESTION:
		COUNT(&w->counters, drop_message_cut);
		break;
	default:
		COUNT(&w->counters, drop_message_question);
		break;
	}
}

/* True where a response promises answers and none of them can be read: a client takes no notice of it, and waits
 * for another. One that the capture cut was a sound answer. */
static bool answers_lost(const struct dns_layout *at)
{
	return __builtin_expect(at->damage == DNS_BAD_TAIL, 0) && at->flags & DNS_QR && !at->rcode && !at->answers &&
	       at->count[DNS_ANSWER];
}

static void count_tail(struct worker *w, const struct dns_layout *at)
{
	COUNT_N(&w->counters, rrs_malformed, at->unsound);
	if (at->damage == DNS_BAD_TAIL)
		COUNT(&w->counters, messages_malformed_tail);
	else if (at->damage == DNS_CUT_TAIL)
		COUNT(&w->counters, messages_cut_tail);
}

static void set_origin(struct leg_origin *o, const struct packet *p, uint32_t wire_bytes)
{
	o->flow = p->flow;
	o->time = p->time;
	o->wire_bytes = wire_bytes;
	o->tunnel_id = p->tunnel_id;
	o->mpls = p->mpls;
	o->vlan = p->vlan;
	o->vlan_inner = p->vlan_inner;
	o->port = p->port;
	o->tunnel = p->tunnel;
	o->hop_limit = p->hop_limit;
	o->depth = p->depth;
	o->reassembled = p->reassembled;
	o->outer_family = p->outer_family;
	if (p->outer_family) {
		memcpy(o->outer_src, p->outer_src, 16);
		memcpy(o->outer_dst, p->outer_dst, 16);
	}
}

static void message(struct worker *w, const struct packet *p, const uint8_t *msg, uint32_t len, uint32_t missing,
		    uint32_t wire_bytes)
{
	struct leg *leg = &w->legs[w->n_legs];
	enum dns_damage damage = dns_parse(&leg->msg, msg, len, missing);

	if (!dns_usable(damage)) {
		count_unusable(w, damage, missing);
		return;
	}
	if (answers_lost(&leg->msg.at)) {
		COUNT(&w->counters, drop_message_no_answers);
		return;
	}
	count_tail(w, &leg->msg.at);
	set_origin(&leg->origin, p, wire_bytes);
	leg->serial = p->flow.proto == 6 ? (uint32_t)w->counters.n[COUNT_messages_tcp] : 0;
	pair_hash(w->pair, leg);
	if (++w->n_legs == WORKER_BATCH)
		pair_batch(w);
}

static void on_tcp_message(void *ctx, const struct packet *p, const uint8_t *msg, uint32_t len, uint32_t missing,
			   bool from_buffer)
{
	struct worker *w = ctx;

	if (from_buffer) {
		uint8_t *copy = arena_take(&w->arena, len);

		if (!copy) {
			/* Packets in several mbufs lie in the arena too, but worker_poll() left room for a message. */
			pair_batch(w);
			message(w, p, msg, len, missing, len + missing);
			pair_batch(w);
			return;
		}
		memcpy(copy, msg, len);
		msg = copy;
	}
	message(w, p, msg, len, missing, len + missing);
}

void worker_packet(struct worker *w, const struct packet *p, const uint8_t *data)
{
	if (p->flow.proto == 6) {
		tcp_segment(w->tcp, p, data, on_tcp_message, w);
	} else {
		COUNT(&w->counters, messages_udp);
		message(w, p, data + p->payload, p->payload_len, p->missing, p->wire_len);
	}
	w->newest = p->time;
	w->newest_port = p->port;
}

void worker_flush(struct worker *w)
{
	pair_batch(w);
	arena_reset(&w->arena);
	if (w->newest != INT64_MIN) {
		worker_advance(w, w->newest_port, w->newest);
		w->seen = true;
		w->last_time = w->newest;
		w->last_port = w->newest_port;
		w->newest = INT64_MIN;
	}
	ring_publish(w->ring[w->ring_at]);
	if (++w->ring_at == w->rings)
		w->ring_at = 0;
}

void worker_advance(struct worker *w, uint16_t port, int64_t time)
{
	pair_advance(w->pair, port, time);
	tcp_expire(w->tcp, port, time, on_tcp_message, w);
}

/* The bytes of an mbuf in one piece: its own, or a copy in the arena. */
static const uint8_t *contiguous(struct worker *w, const struct rte_mbuf *m)
{
	if (m->nb_segs == 1)
		return rte_pktmbuf_mtod(m, const uint8_t *);
	if (arena_left(&w->arena) < FRAME_MAX + 65536 || m->pkt_len > FRAME_MAX) {
		pair_batch(w);
		arena_reset(&w->arena);
	}
	return rte_pktmbuf_read(m, 0, m->pkt_len, arena_take(&w->arena, m->pkt_len));
}

static bool poll_link(struct worker *w, struct link *link)
{
	struct rte_mbuf *pkts[BURST];
	/* Before the ring is emptied: what it says holds only once everything before it was taken. */
	int64_t watermark = atomic_load_explicit(&link->watermark, memory_order_acquire);
	uint16_t port = atomic_load_explicit(&link->port, memory_order_relaxed);
	unsigned n = rte_ring_sc_dequeue_burst(link->ring, (void **)pkts, BURST, NULL);

	/* NOLINTBEGIN(clang-analyzer-core.*): that the ring fills n of them it can't follow. */
	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n)
			rte_prefetch0(mbuf_packet(pkts[i + 1]));
		if (i + 2 < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + 2], const void *));
		worker_packet(w, mbuf_packet(pkts[i]), contiguous(w, pkts[i]));
	}
	/* NOLINTEND(clang-analyzer-core.*) */
	if (n) {
		worker_flush(w);
		rte_pktmbuf_free_bulk(pkts, n);
	}
	if (n < BURST && watermark != INT64_MIN)
		worker_advance(w, port, watermark);
	return n > 0;
}

bool worker_poll(struct worker *w)
{
	bool busy = false;

	for (uint32_t i = 0; i < w->inputs; i++)
		busy |= poll_link(w, w->input[i]);
	return busy;
}

bool worker_input_ended(const struct worker *w)
{
	for (uint32_t i = 0; i < w->inputs; i++)
		if (!atomic_load_explicit(&w->input[i]->ended, memory_order_acquire) || !rte_ring_empty(w->input[i]->ring))
			return false;
	return true;
}

void worker_finish(struct worker *w)
{
	tcp_finish(w->tcp, on_tcp_message, w);
	worker_flush(w);
	/* The end of a run isn't the packet path: rather wait for the encoder than drop. */
	w->lossless = true;
	pair_finish(w->pair);
	for (uint32_t i = 0; i < w->rings; i++)
		ring_publish(w->ring[i]);
	atomic_store_explicit(&w->done, true, memory_order_release);
}
