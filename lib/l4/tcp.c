// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp.h"

#include "core/clock.h"
#include "core/mem.h"
#include "core/wire.h"
#include "l4/tcp_clock.h"
#include "l4/tcp_stream.h"

#include <stdlib.h>

/* RFC 9293 §3.1 */
#define TCP_HEADER 20
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

/* How long a gap may still fill after the other side acknowledged what is in it: taps bring the directions out of step. */
#define GRACE (200 * NS_PER_MS)
/* How long a gap may fill where the other side isn't seen. */
#define GRACE_BLIND NS_PER_S
/* How long a finished flow is known, for its stragglers and for segments captured twice. */
#define LINGER NS_PER_S
/* Flows that one call expires, and that one search for the oldest passes over, at most. */
#define EXPIRE_MAX 256
#define PASS_MAX 16

struct tcp {
	struct tcp_table table;
	struct tcp_shared s;
	struct tcp_clock clock;
	int64_t idle;
	size_t scratch_size;
};

/* Where messages go. */
struct tcp_out {
	tcp_message_fn emit;
	void *ctx;
};

/* A segment's header. */
struct segment {
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
};

struct tcp *tcp_new(const struct tcp_config *config, struct error *e)
{
	if (!config->max_flows || config->max_flow_bytes < TCP_FLOW_BYTES_MIN ||
	    config->max_bytes < (size_t)config->max_flow_bytes * 4) {
		error_set(e, "TCP needs at least 1 flow, %d bytes a direction and four times as many in all", TCP_FLOW_BYTES_MIN);
		return NULL;
	}
	struct tcp *t = calloc(1, sizeof(*t));
	if (!t) {
		error_set(e, "no memory for TCP");
		return NULL;
	}
	t->s.counters = config->counters;
	t->s.max_flow_bytes = config->max_flow_bytes;
	t->idle = config->idle;
	t->clock.step = config->idle / 4;
	t->scratch_size = tcp_scratch_size(config->max_flow_bytes);
	t->s.scratch = mem_reserve(t->scratch_size);
	if (!t->s.scratch)
		error_set(e, "no memory for TCP");
	else if (!chunk_pool_init(&t->s.pool, config->max_bytes, e) &&
		 !tcp_table_init(&t->table, config->max_flows, config->hash_key, e))
		return t;
	tcp_free(t);
	return NULL;
}

void tcp_free(struct tcp *t)
{
	if (!t)
		return;
	tcp_table_fini(&t->table);
	chunk_pool_fini(&t->s.pool);
	mem_free(t->s.scratch, t->scratch_size);
	free(t);
}

static bool make_room(struct tcp_run *run, uint32_t n);

static struct tcp_run run_of(struct tcp *t, struct tcp_flow *f, unsigned dir, const struct packet *p, struct tcp_out out)
{
	return (struct tcp_run){ .s = &t->s, .f = f, .h = &f->half[dir], .p = p, .emit = out.emit, .ctx = out.ctx,
				 .make_room = make_room, .owner = t };
}

/* Reads what can still be read of a flow and forgets it. */
static void drop_flow(struct tcp *t, struct tcp_flow *f, struct tcp_out out)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct tcp_run run = run_of(t, f, dir, NULL, out);
		tcp_stream_flush(&run);
	}
	tcp_table_remove(&t->table, f);
}

/* The flow of a list that was idle longest, or nearly so; never `except`. */
static struct tcp_flow *oldest(struct tcp *t, enum tcp_list list, const struct tcp_flow *except)
{
	struct tcp_flow *f = NULL;

	for (int i = 0; i < PASS_MAX; i++) {
		f = tcp_table_head(&t->table, list);
		if (!f || (f != except && f->last <= f->queued) || f->after == FLOW_NONE)
			break;
		tcp_table_queue(&t->table, f, list, t->clock.now);
	}
	return f != except ? f : NULL;
}

static struct tcp_flow *oldest_of(struct tcp *t, enum tcp_list from, const struct tcp_flow *except)
{
	struct tcp_flow *best = NULL;

	for (unsigned list = from; list < TCP_LISTS; list++) {
		struct tcp_flow *f = oldest(t, list, except);
		if (f && (!best || f->last < best->last))
			best = f;
	}
	return best;
}

/* Flows that hold nothing of use go before those that carry DNS. */
static void evict_for_flow(struct tcp *t, struct tcp_out out)
{
	static const enum tcp_list first[] = { TCP_CLOSED, TCP_NOT_DNS, TCP_FRESH };
	struct tcp_flow *f = NULL;

	for (unsigned i = 0; !f && i < sizeof(first) / sizeof(first[0]); i++)
		f = oldest(t, first[i], NULL);
	if (!f)
		f = oldest_of(t, TCP_PLAIN, NULL);
	COUNT(t->s.counters, tcp_flows_evicted);
	drop_flow(t, f, out);
}

