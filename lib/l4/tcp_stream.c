// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_stream.h"

#include "l4/framing.h"

#include <string.h>

/* Data that begins so far behind the window is no retransmission: no sender has more bytes on the way. */
#define OLD_MAX (1 << 24)
/* Bytes searched in vain, before a flow's first message, after which it is no DNS: the longest message that
 * the capture may have begun in. Where the connection's start was seen and isn't DNS, a short preamble (such
 * as a proxy's) is all that may come before it. */
#define SEARCH_MAX FRAMING_MAX
#define PREAMBLE_MAX 256
/* Messages without a header before the first good one, after which a boundary isn't believed any more. */
#define SHORTS_MAX 16

/* What stands at a place of a stream. */
struct unit {
	enum { UNIT_WAIT, UNIT_SKIP, UNIT_MESSAGE } what;
	uint32_t skip; /* bytes before the message, or to skip */
	uint32_t len;  /* of the message */
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static struct unit unit_wait(void)
{
	return (struct unit){ .what = UNIT_WAIT };
}

static struct unit unit_skip(uint32_t n)
{
	return (struct unit){ .what = UNIT_SKIP, .skip = n };
}

/* Counts bytes that belong to no message; too many, and the flow is no DNS. */
static void skipped(struct tcp_run *run, uint32_t n)
{
	COUNT_N(run->s->counters, tcp_bytes_skipped, n);
	if (run->f->good)
		return;
	run->h->searched += n;
	if (run->h->searched > SEARCH_MAX)
		run->f->not_dns = true;
}

static void lose_step(struct tcp_half *h)
{
	h->mode = TCP_SEARCH;
	h->edge = true;
}

static void in_step(struct tcp_run *run)
{
	run->h->mode = TCP_STEP;
	run->f->good = true;
}

/* Looks for the next message. `avail` bytes are ready, of which `at` holds all. */
static struct unit search(struct tcp_run *run, const uint8_t *at, uint32_t avail)
{
	bool edge = run->h->edge;
	enum framing_fit fit;
	uint32_t skip = framing_scan(at, avail, &fit);

	run->h->edge = false;
	if (fit == FRAMING_YES && skip == 0) {
		COUNT(run->s->counters, tcp_resyncs);
		in_step(run);
		return unit_skip(0);
	}
	/* A message whose prefix came in a segment of its own, which wasn't seen. */
	if (edge && framing_lone(at, avail)) {
		COUNT(run->s->counters, tcp_resyncs);
		in_step(run);
		return (struct unit){ UNIT_MESSAGE, 0, avail };
	}
	if (skip == 0 && !run->last)
		return unit_wait();
	skip += skip == 0;
	skipped(run, skip);
	return unit_skip(skip);
}

/* Tells DNS from other protocols at the start of a connection. False where more bytes are needed. */
static bool start(struct tcp_run *run, const uint8_t *at, uint32_t have)
{
	switch (framing_first(at, have)) {
	case FRAMING_YES:
		in_step(run);
		return true;
	case FRAMING_NO:
		lose_step(run->h);
		run->h->searched = SEARCH_MAX - PREAMBLE_MAX;
		return true;
	default:
		return false;
	}
}

/* True where the header at a boundary speaks against it. */
static bool doubtful(const uint8_t *at, uint32_t have)
{
	return have >= FRAMING_PREFIX + FRAMING_HEADER && !framing_sane(at);
}

/* What stands at the next place. `avail` bytes are ready; `at` holds the first `have` of them: all for a
 * search, FRAMING_ENOUGH elsewhere. In step one damaged message is one; a second one in a row says that the
 * step is lost. */
static struct unit look(struct tcp_run *run, const uint8_t *at, uint32_t have, uint32_t avail)
{
	struct tcp_half *h = run->h;

