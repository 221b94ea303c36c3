// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "core/log.h"
#include "sink/counts.h"
#include "sink/kafka_lend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 5
#define SLOW_NS NSEC_PER_SEC          /* a broker that took nothing for so long is as good as away */
#define STILL_NS (10 * NSEC_PER_SEC)  /* without a delivery: worth telling */
#define PROBE_FRAMES 2
#define CLOSE_NS (NSEC_PER_SEC / 2)   /* for what is on its way when the sink closes */

/* An instance: one producer. Items go straight to librdkafka's queue while the spool is empty and the broker
 * there, else behind the spool's; the spool's oldest frames are always on their way (`lend`). */
struct kafka {
	const struct sink_config *config;
	bool text;
	bool away;                /* no broker can be reached */
	int64_t restart_after;    /* monotonic; a new producer is not tried before */
	bool fatal_told;          /* the end of the present producer was counted and told */
	int64_t progress;         /* monotonic; when something was delivered last, or nothing was left to deliver */
	struct kafka_lend lend;
	struct spool *spool;      /* NULL: none */
	struct log_limit spool_limit;
	struct log_limit drop_limit;
	struct log_limit topic_limit;
	struct log_limit log_limit;
	struct log_limit error_limit;
	struct log_limit still_limit;
	struct sink_counts counts;
};

static bool kafka_wanted(const struct sink_config *c)
{
	return (c->kafka_brokers && *c->kafka_brokers) || (c->kafka_topic && *c->kafka_topic);
}

static const struct encoder *kafka_encoder(const struct sink_config *c, const char *format, struct error *e)
{
	if (!c->kafka_avro)
		return sink_text_encoder("kafka", format, e);
	if (!strcmp(format, "flat"))
		return &encoder_avro;
	error_set(e, "kafka_avro: its schema is the flat record's: not with format '%s'", format);
	return NULL;
}

/* ---- what librdkafka tells, within poll ---- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka *k = opaque;
	int64_t us = m->err ? -1 : rd_kafka_message_latency(m);

	if (us >= 0)
		counts_latency(&k->counts, (uint64_t)us);
	lend_report(&k->lend, m);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct kafka *k = opaque;
	char text[256];

	counts_add(&k->counts.s.errors, 1);
	if (code == RD_KAFKA_RESP_ERR__FATAL) {
		if (rd_kafka_fatal_error(rk, text, sizeof(text)))
			reason = text;
		k->lend.fatal = k->fatal_told = true;
	}
	if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		k->away = true;
	log_error_seldom(&k->error_limit, "kafka: %s", reason);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	struct kafka *k = rd_kafka_opaque(rk);

	/* Why a connection failed comes as an error, too. */
	if (level > 4 || !strcmp(facility, "FAIL"))
		log_debug("kafka: %s: %s", facility, text);
	else
		log_warn_seldom(&k->log_limit, "kafka: %s: %s", facility, text);
}

static const struct kafka_events events = { on_delivery, on_error, on_log };

/* Books what the reports said. */
static void settle(struct kafka *k)
{
	struct lend_tally *t = &k->lend.tally;
	struct sink_stats *s = &k->counts.s;

	if (t->delivered + t->replayed) {
		k->progress = clock_monotonic();
		counts_begin(&k->counts);
		counts_add(&s->pending, -t->delivered);
		counts_add(&s->spooled, -t->replayed);
		counts_add(&s->delivered, t->delivered + t->replayed);
		counts_add(&s->bytes, t->bytes);
		counts_end(&k->counts);
		if (k->away) {
			k->away = false;
			counts_add(&s->reconnects, 1);
		}
	}
	for (int i = 0; i < SINK_DROPS; i++) {
		if (!(t->dropped[i] + t->unspooled[i]))
			continue;
		counts_drop(&k->counts, (enum sink_drop)i, t->dropped[i]);
		counts_move(&k->counts, &s->spooled, &s->dropped[i], t->unspooled[i]);
		log_error_seldom(&k->drop_limit, "kafka: %lu records dropped: %s", (unsigned long)(t->dropped[i] + t->unspooled[i]), t->reason);
	}
	if (t->refusal) {
		k->away = true;
		counts_add(&s->errors, 1);
		log_error_seldom(&k->topic_limit, "kafka: topic %s takes nothing: %s; trying again", k->config->kafka_topic, t->refusal);
	}
	memset(t, 0, sizeof(*t));
}

static bool nothing_left(const struct kafka *k)
{
	return !k->lend.in_flight && !k->lend.refused && !(k->spool && spool_items(k->spool));
}

/* A broker that hangs gives no error for long: the wait itself is told. */
static void tell_still(struct kafka *k)
{
	int64_t still = clock_monotonic() - k->progress;

	if (still > STILL_NS && !nothing_left(k))
		log_warn_seldom(&k->still_limit, "kafka: nothing was delivered for %d s; %lu records wait in memory, %lu in the spool",
			(int)(still / NSEC_PER_SEC), (unsigned long)k->counts.s.pending, (unsigned long)k->counts.s.spooled);
}