static bool make_room(struct tcp_run *run, uint32_t n)
{
	struct tcp *t = run->owner;
	struct tcp_out out = { run->emit, run->ctx };

	while (t->s.pool.left < n) {
		struct tcp_flow *f = oldest(t, TCP_FRESH, run->f);
		if (!f)
			f = oldest_of(t, TCP_HOLD, run->f);
		if (!f)
			return false;
		COUNT(t->s.counters, tcp_flows_evicted);
		drop_flow(t, f, out);
	}
	return true;
}

/* True where the other side has received what is in the first gap, or nobody will send it any more. */
static bool gap_lost(const struct tcp_flow *f, const struct tcp_half *h)
{
	if (!window_gapped(&h->window))
		return false;
	return f->reset || (h->acked_known && (int32_t)(h->acked - window_end(&h->window)) > 0);
}

static enum tcp_list list_of(const struct tcp_flow *f)
{
	const struct tcp_half *a = &f->half[0], *b = &f->half[1];
	bool closed = f->reset || (a->fin && b->fin);
	bool held = a->window.held || b->window.held;

	if (closed && !held)
		return TCP_CLOSED;
	if (f->not_dns)
		return TCP_NOT_DNS;
	if (gap_lost(f, a) || gap_lost(f, b))
		return TCP_WAIT;
	if (!f->good)
		return TCP_FRESH;
	if (window_gapped(&a->window) || window_gapped(&b->window))
		return TCP_GAP;
	return held ? TCP_HOLD : TCP_PLAIN;
}

/* Gives up the gaps that are lost, or all. */
static void skip_gaps(struct tcp *t, struct tcp_flow *f, bool all, const struct packet *p, unsigned p_dir, struct tcp_out out)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct tcp_half *h = &f->half[dir];
		struct tcp_run run = run_of(t, f, dir, dir == p_dir ? p : NULL, out);
		while (window_gapped(&h->window) && (all || gap_lost(f, h)))
			tcp_stream_skip_gap(&run);
	}
}

/* True where a flow has waited long enough for its gaps to fill. */
static bool gaps_due(const struct tcp *t, const struct tcp_flow *f)
{
	int64_t waited = t->clock.now - f->since;
	bool blind = !f->half[0].acked_known || !f->half[1].acked_known;

	if (f->list == TCP_WAIT)
		return waited >= GRACE;
	return f->list == TCP_GAP && waited >= (blind ? GRACE_BLIND : t->idle);
}

/* Puts a flow into the list where it belongs now. */
static void settle(struct tcp *t, struct tcp_flow *f)
{
	enum tcp_list list = list_of(f);

	if (f->not_dns && f->list != TCP_NOT_DNS && f->list != TCP_CLOSED) {
		COUNT(t->s.counters, tcp_flows_not_dns);
		window_clear(&t->s.pool, &f->half[0].window);
		window_clear(&t->s.pool, &f->half[1].window);
		list = list_of(f);
	}
	if (list != f->list || (list != TCP_WAIT && t->clock.now - f->queued >= t->idle / 16))
		tcp_table_queue(&t->table, f, list, t->clock.now);
}

/* A position is plausible behind a known start where a window could reach. */
static bool within(const struct tcp *t, uint32_t start, uint32_t seq)
{
	return seq - start <= t->s.max_flow_bytes;
}

static void start_half(struct tcp_half *h, uint32_t seq)
{
	h->mode = TCP_START;
	h->isn_known = true;
	h->first = h->window.next = seq;
}

/* A flow for the first data of its connection that was seen. */
static struct tcp_flow *open_flow(struct tcp *t, const struct tcp_key *key, const struct segment *s, struct tcp_out out)
{
	if (t->table.used == t->table.max)
		evict_for_flow(t, out);
	struct tcp_flow *f = tcp_table_add(&t->table, key, TCP_FRESH, t->clock.now);
	COUNT(t->s.counters, tcp_flows);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct tcp_half *h = &f->half[dir];
		bool own = dir == key->dir, told = own || s->flags & ACK;
		uint32_t isn, at = own ? s->seq : s->ack;

		if (tcp_table_take_isn(&t->table, key, (uint8_t)dir, &isn) && (!told || within(t, isn + 1, at))) {
			start_half(h, isn + 1);
		} else if (!own && told) {
			/* Its next data begins here, though not surely a message. */
			h->mode = TCP_SEARCH;
			h->first = h->window.next = at;
		}
	}
	return f;
}

/* A SYN of a flow that is followed: true where it is the one that began the flow. */
static bool same_connection(const struct tcp *t, struct tcp_half *h, uint32_t start)
{
	if (h->mode == TCP_UNSEEN) {
		start_half(h, start);
		return true;
	}
	if (h->isn_known)
		return h->first == start;
	if (!within(t, start, h->first))
		return false;
	/* It was captured late. */
	if (!h->data)
		start_half(h, start);
	h->first = start;
	h->isn_known = true;
	return true;
}

