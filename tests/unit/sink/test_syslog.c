// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"
#include "folder.h"
#include "server.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

static struct sink_config config;

static void *open_sink(const char *format, bool lossless)
{
	struct error e = { 0 };
	void *s = NULL;

	config.syslog_facility = "local0";
	config.syslog_priority = "Info";
	config.syslog_format = format;
	config.syslog_socket = test_path("log");
	config.sensor = "sensor one";
	config.lossless = lossless;
	config.timeout = 300 * NSEC_PER_MSEC;
	cr_assert(sink_syslog.wanted(&config));
	cr_assert_eq(sink_syslog.open(&config, &s, &e), 0, "%s", e.text);
	return s;
}

static uint32_t write_lines(void *s, struct block_pool *p, uint32_t first, uint32_t n, uint32_t pad, int ms)
{
	struct block *b = test_lines(p, first, n, pad);
	uint32_t done = sink_syslog.write(s, b, 0, test_soon(ms));
	block_unref(b);
	return done;
}

static bool like(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++)
		if (*pattern == 'A' ? !isupper(*text) : *pattern == 'a' ? !islower(*text) : *pattern == '9' ?
		    !isdigit(*text) : *pattern == '_' ? !isdigit(*text) && *text != ' ' : *pattern != *text)
			return false;
	return true;
}

static void check_form(const char *format, const char *pattern, const char *end)
{
	struct block_pool *p = test_pool(1);
	int server = test_listen(test_path("log"), SOCK_DGRAM);
	char text[500], tail[300], pid[16];
	struct sink_stats st;
	void *s = open_sink(format, true);

	cr_assert_eq(write_lines(s, p, 7, 1, 10, 1000), 1);
	ssize_t n = recv(server, text, sizeof(text) - 1, 0);
	cr_assert_gt(n, 0);
	text[n] = '\0';
	cr_assert(like(text, pattern), "%s", text);
	sprintf(pid, "%d", getpid());
	cr_assert(strstr(text, pid), "%s", text);
	snprintf(tail, sizeof(tail), "%s{\"n\":7,\"pad\":\"hhhhhhhhhh\"}%s", end, strcmp(format, "go") ? "" : "\n");
	cr_assert_str_eq(text + n - strlen(tail), tail);
	sink_syslog.close(s, &st);
	cr_assert_eq(st.delivered, 1);
	close(server);
	block_pool_free(p);
}

Test(syslog, forms)
{
	/* LOCAL0 and INFO: 16 × 8 + 6. */
	check_form("go", "<134>Aaa _9 99:99:99 aaaaaaa[9", "]: ");
	check_form("rfc3164", "<134>Aaa _9 99:99:99 aaaaaa-aaa aaaaaaa[9", "]: ");
	check_form("rfc5424", "<134>1 9999-99-99T99:99:99Z aaaaaa-aaa aaaaaaa 9", " - - ");
	test_remove();
}

struct reader {
	int fd;
	uint32_t n, next, pad;
	bool stream;
};

/* Reads lines and asserts their order; a datagram each, or from a stream. */
static void *read_lines(void *arg)
{
	struct reader *r = arg;
	FILE *f = r->stream ? fdopen(r->fd, "r") : NULL;
	char *text = malloc(1 << 20), *want = malloc(1 << 20);

	for (uint32_t i = 0; i < r->n; i++) {
		if (f) {
			cr_assert(fgets(text, 1 << 20, f));
		} else {
			ssize_t n = recv(r->fd, text, (1 << 20) - 1, 0);
			text[n > 0 ? n : 0] = '\0';
		}
		test_line(want, r->next++, r->pad);
		cr_assert(strstr(text, "]: "), "%.100s", text);
		cr_assert_str_eq(strstr(text, "]: ") + 3, want);
	}
	free(text);
	free(want);
	return NULL;
}

