// SPDX-License-Identifier: BSD-3-Clause
#include "eal.h"
#include "port/eth_port.h"
#include "port/source.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <criterion/new/assert.h>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

static struct rte_mempool *pool;
static struct error e;

static void start(void)
{
	eal_start(NULL);
	pool = eal_pool(8191);
}

/** What starting a port fails with; 0: it doesn't. */
static int start_fails;

/** Stands before DPDK's own. */
int rte_eth_dev_start(uint16_t id)
{
	int (*real)(uint16_t);

	*(void **)&real = dlsym(RTLD_NEXT, "rte_eth_dev_start");
	return start_fails ? start_fails : real(id);
}

static struct source_shape shape(const struct source *s)
{
	struct source_shape shape;

	source_eth.shape(s, &shape);
	return shape;
}

TestSuite(eth_port, .init = start);

static uint16_t plug(const char *name)
{
	uint16_t id;

	cr_assert(eq(i32, rte_eal_hotplug_add("vdev", name, ""), 0));
	cr_assert(eq(i32, rte_eth_dev_get_port_by_name(name, &id), 0));
	return id;
}

Test(eth_port, a_symmetric_key_and_the_same_table_on_every_port)
{
	static const char *const names[] = { "net_null0", "net_null1" };

	for (unsigned k = 0; k < 2; k++) {
		struct eth_port p;
		uint8_t key[64] = { 0 };
		struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = sizeof(key) };
		struct rte_eth_rss_reta_entry64 table[8] = { { .mask = UINT64_MAX }, { .mask = UINT64_MAX } };
		struct rte_eth_dev_info info;

		cr_assert(eq(i32, eth_port_look(&p, plug(names[k]), &e), 0), "%s", e.text);
		cr_expect(eq(i32, (int)p.spread, ETH_SPREAD_RSS));
		cr_expect(eq(i32, p.file, false));
		cr_assert(eq(i32, eth_port_start(&p, &(struct eth_port_config){ .queues = 3, .table = 64, .pool = pool }, &e), 0), "%s", e.text);
		cr_expect(eq(i32, (int)p.spread, ETH_SPREAD_RSS), "the device kept what it was told");
		cr_assert(eq(i32, rte_eth_dev_rss_hash_conf_get(p.id, &conf), 0));
		for (unsigned i = 0; i < 40; i++)
			cr_expect(eq(u8, key[i], i % 2 ? 0x5a : 0x6d));
		rte_eth_dev_info_get(p.id, &info);
		cr_assert(eq(i32, rte_eth_dev_rss_reta_query(p.id, table, info.reta_size), 0));
		for (unsigned i = 0; i < info.reta_size && i < 128; i++)
			cr_expect(eq(u16, table[i / 64].reta[i % 64], i % 64 % 3));
		eth_port_stop(&p);
		eth_port_stop(&p);
	}
}

Test(eth_port, more_queues_than_the_device_has)
{
	struct eth_port p;

	cr_assert(eq(i32, eth_port_look(&p, plug("net_ring0"), &e), 0));
	cr_expect(eq(i32, (int)p.spread, ETH_SPREAD_NONE));
	struct eth_port_config c = { .queues = (uint16_t)(p.max_queues + 1), .pool = pool };
	cr_expect(ne(i32, eth_port_start(&p, &c, &e), 0));
	cr_expect(strstr(e.text, "takes no") != NULL, "%s", e.text);
	eth_port_stop(&p);
	cr_expect(ne(i32, eth_port_look(&p, RTE_MAX_ETHPORTS - 1, &e), 0));
}

