// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_clock.h"

#include "core/clock.h"

#include <rte_ethdev.h>

/** How long the first look at a clock takes. */
#define FIRST_LOOK (10 * NSEC_PER_MSEC)

/** Both clocks at one moment. */
static bool look(uint16_t port, struct eth_clock_mark *m)
{
	int64_t before = clock_realtime();

	if (rte_eth_read_clock(port, &m->ticks))
		return false;
	m->time = before + (clock_realtime() - before) / 2;
	return true;
}

/** How long a tick took between two looks; 0 where the clock stood still or ran backwards. */
static double tick_between(const struct eth_clock_mark *a, const struct eth_clock_mark *b)
{
	int64_t ticks = (int64_t)(b->ticks - a->ticks);

	return ticks > 0 && b->time > a->time ? (double)(b->time - a->time) / (double)ticks : 0;
}

bool eth_clock_start(struct eth_clock *c, uint16_t port)
{
	struct eth_clock_mark first, second;

	atomic_store(&c->current, 0);
	if (!look(port, &first))
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = FIRST_LOOK }, NULL);
	if (!look(port, &second))
		return false;
	second.tick = tick_between(&first, &second);
	if (second.tick <= 0)
		return false;
	c->mark[0] = second;
	atomic_store_explicit(&c->current, 1, memory_order_release);
	return true;
}

void eth_clock_follow(struct eth_clock *c, uint16_t port)
{
	unsigned current = atomic_load(&c->current);
	struct eth_clock_mark now;

	if (!current || !look(port, &now))
		return;
	now.tick = tick_between(&c->mark[current - 1], &now);
	/* A step of the system's clock isn't the NIC's drift. */
	if (now.tick <= 0 || now.tick > c->mark[current - 1].tick * 1.01 || now.tick < c->mark[current - 1].tick * 0.99)
		now.tick = c->mark[current - 1].tick;
	/* Lcores read the other one; they are through with this one, which was current a second ago. */
	c->mark[2 - current] = now;
	atomic_store_explicit(&c->current, 3 - current, memory_order_release);
}
