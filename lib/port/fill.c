// SPDX-License-Identifier: BSD-3-Clause
#include "port/fill.h"

unsigned fill_alloc(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned n)
{
	for (; n; n /= 2)
		if (!rte_mempool_get_bulk(pool, (void **)pkts, n))
			return n;
	return 0;
}

bool fill_chain(struct rte_mbuf *m, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *last = m;
	uint32_t done = (uint32_t)m->buf_len - m->data_off;

	memcpy(rte_pktmbuf_mtod(m, void *), data, done);
	m->data_len = (uint16_t)done;
	while (done < len) {
		struct rte_mbuf *next = rte_pktmbuf_alloc(m->pool);

		if (!next) {
			if (m->next)
				rte_pktmbuf_free(m->next);
			m->next = NULL;
			m->nb_segs = 1;
			return false;
		}
		next->data_off = 0; /* nobody puts a header before these */
		uint32_t part = RTE_MIN(len - done, (uint32_t)next->buf_len);

		memcpy(next->buf_addr, data + done, part);
		next->data_len = (uint16_t)part;
		last->next = next;
		last = next;
		m->nb_segs++;
		done += part;
	}
	m->pkt_len = len;
	return true;
}
