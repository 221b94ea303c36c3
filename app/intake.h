// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Intake: a queue of a source → ingress → the worker that the flow belongs to, on the same lcore or by a link.
 */
#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include "app/link.h"
#include "app/worker.h"
#include "core/arena.h"
#include "packet/ingress.h"
#include "port/source.h"

/** An intake's state; its lcore writes everything but `stop`. */
struct intake {
	struct counters counters;
	const struct source_ops *ops;
	struct source *source;
	struct rte_mempool *pool;
	uint16_t queue;
	struct ingress *ingress;
	struct arena arena;
	struct worker *direct;      /* the worker on this lcore, or NULL */
	uint32_t direct_index;      /* its index among all workers */
	uint32_t table;             /* entries of the redirection table by which NICs spread plain flows; 0: nothing is known */
	bool lossless;
	struct link *link[WORKER_RINGS]; /* to each worker; NULL for the direct one */
	struct rte_mbuf *batch[WORKER_RINGS][BURST]; /* what goes over each link after the burst */
	uint32_t batched[WORKER_RINGS];
	uint32_t workers;
	worker_wait_fn wait;        /* called while a link is full, in replay */
	void *wait_ctx;
	int64_t newest;             /* newest packet time of the burst … */
	uint16_t newest_port;
	bool looks;                 /* packets are taken where the source has them: all are for the worker on this lcore */
	struct source_view view[BURST];
	struct packet packet; /* of the view that is looked at */
	bool wall_time;             /* the source has no times of its own */
	bool full;                  /* the links had no room for what may be there */
	bool live;                  /* packet time passes while the source is idle */
	const _Atomic bool *stop;   /* set by the control loop: read no more */
	int64_t idle_exit;          /* ns without a packet after which the run ends; 0 never */
	int64_t idle_since;
	struct error error;         /* set where the source failed; read once ended */
	_Atomic bool ended;
};

/** Sets up what is private to it; the topology sets the rest. NULL and the reason in `e`. Owned by the caller: intake_free(). */
struct intake *intake_new(const struct ingress_config *config, struct error *e);

/** Frees it, not the source; NULL is allowed. */
void intake_free(struct intake *in);

/** Takes a burst; true where there was one. Ends the intake (and its links) at the end of the source. */
bool intake_poll(struct intake *in);

/** Sleeps until the source has packets, `ms` at most. False where there is nothing to wait for but room in the links. Only where
 * the source can. */
static inline bool intake_rest(struct intake *in, int ms)
{
	if (in->full || atomic_load_explicit(&in->ended, memory_order_relaxed))
		return false;
	in->ops->rest(in->source, in->queue, ms);
	return true;
}

#endif
