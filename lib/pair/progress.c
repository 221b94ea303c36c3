// SPDX-License-Identifier: BSD-3-Clause
#include "pair/progress.h"

#include <stdbool.h>

/* The vote that is nearest to what is believed now: all the others went at least as far. */
static int64_t nearest(const struct progress_port *port)
{
	int64_t best = port->votes[0];
	bool ahead = best > port->believed;

	for (uint32_t i = 1; i < PROGRESS_VOTES; i++)
		if ((port->votes[i] < best) == ahead)
			best = port->votes[i];
	return best;
}

/* Adds a step to a port's sum, and to what all have reached. */
static void step(struct progress *p, struct progress_port *port, int64_t by)
{
	port->now += by;
	if (port->now > p->now)
		p->now = port->now;
}

static uint32_t vote(struct progress *p, struct progress_port *port, int64_t time)
{
	uint32_t last = (port->n + PROGRESS_VOTES - 1) % PROGRESS_VOTES;

	if (port->n && port->votes[last] == time)
		return 0; /* told twice: no more evidence than once */
	if (port->n && (port->votes[last] > port->believed) != (time > port->believed))
		port->n = 0;
	port->votes[port->n++ % PROGRESS_VOTES] = time;
	if (port->n < PROGRESS_VOTES)
		return 0;
	int64_t to = nearest(port), d = time_diff(to, port->believed);
	if (port->now < p->now)
		port->now = p->now; /* it was idle while others went on */
	if (d > 0)
		step(p, port, d < PROGRESS_STEP ? d : PROGRESS_STEP);
	port->believed = to;
	return d > PROGRESS_TOLD || d < -PROGRESS_TOLD;
}

uint32_t progress_follow(struct progress *p, uint16_t port_number, int64_t time)
{
	struct progress_port *port = &p->port[port_number % PROGRESS_PORTS];

	if (!port->seen) {
		port->seen = 1;
		port->believed = time;
		port->now = p->now;
		return 0;
	}
	int64_t d = time_diff(time, port->believed);
	if (d > PROGRESS_STEP || d < -PROGRESS_STEP)
		return vote(p, port, time);
	port->n = 0;
	if (d > 0) {
		port->believed = time;
		step(p, port, d);
	}
	return 0;
}
