// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_pool.h"

#include "packet/packet.h"

#include <inttypes.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

/** Mbufs that a lcore keeps at hand. */
#define CACHE 128
/** Mbufs in a pool at least. */
#define LEAST 1023

int eth_pools_want(struct eth_pools *p, int socket, uint32_t room, unsigned n, struct error *e)
{
	unsigned i = 0;

	while (i < p->n && (p->pool[i].socket != socket || p->pool[i].room != room))
		i++;
	if (i == ETH_POOLS_MAX)
		return error_set(e, "-dev: more than %d kinds of mbuf pools", ETH_POOLS_MAX);
	if (i == p->n)
		p->pool[p->n++] = (struct eth_pool){ .socket = socket, .room = room };
	p->pool[i].wanted += n;
	return (int)i;
}

static int explain(unsigned n, uint32_t size, int problem, struct error *e)
{
	uint64_t mb = ((uint64_t)n * size >> 20) + 1;

	if (!rte_eal_has_hugepages())
		return error_set(e, "no memory for %u mbufs, %" PRIu64 " MB (%s)", n, mb, rte_strerror(problem));
	return error_set(e, "no memory for %u mbufs, %" PRIu64 " MB, in hugepages (%s); type: echo %" PRIu64
			 " > /proc/sys/vm/nr_hugepages; or give fewer -numprocs", n, mb, rte_strerror(problem), mb / 2 + 128);
}

int eth_pools_make(struct eth_pools *p, unsigned spare, struct error *e)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct eth_pool *one = &p->pool[i];
		uint16_t room = (uint16_t)(one->room + RTE_PKTMBUF_HEADROOM);
		unsigned n = one->wanted + RTE_MAX(spare, (unsigned)LEAST);
		char name[RTE_MEMPOOL_NAMESIZE];

		snprintf(name, sizeof(name), "frames_%u", i);
		one->pool = rte_pktmbuf_pool_create(name, n, CACHE, PACKET_PRIV_SIZE, room, one->socket);
		if (!one->pool)
			return explain(n, room + PACKET_PRIV_SIZE + (uint32_t)sizeof(struct rte_mbuf), rte_errno, e);
	}
	return 0;
}

void eth_pools_free(struct eth_pools *p)
{
	for (unsigned i = 0; i < p->n; i++)
		rte_mempool_free(p->pool[i].pool);
	p->n = 0;
}
