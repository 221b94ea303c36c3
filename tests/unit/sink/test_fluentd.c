// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"
#include "core/wire.h"
#include "folder.h"
#include "server.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define HELD 256 /* blocks that the sink holds at most */
#define EVENTS 600000

static struct sink_config config;

static void *open_sink(bool ack, bool lossless)
{
	struct error e = { 0 };
	void *s = NULL;

	if (!config.fluentd_socket)
		config.fluentd_socket = test_path("fluentd");
	config.fluentd_ack = ack;
	config.lossless = lossless;
	config.timeout = 400 * NSEC_PER_MSEC;
	cr_assert(sink_fluentd.wanted(&config));
	cr_assert_eq(sink_fluentd.open(&config, &s, &e), 0, "%s", e.text);
	return s;
}

/* Event number i: ["t", i as uint32, {"p": a text of `pad` bytes}]. */
static uint32_t event(uint8_t *to, uint32_t i, uint32_t pad)
{
	uint8_t *p = to;

	memcpy(p, "\x93\xa1t\xce", 4);
	for (int j = 0; j < 4; j++)
		p[4 + j] = (uint8_t)(i >> (24 - 8 * j));
	memcpy(p + 8, "\x81\xa1p\xda", 4);
	p[12] = (uint8_t)(pad >> 8);
	p[13] = (uint8_t)pad;
	memset(p + 14, 'a' + i % 26, pad);
	return 14 + pad;
}

static struct block *events(struct block_pool *p, uint32_t first, uint32_t n, uint32_t pad)
{
	struct block *b = block_get(p);

	cr_assert(b);
	for (uint32_t i = 0; i < n; i++) {
		b->len += event(b->data + b->len, first + i, pad);
		b->end[b->items++] = b->len;
	}
	return b;
}

static uint32_t write_events(void *s, struct block_pool *p, uint32_t first, uint32_t n, uint32_t pad, int ms)
{
	struct block *b = events(p, first, n, pad);
	uint32_t done = sink_fluentd.write(s, b, 0, test_soon(ms));
	block_unref(b);
	return done;
}

/* A server in a thread. It reads events of both forms, acknowledges chunks, and closes a connection after so many bytes. */
struct server {
	int fd;
	bool ack;
	bool mute;               /* acknowledges nothing over the first connection */
	uint64_t close_after;    /* bytes of a connection; 0: never */
	uint32_t closes;         /* how often it does that */
	_Atomic bool stop;
	_Atomic uint32_t seen_events;
	uint32_t twice, connections, chunks;
	uint8_t seen[EVENTS];
	uint8_t buf[1 << 20];
	pthread_t thread;
};

/* One [time, map] at the cursor. */
static void take_event(struct server *v, struct wire *w)
{
	cr_assert_eq(wire_u8(w), 0xce);
	uint32_t i = wire_u32(w);
	cr_assert_eq(wire_u32(w), 0x81a170da);
	uint32_t pad = wire_u16(w);
	const uint8_t *p = wire_take(w, pad);
	if (!p)
		return;
	cr_assert_lt(i, EVENTS);
	cr_assert(!pad || p[pad - 1] == 'a' + i % 26);
	v->twice += v->seen[i]++ > 0;
	if (v->seen[i] == 1)
		v->seen_events++;
}

/* The message at the cursor; false where it isn't whole. */
static bool take_message(struct server *v, int fd, struct wire *w)
{
	struct wire ahead = *w;

	wire_skip(&ahead, 3);
	uint8_t type = wire_u8(&ahead);
	if (ahead.error)
		return false;
	cr_assert_eq(memcmp(w->data + w->pos, "\x93\xa1t", 3), 0);
	if (type == 0xce) {
		wire_skip(&ahead, 8);
		wire_skip(&ahead, wire_u16(&ahead));
		if (ahead.error)
			return false;
		wire_skip(w, 3);
		take_event(v, w);
		return true;
	}
	cr_assert_eq(type, 0xc6);
	uint32_t len = wire_u32(&ahead), n = 0;
	struct wire entries = wire_sub(&ahead, len);
	const uint8_t *option = wire_take(&ahead, 1 + 5 + 3 + 6 + 25);
	if (!option)
		return false;
	while (wire_left(&entries)) {
		cr_assert_eq(wire_u8(&entries), 0x92);
		take_event(v, &entries);
		n++;
	}
	cr_assert_eq((uint32_t)(option[7] << 8 | option[8]), n);
	if (v->ack && !(v->mute && v->connections == 1)) {
		cr_assert_eq(send(fd, "\x81\xa3" "ack", 5, MSG_NOSIGNAL), 5);
		cr_assert_eq(send(fd, option + 15, 25, MSG_NOSIGNAL), 25);
	}
	v->chunks++;
	w->pos = ahead.pos;
	return true;
}

