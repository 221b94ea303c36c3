// SPDX-License-Identifier: BSD-3-Clause
#include "app/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

/* Rounds of each lane at the last call. */
static uint64_t seen[LANES];

void notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void notify_alive(const struct topology *t)
{
	struct counters c;
	bool alive = true;

	for (unsigned i = 0; i < t->lanes; i++) {
		const struct lane *lane = &t->lane[i];
		uint64_t rounds = atomic_load_explicit(&lane->rounds, memory_order_relaxed);

		if ((lane->intake || lane->worker) && !atomic_load_explicit(&lane->through, memory_order_relaxed))
			alive &= rounds != seen[i];
		seen[i] = rounds;
	}
	topology_counters(t, &c);
	sd_notifyf(0, "%sSTATUS=%" PRIu64 " packets, %" PRIu64 " records", alive ? "WATCHDOG=1\n" : "", c.n[COUNT_packets_in],
		   c.n[COUNT_records_out]);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
