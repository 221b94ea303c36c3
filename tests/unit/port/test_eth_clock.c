// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "port/eth_clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <rte_ethdev.h>

/** A NIC's clock: 156.25 MHz, from a start of its own. Stands before DPDK's function. */
static bool has_clock = true, stands;
static int64_t started;

int rte_eth_read_clock(uint16_t port, uint64_t *ticks)
{
	if (!has_clock)
		return -ENOTSUP;
	*ticks = stands ? 5 : 1000 + (uint64_t)((clock_realtime() - started) / 32 * 5);
	return 0;
}

static struct eth_clock c;

static void start(void)
{
	started = clock_realtime();
}

TestSuite(eth_clock, .init = start);

static int64_t error_at(int64_t time)
{
	uint64_t ticks = 1000 + (uint64_t)((time - started) / 32 * 5);
	int64_t off = eth_clock_time(&c, ticks, clock_realtime()) - time;

	return off < 0 ? -off : off;
}

Test(eth_clock, ticks_become_time)
{
	cr_assert(eth_clock_start(&c, 0));
	cr_expect(eth_clock_runs(&c));
	/* A test's machine may stop between two looks. */
	cr_expect(lt(i64, error_at(clock_realtime()), NSEC_PER_SEC / 2));
	cr_expect(lt(i64, error_at(clock_realtime() - 100 * NSEC_PER_MSEC), NSEC_PER_SEC / 2));
	for (unsigned i = 0; i < 3; i++) {
		eth_clock_follow(&c, 0);
		cr_expect(lt(i64, error_at(clock_realtime()), NSEC_PER_SEC / 2));
	}
}

Test(eth_clock, marks_that_are_known_give_exact_times)
{
	c.mark[0] = (struct eth_clock_mark){ .ticks = 1000, .time = 5 * NSEC_PER_SEC, .tick = 6.4 };
	atomic_store(&c.current, 1);
	cr_expect(eq(i64, eth_clock_time(&c, 1000, 5 * NSEC_PER_SEC), 5 * NSEC_PER_SEC));
	cr_expect(eq(i64, eth_clock_time(&c, 1005, 5 * NSEC_PER_SEC), 5 * NSEC_PER_SEC + 32));
	cr_expect(eq(i64, eth_clock_time(&c, 995, 5 * NSEC_PER_SEC), 5 * NSEC_PER_SEC - 32));
	cr_expect(eq(i64, eth_clock_time(&c, UINT64_C(1) << 60, 5 * NSEC_PER_SEC), 5 * NSEC_PER_SEC), "a stamp without sense");
}

Test(eth_clock, none_is_none)
{
	has_clock = false;
	cr_expect(eq(i32, eth_clock_start(&c, 0), false));
	cr_expect(eq(i32, eth_clock_runs(&c), false));
	eth_clock_follow(&c, 0);
	has_clock = stands = true;
	cr_expect(eq(i32, eth_clock_start(&c, 0), false), "one that stands still");
	cr_expect(eq(i32, eth_clock_runs(&c), false));
}
