// SPDX-License-Identifier: BSD-3-Clause
#include "captures.h"
#include "eal.h"
#include "port/capture.h"
#include "port/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/resource.h>
#include <sys/stat.h>

/** What a source gave. */
struct seen {
	unsigned n;
	int64_t time[4096];
	uint32_t len[4096];
	uint32_t wire_len[4096];
	uint16_t linktype[4096];
	uint8_t first[4096];
	int end;
	struct error e;
	struct source_stats stats;
};

static struct rte_mempool *pool;
static struct seen seen;

static void start(void)
{
	folder_make();
	eal_start(NULL);
	pool = eal_pool(255);
}

static void stop(void)
{
	if (pool)
		cr_expect(eq(u32, rte_mempool_avail_count(pool), 255), "mbufs were lost");
	folder_remove();
}

static struct source_shape shape(const struct source *s)
{
	struct source_shape shape;

	source_file.shape(s, &shape);
	return shape;
}

TestSuite(replay, .init = start, .fini = stop);

static void note(struct rte_mbuf *m)
{
	const struct packet *p = mbuf_packet(m);
	unsigned i = seen.n++;

	cr_assert(lt(u32, i, 4096));
	seen.time[i] = p->time;
	seen.len[i] = m->pkt_len;
	seen.wire_len[i] = p->wire_len;
	seen.linktype[i] = p->linktype;
	seen.first[i] = m->pkt_len ? *rte_pktmbuf_mtod(m, uint8_t *) : 0;
	cr_expect(eq(u32, p->port, 0));
	rte_mbuf_sanity_check(m, 1);
	rte_pktmbuf_free(m);
}

/** Reads everything. */
static void run_config(const struct source_config *config)
{
	struct source *s;
	struct rte_mbuf *m[32];

	seen = (struct seen){ 0 };
	seen.end = -9;
	if (source_file.open(&s, config, &seen.e)) {
		cr_expect(s == NULL);
		return;
	}
	cr_expect(eq(u32, shape(s).queues, 1));
	for (unsigned idle = 0; (seen.end = source_file.burst(s, 0, m, 32, &seen.e)) >= 0 && idle < 1000; idle += !seen.end)
		for (int i = 0; i < seen.end; i++)
			note(m[i]);
	source_file.stats(s, &seen.stats);
	source_file.close(s);
}

/** Reads everything again, where it lies, and expects what was seen. */
static void look_again(const struct source_config *config)
{
	static struct source_view v[32];
	struct source_stats stats;
	struct error e = { "" };
	struct source *s;
	unsigned at = 0;
	int n;

	cr_assert(eq(i32, source_file.open(&s, config, &e), 0));
	while (memset(v, 0xff, sizeof(v)), (n = source_file.look(s, v, 32, &e)) > 0)
		for (int i = 0; i < n; i++, at++) {
			cr_assert(lt(u32, at, seen.n));
			cr_expect(eq(i64, v[i].time, seen.time[at]));
			cr_expect(eq(u32, v[i].len, seen.len[at]));
			cr_expect(eq(u32, v[i].wire_len, seen.wire_len[at]));
			cr_expect(eq(u32, v[i].linktype, seen.linktype[at]));
			cr_expect(eq(u32, v[i].port, 0));
			cr_expect(eq(u8, v[i].len ? v[i].data[0] : 0, seen.first[at]));
		}
	cr_expect(eq(u32, at, seen.n));
	cr_expect(eq(i32, n, seen.end));
	cr_expect(eq(str, e.text, seen.e.text));
	source_file.stats(s, &stats);
	cr_expect(eq(u64, stats.bytes, seen.stats.bytes));
	source_file.close(s);
}

static void run(const char *first, const char *second, const char *third)
{
	const char *specs[] = { first, second, third, NULL };
	struct stat st;

	run_config(&(struct source_config){ .specs = specs, .snaplen = 262144, .queues = 1, .pool = pool });
	if (seen.end != -9 && !stat(first, &st) && S_ISREG(st.st_mode))
		look_again(&(struct source_config){ .specs = specs, .snaplen = 262144, .queues = 1 });
}