static void serve_one(struct server *v, int fd)
{
	uint32_t len = 0;
	uint64_t total = 0;

	while (!v->stop) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, 5) == 0)
			continue;
		ssize_t n = recv(fd, v->buf + len, sizeof(v->buf) - len, 0);
		if (n <= 0)
			break;
		len += (uint32_t)n;
		total += (uint64_t)n;
		struct wire w = wire_init(v->buf, len);
		while (wire_left(&w) && take_message(v, fd, &w))
			;
		len -= w.pos;
		memmove(v->buf, v->buf + w.pos, len);
		if (v->close_after && v->closes && total > v->close_after) {
			v->closes--;
			break;
		}
	}
	close(fd);
}

static void *serve(void *arg)
{
	struct server *v = arg;

	while (!v->stop) {
		struct pollfd p = { .fd = v->fd, .events = POLLIN };
		if (poll(&p, 1, 5) == 0)
			continue;
		int fd = accept(v->fd, NULL, NULL);
		if (fd < 0)
			break;
		v->connections++;
		serve_one(v, fd);
	}
	return NULL;
}

static struct server *start(bool ack)
{
	struct server *v = calloc(1, sizeof(*v));

	v->ack = ack;
	v->fd = test_listen(test_path("fluentd"), SOCK_STREAM);
	return v;
}

static void finish(struct server *v)
{
	v->stop = true;
	pthread_join(v->thread, NULL);
	close(v->fd);
}

/* Writes n events in blocks of changing sizes; all of them arrive. */
static void write_all(void *s, struct block_pool *p, uint32_t n)
{
	for (uint32_t done = 0, size = 1; done < n; size = size % 1500 + 113) {
		uint32_t count = done + size > n ? n - done : size;
		struct block *b = events(p, done, count, 100);
		for (uint32_t at = 0; at < count;)
			at += sink_fluentd.write(s, b, at, test_soon(5));
		block_unref(b);
		done += count;
	}
	for (int64_t end = test_soon(5000); sink_fluentd.flush(s, test_soon(20)) && clock_monotonic() < end;)
		;
}

static void close_sink(void *s, struct block_pool *p, struct sink_stats *st)
{
	sink_fluentd.close(s, st);
	test_equation(st);
	cr_assert_eq(st->pending, 0);
	cr_assert_eq(block_pool_lent(p), 0);
	block_pool_free(p);
}

static void each_arrives(bool ack)
{
	struct block_pool *p = test_pool(HELD + 60);
	struct server *v = start(ack);
	struct sink_stats st;
	void *s = open_sink(ack, true);

	pthread_create(&v->thread, NULL, serve, v);
	write_all(s, p, 100000);
	close_sink(s, p, &st);
	finish(v);
	cr_assert_eq(st.delivered, 100000);
	cr_assert_eq(v->seen_events, 100000);
	cr_assert_eq(v->twice, 0);
	cr_assert_eq(v->connections, 1);
	cr_assert_eq(v->chunks > 0, ack);
	free(v);
	test_remove();
}

Test(fluentd, each_event_arrives_once)
{
	each_arrives(false);
}

Test(fluentd, each_event_arrives_once_with_acks)
{
	each_arrives(true);
}

static void server_closes(bool ack)
{
	struct block_pool *p = test_pool(HELD + 60);
	struct server *v = start(ack);
	struct sink_stats st;
	void *s = open_sink(ack, true);

	v->close_after = 1500000;
	v->closes = 3;
	pthread_create(&v->thread, NULL, serve, v);
	write_all(s, p, 100000);
	close_sink(s, p, &st);
	finish(v);
	cr_assert_eq(st.delivered, 100000);
	cr_assert_eq(v->seen_events, 100000, "%u", v->seen_events);
	cr_assert_geq(v->connections, 4);
	cr_assert_geq(st.reconnects, 3);
	cr_assert_geq(st.errors, 3);
	free(v);
	test_remove();
}

Test(fluentd, nothing_is_lost_when_the_server_closes_connections)
{
	server_closes(false);
}

Test(fluentd, nothing_is_lost_when_the_server_closes_connections_with_acks)
{
	server_closes(true);
}

Test(fluentd, chunks_that_are_not_acknowledged_come_again)
{
	struct block_pool *p = test_pool(HELD + 60);
	struct server *v = start(true);
	struct sink_stats st;
	void *s = open_sink(true, false);

	v->mute = true;
	pthread_create(&v->thread, NULL, serve, v);
	cr_assert_eq(write_events(s, p, 0, 100, 10, 50), 100);
	for (int64_t end = test_soon(100); clock_monotonic() < end; usleep(1000))
		sink_fluentd.poll(s);
	sink_fluentd.stats(s, &st);
	cr_assert_eq(st.pending, 100);
	cr_assert_eq(v->seen_events, 100);
	for (int64_t end = test_soon(3000); st.pending && clock_monotonic() < end; usleep(1000)) {
		sink_fluentd.poll(s);
		sink_fluentd.stats(s, &st);
	}
	close_sink(s, p, &st);
	finish(v);
	cr_assert_eq(st.delivered, 100);
	cr_assert_eq(v->twice, 100);
	free(v);
	test_remove();
}

