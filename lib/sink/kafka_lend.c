// SPDX-License-Identifier: BSD-3-Clause
#include "sink/kafka_lend.h"
#include "core/clock.h"
#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_ITEMS 512u
#define SMALL_BYTES (64u << 10)
#define POLL_MS 5
#define PURGE_NS NSEC_PER_SEC
#define KEY_LEN 8
#define AGAIN_NS (5 * NSEC_PER_SEC)

/* A message's _private tells its block and its place there; never 0. */
#define PLACE_BITS 13
static_assert(1u << PLACE_BITS > BLOCK_ITEMS, "a place for each message of a block");

static void *place(const struct kafka_lend *l, const struct lent *t, uint32_t message)
{
	return (void *)(((uintptr_t)(t - l->lents) << PLACE_BITS | message) + 1);
}

static uint32_t place_message(const rd_kafka_message_t *m)
{
	return (uint32_t)((uintptr_t)m->_private - 1) & ((1u << PLACE_BITS) - 1);
}

static bool is_done(const struct lent *t, uint32_t message)
{
	return t->done[message / 64] >> message % 64 & 1;
}

/* A message has its final report. */
static void set_done(struct lent *t, uint32_t message)
{
	t->done[message / 64] |= UINT64_C(1) << message % 64;
	t->left--;
}

int lend_open(struct kafka_lend *l, const struct sink_config *c, const struct kafka_events *events, void *opaque,
	struct error *e)
{
	memset(l, 0, sizeof(*l));
	l->batch = c->kafka_batch ? c->kafka_batch : 1;
	l->keyed = c->kafka_key != KEY_NONE;
	if (kafka_client_open(&l->client, c, events, opaque, e) < 0)
		return -1;
	l->lents = mem_reserve(LEND_BLOCKS * sizeof(*l->lents));
	l->pool = l->lents ? block_pool_new(LEND_BLOCKS, e) : NULL;
	if (l->pool)
		return 0;
	error_set(e, "kafka: no memory");
	lend_close(l);
	return -1;
}

/* The blocks that a report was awaited for are free again. */
static void release(struct kafka_lend *l, struct lent *t)
{
	block_unref(t->block);
	t->block = NULL;
	if (t->replay) {
		l->replays--;
		spool_done(l->spool, &t->mark);
	} else {
		l->direct--;
	}
}

/* No more messages are added to a block. */
static void seal(struct kafka_lend *l, struct lent *t)
{
	t->open = false;
	if (!t->left)
		release(l, t);
}

/* An entry for a block, whose reference it takes over. There is always one: the numbers of both kinds are
 * bounded. */
static struct lent *lend(struct kafka_lend *l, struct block *b, bool text, bool replay)
{
	struct lent *t = l->lents;

	while (t->block)
		t++;
	t->block = b;
	t->serial = l->serial++;
	t->messages = t->left = t->refused = 0;
	t->first[0] = 0;
	t->open = true;
	t->text = text;
	t->replay = replay;
	memset(t->done, 0, sizeof(t->done));
	if (replay)
		l->replays++;
	else
		l->direct++;
	return t;
}

static uint32_t queue_room(const struct kafka_lend *l)
{
	return l->client.rk && !l->fatal && l->client.queue_max > l->in_flight ? l->client.queue_max - l->in_flight : 0;
}

uint32_t lend_room(const struct kafka_lend *l)
{
	return l->direct < LEND_DIRECT ? queue_room(l) : 0;
}

