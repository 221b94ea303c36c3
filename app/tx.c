// SPDX-License-Identifier: BSD-3-Clause
#include "app/tx.h"
#include "core/clock.h"
#include "core/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POOL_BLOCKS 512
#define RECORDS_A_POLL 256
#define FLUSH_AFTER (10 * NSEC_PER_MSEC) /* latency of a partial batch */
#define STOP_PATIENCE (4 * NSEC_PER_SEC) /* after a signal: the program ends within 5 s */
#define STOP_STILL (3 * NSEC_PER_SEC / 2) /* … and a sink that delivers nothing for so long gets no more of it */
#define WRITE_STEP (20 * NSEC_PER_MSEC)  /* how long one sink may take before the others get their turn */

/* The index of the format that `encoder` makes, added where it is new; -1 and the reason where memory lacks. */
static int format_index(struct tx *t, const struct encoder *encoder, struct error *e)
{
	for (uint32_t i = 0; i < t->formats; i++)
		if (t->format[i].encoder == encoder)
			return (int)i;
	t->format[t->formats] = (struct tx_format){ .encoder = encoder, .pool = block_pool_new(POOL_BLOCKS, e) };
	if (!t->format[t->formats].pool)
		return -1;
	return (int)t->formats++;
}

static int add_sink(struct tx *t, const struct sink_ops *ops, const struct sink_config *config, const char *format,
		    struct error *e)
{
	struct tx_sink *s = &t->sink[t->sinks];
	const struct encoder *encoder = ops->encoder(config, format, e);
	int index = encoder ? format_index(t, encoder, e) : -1;

	if (index < 0)
		return -1;
	s->ops = ops;
	s->format = (uint32_t)index;
	if (ops->open(config, &s->state, e))
		return -1;
	if (!strcmp(ops->name, "kafka") && config->kafka_key != KEY_NONE)
		t->format[index].keyed = true;
	t->sinks++;
	return 0;
}

struct tx *tx_new(const struct sink_config *config, const char *const *formats, const char *level, struct error *e)
{
	struct tx *t = aligned_alloc(64, (sizeof(*t) + 63) & ~(size_t)63);

	if (!t) {
		error_set(e, "no memory for a TX lcore");
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	encode_context_init(&t->context, level, config->sensor);
	t->lossless = config->lossless;
	t->timeout = config->timeout;
	t->key = config->kafka_key;
	for (unsigned i = 0; sink_kinds[i]; i++) {
		if (sink_kinds[i]->wanted(config) && add_sink(t, sink_kinds[i], config, formats[i], e)) {
			tx_free(t, NULL);
			return NULL;
		}
	}
	return t;
}

void tx_free(struct tx *t, struct sink_stats *stats)
{
	struct sink_stats unused = { 0 };

	if (!t)
		return;
	for (uint32_t i = 0; i < t->formats; i++)
		if (t->format[i].block)
			block_unref(t->format[i].block);
	for (uint32_t i = 0; i < t->sinks; i++) {
		struct sink_stats *s = stats ? &stats[i] : &unused;

		t->sink[i].ops->close(t->sink[i].state, s);
		s->offered += t->sink[i].lost;
		s->dropped[SINK_DROP_CLOSED] += t->sink[i].lost;
	}
	for (uint32_t i = 0; i < t->formats; i++)
		block_pool_free(t->format[i].pool);
	analytics_free(t->analytics);
	analytics_free(t->snapshot);
	free(t);
}

int tx_analyse(struct tx *t, const struct analytics_config *config, struct error *e)
{
	t->analytics = analytics_new(config, e);
	t->snapshot = t->analytics ? analytics_new(config, e) : NULL;
	return t->snapshot ? 0 : -1;
}

const struct analytics *tx_analytics(const struct tx *t)
{
	if (!t->analytics || atomic_load_explicit(&t->done, memory_order_acquire))
		return t->analytics;
	if (atomic_load_explicit(&t->snapshot_made, memory_order_acquire) != atomic_load(&t->snapshot_asked))
		return NULL;
	return t->snapshot;
}

void tx_ask_snapshot(struct tx *t)
{
	atomic_fetch_add_explicit(&t->snapshot_asked, 1, memory_order_release);
}

/* The copy that the control loop asked for. */
static void make_snapshot(struct tx *t)
{
	uint32_t asked = atomic_load_explicit(&t->snapshot_asked, memory_order_acquire);

	if (asked == atomic_load_explicit(&t->snapshot_made, memory_order_relaxed))
		return;
	analytics_copy(t->snapshot, t->analytics);
	atomic_store_explicit(&t->snapshot_made, asked, memory_order_release);
}

void tx_sink_stats(const struct tx *t, uint32_t i, struct sink_stats *stats)
{
	/* Read once: the lcore may count on meanwhile. */
	uint64_t lost = __atomic_load_n(&t->sink[i].lost, __ATOMIC_RELAXED);

	t->sink[i].ops->stats(t->sink[i].state, stats);
	stats->offered += lost;
	stats->dropped[SINK_DROP_CLOSED] += lost;
}

/* FNV-1a of what partitions a topic: equal keys go to equal partitions. */
static uint32_t key_of(enum block_key key, const struct record *r)
{
	const uint8_t *p = key == KEY_CLIENT ? r->client : key == KEY_SERVER ? r->server : record_qname(r);
	uint32_t len = key == KEY_QNAME ? r->qname_len : 16, hash = 2166136261u;

	for (uint32_t i = 0; i < len; i++) {
		uint8_t c = p[i];

		if (key == KEY_QNAME && c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		hash = (hash ^ c) * 16777619u;
	}
	return hash;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50 * NSEC_PER_USEC }, NULL);
}