Test(fluentd, live_holds_a_bounded_amount_and_then_drops)
{
	struct block_pool *p = test_pool(HELD + 60);
	struct sink_stats st;
	void *s = open_sink(false, false);
	uint32_t n = 0;
	int64_t before = clock_monotonic();

	for (; n < (HELD + 36) * 2000; n += 2000)
		cr_assert_eq(write_events(s, p, n, 2000, 100, 20), 2000);
	cr_assert_lt(clock_monotonic() - before, 2 * NSEC_PER_SEC, "a server that is away isn't waited for");
	sink_fluentd.stats(s, &st);
	test_equation(&st);
	cr_assert_eq(st.pending, HELD * 2000);
	cr_assert_eq(st.dropped[SINK_DROP_FULL], 36 * 2000);
	/* It comes: what is held arrives. */
	struct server *v = start(false);
	pthread_create(&v->thread, NULL, serve, v);
	for (int64_t end = test_soon(20000); sink_fluentd.flush(s, test_soon(20)) && clock_monotonic() < end;)
		;
	close_sink(s, p, &st);
	finish(v);
	cr_assert_eq(st.delivered, HELD * 2000);
	cr_assert_eq(v->seen_events, HELD * 2000);
	free(v);
	test_remove();
}

Test(fluentd, few_events_hold_no_block_each)
{
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	void *s = open_sink(false, false);

	for (uint32_t n = 0; n < 10000; n += 10)
		cr_assert_eq(write_events(s, p, n, 10, 100, 0), 10);
	cr_assert_eq(block_pool_lent(p), 0);
	sink_fluentd.stats(s, &st);
	cr_assert_eq(st.pending, 10000);
	close_sink(s, p, &st);
	cr_assert_eq(st.dropped[SINK_DROP_CLOSED], 10000);
	test_remove();
}

Test(fluentd, lossless_waits_and_gives_a_dead_server_up)
{
	struct block_pool *p = test_pool(HELD + 60);
	struct sink_stats st;
	void *s = open_sink(true, true);
	struct block *b = events(p, 0, 2000, 100);
	int64_t before;

	for (uint32_t i = 0; i < HELD; i++)
		cr_assert_eq(sink_fluentd.write(s, b, 0, test_soon(5)), 2000);
	cr_assert_eq(sink_fluentd.write(s, b, 0, test_soon(5)), 0);
	before = clock_monotonic();
	while (!sink_fluentd.write(s, b, 0, test_soon(20)))
		cr_assert_lt(clock_monotonic() - before, 3 * NSEC_PER_SEC);
	cr_assert_geq(clock_monotonic() - before, config.timeout / 2);
	block_unref(b);
	cr_assert_eq(sink_fluentd.flush(s, test_soon(5)), -1);
	close_sink(s, p, &st);
	cr_assert_eq(st.dropped[SINK_DROP_FULL], 2000);
	cr_assert_eq(st.dropped[SINK_DROP_CLOSED], HELD * 2000);
	test_remove();
}

Test(fluentd, over_tcp)
{
	struct block_pool *p = test_pool(HELD + 60);
	struct server *v = calloc(1, sizeof(*v));
	struct sink_stats st;
	char address[64];
	uint16_t port;
	void *s;

	v->ack = true;
	v->fd = test_listen_tcp(&port);
	snprintf(address, sizeof(address), "tcp://127.0.0.1:%u", port);
	config.fluentd_socket = address;
	s = open_sink(true, true);
	pthread_create(&v->thread, NULL, serve, v);
	write_all(s, p, 20000);
	close_sink(s, p, &st);
	finish(v);
	cr_assert_eq(st.delivered, 20000);
	cr_assert_eq(v->seen_events, 20000);
	free(v);
}

Test(fluentd, bad_settings_are_refused)
{
	static char longer[300];
	struct sink_config c = { .fluentd_socket = "tcp://nowhere" };
	struct error e = { 0 };
	void *s;

	cr_assert_eq(sink_fluentd.open(&c, &s, &e), -1);
	cr_assert(strstr(e.text, "fluentd_socket"), "%s", e.text);
	memset(longer, 'x', sizeof(longer) - 1);
	c.fluentd_socket = longer;
	cr_assert_eq(sink_fluentd.open(&c, &s, &e), -1);
	cr_assert(strstr(e.text, "too long"), "%s", e.text);
	cr_assert_eq(sink_fluentd.encoder(&c, "flat", &e), &encoder_msgpack);
	cr_assert_null(sink_fluentd.encoder(&c, "nested", &e));
	c.fluentd_socket = "";
	cr_assert_not(sink_fluentd.wanted(&c));
}
