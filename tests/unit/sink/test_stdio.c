// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *open_one(bool lossless)
{
	static struct sink_config c;
	struct error e = { 0 };
	void *state = NULL;

	c.lossless = lossless;
	cr_assert_eq(sink_stdout.open(&c, &state, &e), 0, "%s", e.text);
	return state;
}

/* Standard output becomes a pipe of 4096 bytes; its reading end. */
static int small_pipe(void)
{
	int fd[2];
	cr_assert_eq(pipe(fd), 0);
	fcntl(fd[1], F_SETPIPE_SZ, 4096);
	dup2(fd[1], STDOUT_FILENO);
	close(fd[1]);
	return fd[0];
}

/* Reads all that is there, asserts that lines are whole and ascending from *next. */
static uint32_t check_lines(const char *text, size_t len, uint32_t next)
{
	const char *p = text, *end = text + len;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		char want[400];
		uint32_t n;
		cr_assert(nl, "half a line: %.*s", (int)(end - p), p);
		n = test_line(want, next++, 200);
		cr_assert_eq(nl + 1 - p, n);
		cr_assert_eq(memcmp(p, want, n), 0);
		p = nl + 1;
	}
	return next;
}

Test(stdio, wanted_unless_quiet)
{
	cr_assert(sink_stdout.wanted(&(struct sink_config){ .quiet = false }));
	cr_assert_not(sink_stdout.wanted(&(struct sink_config){ .quiet = true }));
}

Test(stdio, a_full_pipe_takes_whole_lines_and_the_rest_later)
{
	struct block_pool *p = test_pool(4);
	int in = small_pipe();
	void *s = open_one(true);
	struct block *b = test_lines(p, 0, 100, 200);
	static char text[64 << 10];
	size_t got = 0;
	uint32_t done = sink_stdout.write(s, b, 0, test_soon(20));
	struct sink_stats st;

	cr_assert(done > 10 && done < 100, "%u", done);
	sink_stdout.stats(s, &st);
	test_equation(&st);
	cr_assert_eq(st.offered, done);
	cr_assert_eq(st.pending, 1, "one line is cut");
	cr_assert_eq(sink_stdout.flush(s, test_soon(5)), -1);
	while (done < 100) {
		ssize_t n = read(in, text + got, 1000);
		cr_assert_gt(n, 0);
		got += (size_t)n;
		done += sink_stdout.write(s, b, done, test_soon(5));
	}
	block_unref(b);
	fcntl(in, F_SETFL, O_NONBLOCK);
	while (sink_stdout.flush(s, 0) || got < 100 * 210) {
		ssize_t n = read(in, text + got, sizeof(text) - got);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	cr_assert_eq(check_lines(text, got, 0), 100);
	sink_stdout.close(s, &st);
	cr_assert_eq(st.delivered, 100);
	cr_assert_eq(st.bytes, got);
	test_equation(&st);
	cr_assert_eq(block_pool_lent(p), 0);
	block_pool_free(p);
}

Test(stdio, live_drops_what_does_not_fit_and_never_blocks)
{
	struct block_pool *p = test_pool(4);
	int in = small_pipe();
	void *s = open_one(false);
	struct block *b = test_lines(p, 0, 100, 200);
	int64_t before = clock_monotonic();
	struct sink_stats st;

	cr_assert_eq(sink_stdout.write(s, b, 0, test_soon(10)), 100);
	cr_assert_eq(sink_stdout.write(s, b, 50, 0), 50);
	cr_assert_lt(clock_monotonic() - before, 200 * NSEC_PER_MSEC);
	block_unref(b);
	sink_stdout.stats(s, &st);
	test_equation(&st);
	cr_assert_eq(st.offered, 150);
	cr_assert_gt(st.dropped[SINK_DROP_FULL], 100);
	sink_stdout.close(s, &st);
	cr_assert_eq(st.dropped[SINK_DROP_CLOSED], 1, "the cut line");
	test_equation(&st);
	close(in);
	cr_assert_eq(block_pool_lent(p), 0);
	block_pool_free(p);
}

static void reader_goes(bool lossless, bool socket)
{
	struct block_pool *p = test_pool(4);
	int fd[2], in;
	void *s;
	struct block *b = test_lines(p, 0, 100, 200);
	struct sink_stats st;

	if (socket) {
		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		dup2(fd[1], STDOUT_FILENO);
		close(fd[1]);
		in = fd[0];
	} else {
		in = small_pipe();
	}
	s = open_one(lossless);
	sink_stdout.write(s, b, 0, 0);
	close(in);
	while (sink_stdout.write(s, b, 50, test_soon(10)) != 50)
		;
	block_unref(b);
	cr_assert_eq(sink_stdout.flush(s, 0), 0);
	sink_stdout.close(s, &st);
	test_equation(&st);
	cr_assert_eq(st.pending, 0);
	cr_assert_geq(st.dropped[SINK_DROP_CLOSED], 50);
	cr_assert_eq(st.errors, 1);
	cr_assert_eq(block_pool_lent(p), 0);
	block_pool_free(p);
}

Test(stdio, a_reader_that_goes_is_counted_and_told_once)
{
	reader_goes(true, false);
	reader_goes(false, false);
	reader_goes(true, true);
}

struct writer {
	void *state;
	struct block_pool *pool;
	uint32_t first;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;
	for (uint32_t i = 0; i < 20; i++) {
		struct block *b = test_lines(w->pool, w->first + i * 50, 50, 200);
		for (uint32_t done = 0; done < b->items;)
			done += sink_stdout.write(w->state, b, done, test_soon(5));
		block_unref(b);
	}
	while (sink_stdout.flush(w->state, test_soon(5)))
		;
	return NULL;
}

Test(stdio, lines_of_two_writers_do_not_mix)
{
	int in = small_pipe();
	struct writer w[2] = { { open_one(true), test_pool(3), 0 }, { open_one(true), test_pool(3), 1000 } };
	pthread_t t[2];
	FILE *f = fdopen(in, "r");
	char line[400], want[400];
	uint32_t next[2] = { 0, 1000 };
	struct sink_stats st;

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, write_many, &w[i]);
	for (int i = 0; i < 2000; i++) {
		cr_assert(fgets(line, sizeof(line), f));
		int who = atoi(line + 5) >= 1000;
		test_line(want, next[who]++, 200);
		cr_assert_str_eq(line, want);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		sink_stdout.close(w[i].state, &st);
		cr_assert_eq(st.delivered, 1000);
		test_equation(&st);
		block_pool_free(w[i].pool);
	}
}

Test(stdio, a_regular_file_and_a_closed_descriptor)
{
	struct block_pool *p = test_pool(2);
	char path[] = "/tmp/test_stdio_XXXXXX", text[4096];
	int fd = mkstemp(path);
	struct block *b = test_lines(p, 0, 10, 200);
	struct sink_stats st;
	void *s;

	unlink(path);
	dup2(fd, STDOUT_FILENO);
	s = open_one(true);
	cr_assert_eq(sink_stdout.write(s, b, 0, test_soon(1000)), 10);
	sink_stdout.close(s, &st);
	cr_assert_eq(st.delivered, 10);
	ssize_t n = pread(fd, text, sizeof(text), 0);
	cr_assert_eq(check_lines(text, (size_t)n, 0), 10);

	close(STDOUT_FILENO);
	s = open_one(true);
	cr_assert_eq(sink_stdout.write(s, b, 0, test_soon(1000)), 10);
	sink_stdout.close(s, &st);
	cr_assert_eq(st.dropped[SINK_DROP_CLOSED], 10);
	block_unref(b);
	block_pool_free(p);
}