	if (h->mode == TCP_SEARCH)
		return search(run, at, avail);
	if (avail < FRAMING_PREFIX)
		return unit_wait();
	uint32_t len = framing_length(at);
	bool whole = avail >= FRAMING_PREFIX + len;
	if (len < FRAMING_HEADER) {
		if (!whole)
			return unit_wait();
		COUNT(run->s->counters, tcp_messages_short);
		if (!run->f->good && ++h->shorts > SHORTS_MAX)
			lose_step(h);
		return unit_skip(FRAMING_PREFIX + len);
	}
	if (h->mode == TCP_START)
		return start(run, at, have) ? unit_skip(0) : unit_wait();
	bool doubt = doubtful(at, have);
	if (doubt && h->doubt) {
		lose_step(h);
		return unit_skip(0);
	}
	if (!whole)
		return unit_wait();
	h->doubt = doubt;
	return (struct unit){ UNIT_MESSAGE, FRAMING_PREFIX, len };
}

/* The packet that a message of the first `n` bytes kept belongs to: the one at hand, or a copy of what is
 * known of the last to bring some of them. */
static const struct packet *message_packet(struct tcp_run *run, uint32_t n)
{
	struct tcp_shared *s = run->s;
	const struct window *w = &run->h->window;
	struct window_origin last = window_last(&s->pool, w, n);
	const struct packet *origin = window_origin(&s->pool, w);

	if (run->p && last.serial == s->serial)
		return run->p;
	if (origin) {
		s->late = *origin;
	} else if (run->p) {
		s->late = *run->p;
	} else {
		unsigned dir = run->h == &run->f->half[1];
		const struct tcp_end *from = &run->f->end[dir], *to = &run->f->end[!dir];
		struct flow_key flow = { .sport = from->port, .dport = to->port, .proto = 6 };
		flow.family = run->f->family;
		memcpy(flow.src, from->addr, 16);
		memcpy(flow.dst, to->addr, 16);
		s->late = (struct packet){ .flow = flow, .vlan = VLAN_NONE, .vlan_inner = VLAN_NONE };
		s->late.mpls = UINT32_MAX;
		s->late.depth = 1;
	}
	s->late.time = last.time;
	s->late.payload_len = s->late.missing = 0;
	return &s->late;
}

/* Reads what is ready in the chunks. */
static void drain(struct tcp_run *run)
{
	struct tcp_shared *s = run->s;
	struct tcp_half *h = run->h;
	struct window *w = &h->window;

	while (w->ready && !run->f->not_dns) {
		uint32_t have = h->mode == TCP_SEARCH ? w->ready : least(w->ready, FRAMING_ENOUGH);
		window_copy(&s->pool, w, 0, s->scratch, have);
		struct unit u = look(run, s->scratch, have, w->ready);
		if (u.what == UNIT_WAIT)
			break;
		if (u.what == UNIT_MESSAGE) {
			window_copy(&s->pool, w, u.skip, s->scratch, u.len);
			COUNT(s->counters, messages_tcp);
			run->emit(run->ctx, message_packet(run, u.skip + u.len), s->scratch, u.len, 0, true);
		}
		window_drop(&s->pool, w, u.skip + u.len);
	}
	if (run->f->not_dns)
		window_clear(&s->pool, w);
}

/* Reads messages out of a segment while nothing is kept; returns how many bytes it took. */
static uint32_t read_in_place(struct tcp_run *run, const uint8_t *data, uint32_t len)
{
	uint32_t pos = 0;

	while (pos < len && !run->f->not_dns) {
		struct unit u = look(run, data + pos, len - pos, len - pos);
		if (u.what == UNIT_WAIT)
			break;
		if (u.what == UNIT_MESSAGE) {
			COUNT(run->s->counters, messages_tcp);
			run->emit(run->ctx, run->p, data + pos + u.skip, u.len, 0, false);
		}
		pos += u.skip + u.len;
	}
	if (run->f->not_dns)
		pos = len;
	run->h->window.next += pos;
	return pos;
}

/* Bytes of the message that begins with the `have` bytes at `start`, its prefix included; 0 where that isn't
 * sure. */
static uint32_t whole_message(const struct tcp_run *run, const uint8_t *start, uint32_t have)
{
	if (run->h->mode != TCP_STEP || have < FRAMING_PREFIX || doubtful(start, have))
		return 0;
	return FRAMING_PREFIX + framing_length(start);
}

/* Gives `n` bytes up, from `next` on, gaps among them. Where they end within a message, of which `whole` bytes
 * would be ahead, the stream stays in step. */
static void give_up(struct tcp_run *run, uint32_t n, uint32_t whole)
{
	struct tcp_half *h = run->h;

	COUNT(run->s->counters, tcp_holes);
	skipped(run, window_drop(&run->s->pool, &h->window, whole >= n ? whole : n));
	if (whole < n)
		lose_step(h);
	drain(run);
}

/* How much of the message that begins with what is kept, see whole_message(). */
static uint32_t kept_message(const struct tcp_run *run)
{
	uint8_t start[FRAMING_PREFIX + FRAMING_HEADER];
	const struct window *w = &run->h->window;
	uint32_t have = least(sizeof(start), w->ready);

	window_copy(&run->s->pool, w, 0, start, have);
	return whole_message(run, start, have);
}

/* Gives up what is kept and `n` bytes behind it. */
static void give_up_kept(struct tcp_run *run, uint32_t n)
{
	give_up(run, run->h->window.ready + n, kept_message(run));
}

/* A connection's first message that is cut within its question: what there is of it may well be DNS. */
static void trust_cut_start(struct tcp_run *run)
{
	const struct window *w = &run->h->window;

	if (run->h->mode == TCP_START && w->ready >= FRAMING_PREFIX + FRAMING_HEADER)
		in_step(run);
}

/* The snap length cut `missing` bytes off behind what is kept. What there is of a message is given as that, and
 * the stream goes on behind it. */
static void pass_cut(struct tcp_run *run, uint32_t missing)
{
	struct tcp_shared *s = run->s;
	struct window *w = &run->h->window;

	trust_cut_start(run);
	uint32_t have = w->ready, whole = kept_message(run);
	if (whole < FRAMING_PREFIX + FRAMING_HEADER || whole <= have) {
		give_up_kept(run, missing);
		return;
	}
	window_copy(&s->pool, w, FRAMING_PREFIX, s->scratch, have - FRAMING_PREFIX);
	COUNT(s->counters, messages_tcp);
	run->emit(run->ctx, message_packet(run, have), s->scratch, have - FRAMING_PREFIX, whole - have, true);
	window_drop(&s->pool, w, have);
	give_up(run, missing, whole - have);
}

void tcp_stream_skip_gap(struct tcp_run *run)
{
	give_up_kept(run, window_gap(&run->s->pool, &run->h->window) - run->h->window.ready);
}

void tcp_stream_flush(struct tcp_run *run)
{
	struct window *w = &run->h->window;

	run->last = true;
	drain(run);
	while (window_gapped(w))
		tcp_stream_skip_gap(run);
	skipped(run, window_clear(&run->s->pool, w));
	run->last = false;
}

/* Bytes that would complete what is ready. */
static uint32_t wanted(const struct tcp_run *run)
{
	const struct window *w = &run->h->window;
	uint8_t prefix[FRAMING_PREFIX];

	if (run->h->mode == TCP_SEARCH)
		return FRAMING_ENOUGH;
	if (w->ready < FRAMING_PREFIX)
		return FRAMING_PREFIX - w->ready;
	window_copy(&run->s->pool, w, 0, prefix, FRAMING_PREFIX);
	return FRAMING_PREFIX + framing_length(prefix) - w->ready;
}

/* Keeps bytes; where there is no memory, false. */
static bool keep(struct tcp_run *run, uint32_t seq, const uint8_t *data, uint32_t len)
{
	struct tcp_shared *s = run->s;
	struct window *w = &run->h->window;

	if (s->pool.left < window_room(len) && !run->make_room(run, window_room(len))) {
		COUNT(s->counters, tcp_segments_dropped);
		return false;
	}
	struct window_origin by = { run->p->time, s->serial };
	uint32_t added = window_put(&s->pool, w, seq, data, len, by);
	if (!added)
		COUNT(s->counters, tcp_segments_retransmitted);
	else if (window_gapped(w)) {
		window_keep_origin(&s->pool, w, run->p);
		COUNT(s->counters, tcp_segments_out_of_order);
	}
	return true;
}

/* Takes bytes that follow what is ready. */
static void take_in_order(struct tcp_run *run, const uint8_t *data, uint32_t len)
{
	struct window *w = &run->h->window;

	while (len && !run->f->not_dns) {
		uint32_t n = len;

		if (!w->held) {
			uint32_t taken = read_in_place(run, data, len);
			data += taken;
			len -= taken;
			if (len && !keep(run, w->next, data, len))
				give_up(run, len, whole_message(run, data, len));
			return;
		}
		if (!window_gapped(w))
			n = least(n, wanted(run));
		if (!keep(run, window_end(w), data, n)) {
			give_up_kept(run, len);
			return;
		}
		drain(run);
		data += n;
		len -= n;
	}
}

/* True where a segment is the start of a message beyond doubt. */
static bool begins_message(const uint8_t *data, uint32_t len)
{
	return framing_fits(data, len) == FRAMING_YES;
}

static void move_to(struct tcp_half *h, uint32_t seq)
{
	h->window.next = seq;
	h->cut = 0;
	lose_step(h);
}

/* Takes a stream's numbers up where they are far from those expected: bytes were lost by the hundred
 * thousand, or another connection took the ports over. One segment alone isn't believed, unless it begins a
 * message or the other side acknowledges up to it. */
static bool accept_far(struct tcp_run *run, uint32_t seq, const uint8_t *data, uint32_t len)
{
	struct tcp_half *h = run->h;
	bool acked = h->acked_known && (int32_t)(seq - h->window.next) > 0 && (int32_t)(h->acked - seq) >= 0;

	if (!acked && !(h->far_known && h->far == seq) && !begins_message(data, len)) {
		h->far = seq + len;
		h->far_known = true;
		COUNT(run->s->counters, tcp_segments_dropped);
		return false;
	}
	tcp_stream_flush(run);
	COUNT(run->s->counters, tcp_holes);
	move_to(h, seq);
	h->searched = 0;
	h->acked_known = acked;
	h->fin = false;
	run->f->reset = false;
	return true;
}

/* Makes the window one that a segment may be held against; false where the segment is dropped. */
static bool place(struct tcp_run *run, uint32_t seq, const uint8_t *data, uint32_t len)
{
	struct tcp_half *h = run->h;
	int32_t ahead = (int32_t)(seq - h->window.next);
	int32_t beyond = (int32_t)(seq - window_top(&run->s->pool, &h->window));
	bool far = ahead < -OLD_MAX || beyond > (int64_t)run->s->max_flow_bytes;
	bool first = !h->data;

	h->data = true;
	if (h->mode == TCP_UNSEEN || (first && h->mode == TCP_SEARCH && (far || ahead < 0))) {
		h->first = seq;
		move_to(h, seq);
		return true;
	}
	if (far && !accept_far(run, seq, data, len))
		return false;
	h->far_known = false;
	return !run->f->not_dns;
}

static void note_cut(struct tcp_run *run, uint32_t at, uint32_t missing)
{
	if (!missing)
		return;
	run->h->cut = missing;
	run->h->cut_at = at;
}

/* Where all bytes up to a cut have come, none behind it will. */
static void pass_cut_if_reached(struct tcp_run *run)
{
	struct tcp_half *h = run->h;
	int32_t ahead = (int32_t)(h->cut_at - window_end(&h->window));

	if (!h->cut || ahead > 0)
		return;
	uint32_t missing = h->cut;
	h->cut = 0;
	if (ahead == 0 && !run->f->not_dns)
		pass_cut(run, missing);
}

void tcp_stream_take(struct tcp_run *run, uint32_t seq, const uint8_t *data, uint32_t len, uint32_t missing)
{
	struct window *w = &run->h->window;
	uint32_t end = seq + len, old = 0;

	if (!place(run, seq, data, len))
		return;
	for (;;) {
		if ((int32_t)(end - window_end(w)) <= 0) {
			COUNT(run->s->counters, tcp_segments_retransmitted);
			return;
		}
		note_cut(run, end, missing);
		old = (int32_t)(window_end(w) - seq) > 0 ? window_end(w) - seq : 0;
		if (seq + old == window_end(w))
			break;
		if (end - w->next <= run->s->max_flow_bytes) {
			keep(run, seq, data, len);
			return;
		}
		if (window_gapped(w))
			tcp_stream_skip_gap(run);
		else
			give_up_kept(run, seq - window_end(w));
	}
	take_in_order(run, data + old, len - old);
	pass_cut_if_reached(run);
}
