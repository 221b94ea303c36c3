// SPDX-License-Identifier: BSD-3-Clause
#include "app/intake.h"
#include "core/clock.h"
#include "core/mem.h"
#include "packet/rss.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE ((size_t)1 << 20)
#define FRAME_MAX ((size_t)262144 + 8)

struct intake *intake_new(const struct ingress_config *config, struct error *e)
{
	struct intake *in = aligned_alloc(64, (sizeof(*in) + 63) & ~(size_t)63);
	struct ingress_config c = *config;

	if (!in) {
		error_set(e, "no memory for an intake");
		return NULL;
	}
	memset(in, 0, sizeof(*in));
	c.counters = &in->counters;
	in->newest = INT64_MIN;
	in->arena = (struct arena){ .base = mem_reserve(ARENA_SIZE), .cap = ARENA_SIZE };
	in->ingress = ingress_new(&c, e);
	if (!in->arena.base)
		error_set(e, "no memory for an intake");
	if (!in->arena.base || !in->ingress) {
		intake_free(in);
		return NULL;
	}
	return in;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	ingress_free(in->ingress);
	mem_free(in->arena.base, in->arena.cap);
	free(in);
}

/*
 * Packets that may be read now. A reader reads no more than every worker's ring has room for: what is left waits in the NIC's
 * or the kernel's ring, which holds more, and whose losses are told.
 */
static uint16_t room(const struct intake *in)
{
	unsigned n = BURST;

	/* Where NICs spread flows, few packets go from worker to worker, and those that wait for room shouldn't hold up all others. */
	if (in->lossless || in->table)
		return BURST;
	for (uint32_t i = 0; i < in->workers; i++)
		if (in->link[i])
			n = RTE_MIN(n, rte_ring_free_count(in->link[i]->ring));
	return (uint16_t)n;
}

/* Puts what is batched for a worker into its ring. Live, what doesn't fit is dropped; a replay waits. */
static void push(struct intake *in, uint32_t worker)
{
	struct rte_mbuf **pkts = in->batch[worker];
	unsigned n = in->batched[worker], sent = 0;

	in->batched[worker] = 0;
	for (;;) {
		sent += rte_ring_sp_enqueue_burst(in->link[worker]->ring, (void **)pkts + sent, n - sent, NULL);
		if (sent == n)
			return;
		if (!in->lossless)
			break;
		in->wait(in->wait_ctx);
	}
	if (in->direct)
		COUNT_N(&in->counters, drop_steer_full, n - sent);
	else
		COUNT_N(&in->counters, drop_ring_full, n - sent);
	rte_pktmbuf_free_bulk(pkts + sent, n - sent);
}

static void push_all(struct intake *in)
{
	for (uint32_t i = 0; i < in->workers; i++)
		if (in->batched[i])
			push(in, i);
}

/* A reassembled datagram as mbufs of its own; NULL where a live capture has none left. */
static struct rte_mbuf *to_mbufs(struct intake *in, const struct packet *p, const uint8_t *data)
{
	uint32_t left = p->payload + p->payload_len;
	struct rte_mbuf *m = rte_pktmbuf_alloc(in->pool);

	while (!m && in->lossless) {
		push_all(in);
		in->wait(in->wait_ctx);
		m = rte_pktmbuf_alloc(in->pool);
	}
	if (!m)
		return NULL;
	*mbuf_packet(m) = *p;
	for (struct rte_mbuf *last = m; left; ) {
		uint16_t n = (uint16_t)RTE_MIN(left, rte_pktmbuf_tailroom(last));

		memcpy(rte_pktmbuf_mtod_offset(last, void *, last->data_len), data, n);
		last->data_len = (uint16_t)(last->data_len + n);
		m->pkt_len += n;
		data += n;
		left -= n;
		if (!left)
			break;
		while (!(last->next = rte_pktmbuf_alloc(in->pool))) {
			if (!in->lossless) {
				rte_pktmbuf_free(m);
				return NULL;
			}
			push_all(in);
			in->wait(in->wait_ctx);
		}
		last = last->next;
		m->nb_segs++;
	}
	return m;
}

/* Hands a packet to a worker over its link; takes the mbuf over where it returns true. */
static bool send(struct intake *in, uint32_t worker, struct rte_mbuf *m, const struct packet *p, const uint8_t *data)
{
	bool own = !p->reassembled;

	if (in->batched[worker] == BURST)
		push(in, worker);
	if (!own) {
		m = to_mbufs(in, p, data);
		if (!m) {
			COUNT(&in->counters, drop_steer_full);
			return false;
		}
	}
	in->batch[worker][in->batched[worker]++] = m;
	if (in->direct)
		COUNT(&in->counters, packets_steered);
	return own;
}

/* The worker of a packet. Where NICs spread flows, it is the one that they would have chosen had they seen the innermost addresses
 * and ports: plain packets are there already, and what was in a tunnel or in fragments joins them. */
static uint32_t worker_of(struct intake *in, const struct packet *p)
{
	uint32_t worker;

	if (in->workers == 1)
		return 0;
	if (!in->table)
		return (uint32_t)((uint64_t)flow_hash(&p->flow) * in->workers >> 32);
	worker = rss_queue(rss_hash(&p->flow), in->table, in->workers);
	if (worker != in->direct_index && p->depth == 1 && !p->reassembled)
		COUNT(&in->counters, packets_misplaced);
	return worker;
}