/** A file of `n` packets of 60 bytes, a second apart, from `from` on; the first byte is `mark`'s pattern. */
static char *write_pcap(const char *name, uint32_t from, unsigned n, uint32_t step, uint32_t mark)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < n; i++)
		pcap_record(&b, from + i * step, 0, mark, 60, 61);
	char *path = file_write(name, b.p, b.n);
	put_free(&b);
	return path;
}

Test(replay, one_file)
{
	run(write_pcap("a.pcap", 1000, 100, 1, 0), NULL, NULL);
	cr_assert(eq(i32, seen.end, SOURCE_EOF));
	cr_assert(eq(u32, seen.n, 100));
	for (unsigned i = 0; i < seen.n; i++) {
		cr_expect(eq(i64, seen.time[i], (1000 + i) * INT64_C(1000000000)));
		cr_expect(eq(u32, seen.len[i], 60));
		cr_expect(eq(u32, seen.wire_len[i], 61));
		cr_expect(eq(u32, seen.linktype[i], 1));
	}
	cr_expect(eq(u64, seen.stats.packets, 100));
	cr_expect(eq(u64, seen.stats.bytes, 6000));
	cr_expect(eq(u64, seen.stats.done, 24 + 100 * 76));
	cr_expect(eq(u64, seen.stats.total, 24 + 100 * 76));
}

Test(replay, merges_in_the_order_of_time_and_stably)
{
	char *a = write_pcap("a.pcap", 1000, 50, 2, 1), *b = write_pcap("b.pcap", 1000, 50, 3, 2);
	char *c = write_pcap("c.pcap", 500, 3, 1, 3);
	unsigned ties = 0;

	run(a, b, c);
	cr_assert(eq(i32, seen.end, SOURCE_EOF));
	cr_assert(eq(u32, seen.n, 103));
	for (unsigned i = 1; i < seen.n; i++) {
		cr_expect(ge(i64, seen.time[i], seen.time[i - 1]));
		if (seen.time[i] == seen.time[i - 1]) {
			cr_expect(eq(u8, seen.first[i - 1], pattern(1, 0)), "the file named first comes first");
			cr_expect(eq(u8, seen.first[i], pattern(2, 0)));
			ties++;
		}
	}
	cr_expect(eq(u32, ties, 17));
}

Test(replay, a_file_out_of_order_keeps_its_order)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_record(&b, 20, 0, 0, 10, 10);
	pcap_record(&b, 10, 0, 1, 11, 11);
	pcap_record(&b, 30, 0, 2, 12, 12);
	char *path = file_write("a.pcap", b.p, b.n);
	put_free(&b);
	run(path, write_pcap("b.pcap", 25, 1, 1, 5), NULL);
	cr_assert(eq(u32, seen.n, 4));
	cr_expect(eq(u32, seen.len[0], 10));
	cr_expect(eq(u32, seen.len[1], 11));
	cr_expect(eq(u32, seen.len[2], 60));
	cr_expect(eq(u32, seen.len[3], 12));
}

Test(replay, many_files_need_few_descriptors)
{
	struct rlimit few = { 40, 40 };
	char name[32];

	mkdir(in_folder("many"), 0700);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "many/x%03u.pcap", 199 - i);
		write_pcap(name, 1000 + 10 * i, 8, 1, i);
	}
	cr_assert(eq(i32, setrlimit(RLIMIT_NOFILE, &few), 0));
	run(in_folder("many"), NULL, NULL);
	cr_assert(eq(i32, seen.end, SOURCE_EOF));
	cr_assert(eq(u32, seen.n, 1600));
	for (unsigned i = 1; i < seen.n; i++)
		cr_expect(gt(i64, seen.time[i], seen.time[i - 1]));
}

