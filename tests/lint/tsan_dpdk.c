// SPDX-License-Identifier: BSD-3-Clause
/*
 * Tells ThreadSanitizer of the synchronisation that it can't see: of libraries it sees nothing but what they call of the C
 * library. Linked to builds with -Db_sanitize=thread (see meson.build), before the libraries' own functions of these names.
 *
 * - An lcore sees what was written before rte_eal_remote_launch(), and who waits for it what it wrote: librte_eal does that
 *   by atomics of its own.
 * - Who takes a packet buffer out of a mempool sees what was written by the thread that gave it back: the mempools' rings and
 *   stacks do that. A mempool's cache is one lcore's.
 * - pthread_mutex_clocklock() is one that LLVM 14 doesn't know.
 *
 * DPDK's rings are compiled with the code that includes them; RTE_USE_C11_MEM_MODEL has them use atomics, which are the same
 * instructions here as the plain accesses between compiler barriers that x86 has otherwise.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <sanitizer/tsan_interface.h>

/* The library's own. */
#define NEXT(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

/* ---- lcores ---- */

static struct errand {
	lcore_function_t *run;
	void *arg;
} errand[RTE_MAX_LCORE];

static int on_lcore(void *arg)
{
	struct errand *e = arg;
	int r;

	__tsan_acquire(e);
	r = e->run(e->arg);
	__tsan_release(e);
	return r;
}

int rte_eal_remote_launch(lcore_function_t *f, void *arg, unsigned lcore)
{
	errand[lcore] = (struct errand){ f, arg };
	__tsan_release(&errand[lcore]);
	return NEXT(rte_eal_remote_launch)(on_lcore, &errand[lcore], lcore);
}

int rte_eal_wait_lcore(unsigned lcore)
{
	int r = NEXT(rte_eal_wait_lcore)(lcore);

	__tsan_acquire(&errand[lcore]);
	return r;
}

/* ---- mempools ---- */

static struct rte_mempool_ops plain[RTE_MEMPOOL_MAX_OPS_IDX];

static int give(struct rte_mempool *pool, void *const *objects, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		__tsan_release(objects[i]);
	return plain[pool->ops_index].enqueue(pool, objects, n);
}

static int take(struct rte_mempool *pool, void **objects, unsigned n)
{
	int r = plain[pool->ops_index].dequeue(pool, objects, n);

	for (unsigned i = 0; !r && i < n; i++)
		__tsan_acquire(objects[i]);
	return r;
}

int rte_mempool_set_ops_byname(struct rte_mempool *pool, const char *name, void *config)
{
	int r = NEXT(rte_mempool_set_ops_byname)(pool, name, config);
	struct rte_mempool_ops *ops = rte_mempool_get_ops(pool->ops_index);

	if (!r && ops->enqueue != give) {
		plain[pool->ops_index] = *ops;
		ops->enqueue = give;
		ops->dequeue = take;
	}
	return r;
}

/* ---- locks ---- */

int pthread_mutex_clocklock(pthread_mutex_t *lock, clockid_t clock, const struct timespec *until)
{
	int r;

	__tsan_mutex_pre_lock(lock, __tsan_mutex_try_lock);
	r = NEXT(pthread_mutex_clocklock)(lock, clock, until);
	__tsan_mutex_post_lock(lock, __tsan_mutex_try_lock | (r ? __tsan_mutex_try_lock_failed : 0), 0);
	return r;
}
