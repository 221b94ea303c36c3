// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"
#include "folder.h"
#include "sink/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MB (UINT64_C(1) << 20)

static struct block_pool *pool;

static struct spool *begin(uint32_t tx, uint32_t tx_count, uint64_t max)
{
	struct error e = { 0 };
	struct spool *s = spool_open(test_path("spool"), tx, tx_count, max, &e);

	cr_assert(s, "%s", e.text);
	if (!pool)
		pool = test_pool(4);
	return s;
}

/* Appends lines first … first + n - 1 as one frame. */
static int append(struct spool *s, uint32_t first, uint32_t n, uint32_t pad)
{
	struct block *b = test_lines(pool, first, n, pad);
	for (uint32_t i = 0; i < n; i++)
		b->key[i] = first + i;
	int r = spool_append(s, b, 0, n, true);
	block_unref(b);
	return r;
}

/* Reads a frame and asserts that its lines are sound and ascend; the first one's number, or -1 where there is none. */
static int64_t next(struct spool *s, uint32_t n, uint32_t pad, bool done, uint64_t *lost)
{
	struct block *b = block_get(pool);
	struct spool_mark m;
	char want[1024];
	uint32_t first;

	if (!spool_next(s, b, &m, lost)) {
		block_unref(b);
		return -1;
	}
	cr_assert_eq(m.items, n);
	cr_assert(m.text);
	first = b->key[0];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = test_line(want, first + i, pad);
		cr_assert_eq(b->end[i] - block_start(b, i), len);
		cr_assert_eq(memcmp(b->data + block_start(b, i), want, len), 0);
		cr_assert_eq(b->key[i], first + i);
	}
	block_unref(b);
	if (done)
		spool_done(s, &m);
	return first;
}

Test(spool, gives_back_in_order_and_removes_what_is_done)
{
	struct spool *s = begin(0, 1, 16 * MB);
	uint64_t lost = 0;

	for (uint32_t i = 0; i < 100; i++)
		cr_assert_eq(append(s, i * 50, 50, 300), 0);
	cr_assert_eq(spool_items(s), 5000);
	cr_assert_gt(spool_bytes(s), 5000 * 300);
	cr_assert_eq(test_list("spool").n, 1 + 2, "segments of a megabyte, and the lock");
	for (uint32_t i = 0; i < 100; i++) {
		cr_assert(spool_unread(s));
		cr_assert_eq(next(s, 50, 300, true, &lost), i * 50);
	}
	cr_assert_not(spool_unread(s));
	cr_assert_eq(next(s, 50, 300, true, &lost), -1);
	cr_assert_eq(spool_items(s), 0);
	cr_assert_eq(spool_bytes(s), 0);
	cr_assert_eq(test_list("spool").n, 1);
	cr_assert_eq(append(s, 7, 1, 1), 0);
	cr_assert_eq(next(s, 1, 1, true, &lost), 7);
	cr_assert_eq(lost, 0);
	spool_close(s);
	spool_close(NULL);
	test_remove();
}

Test(spool, a_restart_gives_what_was_not_done_and_only_that)
{
	struct spool *s = begin(0, 1, 16 * MB);
	uint64_t lost = 0;

	for (uint32_t i = 0; i < 10; i++)
		append(s, i * 10, 10, 20);
	for (uint32_t i = 0; i < 6; i++)
		next(s, 10, 20, i != 4, &lost);
	spool_close(s);
	s = begin(0, 1, 16 * MB);
	cr_assert_eq(spool_items(s), 50);
	append(s, 100, 10, 20);
	cr_assert_eq(next(s, 10, 20, true, &lost), 40);
	for (uint32_t i = 6; i <= 10; i++)
		cr_assert_eq(next(s, 10, 20, true, &lost), i * 10);
	cr_assert_eq(next(s, 10, 20, true, &lost), -1);
	cr_assert_eq(test_list("spool").n, 1);
	spool_close(s);
	test_remove();
}

Test(spool, other_numbers_of_lcores_adopt_what_is_there)
{
	struct spool *a = begin(0, 2, 16 * MB), *b = begin(1, 2, 16 * MB), *s;
	uint64_t lost = 0;

	append(a, 0, 1, 1);
	append(b, 1000, 1, 1);
	append(b, 1001, 1, 1);
	spool_close(a);
	spool_close(b);
	s = begin(0, 1, 16 * MB);
	cr_assert_eq(spool_items(s), 3);
	append(s, 1, 1, 1);
	cr_assert_eq(next(s, 1, 1, true, &lost), 0);
	cr_assert_eq(next(s, 1, 1, true, &lost), 1000);
	cr_assert_eq(next(s, 1, 1, true, &lost), 1001);
	cr_assert_eq(next(s, 1, 1, true, &lost), 1);
	spool_close(s);
	test_remove();
}