/* The spool's oldest frames on their way, as far as there is room. While no broker is there, two of them show
 * when one is. */
static void replay(struct kafka *k)
{
	uint64_t lost = 0;

	if (!k->spool)
		return;
	lend_replay(&k->lend, k->spool, k->away ? PROBE_FRAMES : LEND_REPLAY, &lost);
	if (lost) {
		counts_move(&k->counts, &k->counts.s.spooled, &k->counts.s.dropped[SINK_DROP_ERROR], lost);
		log_error_seldom(&k->spool_limit, "spool: %lu records were damaged on disk and are lost", (unsigned long)lost);
	}
}

/* Serves librdkafka for `ms` at most; a producer that can't go on is replaced by a new one. */
static void serve(struct kafka *k, int ms)
{
	struct error e;

	if (k->lend.fatal && clock_monotonic() >= k->restart_after) {
		k->restart_after = clock_monotonic() + SLOW_NS;
		/* A failed produce or a delivery report may show the end first; librdkafka's event goes with the producer. */
		if (k->lend.client.rk && !k->fatal_told)
			on_error(k->lend.client.rk, RD_KAFKA_RESP_ERR__FATAL, "the producer can't go on", k);
		k->fatal_told = false;
		if (lend_restart(&k->lend, k->config, &events, k, &e) < 0)
			log_error_seldom(&k->error_limit, "%s", e.text);
	}
	if (k->lend.client.rk)
		rd_kafka_poll(k->lend.client.rk, ms);
	lend_again(&k->lend);
	settle(k);
	replay(k);
	settle(k);
	tell_still(k);
}

/* ---- taking items ---- */

static bool lossless(const struct kafka *k)
{
	return k->config->lossless;
}

/* True where the broker takes nothing now, so that waiting for it won't help soon. */
static bool stalled(const struct kafka *k)
{
	return k->away || clock_monotonic() - k->progress > SLOW_NS;
}

/* Writes items to the spool; where it is full, the oldest make room if they are to. How many were taken. */
static uint32_t to_spool(struct kafka *k, const struct block *b, uint32_t from)
{
	uint32_t n = b->items - from;
	uint64_t dropped;

	while (spool_append(k->spool, b, from, n, k->text) < 0) {
		if (errno != EDQUOT) {
			counts_add(&k->counts.s.errors, 1);
			log_error_seldom(&k->spool_limit, "spool: can't write: %s", strerror(errno));
			return 0;
		}
		if (lossless(k) || !k->config->spool_drop_oldest || !(dropped = spool_drop_oldest(k->spool)))
			return 0;
		counts_move(&k->counts, &k->counts.s.spooled, &k->counts.s.dropped[SINK_DROP_FULL], dropped);
	}
	counts_begin(&k->counts);
	counts_add(&k->counts.s.offered, n);
	counts_add(&k->counts.s.spooled, n);
	counts_end(&k->counts);
	return n;
}

/* Items go behind those that lie in the spool. Live, the spool also takes what the queue has no room for; a
 * replay waits for a broker that is merely slow. */
static uint32_t take(struct kafka *k, struct block *b, uint32_t from)
{
	bool behind = k->spool && spool_items(k->spool);
	uint32_t n;

	if (k->spool && (lossless(k) ? stalled(k) : behind || k->away || !lend_room(&k->lend)))
		return to_spool(k, b, from);
	if (behind)
		return 0;
	n = lend_items(&k->lend, b, from, k->text);
	counts_offer(&k->counts, n);
	settle(k);
	return n;
}

/* True where waiting for the deadline can't help. */
static bool hopeless(const struct kafka *k)
{
	return lossless(k) ? clock_monotonic() - k->progress > k->config->timeout : k->away || k->spool;
}

/* What can't be taken now waits for the caller (lossless), or is dropped: live, or where nothing has moved
 * for too long. */
static uint32_t refuse(struct kafka *k, uint32_t n)
{
	if (lossless(k) && clock_monotonic() - k->progress <= k->config->timeout)
		return 0;
	counts_offer(&k->counts, n);
	counts_drop(&k->counts, SINK_DROP_FULL, n);
	if (lossless(k))
		log_error_seldom(&k->drop_limit, "kafka: nothing was delivered for %d s: its records are dropped from here on",
			(int)((clock_monotonic() - k->progress) / NSEC_PER_SEC));
	else
		log_error_seldom(&k->drop_limit, "kafka: %u records dropped: %s full", n, k->spool ? "spool" : "queue");
	return n;
}

