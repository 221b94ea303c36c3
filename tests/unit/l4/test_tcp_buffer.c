// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_buffer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SPAN 20000

static struct chunk_pool pool;
static struct window w;
static struct error e;
static uint64_t seed;

static void setup(void)
{
	cr_assert_eq(chunk_pool_init(&pool, 1 << 20, &e), 0);
	memset(&w, 0, sizeof(w));
	seed = 0x2545f4914f6cdd1d;
}

static void teardown(void)
{
	window_clear(&pool, &w);
	cr_assert_eq(pool.left, pool.count - 1, "every chunk came back");
	chunk_pool_fini(&pool);
}

TestSuite(tcp_buffer, .init = setup, .fini = teardown);

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return n ? (uint32_t)(seed >> 33) % n : 0;
}

static struct window_origin by(uint32_t serial)
{
	return (struct window_origin){ serial * 10, serial };
}

static uint32_t put(uint32_t at, const char *text, uint32_t serial)
{
	return window_put(&pool, &w, w.next + at, (const uint8_t *)text, (uint32_t)strlen(text), by(serial));
}

static void expect(const char *text)
{
	uint8_t out[64];

	cr_assert_eq(w.ready, strlen(text));
	window_copy(&pool, &w, 0, out, w.ready);
	cr_assert_eq(memcmp(out, text, w.ready), 0);
}

Test(tcp_buffer, the_first_bytes_are_kept)
{
	w.next = UINT32_MAX - 3;
	cr_assert_eq(put(2, "CDE", 1), 3);
	cr_assert_eq(w.ready, 0);
	cr_assert_eq(window_gap(&pool, &w), 2);
	cr_assert_eq(put(0, "abcdefg", 2), 4);
	expect("abCDEfg");
	cr_assert_eq(put(1, "xxx", 3), 0);
	expect("abCDEfg");
	cr_assert_eq(window_drop(&pool, &w, 3), 3);
	expect("DEfg");
	cr_assert_eq(w.next, UINT32_MAX);
}

Test(tcp_buffer, drops_over_gaps)
{
	put(10, "abc", 1);
	put(20, "def", 2);
	cr_assert(window_gapped(&w));
	cr_assert_eq(window_drop(&pool, &w, 11), 1);
	expect("bc");
	cr_assert_eq(window_gap(&pool, &w), 9);
	cr_assert_eq(window_drop(&pool, &w, 9), 2);
	expect("def");
	cr_assert_not(window_gapped(&w));
	cr_assert_eq(window_drop(&pool, &w, 5000), 3);
	cr_assert_eq(w.held, 0);
	cr_assert_eq(w.next, 11 + 9 + 5000);
}

Test(tcp_buffer, tells_who_gave_the_last_byte)
{
	put(0, "aaaa", 1);
	put(8, "cccc", 2);
	put(12, "dddd", 4);
	put(4, "bbbb", 5);
	cr_assert_eq(window_last(&pool, &w, 4).serial, 1);
	cr_assert_eq(window_last(&pool, &w, 5).serial, 5);
	window_drop(&pool, &w, 8);
	cr_assert_eq(window_last(&pool, &w, 4).serial, 2);
	cr_assert_eq(window_last(&pool, &w, 4).time, 20);
	cr_assert_eq(window_last(&pool, &w, 8).serial, 4);
	window_drop(&pool, &w, 4);
	cr_assert_eq(window_last(&pool, &w, 4).serial, 4);
}

/* Prefix and message come as two segments a microsecond apart, each pair much later than the one before: more
 * than there are marks. */
Test(tcp_buffer, marks_that_came_together_are_joined_first)
{
	static const uint8_t bytes[28];

	for (uint32_t i = 0; i < CHUNK_MARKS - 2; i++) {
		uint32_t at = 2 + i * 30;
		struct window_origin first = { i * 1000000, 2 * i }, second = { i * 1000000 + 1000, 2 * i + 1 };
		uint32_t cut = i % 2 ? 2 : 0;
		window_put(&pool, &w, at + cut, bytes, cut ? 28 : 2, first);
		window_put(&pool, &w, at + 2 - cut, bytes, cut ? 2 : 28, second);
	}
	window_drop(&pool, &w, 2);
	for (uint32_t i = 0; i < CHUNK_MARKS - 2; i++) {
		cr_assert_eq(window_last(&pool, &w, 30).time, i * 1000000 + 1000);
		window_drop(&pool, &w, 30);
	}
}

