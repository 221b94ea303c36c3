// SPDX-License-Identifier: BSD-3-Clause
#include "captures.h"
#include "eal.h"
#include "port/fill.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct rte_mempool *pool;
static uint8_t frame[20000], back[20000];

static void start(void)
{
	eal_start(NULL);
	pool = eal_pool(15);
	for (uint32_t i = 0; i < sizeof(frame); i++)
		frame[i] = pattern(1, i);
}

TestSuite(fill, .init = start);

Test(fill, frames_of_any_length)
{
	for (uint32_t len = 0; len < sizeof(frame); len += len % 100 == 48 ? 1 : 47) {
		struct rte_mbuf *m;
		const char *why;

		cr_assert(eq(u32, fill_alloc(pool, &m, 1), 1));
		cr_assert(fill(m, frame, len));
		cr_assert(eq(i32, rte_mbuf_check(m, 1, &why), 0), "%s", why);
		cr_assert(eq(u32, m->pkt_len, len));
		cr_expect(eq(u32, rte_pktmbuf_headroom(m), RTE_PKTMBUF_HEADROOM));
		cr_expect(eq(i32, memcmp(rte_pktmbuf_read(m, 0, len, back), frame, len), 0));
		rte_pktmbuf_free(m);
	}
	cr_expect(eq(u32, rte_mempool_avail_count(pool), 15));
}

Test(fill, an_mbuf_is_as_new_however_it_was_left)
{
	struct rte_mbuf *m[15];

	cr_assert(eq(u32, fill_alloc(pool, m, 8), 8));
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(fill(m[i], frame, 100));
		rte_pktmbuf_prepend(m[i], 20);
		m[i]->ol_flags = RTE_MBUF_F_RX_VLAN_STRIPPED;
		m[i]->packet_type = 7;
		rte_pktmbuf_free(m[i]);
	}
	cr_assert(eq(u32, fill_alloc(pool, m, 8), 8));
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(fill(m[i], frame, 5));
		cr_expect(eq(u64, m[i]->ol_flags, 0));
		cr_expect(eq(u32, m[i]->packet_type, 0));
		cr_expect(eq(u32, m[i]->data_off, RTE_PKTMBUF_HEADROOM));
		cr_expect(eq(u32, m[i]->pkt_len, 5));
		rte_pktmbuf_free(m[i]);
	}
}

Test(fill, an_empty_pool)
{
	struct rte_mbuf *m[32];
	unsigned n = fill_alloc(pool, m, 32);

	cr_expect(ge(u32, n, 8), "as many as there are, by halves");
	n += fill_alloc(pool, m + n, 32 - n);
	n += fill_alloc(pool, m + n, 32 - n);
	n += fill_alloc(pool, m + n, 32 - n);
	cr_assert(eq(u32, n, 15));
	cr_expect(eq(u32, fill_alloc(pool, m + n, 1), 0));
	cr_assert(eq(i32, fill(m[0], frame, 5000), false), "no further mbuf for a long frame");
	fill_free(pool, m + 13, 2);
	cr_assert(eq(i32, fill(m[0], frame, 10000), false), "two are too few");
	cr_expect(eq(u32, rte_mempool_avail_count(pool), 2), "and were given back");
	cr_assert(fill(m[0], frame, 5000));
	cr_expect(eq(u32, m[0]->nb_segs, 3));
	rte_pktmbuf_free(m[0]);
	fill_free(pool, m + 1, 12);
	fill_free(pool, m, 0);
	cr_expect(eq(u32, rte_mempool_avail_count(pool), 15));
}
