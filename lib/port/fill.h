// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Frames into mbufs, for sources that read bytes.
 */
#ifndef PORT_FILL_H
#define PORT_FILL_H

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** Raw mbufs for a burst, to be filled by fill(): at most `n`, as many as the pool has; the caller owns them. What isn't filled
 * goes back by fill_free(). */
unsigned fill_alloc(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned n);

/** Gives raw mbufs back. */
static inline void fill_free(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned n)
{
	if (n)
		rte_mempool_put_bulk(pool, (void *const *)pkts, n);
}

/** The slow way of fill(). */
bool fill_chain(struct rte_mbuf *m, const uint8_t *data, uint32_t len);

/** Copies a frame into a raw mbuf and, where it doesn't fit, into further ones of its pool, chained to it. False where the
 * pool has too few: then `m` is still raw. */
static inline bool fill(struct rte_mbuf *m, const uint8_t *data, uint32_t len)
{
	/* An mbuf of the pool has refcnt 1, nb_segs 1 and no next (rte_mbuf_raw_alloc()): as in a NIC's driver, the second cache
	 * line isn't touched. */
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->port = RTE_MBUF_PORT_INVALID;
	m->ol_flags = 0;
	m->packet_type = RTE_PTYPE_UNKNOWN;
	if (__builtin_expect(len > (uint32_t)m->buf_len - RTE_PKTMBUF_HEADROOM, 0))
		return fill_chain(m, data, len);
	memcpy((char *)m->buf_addr + RTE_PKTMBUF_HEADROOM, data, len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return true;
}

#endif
