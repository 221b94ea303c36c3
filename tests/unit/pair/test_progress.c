// SPDX-License-Identifier: BSD-3-Clause
#include "pair/progress.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define MS INT64_C(1000000)
#define S INT64_C(1000000000)
#define T0 (INT64_C(1764028800) * S)

static struct progress p;

static void setup(void)
{
	p = (struct progress){ 0 };
}

TestSuite(progress, .init = setup);

Test(progress, goes_with_the_packets)
{
	for (int i = 0; i <= 1000; i++)
		progress_follow(&p, 0, T0 + i * 100 * MS);
	cr_expect(eq(i64, p.now, 100 * S));
	progress_follow(&p, 0, T0 + 99 * S + 500 * MS);
	cr_expect(eq(i64, p.now, 100 * S), "a packet a little late is none");
	progress_follow(&p, 0, T0 + 100 * S);
	cr_expect(eq(i64, p.now, 100 * S), "nor does it count twice");
}

/* Jumps ahead and back, far and as far as can be: seven packets in a row move nothing. */
Test(progress, a_jump_takes_several_packets)
{
	static const int64_t to[] = { T0 + 40 * 86400 * S, T0 - 3600 * S, INT64_MAX, INT64_MIN,
				      T0 + 2 * S,          T0 - 2 * S,    0,         -1 };

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		setup();
		progress_follow(&p, 0, T0);
		for (int k = 0; k < PROGRESS_VOTES - 1; k++)
			cr_expect(eq(u32, progress_follow(&p, 0, to[i] + (to[i] > 0 ? -k : k)), 0));
		cr_expect(eq(i64, p.port[0].believed, T0), "%zu", i);
		progress_follow(&p, 0, T0 + MS);
		for (int k = 0; k < PROGRESS_VOTES - 1; k++)
			progress_follow(&p, 0, to[i] + (to[i] > 0 ? -k : k));
		cr_expect(eq(i64, p.port[0].believed, T0 + MS), "%zu", i);
		cr_expect(eq(i64, p.now, MS));
	}
}

Test(progress, a_jump_is_followed_once_it_is_agreed)
{
	static const int64_t by[] = { 40 * 86400 * S, -3600 * S };

	for (int i = 0; i < 2; i++) {
		setup();
		progress_follow(&p, 0, T0);
		uint32_t told = 0;
		for (int k = 0; k < PROGRESS_VOTES; k++)
			told += progress_follow(&p, 0, T0 + by[i] + k * MS);
		cr_expect(eq(u32, told, 1));
		cr_expect(le(i64, p.now, PROGRESS_STEP), "and ages nothing by more than a step");
		int64_t was = p.now;
		progress_follow(&p, 0, T0 + by[i] + 500 * MS);
		cr_expect(gt(i64, p.now, was), "time goes on from there");
	}
}

Test(progress, a_packet_told_again_is_no_evidence)
{
	progress_follow(&p, 0, T0);
	for (int k = 0; k < 100; k++)
		progress_follow(&p, 0, T0 + 3600 * S);
	cr_expect(eq(i64, p.port[0].believed, T0));
}

Test(progress, two_clocks_on_one_port_age_nothing_by_their_difference)
{
	for (int k = 0; k < 1000; k++) {
		progress_follow(&p, 0, T0 + k * MS);
		progress_follow(&p, 0, T0 + 3600 * S + k * MS);
	}
	cr_expect(le(i64, p.now, 2 * S));
	setup();
	for (int k = 0; k < 1000; k++) {
		progress_follow(&p, 0, T0 + k * MS);
		progress_follow(&p, 1, T0 + 3600 * S + k * MS);
	}
	cr_expect(eq(i64, p.now, 999 * MS));
}

Test(progress, an_idle_port_holds_nothing_back)
{
	progress_follow(&p, 1, T0);
	for (int k = 0; k < 7200; k++)
		progress_follow(&p, 0, T0 + k * 500 * MS);
	cr_expect(ge(i64, p.now, 3599 * S));
	/* It wakes, and the other falls silent: it goes on from where they were. */
	int64_t was = p.now;
	for (int k = 0; k < 100; k++)
		progress_follow(&p, 1, T0 + 3600 * S + k * 500 * MS);
	cr_expect(ge(i64, p.now, was + 40 * S));
	cr_expect(le(i64, p.now, was + 51 * S));
}

Test(progress, a_quiet_link_goes_on_slowly)
{
	uint32_t told = 0;
	for (int k = 0; k < 1000; k++)
		told += progress_follow(&p, 0, T0 + k * 10 * S);
	cr_expect(ge(i64, p.now, 900 * S));
	cr_expect(eq(u32, told, 0));
}

Test(progress, ports_beyond_the_table_share)
{
	for (int k = 0; k < 10; k++)
		for (uint32_t port = 0; port < 65536; port += 1000)
			progress_follow(&p, (uint16_t)port, T0 + k * MS);
	cr_expect(le(i64, p.now, 10 * MS));
}

/* Whatever comes, it never goes back, and never by more than a step a packet. */
Test(progress, any_times)
{
	uint64_t r = 88172645463325252;
	for (int k = 0; k < 200000; k++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		int64_t was = p.now;
		progress_follow(&p, (uint16_t)(r & 3), r & 4 ? (int64_t)r : T0 + (int64_t)(r >> 40));
		cr_assert(p.now >= was && p.now - was <= PROGRESS_STEP);
	}
}
