// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"
#include "folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sink_config config;

static void *open_file(const char *path)
{
	struct error e = { 0 };
	void *s = NULL;

	config.logfile = path;
	if (!config.timeout)
		config.timeout = NSEC_PER_SEC;
	cr_assert_eq(sink_file.open(&config, &s, &e), 0, "%s", e.text);
	return s;
}

static void write_lines(void *s, struct block_pool *p, uint32_t first, uint32_t n, uint32_t pad)
{
	struct block *b = test_lines(p, first, n, pad);
	cr_assert_eq(sink_file.write(s, b, 0, test_soon(5000)), n);
	block_unref(b);
}

/* Asserts that a file holds lines first … first + n - 1 of the test. */
static void check_file(const char *path, uint32_t first, uint32_t n, uint32_t pad)
{
	char *text = test_read(path, NULL), *at = text;
	char want[1024];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = test_line(want, first + i, pad);
		cr_assert_eq(strncmp(at, want, len), 0, "%s, line %u: %.60s", path, i, at);
		at += len;
	}
	cr_assert_eq(*at, '\0', "%s holds more: %.60s", path, at);
	free(text);
}

Test(file, appends_whole_lines_makes_folders_mode_0600)
{
	char *path = test_path("a/b/dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct stat fs;
	void *s = open_file(path);

	write_lines(s, p, 0, 100, 50);
	sink_file.stats(s, &st);
	cr_assert_eq(st.delivered, 100);
	test_equation(&st);
	sink_file.close(s, &st);
	s = open_file(path);
	write_lines(s, p, 100, 10, 50);
	sink_file.close(s, &st);
	cr_assert_eq(st.delivered, 10);
	check_file(path, 0, 110, 50);
	cr_assert_eq(stat(path, &fs), 0);
	cr_assert_eq(fs.st_mode & 07777, 0600);
	test_remove();
	block_pool_free(p);
}

Test(file, rotates_at_the_line_that_would_pass_the_size)
{
	char *path = test_path("dns.json");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct test_names names;
	void *s;
	uint32_t next = 0;

	config.log_max_size = 1;
	s = open_file(path);
	chmod(path, 0640);
	for (int i = 0; i < 50; i++)
		write_lines(s, p, 1000000 + (uint32_t)i * 1000, 1000, 80);
	sink_file.close(s, &st);
	cr_assert_eq(st.delivered, 50000);
	names = test_list("");
	/* 103 bytes a line: 10180 lines a megabyte. */
	cr_assert_eq(names.n, 5);
	for (unsigned i = 0; i < names.n; i++) {
		struct stat fs;
		char *full = test_path(names.name[i]);
		uint32_t n = i < 4 ? 1048576 / 103 : 50000 - 4 * (1048576 / 103);
		cr_assert_eq(stat(full, &fs), 0);
		cr_assert_eq(fs.st_mode & 07777, 0640, "the old file's mode");
		check_file(full, 1000000 + next, n, 80);
		next += n;
		if (i < 4)
			cr_assert_eq(strlen(names.name[i]), strlen("dns-2006-01-02T15-04-05.000.json"));
	}
	test_remove();
	block_pool_free(p);
}

#define SLACK (64 << 10) /* of a file system's own blocks, and of the last one */
#define CRASHED (10 << 20)

static uint64_t on_disk(const char *path, uint64_t *size)
{
	struct stat fs;

	cr_assert_eq(stat(path, &fs), 0);
	*size = (uint64_t)fs.st_size;
	return (uint64_t)fs.st_blocks * 512;
}

/* What a file that grows fast has reserved beyond its end isn't seen in its size, is bounded by what it has grown by, and is given
 * back when it is closed, after a crash (that leaves it) by the next run. */
Test(file, what_is_reserved_ahead_is_given_back)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	uint64_t size, crashed;
	int fd;

	for (int run = 0; run < 2; run++) {
		void *s = open_file(path);
		for (uint32_t i = 0; i < 40; i++) {
			write_lines(s, p, 1000000 + ((uint32_t)run * 40 + i) * 1000, 1000, 80);
			cr_assert_leq(on_disk(path, &size), size * 2 + SLACK + (run ? CRASHED : 0));
			cr_assert_eq(size, ((uint64_t)run * 40 + i + 1) * 103000);
		}
		sink_file.close(s, &st);
		cr_assert_leq(on_disk(path, &size), size + SLACK);
		fd = open(path, O_WRONLY);
		if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)size, CRASHED) == 0)
			cr_assert_geq(on_disk(path, &crashed), size + CRASHED, "as a crash leaves it");
		close(fd);
	}
	sink_file.close(open_file(path), &st);
	cr_assert_leq(on_disk(path, &size), size + SLACK);
	check_file(path, 1000000, 80000, 80);
	test_remove();
	block_pool_free(p);
}

