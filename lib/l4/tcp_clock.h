// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The clock that flows age by: packet time, believed with care. Private to lib/l4.
 *
 * It never goes back. Each port's time is followed on its own and put into the clock's terms by an offset, so
 * that ports whose clocks differ, and a port whose time steps back, move it no further than their packets'
 * intervals do. A jump is believed only once several packets in a row made it, and ages nothing itself: what
 * those packets began would else be as old as the jump is long.
 */
#ifndef L4_TCP_CLOCK_H
#define L4_TCP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_CLOCK_PORTS 64 /**< ports beyond share their places */
#define TCP_CLOCK_JUMP 8   /**< packets in a row that make a jump true */

/** A port's time. */
struct tcp_clock_port {
	int64_t time;    /**< the last one that was believed */
	int64_t offset;  /**< the clock less the port's time */
	uint32_t jumps;  /**< packets in a row whose time was far from `time` */
	bool seen;
};

/** The clock. Zeroed at start, save for `step`. */
struct tcp_clock {
	int64_t now;     /**< ns */
	int64_t step;    /**< ns; what is longer is a jump */
	struct tcp_clock_port port[TCP_CLOCK_PORTS];
};

/** Follows the time of a packet of a port; returns the clock. */
static inline int64_t tcp_clock_follow(struct tcp_clock *c, uint16_t port, int64_t time)
{
	struct tcp_clock_port *p = &c->port[port % TCP_CLOCK_PORTS];
	int64_t moved = (int64_t)((uint64_t)time - (uint64_t)p->time);

	if (!p->seen) {
		p->seen = true;
		p->offset = (int64_t)((uint64_t)c->now - (uint64_t)time);
	} else if (moved > c->step || moved < -c->step) {
		if (++p->jumps < TCP_CLOCK_JUMP)
			return c->now;
		p->offset = (int64_t)((uint64_t)c->now - (uint64_t)time);
	}
	p->jumps = 0;
	p->time = time;
	int64_t now = (int64_t)((uint64_t)time + (uint64_t)p->offset);
	if (now > c->now)
		c->now = now;
	return c->now;
}

#endif
