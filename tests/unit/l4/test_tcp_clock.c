// SPDX-License-Identifier: BSD-3-Clause
#include "l4/tcp_clock.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <string.h>

static struct tcp_clock c;

static void setup(void)
{
	memset(&c, 0, sizeof(c));
	c.step = 10 * NS_PER_S;
}

TestSuite(tcp_clock, .init = setup);

Test(tcp_clock, follows_packets)
{
	for (int i = 0; i <= 100; i++)
		tcp_clock_follow(&c, 0, 5 * NS_PER_S + i * NS_PER_MS);
	cr_assert_eq(c.now, 100 * NS_PER_MS);
	cr_assert_eq(tcp_clock_follow(&c, 0, 0), c.now, "a step back doesn't move it");
	cr_assert_eq(c.now, 100 * NS_PER_MS);
}

Test(tcp_clock, one_packet_from_the_future_is_not_believed)
{
	tcp_clock_follow(&c, 0, 0);
	for (int i = 1; i < 50; i++) {
		tcp_clock_follow(&c, 0, INT64_C(4000000000) * NS_PER_S);
		tcp_clock_follow(&c, 0, INT64_MAX);
		tcp_clock_follow(&c, 0, INT64_MIN);
		tcp_clock_follow(&c, 0, i * NS_PER_MS);
	}
	cr_assert_eq(c.now, 49 * NS_PER_MS);
}

Test(tcp_clock, a_jump_ahead_is_believed_once_several_packets_made_it)
{
	tcp_clock_follow(&c, 0, 0);
	for (int i = 0; i < TCP_CLOCK_JUMP - 1; i++)
		cr_assert_eq(tcp_clock_follow(&c, 0, 3600 * NS_PER_S + i), 0);
	cr_assert_eq(tcp_clock_follow(&c, 0, 3600 * NS_PER_S + 99), 3600 * NS_PER_S + 99);
}

Test(tcp_clock, goes_on_after_a_jump_back)
{
	tcp_clock_follow(&c, 0, 7200 * NS_PER_S);
	tcp_clock_follow(&c, 0, 7201 * NS_PER_S);
	for (int i = 0; i < 100; i++)
		tcp_clock_follow(&c, 0, i * NS_PER_S);
	cr_assert_eq(c.now, NS_PER_S + (100 - TCP_CLOCK_JUMP) * NS_PER_S);
}

Test(tcp_clock, ports_with_clocks_of_their_own_add_nothing_for_their_difference)
{
	for (int i = 0; i < 1000; i++) {
		tcp_clock_follow(&c, 0, i * NS_PER_MS);
		for (int k = 0; k < 32; k++)
			tcp_clock_follow(&c, 1, 86400 * NS_PER_S + i * NS_PER_MS);
	}
	cr_assert_eq(c.now, 999 * NS_PER_MS);
}