/* True where nobody waits any longer: a second signal. */
static bool gave_up(const struct tx *t)
{
	return atomic_load_explicit(t->abort, memory_order_relaxed);
}

/* True where a sink that has made no progress since `since` is waited for no longer. */
static bool stands_still(const struct tx *t, const struct tx_sink *s, int64_t since, int64_t now)
{
	int64_t patience = s->ops->patient ? INT64_MAX : t->timeout;

	if (atomic_load_explicit(t->stopping, memory_order_relaxed) && patience > STOP_PATIENCE)
		patience = STOP_PATIENCE;
	return gave_up(t) || now - since > patience;
}

/* Offers a block to a sink of a replay until it has taken everything, or has made no progress for too long. */
static void write_patiently(struct tx *t, struct tx_sink *s, struct block *b)
{
	int64_t progress = clock_monotonic();
	uint32_t from = 0;

	while (!s->dead) {
		int64_t now = clock_monotonic();
		uint32_t took = s->ops->write(s->state, b, from, now + WRITE_STEP);

		from += took;
		if (from == b->items)
			return;
		if (took)
			progress = now;
		if (stands_still(t, s, progress, now)) {
			log_error("sink %s took nothing for %lld s: its records are dropped from here on", s->ops->name,
				  (long long)((now - progress) / NSEC_PER_SEC));
			s->dead = true;
		}
		for (uint32_t i = 0; i < t->sinks; i++)
			t->sink[i].ops->poll(t->sink[i].state);
		nap();
	}
	s->lost += b->items - from;
}

/* Lends a format's block to its sinks and lets go of it. */
static void submit(struct tx *t, struct tx_format *f)
{
	struct block *b = f->block;

	f->block = NULL;
	t->filled_since = 0;
	b->len = out_len(&f->out);
	if (b->items) {
		COUNT_N(&t->counters, records_out, b->items);
		for (uint32_t i = 0; i < t->sinks; i++) {
			struct tx_sink *s = &t->sink[i];

			if (&t->format[s->format] != f)
				continue;
			if (t->lossless)
				write_patiently(t, s, b);
			else
				s->ops->write(s->state, b, 0, clock_monotonic() + NSEC_PER_MSEC);
		}
	}
	block_unref(b);
}

static void poll_sinks(struct tx *t)
{
	for (uint32_t i = 0; i < t->sinks; i++)
		t->sink[i].ops->poll(t->sink[i].state);
}

/* An empty block for the format; false where none is free now. */
static bool open_block(struct tx *t, struct tx_format *f)
{
	if (f->block)
		return true;
	f->block = block_get(f->pool);
	if (!f->block)
		return false;
	f->out = out_init(f->block->data, BLOCK_CAPACITY);
	return true;
}

/* Makes sure that every format has a block with room; false where one hasn't (its sinks hold them all). */
static bool blocks_ready(struct tx *t)
{
	for (uint32_t i = 0; i < t->formats; i++) {
		struct tx_format *f = &t->format[i];

		if (f->block && (out_len(&f->out) >= BLOCK_FILL || f->block->items == BLOCK_ITEMS))
			submit(t, f);
		if (!open_block(t, f))
			return false;
	}
	return true;
}

/* Takes a new block while a record is half written: waits for one, since the record can't be left half encoded. */
static bool next_block(struct tx *t, struct tx_format *f)
{
	submit(t, f);
	while (!open_block(t, f)) {
		if (gave_up(t))
			return false;
		poll_sinks(t);
		nap();
	}
	return true;
}