static uint32_t kafka_write(void *state, struct block *b, uint32_t from, int64_t deadline)
{
	struct kafka *k = state;
	uint32_t at = from;

	if (from >= b->items)
		return 0;
	if (nothing_left(k))
		k->progress = clock_monotonic();
	serve(k, 0);
	for (;;) {
		uint32_t n = take(k, b, at);
		at += n;
		if (at == b->items)
			break;
		if (n)
			continue;
		int64_t left = deadline - clock_monotonic();
		if (left <= 0 || hopeless(k)) {
			at += refuse(k, b->items - at);
			break;
		}
		serve(k, left < WAIT_MS * NSEC_PER_MSEC ? (int)(left / NSEC_PER_MSEC) + 1 : WAIT_MS);
	}
	return at - from;
}

static void kafka_poll(void *state)
{
	serve(state, 0);
}

static int kafka_flush(void *state, int64_t deadline)
{
	struct kafka *k = state;
	int64_t left;

	while (!nothing_left(k)) {
		/* What is on disk is safe: it is waited for only while it gets less. A dead broker is waited for no more. */
		if ((!k->counts.s.pending && k->away) || clock_monotonic() - k->progress > k->config->timeout)
			break;
		left = deadline - clock_monotonic();
		if (left <= 0)
			return -1;
		/* Sends at once, without lingering. */
		if (k->lend.client.rk)
			rd_kafka_flush(k->lend.client.rk, left < WAIT_MS * NSEC_PER_MSEC ? (int)(left / NSEC_PER_MSEC) + 1 : WAIT_MS);
		serve(k, k->lend.in_flight ? 0 : 1);
	}
	return 0;
}

static void kafka_stats(void *state, struct sink_stats *s)
{
	const struct kafka *k = state;
	counts_read(&k->counts, s);
}

/* ---- opening and closing ---- */

/* Names that a broker takes (Kafka's class Topic). */
static bool legal_topic(const char *name)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return strlen(name) < 250 && !name[strspn(name, legal)] && strcmp(name, ".") && strcmp(name, "..");
}

static int check(const struct sink_config *c, struct error *e)
{
	if (c->kafka_topic && !legal_topic(c->kafka_topic))
		return error_set(e, "kafka_topic '%.60s': up to 249 letters, digits, '.', '_' and '-' are allowed", c->kafka_topic);
	if (c->kafka_batch > 1 && c->kafka_avro)
		return error_set(e, "kafka_batch: Avro messages are one record each");
	if (c->kafka_batch > 1 && c->kafka_key != KEY_NONE)
		return error_set(e, "kafka_batch: a message of several records has no kafka_key");
	return 0;
}

static int kafka_open(const struct sink_config *c, void **state, struct error *e)
{
	struct kafka *k;

	if (check(c, e) < 0)
		return -1;
	k = calloc(1, sizeof(*k));
	if (!k)
		return error_set(e, "kafka: no memory");
	k->config = c;
	k->text = !c->kafka_avro;
	k->progress = clock_monotonic();
	if (lend_open(&k->lend, c, &events, k, e) < 0) {
		free(k);
		return -1;
	}
	if (c->spool_dir && *c->spool_dir) {
		k->spool = spool_open(c->spool_dir, c->tx, c->tx_count, c->spool_max / (c->tx_count ? c->tx_count : 1), e);
		if (!k->spool) {
			lend_close(&k->lend);
			free(k);
			return -1;
		}
		uint64_t found = spool_items(k->spool);
		k->counts.s.offered = k->counts.s.spooled = k->counts.s.recovered = found;
		if (found)
			log_info("spool: %lu records of an earlier run are delivered first", (unsigned long)found);
	}
	*state = k;
	return 0;
}

/* A run of items that were not delivered goes to the spool, before all that is there, or is dropped. */
static void keep_run(void *opaque, const struct block *b, uint32_t from, uint32_t n, bool text)
{
	struct kafka *k = opaque;

	if (k->spool && spool_prepend(k->spool, b, from, n, text) == 0)
		counts_move(&k->counts, &k->counts.s.pending, &k->counts.s.spooled, n);
	else
		counts_drop(&k->counts, k->spool ? SINK_DROP_FULL : SINK_DROP_CLOSED, n);
}

static void kafka_close(void *state, struct sink_stats *s)
{
	struct kafka *k = state;

	lend_stop(&k->lend, k->away ? 0 : clock_monotonic() + CLOSE_NS);
	settle(k);
	lend_undelivered(&k->lend, keep_run, k);
	lend_close(&k->lend);
	if (k->counts.s.spooled)
		log_info("spool: %lu records wait on disk for the next start", (unsigned long)k->counts.s.spooled);
	spool_close(k->spool);
	counts_read(&k->counts, s);
	free(k);
}

const struct sink_ops sink_kafka = {
	.name = "kafka",
	.timed = true,
	.help = "messages to a Kafka topic, with a spool on disk",
	.wanted = kafka_wanted,
	.encoder = kafka_encoder,
	.open = kafka_open,
	.write = kafka_write,
	.poll = kafka_poll,
	.flush = kafka_flush,
	.stats = kafka_stats,
	.close = kafka_close,
};