/* True where a message failed because its producer ended: it goes to the next one. */
static bool ended(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR__FATAL || error == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
		error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

/* True where the topic takes nothing until somebody makes it or opens it to us: the message waits for that. */
static bool refused(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
		error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

static void refuse(struct kafka_lend *l, struct lent *t, rd_kafka_resp_err_t error)
{
	t->refused++;
	if (!l->refused++)
		l->again_at = clock_monotonic() + AGAIN_NS;
	l->tally.refusal = rd_kafka_err2str(error);
}

/* Drops a message that will never be delivered. */
static void drop(struct kafka_lend *l, struct lent *t, uint32_t message, rd_kafka_resp_err_t error)
{
	enum sink_drop why = error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? SINK_DROP_TOO_LONG :
		error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? SINK_DROP_FULL : SINK_DROP_ERROR;
	uint64_t *tally = t->replay ? l->tally.unspooled : l->tally.dropped;

	set_done(t, message);
	tally[why] += (uint64_t)(t->first[message + 1] - t->first[message]);
	l->tally.reason = rd_kafka_err2str(error);
}

/* Fills a message in: its value without the last line end, its key the hash's digits. */
static void fill(struct kafka_lend *l, struct lent *t, uint32_t message, uint32_t slot)
{
	static const char digits[] = "0123456789abcdef";
	const struct block *b = t->block;
	uint32_t start = block_start(b, t->first[message]), len = b->end[t->first[message + 1] - 1] - start;
	rd_kafka_message_t *m = &l->messages[slot];

	if (t->text && len && b->data[start + len - 1] == '\n')
		len--;
	memset(m, 0, sizeof(*m));
	m->payload = b->data + start;
	m->len = len;
	m->_private = place(l, t, message);
	if (!l->keyed)
		return;
	for (unsigned i = 0; i < KEY_LEN; i++)
		l->keys[slot][i] = digits[b->key[t->first[message]] >> (28 - 4 * i) & 15];
	m->key = l->keys[slot];
	m->key_len = KEY_LEN;
}

/* Gives the messages [from, to) of a block that aren't done to librdkafka. */
static void produce(struct kafka_lend *l, struct lent *t, uint32_t from, uint32_t to)
{
	while (from < to) {
		uint32_t n = 0;
		for (; from < to && n < LEND_CHUNK; from++) {
			if (is_done(t, from))
				continue;
			fill(l, t, from, n);
			if (l->messages[n].len + l->messages[n].key_len <= l->client.message_max)
				n++;
			else
				drop(l, t, from, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
		}
		rd_kafka_produce_batch(l->client.topic, RD_KAFKA_PARTITION_UA, 0, l->messages, (int)n);
		for (uint32_t i = 0; i < n; i++) {
			const rd_kafka_message_t *m = &l->messages[i];
			if (m->err && ended(m->err)) {
				l->fatal = true;
			} else if (m->err && refused(m->err)) {
				refuse(l, t, m->err);
			} else if (m->err) {
				drop(l, t, place_message(m), m->err);
			} else {
				l->in_flight++;
				l->in_flight_bytes += m->len;
			}
		}
	}
}

/* Makes messages of the items [t->first[t->messages], to) as far as the queue has room, and queues them;
 * where it came to. */
static uint32_t add(struct kafka_lend *l, struct lent *t, uint32_t to)
{
	const struct block *b = t->block;
	uint32_t room = queue_room(l), before = t->messages, at = t->first[t->messages];
	uint32_t batch = t->text ? l->batch : 1, most = l->client.message_max - (l->keyed ? KEY_LEN : 0);
	uint64_t bytes = l->in_flight_bytes;

	for (; at < to && room; room--) {
		uint32_t start = block_start(b, at), end = at + 1;
		while (end < to && end - at < batch && b->end[end] - start <= most)
			end++;
		bytes += b->end[end - 1] - start;
		if (bytes > l->client.queue_bytes && (l->in_flight || t->messages > before))
			break;
		t->first[++t->messages] = (uint16_t)end;
		at = end;
	}
	t->left += t->messages - before;
	produce(l, t, before, t->messages);
	return at;
}

/* Copies items behind those of the gathering block and queues them. */
static uint32_t gather(struct kafka_lend *l, const struct block *b, uint32_t from, bool text)
{
	uint32_t n = b->items - from, start = block_start(b, from), len = b->len - start, before;
	struct lent *t = l->gather;
	struct block *to;

	if (t && (t->block->items + n > BLOCK_ITEMS || t->block->len + len > BLOCK_FILL || t->text != text)) {
		l->gather = NULL;
		seal(l, t);
		t = NULL;
	}
	if (!t) {
		if (l->direct >= LEND_DIRECT || !(to = block_get(l->pool)))
			return 0;
		t = l->gather = lend(l, to, text, false);
	}
	to = t->block;
	before = to->items;
	memcpy(to->data + to->len, b->data + start, len);
	for (uint32_t i = 0; i < n; i++) {
		to->end[before + i] = b->end[from + i] - start + to->len;
		to->key[before + i] = b->key[from + i];
	}
	to->items = add(l, t, before + n);
	to->len = to->items ? to->end[to->items - 1] : 0;
	return to->items - before;
}

uint32_t lend_items(struct kafka_lend *l, struct block *b, uint32_t from, bool text)
{
	struct lent *t;
	uint32_t to;

	if (!lend_room(l))
		return 0;
	if (b->items - from <= SMALL_ITEMS && b->len - block_start(b, from) <= SMALL_BYTES)
		return gather(l, b, from, text);
	/* What follows must not overtake what was gathered; their order in the queue is the order of the calls. */
	block_ref(b);
	t = lend(l, b, text, false);
	t->first[0] = (uint16_t)from;
	to = add(l, t, b->items);
	seal(l, t);
	return to - from;
}

void lend_replay(struct kafka_lend *l, struct spool *spool, uint32_t frames, uint64_t *lost)
{
	struct block *b;
	struct spool_mark m;
	struct lent *t;

	l->spool = spool;
	while (queue_room(l)) {
		if (!l->replaying) {
			if (l->replays >= frames || !spool_unread(spool) || !(b = block_get(l->pool)))
				return;
			if (!spool_next(spool, b, &m, lost)) {
				block_unref(b);
				return;
			}
			l->replaying = lend(l, b, m.text, true);
			l->replaying->mark = m;
		}
		t = l->replaying;
		if (add(l, t, t->block->items) < t->block->items)
			return;
		l->replaying = NULL;
		seal(l, t);
	}
}

void lend_report(struct kafka_lend *l, const rd_kafka_message_t *m)
{
	struct lent *t = &l->lents[((uintptr_t)m->_private - 1) >> PLACE_BITS];
	uint32_t message = place_message(m);
	uint64_t items = (uint64_t)(t->first[message + 1] - t->first[message]);

	l->in_flight--;
	l->in_flight_bytes -= m->len;
	if (m->err && (l->keep || ended(m->err))) {
		l->fatal = l->fatal || !l->keep;
		return;
	}
	if (m->err && refused(m->err)) {
		refuse(l, t, m->err);
	} else if (m->err) {
		drop(l, t, message, m->err);
	} else {
		set_done(t, message);
		*(t->replay ? &l->tally.replayed : &l->tally.delivered) += items;
		l->tally.bytes += m->len;
	}
	if (!t->left && !t->open)
		release(l, t);
}

/* All of a block's messages that aren't done, which librdkafka doesn't have. */
static void produce_again(struct kafka_lend *l, struct lent *t)
{
	l->refused -= t->refused;
	t->refused = 0;
	produce(l, t, 0, t->messages);
	if (!t->open && !t->left)
		release(l, t);
}

static void purge(struct kafka_lend *l, int flags, int64_t deadline)
{
	rd_kafka_purge(l->client.rk, flags);
	while (l->in_flight && clock_monotonic() < deadline)
		rd_kafka_poll(l->client.rk, POLL_MS);
}

void lend_stop(struct kafka_lend *l, int64_t deadline)
{
	if (!l->client.rk)
		return;
	l->keep = true;
	purge(l, RD_KAFKA_PURGE_F_QUEUE, deadline);
	purge(l, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT, clock_monotonic() + PURGE_NS);
	l->in_flight = 0;
	l->in_flight_bytes = 0;
}

static int older(const void *a, const void *b)
{
	const struct lent *const *x = a, *const *y = b;
	return (*x)->serial < (*y)->serial ? -1 : 1;
}

/* The entries in use, in the order of lending. */
static unsigned in_order(struct kafka_lend *l, struct lent *all[LEND_BLOCKS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < LEND_BLOCKS; i++)
		if (l->lents[i].block)
			all[n++] = &l->lents[i];
	qsort(all, n, sizeof(*all), older); /* NOLINT(bugprone-sizeof-expression): it is the pointers that are sorted */
	return n;
}

int lend_restart(struct kafka_lend *l, const struct sink_config *c, const struct kafka_events *events, void *opaque,
	struct error *e)
{
	struct lent *all[LEND_BLOCKS];
	unsigned n;

	lend_stop(l, 0);
	kafka_client_close(&l->client);
	if (kafka_client_open(&l->client, c, events, opaque, e) < 0)
		return -1;
	l->keep = false;
	l->fatal = false;
	n = in_order(l, all);
	for (unsigned i = 0; i < n; i++)
		produce_again(l, all[i]);
	return 0;
}

void lend_again(struct kafka_lend *l)
{
	struct lent *all[LEND_BLOCKS];
	unsigned n;

	if (!l->refused || l->fatal || clock_monotonic() < l->again_at)
		return;
	l->again_at = clock_monotonic() + AGAIN_NS;
	n = in_order(l, all);
	/* A block some of whose messages still are on their way comes later. */
	for (unsigned i = 0; i < n; i++)
		if (all[i]->refused && all[i]->refused == all[i]->left)
			produce_again(l, all[i]);
}

void lend_undelivered(struct kafka_lend *l,
	void (*run)(void *opaque, const struct block *b, uint32_t from, uint32_t n, bool text), void *opaque)
{
	struct lent *all[LEND_BLOCKS];
	unsigned n = in_order(l, all);

	for (unsigned i = 0; i < n; i++) {
		struct lent *t = all[i];
		for (uint32_t m = 0, end; !t->replay && m < t->messages; m = end + 1) {
			for (end = m; end < t->messages && !is_done(t, end); end++)
				;
			if (end > m)
				run(opaque, t->block, t->first[m], (uint32_t)(t->first[end] - t->first[m]), t->text);
		}
	}
}

void lend_close(struct kafka_lend *l)
{
	lend_stop(l, 0);
	kafka_client_close(&l->client);
	for (unsigned i = 0; l->lents && i < LEND_BLOCKS; i++)
		if (l->lents[i].block)
			block_unref(l->lents[i].block);
	block_pool_free(l->pool);
	mem_free(l->lents, LEND_BLOCKS * sizeof(*l->lents));
	l->pool = NULL;
	l->lents = NULL;
}
