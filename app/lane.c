// SPDX-License-Identifier: BSD-3-Clause
#include "app/lane.h"
#include "app/profile.h"
#include "core/clock.h"

#include <rte_pause.h>
#include <time.h>

#define SPINS 16            /* empty polls before an lcore sleeps */
#define QUIET 500           /* empty polls, 0.1 s or so, after which it sleeps longer */
#define REST_MS 5           /* sleep of a source: rings, batches and signals wait for so long at most */
#define NAP_MIN (50 * NSEC_PER_USEC)
#define NAP_MIN_TX (500 * NSEC_PER_USEC) /* its rings hold more than that, and each sleep costs some microseconds */

static void nap(const struct lane *lane, uint32_t empty_polls, int64_t longest)
{
	int64_t shortest = lane->intake || lane->worker ? NAP_MIN : NAP_MIN_TX, ns = shortest * (1 + (empty_polls - SPINS) / 8);

	if (empty_polls < QUIET)
		longest = LANE_NAP_SHORT > shortest ? LANE_NAP_SHORT : shortest;
	nanosleep(&(struct timespec){ .tv_nsec = ns < longest ? ns : longest }, NULL);
}

/* Only the lane itself writes it: no locked instruction is needed. */
static void count_round(struct lane *lane)
{
	atomic_store_explicit(&lane->rounds, atomic_load_explicit(&lane->rounds, memory_order_relaxed) + 1, memory_order_relaxed);
}

void lane_wait(void *arg)
{
	struct lane *lane = arg;

	count_round(lane);
	if (!lane->tx || !tx_poll(lane->tx))
		nap(lane, SPINS, LANE_NAP_SHORT);
}

/* Lets packet time go on by the wall clock's pace on a worker that gets nothing. */
static void advance_idle(struct lane *lane)
{
	int64_t now = clock_monotonic();
	int64_t every = lane->gc_interval < NSEC_PER_SEC ? lane->gc_interval : NSEC_PER_SEC;

	if (!lane->idle_since)
		lane->idle_since = lane->advanced = now;
	if (now - lane->advanced < every || !lane->worker->seen)
		return;
	lane->advanced = now;
	worker_advance(lane->worker, lane->worker->last_port, lane->worker->last_time + now - lane->idle_since);
}

static void idle(struct lane *lane)
{
	if (lane->live && lane->worker && !atomic_load_explicit(&lane->worker->done, memory_order_relaxed))
		advance_idle(lane);
	if (lane->poll || lane->empty_polls < SPINS)
		rte_pause();
	else if (!lane->rest || !intake_rest(lane->intake, REST_MS))
		nap(lane, lane->empty_polls, lane->nap_max);
	if (lane->empty_polls < UINT32_MAX / 2)
		lane->empty_polls++;
}

static bool run_worker(struct lane *lane)
{
	struct worker *w = lane->worker;
	bool busy = worker_poll(w);

	if (!busy && (!lane->intake || atomic_load_explicit(&lane->intake->ended, memory_order_acquire)) &&
	    worker_input_ended(w))
		worker_finish(w);
	return busy;
}

static bool run_tx(struct lane *lane)
{
	bool busy = tx_poll(lane->tx);

	if (!busy && tx_input_ended(lane->tx))
		tx_finish(lane->tx, clock_monotonic() + lane->drain);
	return busy;
}

/* One round; false once everything on the lane is through. */
static bool one_round(struct lane *lane, bool *busy)
{
	bool left = false;

	if (lane->intake && !atomic_load_explicit(&lane->intake->ended, memory_order_relaxed)) {
		*busy |= intake_poll(lane->intake);
		left = true;
	}
	if (lane->worker && !atomic_load_explicit(&lane->worker->done, memory_order_relaxed)) {
		*busy |= run_worker(lane);
		left = true;
	}
	if (lane->tx && !atomic_load_explicit(&lane->tx->done, memory_order_relaxed)) {
		*busy |= run_tx(lane);
		left = true;
	}
	return left;
}

int lane_run(void *arg)
{
	struct lane *lane = arg;

	profile_thread();
	for (bool busy = false; one_round(lane, &busy); busy = false) {
		count_round(lane);
		if (busy) {
			lane->empty_polls = 0;
			lane->idle_since = 0;
		} else {
			idle(lane);
		}
	}
	atomic_store_explicit(&lane->through, true, memory_order_relaxed);
	lane->ended();
	return 0;
}