Test(replay, more_overlapping_files_than_may_be_open)
{
	char name[32];

	mkdir(in_folder("many"), 0700);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many/x%03u.pcap", i);
		write_pcap(name, 1000, 3, 1, i);
	}
	run(in_folder("many"), NULL, NULL);
	cr_assert(eq(i32, seen.end, SOURCE_EOF));
	cr_expect(eq(u32, seen.n, 900), "all are read all the same");
}

Test(replay, a_file_named_twice_is_read_once)
{
	char *a = write_pcap("a.pcap", 1000, 5, 1, 1);

	run(a, a, in_folder("*.pcap"));
	cr_expect(eq(u32, seen.n, 5));
}

Test(replay, link_types_are_known_before_reading)
{
	static const uint32_t types[] = { 113, 1, 113, 101 };
	uint16_t known[4];
	const char *specs[5] = { NULL };
	struct source *s;
	char name[16];

	for (unsigned i = 0; i < 4; i++) {
		struct bytes b = { 0 };
		snprintf(name, sizeof(name), "%u.pcap", i);
		pcap_header(&b, 0xa1b2c3d4, types[i]);
		if (i < 3) /* without a packet, the link type is of no interest */
			pcap_record(&b, 10 + i, 0, 0, 60, 60);
		specs[i] = file_write(name, b.p, b.n);
		put_free(&b);
	}
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 1, .pool = pool };
	cr_assert(eq(i32, source_file.open(&s, &config, &seen.e), 0));
	cr_assert(eq(u32, source_file.linktypes(s, known, 4), 2));
	cr_expect(eq(u16, known[0], 113));
	cr_expect(eq(u16, known[1], 1));
	cr_expect(eq(u32, source_file.linktypes(s, known, 1), 1));
	source_file.close(s);
}

Test(replay, no_packets_is_no_error)
{
	run(write_pcap("a.pcap", 0, 0, 0, 0), NULL, NULL);
	cr_expect(eq(i32, seen.end, SOURCE_EOF));
	cr_expect(eq(u32, seen.n, 0));
}

Test(replay, errors_of_a_single_file)
{
	run(in_folder("nothing.pcap"), NULL, NULL);
	cr_expect(strstr(seen.e.text, "nothing.pcap: No such file") != NULL, "%s", seen.e.text);
	run(file_write("empty.pcap", "", 0), NULL, NULL);
	cr_expect(strstr(seen.e.text, "empty.pcap: empty") != NULL, "%s", seen.e.text);
	run(file_write("text.pcap", "hello, world\n", 13), NULL, NULL);
	cr_expect(strstr(seen.e.text, "not a capture file but text") != NULL, "%s", seen.e.text);
	mkdir(in_folder("none"), 0700);
	run(in_folder("none"), NULL, NULL);
	cr_expect(strstr(seen.e.text, "no captures in this folder") != NULL, "%s", seen.e.text);
	run(in_folder("*.none"), NULL, NULL);
	cr_expect(strstr(seen.e.text, "no file matches") != NULL, "%s", seen.e.text);
	cr_expect(eq(i32, seen.end, -9), "none of them was opened");
}

Test(replay, what_was_sound_comes_before_the_error)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_record(&b, 1, 0, 0, 100, 100);
	pcap_record(&b, 2, 0, 0, 100, 100);
	run(file_write("cut.pcap", b.p, b.n - 1), NULL, NULL);
	cr_expect(eq(u32, seen.n, 1));
	cr_expect(eq(i32, seen.end, SOURCE_FAILED));
	cr_expect(strstr(seen.e.text, "cut.pcap: cut in packet 2 at byte 140") != NULL, "%s", seen.e.text);
	put_free(&b);
}

