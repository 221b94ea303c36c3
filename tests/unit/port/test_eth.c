// SPDX-License-Identifier: BSD-3-Clause
#include "captures.h"
#include "eal.h"
#include "network.h"
#include "port/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <unistd.h>

static struct rte_mempool *pool;
static struct rte_mbuf *m[64];
static struct error e;

static void start(void)
{
	folder_make();
	eal_start(NULL);
	pool = eal_pool(2047);
}

static void stop(void)
{
	folder_remove();
}

static struct source_shape shape(const struct source *s)
{
	struct source_shape shape;

	source_eth.shape(s, &shape);
	return shape;
}

TestSuite(eth, .init = start, .fini = stop);

/** Makes a net_pcap port of what `b` holds. */
static void plug(const char *name, struct bytes *b)
{
	char args[300];

	snprintf(args, sizeof(args), "rx_pcap=%s", file_write(name, b->p, b->n));
	put_free(b);
	cr_assert(eq(i32, rte_eal_hotplug_add("vdev", name, args), 0));
}

static struct source *open_one(const char *first, const char *second, uint16_t queues)
{
	const char *specs[] = { first, second, NULL };
	struct source *s;

	e.text[0] = 0;
	if (source_eth.open(&s, &(struct source_config){ .specs = specs, .snaplen = 262144, .queues = queues, .pool = pool }, &e))
		cr_assert(s == NULL);
	return s;
}

static int next(struct source *s)
{
	int r;

	while ((r = source_eth.burst(s, 0, m, 64, &e)) == 0)
		usleep(1000);
	return r;
}

Test(eth, a_capture_file_as_a_port_ends)
{
	struct bytes b = { 0 };
	struct source_stats stats;
	unsigned n = 0;
	int r;

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 500; i++)
		pcap_record(&b, 1000 + i, 7, i, 60 + i, 60 + i);
	plug("net_pcap0", &b);
	struct source *s = open_one("net_pcap0", NULL, 4);
	cr_assert(s != NULL, "%s", e.text);
	cr_expect(eq(u16, shape(s).queues, 1), "a file has no flows spread over queues");
	while ((r = next(s)) > 0)
		for (int i = 0; i < r; i++, n++) {
			const struct packet *p = mbuf_packet(m[i]);

			cr_expect(eq(i64, p->time, (1000 + n) * INT64_C(1000000000) + 7000));
			cr_expect(eq(u32, p->wire_len, 60 + n));
			cr_expect(eq(u32, p->linktype, 1));
			cr_expect(eq(u8, *rte_pktmbuf_mtod(m[i], uint8_t *), pattern(n, 0)));
			rte_pktmbuf_free(m[i]);
		}
	cr_expect(eq(i32, r, SOURCE_EOF));
	cr_expect(eq(u32, n, 500));
	source_eth.stats(s, &stats);
	cr_expect(eq(u64, stats.packets, 500));
	cr_expect(eq(u64, stats.nombuf + stats.errors + stats.dropped, 0));
	source_eth.close(s);
}

Test(eth, a_small_pool_loses_nothing)
{
	struct bytes b = { 0 };
	struct rte_mbuf *held[4096];
	unsigned n = 0, in_hand = 0;
	int r;

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 3000; i++)
		pcap_record(&b, i, 0, i, i % 50 ? 60 : 9000, 9000);
	plug("net_pcap0", &b);
	struct source *s = open_one("net_pcap0", NULL, 1);
	cr_assert(s != NULL, "%s", e.text);
	for (;;) {
		for (r = 1; r > 0 && in_hand < 4000; in_hand += r > 0 ? (unsigned)r : 0)
			r = source_eth.burst(s, 0, held + in_hand, 64, &e);
		n += in_hand;
		for (; in_hand; in_hand--)
			rte_pktmbuf_free(held[in_hand - 1]);
		if (r < 0)
			break;
	}
	cr_expect(eq(i32, r, SOURCE_EOF), "%s", e.text);
	cr_expect(eq(u32, n, 3000));
	source_eth.close(s);
}

Test(eth, two_ports_and_two_files_of_a_port)
{
	struct bytes b = { 0 };
	char args[600], *first, *second;
	unsigned from[RTE_MAX_ETHPORTS] = { 0 };
	int r;

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 100; i++)
		pcap_record(&b, i, 0, i, 60, 60);
	first = file_write("first", b.p, b.n);
	second = file_write("second", b.p, b.n);
	plug("net_pcap1", &b);
	snprintf(args, sizeof(args), "rx_pcap=%s,rx_pcap=%s", first, second);
	cr_assert(eq(i32, rte_eal_hotplug_add("vdev", "net_pcap0", args), 0));
	struct source *s = open_one("net_pcap0", "net_pcap1", 2);
	cr_assert(s != NULL, "%s", e.text);
	while ((r = next(s)) > 0)
		for (int i = 0; i < r; i++) {
			from[mbuf_packet(m[i])->port]++;
			rte_pktmbuf_free(m[i]);
		}
	cr_expect(eq(i32, r, SOURCE_EOF));
	cr_expect(eq(u32, from[0] + from[1], 300));
	cr_expect(eq(u32, from[0] > from[1] ? from[1] : from[0], 100), "packets tell their port");
	source_eth.close(s);
}