Test(spool, what_is_older_goes_before)
{
	struct spool *s = begin(0, 1, 16 * MB);
	struct block *b;
	uint64_t lost = 0;

	for (int run = 0; run < 3; run++) {
		append(s, 100, 10, 20);
		next(s, 10, 20, false, &lost);
		b = test_lines(pool, 0, 20, 20);
		for (uint32_t i = 0; i < 20; i++)
			b->key[i] = i;
		cr_assert_eq(spool_prepend(s, b, 0, 10, true), 0);
		cr_assert_eq(spool_prepend(s, b, 10, 10, true), 0);
		block_unref(b);
		spool_close(s);
		s = begin(0, 1, 16 * MB);
		cr_assert_eq(next(s, 10, 20, true, &lost), 0);
		cr_assert_eq(next(s, 10, 20, true, &lost), 10);
		cr_assert_eq(next(s, 10, 20, true, &lost), 100);
	}
	spool_close(s);
	test_remove();
}

Test(spool, holds_no_more_than_its_bound)
{
	struct spool *s = begin(0, 1, MB);
	uint32_t n = 0, first;
	uint64_t lost = 0, dropped;

	while (append(s, n * 10, 10, 400) == 0)
		n++;
	cr_assert_eq(errno, EDQUOT);
	cr_assert_leq(spool_bytes(s), MB);
	cr_assert_gt(spool_bytes(s), MB - 8192);
	/* The newest go: nothing more. The oldest go: as many as a segment holds. */
	cr_assert_eq(append(s, n * 10, 10, 400), -1);
	dropped = spool_drop_oldest(s);
	cr_assert(dropped >= 100 && dropped <= 160, "%lu", (unsigned long)dropped);
	cr_assert_eq(spool_items(s), n * 10 - dropped);
	cr_assert_eq(append(s, n * 10, 10, 400), 0);
	for (first = (uint32_t)dropped; first <= n * 10; first += 10)
		cr_assert_eq(next(s, 10, 400, true, &lost), first);
	cr_assert_eq(spool_drop_oldest(s), 0);
	spool_close(s);
	test_remove();
}

Test(spool, what_is_being_delivered_is_not_dropped)
{
	struct spool *s = begin(0, 1, MB);
	struct block *b = block_get(pool);
	struct spool_mark m;
	uint64_t lost = 0, items;

	for (uint32_t i = 0; i < 3; i++)
		append(s, i, 1, 1);
	cr_assert(spool_next(s, b, &m, &lost));
	cr_assert_eq(spool_drop_oldest(s), 2);
	cr_assert_eq(spool_items(s), 1);
	spool_done(s, &m);
	items = spool_items(s);
	cr_assert_eq(items, 0);
	cr_assert_eq(test_list("spool").n, 1);
	block_unref(b);
	spool_close(s);
	test_remove();
}

Test(spool, one_process_a_folder)
{
	struct error e = { 0 };
	int fd;

	spool_close(begin(0, 1, MB));
	fd = open(test_path("spool/lock"), O_RDWR);
	cr_assert_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	cr_assert_null(spool_open(test_path("spool"), 0, 1, MB, &e));
	cr_assert(strstr(e.text, "another process"), "%s", e.text);
	close(fd);
	spool_close(begin(0, 1, MB));
	cr_assert_null(spool_open("/proc/nowhere/spool", 0, 1, MB, &e));
	cr_assert(strstr(e.text, "spool_dir"), "%s", e.text);
	test_remove();
}

static char *segment(void)
{
	struct test_names names = test_list("spool");
	static char path[NAME_MAX + 16];

	cr_assert_eq(names.n, 2);
	snprintf(path, sizeof(path), "spool/%s", names.name[0]);
	return test_path(path);
}

