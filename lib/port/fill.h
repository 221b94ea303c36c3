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

/** The mbufs of a burst: taken in bulk, given back where they aren't needed. At most `n`, as many as the pool has; the caller
 * owns them. */
unsigned fill_alloc(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned n);

/** The slow way of fill(). */
bool fill_chain(struct rte_mbuf *m, const uint8_t *data, uint32_t len);

/** Copies a frame into a fresh mbuf and, where it doesn't fit, into further ones of its pool, chained to it. False where the
 * pool has too few: then `m` is as before. */
static inline bool fill(struct rte_mbuf *m, const uint8_t *data, uint32_t len)
{
	if (__builtin_expect(len > rte_pktmbuf_tailroom(m), 0))
		return fill_chain(m, data, len);
	memcpy(rte_pktmbuf_mtod(m, void *), data, len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return true;
}

#endif
