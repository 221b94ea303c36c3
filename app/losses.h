// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Losses have an owner: NIC or kernel, mbufs, interface, rings, tables, encoder, each sink. The log tells of each while the
 * run goes on, when it grows, once a minute at most.
 */
#ifndef APP_LOSSES_H
#define APP_LOSSES_H

#include "app/topology.h"
#include "core/log.h"

/** Owners that are told of. */
#define LOSSES_OWNERS 12

/** What was told; zero-initialised, used by the control thread. */
struct losses {
	uint64_t told[LOSSES_OWNERS + TX_SINKS];
	struct log_limit limit[LOSSES_OWNERS + TX_SINKS];
};

/** How much an owner has lost so far; `text` says of what and what helps. Tells it where that has grown and it is time. */
void losses_note(struct losses *l, unsigned owner, uint64_t lost, const char *name, const char *text);

/** Looks at every owner; called once a second. */
void losses_tick(struct losses *l, const struct topology *t);

#endif