Test(tcp_buffer, keeps_the_first_packet)
{
	struct packet p = { .time = 5, .vlan = 7 }, q = { .time = 6 };

	cr_assert_null(window_origin(&pool, &w));
	put(5, "x", 1);
	window_keep_origin(&pool, &w, &p);
	window_keep_origin(&pool, &w, &q);
	cr_assert_eq(memcmp(window_origin(&pool, &w), &p, sizeof(p)), 0);
	window_drop(&pool, &w, 6);
	cr_assert_null(window_origin(&pool, &w));
}

/* What a window should hold: a byte and whether it is there, counted from sequence number 0 of the model. */
struct model {
	uint32_t base; /* sequence number of byte 0 */
	uint32_t next;
	bool have[SPAN * 2];
	uint8_t byte[SPAN * 2];
};

static void compare(const struct model *m)
{
	static uint8_t out[SPAN];
	uint32_t ready = 0, held = 0, gap = 0;

	while (m->have[m->next + ready])
		ready++;
	for (uint32_t i = m->next; i < SPAN * 2; i++)
		held += m->have[i];
	for (gap = ready; held > ready && !m->have[m->next + gap];)
		gap++;
	cr_assert_eq(w.next, m->base + m->next);
	cr_assert_eq(w.ready, ready);
	cr_assert_eq(w.held, held);
	if (held > ready)
		cr_assert_eq(window_gap(&pool, &w), gap);
	window_copy(&pool, &w, 0, out, ready);
	cr_assert_eq(memcmp(out, m->byte + m->next, ready), 0);
	if (ready > 10) {
		window_copy(&pool, &w, 7, out, ready - 9);
		cr_assert_eq(memcmp(out, m->byte + m->next + 7, ready - 9), 0);
	}
}

static void step(struct model *m, uint32_t serial)
{
	static uint8_t bytes[SPAN];

	if (below(4)) {
		uint32_t at = m->next + (below(3) ? w.ready : below(9000)), fresh = 0;
		uint32_t n = 1 + below(below(2) ? 3 : 2500);
		if (at + n > SPAN + 9000)
			return;
		for (uint32_t i = 0; i < n; i++) {
			bytes[i] = (uint8_t)below(256);
			fresh += !m->have[at + i];
			if (!m->have[at + i])
				m->byte[at + i] = bytes[i];
			m->have[at + i] = true;
		}
		cr_assert_eq(window_put(&pool, &w, m->base + at, bytes, n, by(serial)), fresh);
		return;
	}
	uint32_t n = below(2) ? below(w.ready + 1) : below(3000), gone = 0;
	if (m->next + n > SPAN)
		return;
	for (uint32_t i = 0; i < n; i++) {
		gone += m->have[m->next + i];
		m->have[m->next + i] = false;
	}
	m->next += n;
	cr_assert_eq(window_drop(&pool, &w, n), gone);
}

Test(tcp_buffer, behaves_as_a_plain_array_does)
{
	static struct model m;

	for (uint32_t round = 0; round < 60; round++) {
		memset(&m, 0, sizeof(m));
		m.base = round % 3 ? below(UINT32_MAX) : 0U - below(SPAN);
		w.next = m.base;
		for (uint32_t i = 0; i < 100; i++) {
			step(&m, i);
			compare(&m);
		}
		window_clear(&pool, &w);
		cr_assert_eq(pool.left, pool.count - 1);
	}
}

Test(tcp_buffer, room_is_never_exceeded)
{
	static const uint8_t bytes[5000];

	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t len = 1 + below(5000), left = pool.left;
		struct packet p = { 0 };
		w.next = below(UINT32_MAX);
		window_put(&pool, &w, w.next + below(10), bytes, len, by(1));
		window_keep_origin(&pool, &w, &p);
		cr_assert_leq(left - pool.left, window_room(len));
		window_clear(&pool, &w);
	}
}

Test(tcp_buffer, too_little_memory_is_refused)
{
	struct chunk_pool small;

	cr_assert_eq(chunk_pool_init(&small, 100, &e), -1);
	cr_assert(strstr(e.text, "100 bytes"));
}