static void encode_record(struct tx *t, struct tx_format *f, const struct record *r)
{
	struct encode_cursor cursor = { 0 };
	uint32_t key = f->keyed ? key_of(t->key, r) : 0;

	for (;;) {
		struct block *b = f->block;
		enum encode_step step;

		if (b->items == BLOCK_ITEMS || out_len(&f->out) >= BLOCK_FILL) {
			if (!next_block(t, f))
				return;
			b = f->block;
		}
		step = f->encoder->step(&t->context, r, &cursor, &f->out);
		if (step == ENCODE_DONE)
			return;
		if (step == ENCODE_FULL) {
			/* Every item fits an empty block, and blocks are written before they are that full. */
			COUNT(&t->counters, records_too_long);
			return;
		}
		b->end[b->items] = out_len(&f->out);
		b->key[b->items++] = key;
		if (cursor.last)
			return;
	}
}

/* Encodes up to a bound of a ring's records; how many. */
static uint32_t drain(struct tx *t, struct byte_ring *ring)
{
	uint32_t n = 0, size;

	while (n < RECORDS_A_POLL && blocks_ready(t)) {
		const struct record *r = ring_next(ring, &size);

		if (!r)
			break;
		for (uint32_t i = 0; i < t->formats; i++)
			encode_record(t, &t->format[i], r);
		if (t->analytics)
			analytics_record(t->analytics, r);
		n++;
	}
	if (n)
		ring_release(ring);
	if (n && t->same_lcore)
		ring_restart(ring);
	return n;
}

static void submit_open(struct tx *t)
{
	for (uint32_t i = 0; i < t->formats; i++)
		if (t->format[i].block && t->format[i].block->items)
			submit(t, &t->format[i]);
	t->filled_since = 0;
}

static bool has_items(const struct tx *t)
{
	for (uint32_t i = 0; i < t->formats; i++)
		if (t->format[i].block && t->format[i].block->items)
			return true;
	return false;
}

/* Between records: writes a partial batch once it is old enough, lets sinks do what is due. */
static void quiet(struct tx *t)
{
	uint32_t reopen = atomic_load_explicit(&t->reopen, memory_order_relaxed);

	if (has_items(t)) {
		int64_t now = clock_monotonic();

		if (!t->filled_since)
			t->filled_since = now;
		if (now - t->filled_since >= FLUSH_AFTER)
			submit_open(t);
	}
	if (reopen != t->reopened) {
		submit_open(t);
		t->reopened = reopen;
		for (uint32_t i = 0; i < t->sinks; i++)
			if (t->sink[i].ops->reopen)
				t->sink[i].ops->reopen(t->sink[i].state);
	}
	poll_sinks(t);
}

bool tx_poll(struct tx *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->rings; i++)
		n += drain(t, t->ring[i]);
	if (t->analytics)
		make_snapshot(t);
	/* A busy lcore looks at the clock now and then too, so that a slow trickle isn't held back. */
	if (!n || ++t->busy_polls % 64 == 0)
		quiet(t);
	return n > 0;
}

bool tx_input_ended(const struct tx *t)
{
	for (uint32_t i = 0; i < t->rings; i++)
		if (!atomic_load_explicit(&t->worker[i]->done, memory_order_acquire) || ring_used(t->ring[i]))
			return false;
	return true;
}

/* A sink's end under way. */
struct flushing {
	bool through;
	uint64_t delivered;
	int64_t since; /* monotonic ns when it last delivered something */
};

/* True once a sink has delivered what it had, or is waited for no longer. */
static bool flushed(const struct tx *t, const struct tx_sink *s, struct flushing *f, int64_t start, int64_t deadline)
{
	struct sink_stats stats = { 0 };
	int64_t now;

	if (s->dead || !s->ops->flush(s->state, clock_monotonic() + WRITE_STEP))
		return true;
	now = clock_monotonic();
	s->ops->stats(s->state, &stats);
	if (stats.delivered != f->delivered)
		f->since = now;
	f->delivered = stats.delivered;
	if (atomic_load_explicit(t->stopping, memory_order_relaxed) && now - f->since > STOP_STILL)
		return true;
	return stands_still(t, s, start, now) || (now > deadline && !(t->lossless && s->ops->patient));
}

void tx_finish(struct tx *t, int64_t deadline)
{
	struct flushing f[TX_SINKS] = { 0 };
	int64_t start = clock_monotonic();
	bool all;

	submit_open(t);
	/* By turns: sinks that hang share their patience. */
	do {
		all = true;
		for (uint32_t i = 0; i < t->sinks; i++) {
			if (!f[i].since)
				f[i].since = start;
			f[i].through = f[i].through || flushed(t, &t->sink[i], &f[i], start, deadline);
			all &= f[i].through;
		}
		if (!all)
			nap();
	} while (!all);
	atomic_store_explicit(&t->done, true, memory_order_release);
}
