// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A NIC's clock as time: packets that a NIC stamps have its own ticks, whatever those are.
 */
#ifndef PORT_ETH_CLOCK_H
#define PORT_ETH_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Where a clock stood when it was last looked at. */
struct eth_clock_mark {
	uint64_t ticks;
	int64_t time;      /**< ns since the Unix epoch */
	double tick;       /**< ns that a tick takes */
};

/** A clock: followed by the control thread, read by lcores. Zero-initialised: none. */
struct eth_clock {
	struct eth_clock_mark mark[2];
	_Atomic unsigned current; /**< 1 or 2: mark[current - 1] counts; 0: there is no clock */
};

/** Begins to follow a started port's clock, which takes 10 ms. False where it tells none. */
bool eth_clock_start(struct eth_clock *c, uint16_t port);

/** Looks at it again: the two clocks drift. Once a second or so. */
void eth_clock_follow(struct eth_clock *c, uint16_t port);

/** True where packets' ticks can be turned into time. */
static inline bool eth_clock_runs(const struct eth_clock *c)
{
	return atomic_load_explicit(&c->current, memory_order_acquire) != 0;
}

/** The time of a packet that was stamped at `ticks`, where there is a clock. One that makes no sense (more than a second off
 * `now`) is `now`. */
static inline int64_t eth_clock_time(const struct eth_clock *c, uint64_t ticks, int64_t now)
{
	const struct eth_clock_mark *m = &c->mark[atomic_load_explicit(&c->current, memory_order_acquire) - 1];
	int64_t time = m->time + (int64_t)((double)(int64_t)(ticks - m->ticks) * m->tick);

	return time > now - INT64_C(1000000000) && time < now + INT64_C(1000000000) ? time : now;
}

#endif