/* What an acknowledgement tells of the other direction. */
static void take_ack(struct tcp_half *other, uint32_t ack)
{
	if (other->acked_known && (int32_t)(ack - other->acked) <= 0)
		return;
	other->acked = ack;
	other->acked_known = true;
}

/* A side's stream is whole: a message that lacks its end never gets it. */
static void finish_half(struct tcp_run *run)
{
	const struct tcp_half *h = run->h;

	if (h->fin && h->window.held && !window_gapped(&h->window) && window_end(&h->window) == h->fin_seq)
		tcp_stream_flush(run);
}

static void take_segment(struct tcp *t, struct tcp_flow *f, unsigned dir, const struct segment *s, const struct packet *p,
			 const uint8_t *data, struct tcp_out out)
{
	struct tcp_run run = run_of(t, f, dir, p, out);
	struct tcp_half *h = &f->half[dir];

	if (s->flags & ACK)
		take_ack(&f->half[!dir], s->ack);
	if (p->payload_len && !f->not_dns)
		tcp_stream_take(&run, s->seq, data + p->payload, p->payload_len, p->missing);
	if (s->flags & FIN) {
		h->fin = true;
		h->fin_seq = s->seq + p->payload_len + p->missing;
	}
	f->reset |= (s->flags & RST) != 0;
	finish_half(&run);
	settle(t, f);
	if (gaps_due(t, f)) {
		skip_gaps(t, f, f->list == TCP_GAP, p, dir, out);
		settle(t, f);
	}
}

static bool read_segment(const struct packet *p, const uint8_t *data, struct segment *s)
{
	if (p->payload < p->l4 || p->payload - p->l4 < TCP_HEADER)
		return false;
	struct wire w = wire_init(data + p->l4, TCP_HEADER);
	wire_skip(&w, 4);
	s->seq = wire_u32(&w);
	s->ack = wire_u32(&w);
	wire_skip(&w, 1);
	s->flags = wire_u8(&w);
	/* A SYN takes the number before its data. */
	if (s->flags & SYN)
		s->seq++;
	return true;
}

void tcp_segment(struct tcp *t, const struct packet *p, const uint8_t *data, tcp_message_fn emit, void *ctx)
{
	struct tcp_out out = { emit, ctx };
	struct tcp_flow *crowded = NULL;
	struct segment s;

	if (!read_segment(p, data, &s))
		return;
	struct tcp_key key = tcp_table_key(&t->table, &p->flow);
	struct tcp_flow *f = tcp_table_find(&t->table, &key, &crowded);
	tcp_clock_follow(&t->clock, p->port, p->time);
	t->s.serial++;
	if (s.flags & SYN && !(s.flags & RST)) {
		if (f && !same_connection(t, &f->half[key.dir], s.seq)) {
			drop_flow(t, f, out);
			f = NULL;
		}
		if (!f)
			tcp_table_put_isn(&t->table, &key, s.seq - 1);
	}
	if (!f && p->payload_len) {
		if (crowded) {
			COUNT(t->s.counters, tcp_flows_evicted);
			drop_flow(t, crowded, out);
		}
		f = open_flow(t, &key, &s, out);
	}
	if (!f)
		return;
	f->last = t->clock.now;
	take_segment(t, f, key.dir, &s, p, data, out);
}

/* Drops the first flow of a list, or lets it go on, where its time has come. False where it hasn't. */
static bool expire_first(struct tcp *t, enum tcp_list list, struct tcp_out out)
{
	struct tcp_flow *f = tcp_table_head(&t->table, list);
	int64_t limit = list == TCP_CLOSED ? LINGER : t->idle;

	if (!f)
		return false;
	if (list == TCP_WAIT) {
		if (t->clock.now - f->since < GRACE)
			return false;
		skip_gaps(t, f, false, NULL, 0, out);
		settle(t, f);
		return true;
	}
	if (t->clock.now - f->last >= limit) {
		if (list != TCP_CLOSED && list != TCP_NOT_DNS)
			COUNT(t->s.counters, tcp_flows_timeout);
		drop_flow(t, f, out);
		return true;
	}
	if (f->last <= f->queued || t->clock.now - f->queued < limit / 4)
		return false;
	tcp_table_queue(&t->table, f, list, t->clock.now);
	return true;
}

void tcp_expire(struct tcp *t, uint16_t port, int64_t now, tcp_message_fn emit, void *ctx)
{
	struct tcp_out out = { emit, ctx };
	int left = EXPIRE_MAX;

	tcp_clock_follow(&t->clock, port, now);
	for (unsigned list = 0; list < TCP_LISTS; list++)
		while (left > 0 && expire_first(t, list, out))
			left--;
}

void tcp_finish(struct tcp *t, tcp_message_fn emit, void *ctx)
{
	struct tcp_out out = { emit, ctx };
	struct tcp_flow *f;

	for (unsigned list = 0; list < TCP_LISTS; list++)
		while ((f = tcp_table_head(&t->table, list)))
			drop_flow(t, f, out);
}