/** A port of endless empty packets, by the source. */
Test(eth_port, queues_of_two_ports_belong_to_the_workers)
{
	const char *specs[] = { "net_null0", "net_null1", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 3, .pool = pool };
	struct source_stats stats;
	struct rte_mbuf *m[32];
	struct source *s;

	plug("net_null0");
	plug("net_null1");
	cr_assert(eq(i32, source_eth.open(&s, &config, &e), 0), "%s", e.text);
	cr_assert(eq(u16, shape(s).queues, 3));
	for (uint16_t q = 0; q < 3; q++) {
		uint64_t from[2] = { 0, 0 };

		for (unsigned i = 0; i < 10; i++) {
			int n = source_eth.burst(s, q, m, 32, &e);

			cr_assert(eq(i32, n, 32));
			from[mbuf_packet(m[0])->port]++;
			cr_expect(eq(u32, mbuf_packet(m[0])->wire_len, 64));
			rte_pktmbuf_free_bulk(m, 32);
		}
		cr_expect(eq(u64, from[0], 5), "the ports take turns");
		cr_expect(eq(u64, from[1], 5));
	}
	source_eth.stats(s, &stats);
	cr_expect(eq(u64, stats.packets, 3 * 10 * 32));
	source_eth.close(s);
}

Test(eth_port, one_port_that_does_not_spread_leaves_one_queue)
{
	const char *specs[] = { "net_null0", "net_ring0", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 4, .pool = pool };
	struct source *s;

	plug("net_null0");
	plug("net_ring0");
	cr_assert(eq(i32, source_eth.open(&s, &config, &e), 0), "%s", e.text);
	cr_expect(eq(u16, shape(s).queues, 1));
	source_eth.close(s);
}

Test(eth_port, a_tag_that_the_nic_took_off_is_put_back)
{
	const char *specs[] = { "net_ring0", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 1, .pool = pool };
	static const uint8_t frame[] = "\2\2\2\2\2\2\4\4\4\4\4\4\x08\0payload";
	static const uint8_t want[] = "\2\2\2\2\2\2\4\4\4\4\4\4\x81\0\x20\x07\x08\0payload";
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *got[4];
	struct source *s;
	uint16_t id = plug("net_ring0");

	memcpy(rte_pktmbuf_append(m, sizeof(frame)), frame, sizeof(frame));
	m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 0x2007;
	cr_assert(eq(i32, source_eth.open(&s, &config, &e), 0), "%s", e.text);
	cr_assert(eq(u16, rte_eth_tx_burst(id, 0, &m, 1), 1)); /* net_ring gives back what is sent */
	cr_assert(eq(i32, source_eth.burst(s, 0, got, 4, &e), 1));
	cr_assert(eq(u32, got[0]->pkt_len, sizeof(want)));
	cr_expect(eq(i32, memcmp(rte_pktmbuf_mtod(got[0], void *), want, sizeof(want)), 0));
	cr_expect(eq(u32, mbuf_packet(got[0])->wire_len, sizeof(want)));
	rte_pktmbuf_free(got[0]);
	source_eth.close(s);
}

Test(eth_port, one_that_cannot_start_now_is_tried_again)
{
	const char *specs[] = { "net_null0", "net_null1", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 1, .pool = pool };
	struct rte_mbuf *got[4];
	struct source *s;

	plug("net_null0");
	plug("net_null1");
	start_fails = -EIO;
	cr_assert(eq(i32, source_eth.open(&s, &config, &e), 0), "%s", e.text);
	cr_expect(eq(i32, source_eth.burst(s, 0, got, 4, &e), 0));
	source_eth.tend(s);
	cr_expect(eq(i32, source_eth.burst(s, 0, got, 4, &e), 0), "still not");
	start_fails = 0;
	source_eth.tend(s);
	cr_assert(eq(i32, source_eth.burst(s, 0, got, 4, &e), 4));
	rte_pktmbuf_free_bulk(got, 4);
	source_eth.close(s);
}

Test(eth_port, rights_that_lack_are_told)
{
	const char *specs[] = { "net_null0", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 1, .pool = pool };
	struct source *s;

	plug("net_null0");
	start_fails = -EPERM;
	cr_expect(ne(i32, source_eth.open(&s, &config, &e), 0));
	cr_expect(strstr(e.text, "run as root") != NULL, "%s", e.text);
}

Test(eth_port, interrupts_that_a_device_lacks_are_told)
{
	const char *specs[] = { "net_null0", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 1, .pool = pool, .interrupts = true };
	struct source *s;

	plug("net_null0");
	cr_expect(ne(i32, source_eth.open(&s, &config, &e), 0));
	cr_expect(strstr(e.text, "-idle interrupt") && strstr(e.text, "net_null"), "%s", e.text);
}