static void put(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");
	cr_assert_eq(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* Three frames of two lines; the file's bytes. */
static char *three_frames(char *path, size_t *len)
{
	struct spool *s = begin(0, 1, 16 * MB);

	for (uint32_t i = 0; i < 3; i++)
		append(s, i * 2, 2, 10);
	spool_close(s);
	strcpy(path, segment());
	return test_read(path, len);
}

Test(spool, torn_at_any_byte_gives_the_frames_before)
{
	char path[PATH_MAX];
	size_t len;
	char *whole = three_frames(path, &len);

	for (size_t cut = 0; cut <= len; cut++) {
		uint64_t lost = 0;
		put(path, whole, cut);
		struct spool *s = begin(0, 1, 16 * MB);
		uint32_t frames = (uint32_t)(cut / (len / 3));
		cr_assert_eq(spool_items(s), 2 * frames);
		cr_assert_eq(append(s, 100, 2, 10), 0);
		for (uint32_t i = 0; i < frames; i++)
			cr_assert_eq(next(s, 2, 10, true, &lost), i * 2);
		cr_assert_eq(next(s, 2, 10, true, &lost), 100);
		cr_assert_eq(next(s, 2, 10, true, &lost), -1);
		cr_assert_eq(lost, 0);
		cr_assert_eq(spool_items(s), 0);
		spool_close(s);
		cr_assert_eq(test_list("spool").n, 1);
	}
	free(whole);
	test_remove();
}

Test(spool, a_flipped_bit_costs_its_frame_at_most)
{
	char path[PATH_MAX];
	size_t len;
	char *whole = three_frames(path, &len);

	for (size_t bit = 0; bit < len * 8; bit++) {
		uint64_t lost = 0, items;
		uint32_t hit = (uint32_t)(bit / 8 / (len / 3)), got = 0;
		whole[bit / 8] ^= (char)(1 << bit % 8);
		put(path, whole, len);
		struct spool *s = begin(0, 1, 16 * MB);
		items = spool_items(s);
		for (int64_t first; (first = next(s, 2, 10, true, &lost)) >= 0; got++) {
			if (first == hit * 2)
				continue;
			cr_assert(first == 0 || first == 2 || first == 4);
		}
		cr_assert_geq(got, 2);
		cr_assert_eq(items, 2 * got + lost);
		cr_assert_eq(spool_items(s), 0);
		spool_close(s);
		whole[bit / 8] ^= (char)(1 << bit % 8);
	}
	free(whole);
	test_remove();
}

Test(spool, damage_while_it_is_open_is_counted)
{
	struct spool *s = begin(0, 1, 16 * MB);
	uint64_t lost = 0;

	for (uint32_t i = 0; i < 3; i++)
		append(s, i * 2, 2, 10);
	cr_assert_eq(next(s, 2, 10, true, &lost), 0);
	cr_assert_eq(truncate(segment(), 100), 0);
	cr_assert_eq(next(s, 2, 10, true, &lost), -1);
	cr_assert_eq(lost, 4);
	cr_assert_eq(spool_items(s), 0);
	spool_close(s);
	test_remove();
}

Test(spool, foreign_files_are_left_alone)
{
	struct spool *s = begin(0, 1, MB);

	spool_close(s);
	put(test_path("spool/readme"), "x", 1);
	put(test_path("spool/000-00000100.spool.bak"), "x", 1);
	put(test_path("spool/000-0000000000000100.spool"), "not a spool at all, but of our name", 35);
	cr_assert_eq(mkdir(test_path("spool/000-0000000000000200.spool"), 0700), 0);
	s = begin(0, 1, MB);
	cr_assert_eq(spool_items(s), 0);
	spool_close(s);
	cr_assert_eq(test_list("spool").n, 4);
	test_remove();
}

Test(spool, killed_at_any_moment_loses_nothing_that_was_written)
{
	test_folder();
	for (int run = 0; run < 10; run++) {
		int fd[2], status;
		uint32_t told = 0, n, i = 0, first_seen = UINT32_MAX;
		uint64_t lost = 0;
		cr_assert_eq(pipe(fd), 0);
		pid_t child = fork();
		if (!child) {
			struct spool *s = begin(0, 1, 256 * MB);
			for (n = 0;; n++) {
				if (append(s, n * 3, 3, 100) || write(fd[1], &n, sizeof(n)) != sizeof(n))
					_exit(1);
				if (n % 3 == 2)
					next(s, 3, 100, true, &lost);
			}
		}
		close(fd[1]);
		usleep((useconds_t)(3000 + run * 1700));
		kill(child, SIGKILL);
		wait(&status);
		while (read(fd[0], &n, sizeof(n)) == sizeof(n))
			told = n + 1;
		close(fd[0]);
		struct spool *s = begin(0, 1, 256 * MB);
		for (int64_t first; (first = next(s, 3, 100, true, &lost)) >= 0; i++) {
			if (first_seen == UINT32_MAX)
				first_seen = (uint32_t)first / 3;
			cr_assert_eq((uint32_t)first, (first_seen + i) * 3, "in order, none missing");
		}
		if (told) {
			cr_assert_leq(first_seen, told / 3 + 1, "first %u of %u, told %u", first_seen, i, told);
			cr_assert_geq(first_seen + i, told);
		}
		cr_assert_eq(lost, 0);
		spool_close(s);
	}
	test_remove();
}