static void make_room(struct intake *in)
{
	if (arena_left(&in->arena) >= INGRESS_ARENA_ROOM + FRAME_MAX)
		return;
	if (in->direct)
		worker_flush(in->direct);
	arena_reset(&in->arena);
}

static void note_time(struct intake *in, const struct packet *p)
{
	if (p->time <= in->newest)
		return;
	in->newest = p->time;
	in->newest_port = p->port;
}

/* One frame; true where its mbuf was handed on and is no longer ours. */
static bool take(struct intake *in, struct rte_mbuf *m)
{
	struct packet *p = mbuf_packet(m);
	const uint8_t *frame, *data;
	uint32_t worker;

	make_room(in);
	if (m->nb_segs == 1)
		frame = rte_pktmbuf_mtod(m, const uint8_t *);
	else if (m->pkt_len <= FRAME_MAX)
		frame = rte_pktmbuf_read(m, 0, m->pkt_len, arena_take(&in->arena, m->pkt_len));
	else
		frame = NULL;
	note_time(in, p);
	if (!frame) {
		COUNT(&in->counters, packets_in);
		COUNT(&in->counters, drop_link_short);
		return false;
	}
	if (ingress_packet(in->ingress, frame, m->pkt_len, p, &in->arena, &data) != INGRESS_PASS)
		return false;
	worker = worker_of(in, p);
	if (in->direct && worker == in->direct_index) {
		worker_packet(in->direct, p, data);
		return false;
	}
	return send(in, worker, m, p, data);
}

/* Tells the links' workers how far packet time is. */
static void tell_time(struct intake *in)
{
	if (in->newest == INT64_MIN)
		return;
	for (uint32_t i = 0; i < in->workers; i++) {
		if (!in->link[i])
			continue;
		atomic_store_explicit(&in->link[i]->port, in->newest_port, memory_order_relaxed);
		atomic_store_explicit(&in->link[i]->watermark, in->newest, memory_order_release);
	}
	if (in->direct)
		worker_advance(in->direct, in->newest_port, in->newest);
	in->newest = INT64_MIN;
}

static void end(struct intake *in)
{
	ingress_finish(in->ingress);
	for (uint32_t i = 0; i < in->workers; i++)
		if (in->link[i])
			atomic_store_explicit(&in->link[i]->ended, true, memory_order_release);
	atomic_store_explicit(&in->ended, true, memory_order_release);
}

static void idle(struct intake *in)
{
	int64_t now;

	if (!in->live)
		return;
	now = clock_realtime();
	if (!in->idle_since)
		in->idle_since = now;
	if (in->idle_exit && now - in->idle_since > in->idle_exit)
		end(in);
}

/* Takes packets where the source has them; how many, or what burst() says. */
static int look(struct intake *in)
{
	int n = in->ops->look(in->source, in->view, BURST, &in->error);
	/* One for all: it stays in the first-level cache. */
	struct packet *p = &in->packet;

	for (int i = 0; i < n; i++) {
		const struct source_view *v = &in->view[i];
		const uint8_t *data;

		if (i + 2 < n)
			rte_prefetch0(in->view[i + 2].data);
		make_room(in);
		p->time = v->time;
		p->wire_len = v->wire_len;
		p->linktype = v->linktype;
		p->port = v->port;
		note_time(in, p);
		if (ingress_packet(in->ingress, v->data, v->len, p, &in->arena, &data) == INGRESS_PASS)
			worker_packet(in->direct, p, data);
	}
	if (n > 0)
		worker_flush(in->direct);
	return n;
}

/* Takes packets as mbufs; how many, or what burst() says. */
static int burst(struct intake *in, uint16_t want)
{
	struct rte_mbuf *pkts[BURST], *unused[BURST];
	unsigned ours = 0;
	int n = in->ops->burst(in->source, in->queue, pkts, want, &in->error);

	for (int i = 0; i < n; i++) {
		if (i + 4 < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + 4], const void *));
		if (!take(in, pkts[i]))
			unused[ours++] = pkts[i];
	}
	if (n <= 0)
		return n;
	if (in->direct)
		worker_flush(in->direct);
	push_all(in);
	rte_pktmbuf_free_bulk(unused, ours);
	return n;
}

bool intake_poll(struct intake *in)
{
	bool stop = atomic_load_explicit(in->stop, memory_order_relaxed);
	uint16_t want;
	int n;

	if (in->ended)
		return false;
	want = room(in);
	in->full = !want;
	if (!want && !stop)
		return false;
	n = stop ? SOURCE_EOF : in->looks ? look(in) : burst(in, want);
	if (n < 0) {
		end(in);
		return true;
	}
	if (!n) {
		idle(in);
		return false;
	}
	in->idle_since = 0;
	if (in->wall_time)
		COUNT_N(&in->counters, packets_no_timestamp, (unsigned)n);
	tell_time(in);
	arena_reset(&in->arena);
	return true;
}