Test(file, keeps_as_many_backups_as_told_and_the_newest)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct test_names names;
	void *s;

	config.log_max_size = 1;
	config.log_max_backups = 3;
	config.lossless = true;
	s = open_file(path);
	for (uint32_t i = 0; i < 100; i++)
		write_lines(s, p, 1000000 + i * 1000, 1000, 80);
	sink_file.close(s, &st);
	names = test_list("");
	cr_assert_eq(names.n, 4);
	check_file(test_path(names.name[2]), 1000000 + 8 * 10180, 10180, 80);
	test_remove();
	block_pool_free(p);
}

Test(file, sighup_goes_on_in_a_new_file)
{
	char *path = test_path("dns.log"), *moved = test_path("moved");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	void *s = open_file(path);

	write_lines(s, p, 0, 10, 5);
	chmod(path, 0644);
	cr_assert_eq(rename(path, moved), 0);
	write_lines(s, p, 10, 10, 5);
	sink_file.reopen(s);
	write_lines(s, p, 20, 10, 5);
	check_file(moved, 0, 20, 5);
	check_file(path, 20, 10, 5);
	unlink(path);
	sink_file.reopen(s);
	sink_file.poll(s);
	check_file(path, 0, 0, 0);
	sink_file.close(s, &st);
	cr_assert_eq(st.delivered, 30);
	test_remove();
	block_pool_free(p);
}

/* A file size limit stands for the full disk: the write stops within a line. */
static void limit_size(rlim_t bytes)
{
	struct rlimit l = { bytes, RLIM_INFINITY };
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
}

Test(file, a_file_that_takes_no_more_holds_whole_lines_live)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	void *s = open_file(path);
	struct block *b = test_lines(p, 1000, 100, 80);

	limit_size(1050);
	cr_assert_eq(sink_file.write(s, b, 0, test_soon(10)), 100);
	check_file(path, 1000, 10, 80);
	limit_size(RLIM_INFINITY);
	cr_assert_eq(sink_file.write(s, b, 10, test_soon(10)), 90);
	check_file(path, 1000, 100, 80);
	block_unref(b);
	sink_file.close(s, &st);
	test_equation(&st);
	cr_assert_eq(st.delivered, 100);
	cr_assert_eq(st.dropped[SINK_DROP_ERROR] + st.dropped[SINK_DROP_FULL], 90);
	cr_assert_gt(st.errors, 0);
	test_remove();
	block_pool_free(p);
}

Test(file, lossless_waits_and_loses_nothing)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct block *b = test_lines(p, 1000, 100, 80);
	uint32_t done;
	void *s;

	config.lossless = true;
	s = open_file(path);
	limit_size(1050);
	done = sink_file.write(s, b, 0, test_soon(10));
	cr_assert_eq(done, 10);
	cr_assert_eq(sink_file.write(s, b, done, test_soon(10)), 0);
	sink_file.stats(s, &st);
	cr_assert_eq(st.offered, 10);
	test_equation(&st);
	limit_size(RLIM_INFINITY);
	cr_assert_eq(sink_file.write(s, b, done, test_soon(1000)), 90);
	check_file(path, 1000, 100, 80);
	block_unref(b);
	sink_file.close(s, &st);
	cr_assert_eq(st.delivered, 100);
	test_remove();
	block_pool_free(p);
}

Test(file, lossless_gives_a_broken_one_up_after_the_timeout)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct block *b = test_lines(p, 1000, 100, 80);
	uint32_t done = 0;
	void *s;

	config.lossless = true;
	config.timeout = 50 * NSEC_PER_MSEC;
	s = open_file(path);
	limit_size(0);
	for (int64_t end = test_soon(2000); done < 100 && clock_monotonic() < end;)
		done += sink_file.write(s, b, done, test_soon(5));
	cr_assert_eq(done, 100);
	block_unref(b);
	sink_file.close(s, &st);
	test_equation(&st);
	cr_assert_eq(st.dropped[SINK_DROP_ERROR], 100);
	test_remove();
	block_pool_free(p);
}

Test(file, a_torn_line_of_a_crash_gets_its_end)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	FILE *f = fopen(path, "w");
	char *text;
	void *s;

	fputs("{\"n\":", f);
	fclose(f);
	s = open_file(path);
	write_lines(s, p, 0, 1, 1);
	sink_file.close(s, &st);
	text = test_read(path, NULL);
	cr_assert_str_eq(text, "{\"n\":\n{\"n\":0,\"pad\":\"a\"}\n");
	free(text);
	test_remove();
	block_pool_free(p);
}