Test(eth, a_file_of_raw_ip_tells_its_link_type)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 101);
	pcap_record(&b, 1, 0, 0, 60, 60);
	plug("net_pcap0", &b);
	struct source *s = open_one("net_pcap0", NULL, 1);
	cr_assert(s != NULL, "%s", e.text);
	cr_assert(eq(i32, next(s), 1));
	cr_expect(eq(u32, mbuf_packet(m[0])->linktype, 101));
	rte_pktmbuf_free(m[0]);
	source_eth.close(s);
}

Test(eth, a_cut_file_is_an_error_behind_what_was_sound)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_record(&b, 1, 0, 0, 60, 60);
	pcap_record(&b, 1, 0, 0, 60, 60);
	b.n--;
	plug("net_pcap0", &b);
	struct source *s = open_one("net_pcap0", NULL, 1);
	cr_assert(s != NULL, "%s", e.text);
	cr_assert(eq(i32, next(s), 1));
	rte_pktmbuf_free(m[0]);
	cr_expect(eq(i32, next(s), SOURCE_FAILED));
	cr_expect(strstr(e.text, "net_pcap0: the file is cut") != NULL, "%s", e.text);
	source_eth.close(s);
}

Test(eth, an_empty_file_ends)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	plug("net_pcap0", &b);
	struct source *s = open_one("net_pcap0", NULL, 1);
	cr_assert(s != NULL, "%s", e.text);
	cr_expect(eq(i32, next(s), SOURCE_EOF));
	source_eth.close(s);
}

Test(eth, errors_say_what_there_is)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	plug("net_pcap7", &b);
	cr_expect(open_one("nosuch0", NULL, 1) == NULL);
	cr_expect(strstr(e.text, "nosuch0: no such device") && strstr(e.text, "net_pcap7") && strstr(e.text, "lo"), "%s", e.text);
	cr_expect(open_one("7fff:1f:1f.7", NULL, 1) == NULL);
	cr_expect(strstr(e.text, "no such device") != NULL, "%s", e.text);
	cr_expect(open_one(NULL, NULL, 1) == NULL);
	cr_expect(strstr(e.text, "no device given") != NULL, "%s", e.text);
}

static bool own_network;

static void start_own_network(void)
{
	own_network = network_enter();
	start();
	if (own_network)
		network_lo(true);
}

TestSuite(eth_live, .init = start_own_network, .fini = stop);

Test(eth_live, a_kernel_interface_by_af_packet)
{
	const char *specs[] = { "lo", NULL };
	struct source_config config = { .specs = specs, .snaplen = 262144, .queues = 2, .pool = pool, .driver = "auto" };
	unsigned from[2] = { 0, 0 };
	struct source_stats stats;
	struct source *s;

	if (!own_network)
		cr_skip_test("no rights for a network namespace");
	cr_assert(eq(i32, source_eth.open(&s, &config, &e), 0), "%s", e.text);
	cr_assert(eq(u16, shape(s).queues, 2));
	cr_assert(eq(u32, network_send(200, 5, 1000), 200));
	for (unsigned tries = 0; tries < 200; tries++, usleep(1000))
		for (uint16_t q = 0; q < 2; q++) {
			int r = source_eth.burst(s, q, m, 64, &e);
			for (int i = 0; i < r; i++) {
				from[q] += m[i]->pkt_len == 47;
				cr_expect(gt(i64, mbuf_packet(m[i])->time, INT64_C(1700000000000000000)));
				rte_pktmbuf_free(m[i]);
			}
		}
	cr_expect(ge(u32, from[0] + from[1], 200));
	cr_expect(gt(u32, from[0], 20), "the kernel spreads flows");
	cr_expect(gt(u32, from[1], 20));
	source_eth.stats(s, &stats);
	cr_expect(eq(u64, stats.dropped, 0));
	for (unsigned i = 0; i < 60; i++)
		network_send(1000, 5, 2000); /* more than the ring holds: each is seen twice on a loopback interface */
	source_eth.stats(s, &stats);
	cr_expect(gt(u64, stats.dropped, 10000), "the kernel's drops are told");
	source_eth.close(s);
	config.driver = "af_xdp";
	cr_expect(ne(i32, source_eth.open(&s, &config, &e), 0));
	cr_expect(strstr(e.text, "needs hugepages") != NULL, "%s", e.text);
	config.driver = "pigeon";
	cr_expect(ne(i32, source_eth.open(&s, &config, &e), 0));
	cr_expect(strstr(e.text, "-driver pigeon") != NULL, "%s", e.text);
}
