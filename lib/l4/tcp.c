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

/* How long a gap may still fill after the other side acknowledged what is in it: taps bring the directions
 * out of step. */
#define GRACE (200 * NSEC_PER_MSEC)
/* How long a gap may fill where the other side isn't seen. */
#define GRACE_BLIND NSEC_PER_SEC
/* How long a finished flow is known, for its stragglers and for segments captured twice. */
#define LINGER NSEC_PER_SEC
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
	uint32_t each = config->max_flow_bytes;
	bool each_fits = each >= TCP_FLOW_BYTES_MIN && each <= TCP_FLOW_BYTES_MAX;

	if (!config->max_flows || !each_fits || config->max_bytes < (size_t)each * 2) {
		error_set(e, "TCP needs at least 1 flow, %d to %d bytes a direction and twice as many in all",
			  TCP_FLOW_BYTES_MIN, TCP_FLOW_BYTES_MAX);
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

static struct tcp_run run_of(struct tcp *t, struct tcp_flow *f, unsigned dir, const struct packet *p,
			     struct tcp_out out)
{
	return (struct tcp_run){ .s = &t->s, .f = f, .h = &f->half[dir], .p = p, .emit = out.emit,
				 .ctx = out.ctx, .make_room = make_room, .owner = t };
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

static void evict(struct tcp *t, struct tcp_flow *f, struct tcp_out out)
{
	COUNT(t->s.counters, tcp_flows_evicted);
	drop_flow(t, f, out);
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

/* Flows of no use go before those that carry DNS. */
static void evict_for_flow(struct tcp *t, struct tcp_out out)
{
	static const enum tcp_list first[] = { TCP_CLOSED, TCP_NOT_DNS, TCP_FRESH, TCP_PART };
	struct tcp_flow *f = NULL;

	for (unsigned i = 0; !f && i < sizeof(first) / sizeof(first[0]); i++)
		f = oldest(t, first[i], NULL);
	if (!f)
		f = oldest_of(t, TCP_PLAIN, NULL);
	evict(t, f, out);
}

static bool make_room(struct tcp_run *run, uint32_t n)
{
	struct tcp *t = run->owner;
	struct tcp_out out = { run->emit, run->ctx };

	while (t->s.pool.left < n) {
		struct tcp_flow *f = oldest(t, TCP_PART, run->f);
		if (!f)
			f = oldest_of(t, TCP_HOLD, run->f);
		if (!f)
			return false;
		evict(t, f, out);
	}
	return true;
}

/* Looks at the first gap of a direction: since when it is there, and since when it can't fill any more
 * because the other side has received what is in it, or nobody will send it again. */
static void watch_gap(const struct tcp *t, const struct tcp_flow *f, struct tcp_half *h)
{
	uint32_t at = window_end(&h->window);
	bool gap = window_gapped(&h->window);
	bool lost = gap && (f->reset || (h->acked_known && (int32_t)(h->acked - at) > 0));

	if (gap && (!h->gap || h->gap_at != at || h->gap_lost != lost))
		h->gap_since = t->clock.now;
	h->gap = gap;
	h->gap_at = at;
	h->gap_lost = lost;
}

/* True where a gap had time enough to fill. */
static bool gap_due(const struct tcp *t, const struct tcp_flow *f, const struct tcp_half *h)
{
	bool blind = !f->half[0].acked_known || !f->half[1].acked_known;
	int64_t patience = h->gap_lost ? GRACE : blind ? GRACE_BLIND : t->idle;

	return h->gap && t->clock.now - h->gap_since >= patience;
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
	if (a->gap_lost || b->gap_lost)
		return TCP_WAIT;
	if (!f->good)
		return held ? TCP_PART : TCP_FRESH;
	return held ? TCP_HOLD : TCP_PLAIN;
}

/* Puts a flow into the list where it belongs now. */
static void settle(struct tcp *t, struct tcp_flow *f)
{
	watch_gap(t, f, &f->half[0]);
	watch_gap(t, f, &f->half[1]);
	enum tcp_list list = list_of(f);
	if (f->not_dns && f->list != TCP_NOT_DNS && f->list != TCP_CLOSED) {
		COUNT(t->s.counters, tcp_flows_not_dns);
		window_clear(&t->s.pool, &f->half[0].window);
		window_clear(&t->s.pool, &f->half[1].window);
		list = TCP_NOT_DNS;
	}
	if (list != f->list || (list != TCP_WAIT && t->clock.now - f->queued >= t->idle / 16))
		tcp_table_queue(&t->table, f, list, t->clock.now);
}

/* Gives up the gaps that had time enough to fill. `p` is the segment at hand, of direction `p_dir`, or NULL. */
static void skip_gaps(struct tcp *t, struct tcp_flow *f, const struct packet *p, unsigned p_dir,
		      struct tcp_out out)
{
	bool skipped = false;

	for (unsigned dir = 0; dir < 2; dir++) {
		struct tcp_run run = run_of(t, f, dir, dir == p_dir ? p : NULL, out);
		if (!gap_due(t, f, run.h))
			continue;
		tcp_stream_skip_gap(&run);
		skipped = true;
	}
	if (skipped)
		settle(t, f);
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
static struct tcp_flow *open_flow(struct tcp *t, const struct tcp_key *key, const struct segment *s,
				  struct tcp_out out)
{
	if (t->table.used == t->table.max)
		evict_for_flow(t, out);
	struct tcp_flow *f = tcp_table_add(&t->table, key, TCP_FRESH, t->clock.now);
	COUNT(t->s.counters, tcp_flows);
	for (unsigned dir = 0; dir < 2; dir++) {
		struct tcp_half *h = &f->half[dir];
		bool own = dir == key->dir, told = own || s->flags & ACK;
		uint32_t isn, at = own ? s->seq : s->ack;

		bool known = tcp_table_take_isn(&t->table, key, (uint8_t)dir, &isn);
		if (known && (!told || within(t, isn + 1, at))) {
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

/* Remembers where both streams of a connection without a flow begin, as far as its SYN tells. */
static void remember_start(struct tcp *t, struct tcp_key key, const struct segment *s)
{
	tcp_table_put_isn(&t->table, &key, s->seq - 1);
	if (!(s->flags & ACK))
		return;
	key.dir = !key.dir;
	tcp_table_put_isn(&t->table, &key, s->ack - 1);
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

static void take_segment(struct tcp *t, struct tcp_flow *f, unsigned dir, const struct segment *s,
			 const struct packet *p, const uint8_t *data, struct tcp_out out)
{
	struct tcp_run run = run_of(t, f, dir, p, out);
	struct tcp_half *h = &f->half[dir];

	if (s->flags & ACK)
		take_ack(&f->half[!dir], s->ack);
	/* What a RST carries is no data of the stream (RFC 9293 §3.5.2). */
	if (p->payload_len && !f->not_dns && !(s->flags & RST))
		tcp_stream_take(&run, s->seq, data + p->payload, p->payload_len, p->missing);
	if (s->flags & FIN) {
		h->fin = true;
		h->fin_seq = s->seq + p->payload_len + p->missing;
	}
	f->reset |= (s->flags & RST) != 0;
	finish_half(&run);
	settle(t, f);
	skip_gaps(t, f, p, dir, out);
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
	if (s->flags & RST)
		s->flags &= ~SYN;
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
	if (s.flags & SYN && f && !same_connection(t, &f->half[key.dir], s.seq)) {
		drop_flow(t, f, out);
		f = NULL;
	}
	if (s.flags & SYN && !f)
		remember_start(t, key, &s);
	if (!f && p->payload_len && !(s.flags & RST)) {
		if (crowded)
			evict(t, crowded, out);
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
		if (t->clock.now - f->queued < GRACE)
			return false;
		tcp_table_queue(&t->table, f, list, t->clock.now);
		skip_gaps(t, f, NULL, 0, out);
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

struct tcp_usage tcp_usage(const struct tcp *t)
{
	const struct chunk_pool *pool = &t->s.pool;

	uint32_t left = __atomic_load_n(&pool->left, __ATOMIC_RELAXED);

	return (struct tcp_usage){
		.flows = __atomic_load_n(&t->table.used, __ATOMIC_RELAXED),
		.bytes = (pool->count - 1 - left) * sizeof(struct chunk),
	};
}