Test(file, a_line_longer_than_the_limit_is_dropped_alone)
{
	char *path = test_path("dns.log");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct block *b = test_lines(p, 0, 1, 1);
	void *s;

	config.log_max_size = 1;
	s = open_file(path);
	memset(b->data + b->len, 'x', 1 << 20);
	b->len += (1 << 20) + 1;
	b->data[b->len - 1] = '\n';
	b->end[b->items++] = b->len;
	b->len += test_line((char *)b->data + b->len, 1, 1);
	b->end[b->items++] = b->len;
	cr_assert_eq(sink_file.write(s, b, 0, test_soon(1000)), 3);
	check_file(path, 0, 2, 1);
	block_unref(b);
	sink_file.close(s, &st);
	cr_assert_eq(st.dropped[SINK_DROP_TOO_LONG], 1);
	test_equation(&st);
	test_remove();
	block_pool_free(p);
}

struct writer {
	void *state;
	uint32_t first;
	struct sink_stats stats;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;
	struct block_pool *p = test_pool(1);

	for (uint32_t i = 0; i < 40; i++)
		write_lines(w->state, p, w->first + i * 500, 500, 80);
	sink_file.close(w->state, &w->stats);
	block_pool_free(p);
	return NULL;
}

Test(file, two_writers_share_one_file_through_rotations)
{
	char *path = test_path("dns.log");
	struct writer w[2];
	struct test_names names;
	uint32_t next[2] = { 1000000, 2000000 }, lines = 0;
	pthread_t t[2];

	config.log_max_size = 1;
	for (int i = 0; i < 2; i++)
		w[i] = (struct writer){ open_file(path), next[i], { 0 } };
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, write_many, &w[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	names = test_list("");
	cr_assert_eq(names.n, 4);
	for (unsigned i = 0; i < names.n; i++) {
		char *text = test_read(test_path(names.name[i]), NULL), want[200];
		cr_assert_leq(strlen(text), 1 << 20);
		for (char *at = text; *at; at += strlen(want), lines++) {
			int who = at[5] == '2';
			test_line(want, next[who]++, 80);
			cr_assert_eq(strncmp(at, want, strlen(want)), 0, "%.60s", at);
		}
		free(text);
	}
	cr_assert_eq(lines, 40000);
	cr_assert_eq(w[0].stats.delivered, 20000);
	cr_assert_eq(w[1].stats.delivered, 20000);
	test_remove();
}

Test(file, a_device_or_pipe_is_a_stream)
{
	char *path = test_path("pipe");
	struct block_pool *p = test_pool(2);
	struct sink_stats st;
	struct error e = { 0 };
	void *s = open_file("/dev/null");
	int in;

	write_lines(s, p, 0, 100, 10);
	cr_assert_eq(sink_file.flush(s, 0), 0);
	sink_file.poll(s);
	sink_file.close(s, &st);
	cr_assert_eq(st.delivered, 100);
	cr_assert_eq(mkfifo(path, 0600), 0);
	config.logfile = path;
	cr_assert_eq(sink_file.open(&config, &s, &e), -1);
	cr_assert(strstr(e.text, "nobody reads"), "%s", e.text);
	in = open(path, O_RDONLY | O_NONBLOCK);
	s = open_file(path);
	write_lines(s, p, 0, 10, 10);
	sink_file.close(s, &st);
	cr_assert_eq(st.delivered, 10);
	close(in);
	test_remove();
	block_pool_free(p);
}

Test(file, what_can_never_work_is_refused)
{
	static char longer[NAME_MAX];
	const char *bad[] = { test_path(""), test_path("file/below.log"), longer };
	struct error e;
	void *s;

	memset(longer, 'n', sizeof(longer) - 1);
	fclose(fopen(test_path("file"), "w"));
	for (unsigned i = 0; i < 3; i++) {
		e.text[0] = '\0';
		config.logfile = bad[i];
		cr_assert_eq(sink_file.open(&config, &s, &e), -1, "%s", bad[i]);
		cr_assert(strstr(e.text, "logfile"), "%s", e.text);
	}
	cr_assert_not(sink_file.wanted(&(struct sink_config){ .logfile = "" }));
	cr_assert_not(sink_file.wanted(&(struct sink_config){ .logfile = NULL }));
	cr_assert(sink_file.wanted(&(struct sink_config){ .logfile = "x" }));
	test_remove();
}
