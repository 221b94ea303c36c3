// SPDX-License-Identifier: BSD-3-Clause
/*
 * source_file: capture files, merged in the order of time.
 *
 * At start the time of each file's first packet is found out. A file is opened when the merge has come to that time and closed
 * at its end, so that a folder of a day's captures needs one or two at once. Nothing is ever dropped: where the pool has no
 * mbufs, the packet waits in its file's window.
 */
#include "core/log.h"
#include "port/capture.h"
#include "port/files.h"
#include "port/fill.h"
#include "port/source.h"

#include <stdlib.h>

/** Files that are open at once. Where more overlap in time, the order of time is given up, with a warning. */
#define OPEN_MAX 256

/** Packets that are read from a file in one go. */
#define HEADS 64

/** A file that is being read. */
struct reader {
	struct capture capture;
	uint32_t index;        /**< as struct file's */
	unsigned at;           /**< the next of its packets that were read already */
	unsigned heads;        /**< how many those are */
	struct capture_packet head[HEADS];
};

struct source {
	struct files files;       /**< sorted by the time of their first packets */
	size_t next;              /**< the first of them that was not opened yet */
	struct reader *current;   /**< the one to read from; NULL: none */
	struct reader *heap[OPEN_MAX]; /**< the other open ones, each with a packet: the earliest first */
	unsigned heap_n;
	bool warned;
	struct rte_mempool *pool;
	uint32_t snaplen;
	struct error failure;     /**< of the first damaged file */
	uint32_t failed_index;    /**< which it was */
	unsigned failed;          /**< how many were damaged */
	struct source_stats stats;
	uint64_t progress;        /**< bytes read; written by the reader alone, like stats */
};

/** Time of a reader's next packet. */
static int64_t head_time(const struct reader *r)
{
	return r->head[r->at].time;
}

/** True where the next packet of `a` comes before that of `b`. */
static bool before(const struct reader *a, const struct reader *b)
{
	return head_time(a) != head_time(b) ? head_time(a) < head_time(b) : a->index < b->index;
}

static void heap_down(struct source *s)
{
	for (unsigned i = 0, child; (child = 2 * i + 1) < s->heap_n; i = child) {
		if (child + 1 < s->heap_n && before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s->heap[child], s->heap[i]))
			return;
		struct reader *swap = s->heap[i];
		s->heap[i] = s->heap[child];
		s->heap[child] = swap;
	}
}