Test(replay, a_damaged_file_among_others_is_told_in_the_end)
{
	char *cut = write_pcap("cut.pcap", 1000, 10, 1, 1);

	cr_assert(eq(i32, truncate(cut, 24 + 9 * 76 + 5), 0));
	run(cut, file_write("b.pcap", "no capture", 10), write_pcap("c.pcap", 500, 1000, 1, 2));
	cr_expect(eq(u32, seen.n, 1009));
	cr_expect(eq(i32, seen.end, SOURCE_FAILED));
	cr_expect(strstr(seen.e.text, "cut.pcap: cut in packet 10") != NULL, "%s", seen.e.text);
	cr_expect(strstr(seen.e.text, "; 1 more file") != NULL, "%s", seen.e.text);
}

Test(replay, snaplen_cuts_but_tells_the_length)
{
	const char *specs[] = { write_pcap("a.pcap", 0, 3, 1, 0), NULL };

	run_config(&(struct source_config){ .specs = specs, .snaplen = 20, .queues = 1, .pool = pool });
	cr_assert(eq(u32, seen.n, 3));
	cr_expect(eq(u32, seen.len[2], 20));
	cr_expect(eq(u32, seen.wire_len[2], 61));
}

Test(replay, long_frames_are_chained_and_whole)
{
	static const uint32_t lengths[] = { 0, 1, 2047, 2048, 2049, 4224, 4225, 9000, 65535, 262144 };
	struct bytes b = { 0 };
	struct rte_mbuf *m[4];
	struct source *s;
	struct error e;
	static uint8_t flat[262144];

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 10; i++)
		pcap_record(&b, i, 0, i, lengths[i], lengths[i]);
	const char *specs[] = { file_write("long.pcap", b.p, b.n), NULL };
	put_free(&b);
	cr_assert(eq(i32, source_file.open(&s, &(struct source_config){ .specs = specs, .snaplen = 262144, .pool = pool }, &e), 0));
	for (unsigned got = 0, k; got < 10; got += k) {
		k = (unsigned)source_file.burst(s, 0, m, 4, &e);
		cr_assert(le(u32, k, 4));
		for (unsigned i = 0; i < k; i++) {
			uint32_t len = lengths[got + i];
			const char *why;

			cr_assert(eq(u32, m[i]->pkt_len, len));
			cr_assert(eq(i32, rte_mbuf_check(m[i], 1, &why), 0), "%s", why);
			const uint8_t *p = rte_pktmbuf_read(m[i], 0, len, flat);
			for (uint32_t j = 0; j < len; j++)
				cr_assert(eq(u8, p[j], pattern(got + i, j)));
			rte_pktmbuf_free(m[i]);
		}
	}
	cr_expect(eq(i32, source_file.burst(s, 0, m, 4, &e), SOURCE_EOF));
	source_file.close(s);
}

Test(replay, an_empty_pool_loses_nothing)
{
	const char *specs[] = { write_pcap("a.pcap", 0, 1000, 1, 0), NULL };
	struct rte_mbuf *m[255];
	struct source *s;
	struct error e;
	int64_t next = 0;
	int n = 0, r;

	cr_assert(eq(i32, source_file.open(&s, &(struct source_config){ .specs = specs, .snaplen = 2048, .pool = pool }, &e), 0));
	for (;;) {
		for (n = 0; n < 255 && (r = source_file.burst(s, 0, m + n, 64, &e)) > 0; n += r)
			;
		for (int i = 0; i < n; i++)
			cr_expect(eq(i64, mbuf_packet(m[i])->time, next++ * INT64_C(1000000000)));
		rte_pktmbuf_free_bulk(m, (unsigned)n);
		if (r < 0)
			break;
	}
	cr_expect(eq(i32, r, SOURCE_EOF));
	cr_expect(eq(i64, next, 1000));
	source_file.close(s);
}

Test(replay, a_pool_too_small_for_the_longest_frame_is_refused)
{
	struct rte_mempool *small = rte_pktmbuf_pool_create("small", 63, 0, PACKET_PRIV_SIZE, 2176, 0);
	const char *specs[] = { write_pcap("a.pcap", 0, 1, 1, 0), NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .pool = small };

	run_config(&config);
	cr_expect(strstr(seen.e.text, "mbuf pool is too small") != NULL, "%s", seen.e.text);
	config.snaplen = 65535;
	run_config(&config);
	cr_expect(eq(u32, seen.n, 1));
}

