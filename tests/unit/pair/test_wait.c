// SPDX-License-Identifier: BSD-3-Clause
#include "pair/wait.h"

#include "legbuild.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct wait_pool w;

static void setup(void)
{
	cr_assert(wait_init(&w, 1 << 20));
}

static void teardown(void)
{
	wait_close(&w);
}

TestSuite(wait, .init = setup, .fini = teardown);

static struct leg *leg(uint32_t salt, uint32_t padding)
{
	return leg_response(&(struct legbuild){
		.name = "www.example.com", .salt = salt, .padding = padding, .time = salt, .vlan = 7 });
}

Test(wait, keeps_all_of_a_message)
{
	struct leg *l = leg(9, 1000);
	struct wait_record *r = wait_put(&w, l, 5, 77);
	cr_assert(r != NULL);
	cr_expect(eq(u32, r->entry, 5));
	cr_expect(eq(u32, r->seen, 77));
	cr_expect(eq(int, memcmp(&r->origin, &l->origin, sizeof(r->origin)), 0));
	struct dns_message m = wait_message(r);
	cr_assert(eq(u32, m.len, l->msg.len));
	cr_expect(eq(int, memcmp(m.data, l->msg.data, m.len), 0));
	cr_expect(eq(int, memcmp(&m.at, &l->msg.at, sizeof(m.at)), 0));
	cr_expect(m.data != l->msg.data);
	cr_expect(wait_at(&w, wait_offset(&w, r)) == r);
	cr_expect(wait_oldest(&w) == r);
	wait_take(&w, r);
	cr_expect(wait_oldest(&w) == NULL);
}

Test(wait, the_longest_message_fits_the_least_pool)
{
	teardown();
	cr_assert(wait_init(&w, 0));
	struct leg *l = leg(1, 60000);
	for (int i = 0; i < 100; i++) {
		struct wait_record *r;
		while (!(r = wait_put(&w, l, 1, 0)))
			wait_take(&w, wait_oldest(&w));
	}
}

/* Any order of putting and taking: records stay whole, the oldest is the oldest, and all room comes back. */
Test(wait, any_order)
{
	enum { MOST = 4096 };
	static struct wait_record *held[MOST];
	static uint32_t salts[MOST], paddings[MOST];
	uint32_t first = 0, last = 0, seed = 1, full = 0;

	for (int k = 0; k < 50000; k++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t r = seed >> 8;
		if (r % 5 < 3 && last - first < MOST) {
			uint32_t padding = r % 64 ? r % 600 : r % 60000;
			struct wait_record *put = wait_put(&w, leg(last, padding), last + 1, last);
			if (put) {
				paddings[last % MOST] = padding;
				salts[last % MOST] = last;
				held[last++ % MOST] = put;
				continue;
			}
			full++;
		}
		if (first == last)
			continue;
		uint32_t at = full && r % 4 == 0 ? first + r % (last - first) : first;
		struct wait_record *take = held[at % MOST];
		if (!take)
			continue;
		cr_assert(eq(u32, take->seen, salts[at % MOST]));
		cr_assert(eq(i64, take->origin.time, take->seen));
		const struct leg *l = leg(take->seen, paddings[at % MOST]);
		cr_assert(eq(u32, take->len, l->msg.len));
		cr_assert(eq(int, memcmp(take->data, l->msg.data, take->len), 0));
		wait_take(&w, take);
		held[at % MOST] = NULL;
		while (first != last && !held[first % MOST])
			first++;
		cr_assert(wait_oldest(&w) == (first == last ? NULL : held[first % MOST]));
	}
	cr_expect(gt(u32, full, 0));
	while (wait_oldest(&w))
		wait_take(&w, wait_oldest(&w));
	cr_expect(eq(sz, w.used, 0));
}
