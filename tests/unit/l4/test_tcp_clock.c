// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_clock.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <string.h>

static struct tcp_clock c;

static void setup(void)
{
	memset(&c, 0, sizeof(c));
	c.step = 10 * NSEC_PER_SEC;
}

TestSuite(tcp_clock, .init = setup);

Test(tcp_clock, follows_packets)
{
	for (int i = 0; i <= 100; i++)
		tcp_clock_follow(&c, 0, 5 * NSEC_PER_SEC + i * NSEC_PER_MSEC);
	cr_assert_eq(c.now, 100 * NSEC_PER_MSEC);
	cr_assert_eq(tcp_clock_follow(&c, 0, 0), c.now, "a step back doesn't move it");
	cr_assert_eq(c.now, 100 * NSEC_PER_MSEC);
}

Test(tcp_clock, one_packet_from_the_future_is_not_believed)
{
	tcp_clock_follow(&c, 0, 0);
	for (int i = 1; i < 50; i++) {
		tcp_clock_follow(&c, 0, INT64_C(4000000000) * NSEC_PER_SEC);
		tcp_clock_follow(&c, 0, INT64_MAX);
		tcp_clock_follow(&c, 0, INT64_MIN);
		tcp_clock_follow(&c, 0, i * NSEC_PER_MSEC);
	}
	cr_assert_eq(c.now, 49 * NSEC_PER_MSEC);
}

Test(tcp_clock, a_jump_ahead_is_believed_once_several_packets_made_it_and_ages_nothing)
{
	tcp_clock_follow(&c, 0, 0);
	for (int i = 0; i < TCP_CLOCK_JUMP; i++)
		cr_assert_eq(tcp_clock_follow(&c, 0, 3600 * NSEC_PER_SEC + i), 0);
	cr_assert_eq(tcp_clock_follow(&c, 0, 3601 * NSEC_PER_SEC), NSEC_PER_SEC - TCP_CLOCK_JUMP + 1, "from there on");
}

Test(tcp_clock, goes_on_after_a_jump_back)
{
	tcp_clock_follow(&c, 0, 7200 * NSEC_PER_SEC);
	tcp_clock_follow(&c, 0, 7201 * NSEC_PER_SEC);
	for (int i = 0; i < 100; i++)
		tcp_clock_follow(&c, 0, i * NSEC_PER_SEC);
	cr_assert_eq(c.now, NSEC_PER_SEC + (100 - TCP_CLOCK_JUMP) * NSEC_PER_SEC);
}

Test(tcp_clock, ports_with_clocks_of_their_own_add_nothing_for_their_difference)
{
	for (int i = 0; i < 1000; i++) {
		tcp_clock_follow(&c, 0, i * NSEC_PER_MSEC);
		for (int k = 0; k < 32; k++)
			tcp_clock_follow(&c, 1, 86400 * NSEC_PER_SEC + i * NSEC_PER_MSEC);
	}
	cr_assert_eq(c.now, 999 * NSEC_PER_MSEC);
}