static void heap_push(struct source *s, struct reader *r)
{
	unsigned i = s->heap_n++;

	for (; i && before(r, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = r;
}

static struct reader *heap_pop(struct source *s)
{
	struct reader *r = s->heap_n ? s->heap[0] : NULL;

	if (r) {
		s->heap[0] = s->heap[--s->heap_n];
		heap_down(s);
	}
	return r;
}

/** Notes a damaged file: the first one in the user's order is told in the end. */
static void note_failure(struct source *s, uint32_t index, const struct error *e)
{
	if (!s->failed++ || index < s->failed_index) {
		s->failure = *e;
		s->failed_index = index;
	}
}

static void reader_close(struct reader *r)
{
	if (r)
		capture_close(&r->capture);
	free(r);
}

/** Opens the next file of the list as the current one. */
static void open_next(struct source *s)
{
	const struct file *f = &s->files.v[s->next++];
	struct reader *r = calloc(1, sizeof(*r));
	struct error e;

	if (!r)
		error_set(&e, "%s: no memory", f->path);
	if (!r || capture_open(&r->capture, f->path, &s->progress, &e)) {
		free(r);
		note_failure(s, f->index, &e);
		return;
	}
	r->index = f->index;
	s->current = r;
}

/** True where a file that isn't open may hold a packet that comes before the current head. */
static bool must_open(struct source *s)
{
	if (s->next == s->files.n || s->files.v[s->next].first == INT64_MAX)
		return false;
	const struct file *f = &s->files.v[s->next];
	const struct reader *r = s->current;

	if (r && (f->first > head_time(r) || (f->first == head_time(r) && f->index > r->index)))
		return false;
	if (s->heap_n < OPEN_MAX)
		return true;
	if (!s->warned)
		log_warn("more than %d capture files overlap in time: their packets are not read in its order", OPEN_MAX);
	s->warned = true;
	return false;
}

/** The current file has no more packets. */
static void current_ended(struct source *s, const struct error *e)
{
	if (e)
		note_failure(s, s->current->index, e);
	reader_close(s->current);
	s->current = heap_pop(s);
}

/** Sees to it that `current`, where there is one, has a packet. */
static enum capture_result read_current(struct source *s)
{
	struct reader *r = s->current;
	struct error e;

	if (!r || r->at < r->heads)
		return CAPTURE_PACKET;
	r->at = 0;
	enum capture_result result = capture_next(&r->capture, r->head, HEADS, &r->heads, &e);

	if (result == CAPTURE_END || result == CAPTURE_BAD)
		current_ended(s, result == CAPTURE_BAD ? &e : NULL);
	return result == CAPTURE_AGAIN ? result : CAPTURE_PACKET;
}

/** Sees to it that `current` has the next packet of all. */
static enum capture_result next_head(struct source *s)
{
	for (;;) {
		if (read_current(s) == CAPTURE_AGAIN)
			return CAPTURE_AGAIN;
		if (s->current && s->heap_n && before(s->heap[0], s->current)) {
			struct reader *swap = s->current;
			s->current = s->heap[0];
			s->heap[0] = swap;
			heap_down(s);
		}
		if (!must_open(s))
			return s->current ? CAPTURE_PACKET : CAPTURE_END;
		if (s->current)
			heap_push(s, s->current);
		s->current = NULL;
		open_next(s);
		if (!s->current)
			s->current = heap_pop(s);
	}
}

/** Packets before this time come from the current file, whatever else there is. */
static int64_t current_until(const struct source *s)
{
	int64_t until = s->heap_n ? head_time(s->heap[0]) : INT64_MAX;

	if (s->next < s->files.n && s->files.v[s->next].first < until)
		until = s->files.v[s->next].first;
	return until;
}

static void describe(struct packet *p, const struct capture_packet *head)
{
	p->time = head->time;
	p->wire_len = head->wire_len;
	p->linktype = head->linktype;
	p->port = 0;
}

static void count_given(struct source *s, unsigned packets, uint64_t bytes)
{
	__atomic_store_n(&s->stats.packets, s->stats.packets + packets, __ATOMIC_RELAXED);
	__atomic_store_n(&s->stats.bytes, s->stats.bytes + bytes, __ATOMIC_RELAXED);
}

/** Gives out what the current file has before the others' next packet, its first packet in any case; how many. Fewer where mbufs
 * lack. */
static unsigned give_run(struct source *s, struct rte_mbuf **pkts, unsigned n)
{
	struct reader *r = s->current;
	int64_t until = current_until(s);
	uint64_t bytes = 0;
	unsigned used = 0;

	do {
		const struct capture_packet *head = &r->head[r->at];

		if (!fill(pkts[used], head->data, RTE_MIN(head->len, s->snaplen)))
			break;
		describe(mbuf_packet(pkts[used]), head);
		bytes += head->len;
		used++;
		r->at++;
	} while (used < n && r->at < r->heads && head_time(r) < until);
	count_given(s, used, bytes);
	return used;
}

/** As give_run(), by views. */
static unsigned show_run(struct source *s, struct source_view *views, unsigned n)
{
	struct reader *r = s->current;
	int64_t until = current_until(s);
	uint64_t bytes = 0;
	unsigned used = 0;

	do {
		const struct capture_packet *head = &r->head[r->at++];

		views[used++] = (struct source_view){
			.data = head->data, .len = RTE_MIN(head->len, s->snaplen), .wire_len = head->wire_len, .time = head->time,
			.linktype = head->linktype,
		};
		bytes += head->len;
	} while (used < n && r->at < r->heads && head_time(r) < until);
	count_given(s, used, bytes);
	return used;
}

/** What burst() says where no packet came. */
static int nothing(struct source *s, enum capture_result r, struct error *e)
{
	if (r != CAPTURE_END)
		return 0;
	if (!s->failed)
		return SOURCE_EOF;
	if (s->failed > 1)
		error_set(e, "%.400s; %u more files are damaged", s->failure.text, s->failed - 1);
	else
		*e = s->failure;
	return SOURCE_FAILED;
}

static int file_burst(struct source *s, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, struct error *e)
{
	unsigned have = fill_alloc(s->pool, pkts, n), used = 0, given = 1;
	enum capture_result r = CAPTURE_PACKET;

	for (; used < have && given && (r = next_head(s)) == CAPTURE_PACKET; used += given)
		given = give_run(s, pkts + used, have - used);
	fill_free(s->pool, pkts + used, have - used);
	/* A long frame needs the mbufs that lay ready for others. */
	if (!used && have > 1 && r == CAPTURE_PACKET) {
		have = fill_alloc(s->pool, pkts, 1);
		used = have ? give_run(s, pkts, 1) : 0;
		fill_free(s->pool, pkts, have - used);
	}
	return used ? (int)used : nothing(s, r, e);
}

static int file_look(struct source *s, struct source_view *views, uint16_t n, struct error *e)
{
	enum capture_result r = CAPTURE_PACKET;
	unsigned used = 0;

	/* A file's window moves on when it is read again, and what was shown of it must stay. */
	while (used < n && !(used && (!s->current || s->current->at == s->current->heads)) &&
	       (r = next_head(s)) == CAPTURE_PACKET)
		used += show_run(s, views + used, n - used);
	return used ? (int)used : nothing(s, r, e);
}

/** Finds out the time of a file's first packet. -1: it is no capture. What is damaged further on shows when it is read. */
static int probe(struct file *f, struct error *e)
{
	struct capture c;
	struct capture_packet p;
	struct error later;
	unsigned got;

	if (capture_open(&c, f->path, NULL, e))
		return -1;
	enum capture_result r = capture_start(&c, e);
	bool sound = r != CAPTURE_BAD;

	if (r == CAPTURE_PACKET)
		r = capture_next(&c, &p, 1, &got, &later);
	if (r == CAPTURE_PACKET) {
		f->first = p.time;
		f->linktype = p.linktype;
	} else if (r == CAPTURE_END) {
		f->first = INT64_MAX;
	}
	capture_close(&c);
	return sound ? 0 : -1;
}

static int by_time(const void *a, const void *b)
{
	const struct file *f = a, *g = b;

	if (f->first != g->first)
		return f->first < g->first ? -1 : 1;
	return f->index < g->index ? -1 : f->index > g->index;
}

/** Finds out the files, their sizes and the order that they come in. */
static int find_files(struct source *s, const char *const *specs, struct error *e)
{
	if (files_expand(&s->files, specs, e))
		return -1;
	for (size_t i = 0; i < s->files.n; i++) {
		struct file *f = &s->files.v[i];

		s->stats.total += f->size;
		if (f->pipe || !probe(f, e))
			continue;
		if (s->files.n == 1)
			return -1;
		note_failure(s, f->index, e);
		f->first = INT64_MAX;
	}
	if (s->files.n > 1)
		qsort(s->files.v, s->files.n, sizeof(*s->files.v), by_time);
	return 0;
}

static void file_close(struct source *s)
{
	if (!s)
		return;
	reader_close(s->current);
	for (unsigned i = 0; i < s->heap_n; i++)
		reader_close(s->heap[i]);
	files_free(&s->files);
	free(s);
}

static int file_open(struct source **source, const struct source_config *config, struct error *e)
{
	struct source *s = calloc(1, sizeof(*s));

	*source = NULL;
	if (!s)
		return error_set(e, "no memory");
	s->pool = config->pool;
	s->snaplen = config->snaplen && config->snaplen < CAPTURE_PACKET_MAX ? config->snaplen : CAPTURE_PACKET_MAX;
	/* A pool that can't hold the longest frame would wait for ever. */
	uint64_t room = !s->pool ? UINT64_MAX : (uint64_t)s->pool->size * (rte_pktmbuf_data_room_size(s->pool) - RTE_PKTMBUF_HEADROOM);

	if (room < s->snaplen) {
		free(s);
		return error_set(e, "the mbuf pool is too small for packets of %u bytes", config->snaplen);
	}
	if (find_files(s, config->specs, e)) {
		file_close(s);
		return -1;
	}
	*source = s;
	return 0;
}

static void file_shape(const struct source *s, struct source_shape *shape)
{
	*shape = (struct source_shape){ .queues = 1, .socket = -1 };
}

static unsigned file_linktypes(const struct source *s, uint16_t *types, unsigned max)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->files.n; i++)
		if (s->files.v[i].linktype >= 0)
			n = source_note_linktype(types, n, max, (uint16_t)s->files.v[i].linktype);
	return n;
}

static void file_stats(const struct source *s, struct source_stats *stats)
{
	*stats = (struct source_stats){
		.packets = __atomic_load_n(&s->stats.packets, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&s->stats.bytes, __ATOMIC_RELAXED),
		.done = __atomic_load_n(&s->progress, __ATOMIC_RELAXED),
		.total = s->stats.total,
	};
}

const struct source_ops source_file = {
	.name = "file", .help = "capture files: pcap and pcapng, plain or packed by gzip, zstd or lz4",
	.open = file_open, .burst = file_burst, .look = file_look, .shape = file_shape, .linktypes = file_linktypes,
	.stats = file_stats, .close = file_close,
};