Test(replay, standard_input_and_a_pipe_that_comes_in_pieces)
{
	struct bytes b = { 0 };
	int ends[2];
	const char *specs[] = { "-", NULL };
	struct rte_mbuf *m[32];
	struct source *s;
	struct error e;
	unsigned got = 0;
	int r = 0;

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 20; i++)
		pcap_record(&b, i, 0, i, 50 + i, 50 + i);
	cr_assert(eq(i32, pipe(ends), 0));
	dup2(ends[0], STDIN_FILENO);
	cr_assert(eq(i32, source_file.open(&s, &(struct source_config){ .specs = specs, .snaplen = 2048, .pool = pool }, &e), 0));
	cr_expect(eq(i32, source_file.burst(s, 0, m, 32, &e), 0), "nothing there yet");
	for (size_t at = 0; at < b.n || r >= 0; at += 97) {
		size_t n = at < b.n ? (b.n - at < 97 ? b.n - at : 97) : 0;

		if (n)
			cr_assert(eq(i64, write(ends[1], b.p + at, n), (int64_t)n));
		else
			close(ends[1]);
		r = source_file.burst(s, 0, m, 32, &e);
		for (int i = 0; i < r; i++, got++) {
			cr_expect(eq(u32, m[i]->pkt_len, 50 + got));
			rte_pktmbuf_free(m[i]);
		}
	}
	cr_expect(eq(i32, r, SOURCE_EOF));
	cr_expect(eq(u32, got, 20));
	source_file.close(s);
	put_free(&b);
}

Test(replay, a_fifo_without_a_writer_does_not_block)
{
	const char *specs[] = { in_folder("fifo"), NULL };
	struct rte_mbuf *m[4];
	struct source *s;
	struct error e;

	cr_assert(eq(i32, mkfifo(specs[0], 0600), 0));
	cr_assert(eq(i32, source_file.open(&s, &(struct source_config){ .specs = specs, .snaplen = 2048, .pool = pool }, &e), 0));
	cr_expect(eq(i32, source_file.burst(s, 0, m, 4, &e), 0), "still waiting for it");
	int fd = open(specs[0], O_WRONLY);
	cr_assert(ge(i32, fd, 0));
	struct bytes b = { 0 };
	pcap_header(&b, 0xa1b2c3d4, 1);
	cr_assert(eq(i64, write(fd, b.p, b.n), (int64_t)b.n));
	cr_expect(eq(i32, source_file.burst(s, 0, m, 4, &e), 0));
	close(fd);
	cr_expect(eq(i32, source_file.burst(s, 0, m, 4, &e), SOURCE_EOF));
	source_file.close(s);
	put_free(&b);
}

Test(replay, a_file_that_shrinks_meanwhile_is_cut)
{
	const char *specs[] = { write_pcap("a.pcap", 0, 20000, 1, 0), NULL };
	struct rte_mbuf *m[32];
	struct source *s;
	struct error e;
	int r;

	cr_assert(eq(i32, source_file.open(&s, &(struct source_config){ .specs = specs, .snaplen = 2048, .pool = pool }, &e), 0));
	cr_assert(eq(i32, source_file.burst(s, 0, m, 32, &e), 32));
	rte_pktmbuf_free_bulk(m, 32);
	cr_assert(eq(i32, truncate(specs[0], 1000003), 0));
	while ((r = source_file.burst(s, 0, m, 32, &e)) > 0)
		rte_pktmbuf_free_bulk(m, (unsigned)r);
	cr_expect(eq(i32, r, SOURCE_FAILED));
	cr_expect(strstr(e.text, "cut in packet") != NULL, "%s", e.text);
	source_file.close(s);
}