Test(syslog, lossless_waits_for_a_slow_daemon)
{
	struct block_pool *p = test_pool(1);
	struct reader r = { test_listen(test_path("log"), SOCK_DGRAM), 5000, 0, 200, false };
	struct sink_stats st;
	pthread_t t;
	void *s = open_sink("go", true);
	struct block *b = test_lines(p, 0, 1000, 200);

	/* Nobody reads: some go, then no more. */
	uint32_t done = sink_syslog.write(s, b, 0, test_soon(30));
	cr_assert(done > 0 && done < 1000, "%u", done);
	pthread_create(&t, NULL, read_lines, &r);
	while (done < 1000)
		done += sink_syslog.write(s, b, done, test_soon(5));
	block_unref(b);
	for (uint32_t i = 1; i < 5; i++) {
		b = test_lines(p, i * 1000, 1000, 200);
		for (done = 0; done < 1000;)
			done += sink_syslog.write(s, b, done, test_soon(5));
		block_unref(b);
	}
	pthread_join(t, NULL);
	cr_assert_eq(sink_syslog.flush(s, 0), 0);
	sink_syslog.close(s, &st);
	cr_assert_eq(st.delivered, 5000);
	test_equation(&st);
	test_remove();
	block_pool_free(p);
}

Test(syslog, live_drops_what_a_daemon_does_not_read)
{
	struct block_pool *p = test_pool(1);
	int server = test_listen(test_path("log"), SOCK_DGRAM);
	struct sink_stats st;
	void *s = open_sink("go", false);

	cr_assert_eq(write_lines(s, p, 0, 1000, 200, 5), 1000);
	sink_syslog.stats(s, &st);
	test_equation(&st);
	cr_assert_gt(st.delivered, 0);
	cr_assert_gt(st.dropped[SINK_DROP_FULL], 0);
	close(server);
	sink_syslog.close(s, &st);
	test_remove();
	block_pool_free(p);
}

Test(syslog, a_restarted_daemon_is_found_again_and_the_gap_counted)
{
	struct block_pool *p = test_pool(1);
	int server = test_listen(test_path("log"), SOCK_DGRAM);
	struct sink_stats st;
	void *s = open_sink("go", false);
	char text[400];

	cr_assert_eq(write_lines(s, p, 0, 5, 10, 50), 5);
	close(server);
	unlink(test_path("log"));
	int64_t before = clock_monotonic();
	for (int i = 0; i < 10; i++)
		cr_assert_eq(write_lines(s, p, 5, 5, 10, 50), 5);
	cr_assert_lt(clock_monotonic() - before, 300 * NSEC_PER_MSEC);
	sink_syslog.stats(s, &st);
	test_equation(&st);
	cr_assert_eq(st.dropped[SINK_DROP_ERROR], 50);
	server = test_listen(test_path("log"), SOCK_DGRAM);
	for (int64_t end = test_soon(3000); st.delivered == 5 && clock_monotonic() < end; usleep(5000)) {
		write_lines(s, p, 5, 5, 10, 50);
		sink_syslog.stats(s, &st);
	}
	cr_assert_eq(st.reconnects, 1);
	cr_assert_gt(recv(server, text, sizeof(text), 0), 0);
	sink_syslog.close(s, &st);
	test_equation(&st);
	close(server);
	test_remove();
	block_pool_free(p);
}

Test(syslog, lossless_gives_a_dead_daemon_up)
{
	struct block_pool *p = test_pool(1);
	struct sink_stats st;
	void *s = open_sink("go", true);
	struct block *b = test_lines(p, 0, 10, 10);
	int64_t before = clock_monotonic();

	while (!sink_syslog.write(s, b, 0, test_soon(10)))
		cr_assert_lt(clock_monotonic() - before, 3 * NSEC_PER_SEC);
	cr_assert_geq(clock_monotonic() - before, config.timeout);
	before = clock_monotonic();
	for (int i = 0; i < 50; i++)
		cr_assert_eq(sink_syslog.write(s, b, 0, test_soon(20)), 10);
	cr_assert_lt(clock_monotonic() - before, 500 * NSEC_PER_MSEC, "a dead one isn't waited for");
	block_unref(b);
	sink_syslog.close(s, &st);
	cr_assert_eq(st.dropped[SINK_DROP_ERROR], 510);
	test_equation(&st);
	test_remove();
	block_pool_free(p);
}

Test(syslog, a_datagram_that_is_too_long_is_dropped_alone)
{
	struct block_pool *p = test_pool(1);
	int server = test_listen(test_path("log"), SOCK_DGRAM);
	struct block *b = test_lines(p, 0, 1, 10);
	struct sink_stats st;
	void *s = open_sink("go", true);

	memset(b->data + b->len, 'x', 8 << 20);
	b->len += 8 << 20;
	b->end[b->items++] = b->len;
	b->len += test_line((char *)b->data + b->len, 1, 100000);
	b->end[b->items++] = b->len;
	cr_assert_eq(sink_syslog.write(s, b, 0, test_soon(1000)), 3);
	block_unref(b);
	sink_syslog.close(s, &st);
	cr_assert_eq(st.dropped[SINK_DROP_TOO_LONG], 1);
	cr_assert_eq(st.delivered, 2);
	close(server);
	test_remove();
	block_pool_free(p);
}

Test(syslog, a_stream_gets_whole_lines)
{
	struct block_pool *p = test_pool(2);
	int server = test_listen(test_path("log"), SOCK_STREAM);
	struct sink_stats st;
	void *s = open_sink("go", true);
	struct block *b = test_lines(p, 0, 1000, 5000);
	pthread_t t;

	uint32_t done = sink_syslog.write(s, b, 0, test_soon(30));
	cr_assert(done < 1000);
	struct reader r = { accept(server, NULL, NULL), 1000, 0, 5000, true };
	sink_syslog.stats(s, &st);
	cr_assert_eq(st.pending, 1);
	test_equation(&st);
	cr_assert_eq(sink_syslog.flush(s, test_soon(5)), -1);
	pthread_create(&t, NULL, read_lines, &r);
	while (done < 1000)
		done += sink_syslog.write(s, b, done, test_soon(20));
	cr_assert_eq(sink_syslog.flush(s, test_soon(1000)), 0);
	pthread_join(t, NULL);
	block_unref(b);
	sink_syslog.close(s, &st);
	cr_assert_eq(st.delivered, 1000);
	close(server);
	test_remove();
	block_pool_free(p);
}

Test(syslog, a_line_cut_by_the_end_of_a_stream_comes_anew)
{
	struct block_pool *p = test_pool(2);
	int server = test_listen(test_path("log"), SOCK_STREAM), first;
	struct sink_stats st;
	void *s = open_sink("go", true);
	struct block *b = test_lines(p, 0, 1000, 5000);
	pthread_t t;

	uint32_t done = sink_syslog.write(s, b, 0, test_soon(20));
	first = accept(server, NULL, NULL);
	close(first);
	done += sink_syslog.write(s, b, done, test_soon(20));
	struct reader r = { accept(server, NULL, NULL), 0, 0, 5000, true };
	sink_syslog.stats(s, &st);
	r.next = (uint32_t)st.delivered;
	char text[8000], *n;
	cr_assert_gt(recv(r.fd, text, sizeof(text) - 1, MSG_PEEK), 100);
	n = strstr(text, "\"n\":");
	cr_assert(n);
	cr_assert_gt(atoi(n + 4), 0);
	r.next = (uint32_t)atoi(n + 4);
	r.n = 1000 - r.next;
	pthread_create(&t, NULL, read_lines, &r);
	while (done < 1000)
		done += sink_syslog.write(s, b, done, test_soon(20));
	cr_assert_eq(sink_syslog.flush(s, test_soon(1000)), 0);
	pthread_join(t, NULL);
	block_unref(b);
	sink_syslog.close(s, &st);
	cr_assert_eq(st.delivered, 1000);
	cr_assert_eq(st.reconnects, 1);
	close(server);
	test_remove();
	block_pool_free(p);
}

Test(syslog, names_in_any_case_and_no_others)
{
	struct sink_config c = { .syslog_facility = "x", .syslog_priority = "ERR", .syslog_format = "" };
	static char longer[300];
	struct error e = { 0 };
	void *s;

	cr_assert_eq(sink_syslog.open(&c, &s, &e), -1);
	cr_assert(strstr(e.text, "syslog_facility 'x': one of KERN USER"), "%s", e.text);
	c.syslog_facility = "authPriv";
	c.syslog_priority = "fatal";
	cr_assert_eq(sink_syslog.open(&c, &s, &e), -1);
	cr_assert(strstr(e.text, "syslog_priority 'fatal': one of EMERG"), "%s", e.text);
	c.syslog_priority = "debug";
	c.syslog_format = "xml";
	cr_assert_eq(sink_syslog.open(&c, &s, &e), -1);
	cr_assert(strstr(e.text, "syslog_format"), "%s", e.text);
	c.syslog_format = NULL;
	memset(longer, '/', sizeof(longer) - 1);
	c.syslog_socket = longer;
	cr_assert_eq(sink_syslog.open(&c, &s, &e), -1);
	cr_assert(strstr(e.text, "syslog_socket"), "%s", e.text);
	c.syslog_priority = "";
	cr_assert_not(sink_syslog.wanted(&c));
	c.syslog_facility = NULL;
	cr_assert_not(sink_syslog.wanted(&c));
}
