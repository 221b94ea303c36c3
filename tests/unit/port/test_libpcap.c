// SPDX-License-Identifier: BSD-3-Clause
#include "eal.h"
#include "network.h"
#include "port/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <time.h>
#include <unistd.h>

static struct rte_mempool *pool;
static struct rte_mbuf *m[64];
static struct error e;

static bool own_network;

static void start(void)
{
	own_network = network_enter();
	eal_start(NULL);
	pool = eal_pool(1023);
	if (own_network)
		network_lo(true);
}

static struct source_shape shape(const struct source *s)
{
	struct source_shape shape;

	source_libpcap.shape(s, &shape);
	return shape;
}

TestSuite(libpcap, .init = start);

static int open_one(struct source **s, const char *name, uint32_t snaplen)
{
	const char *specs[] = { name, NULL };

	return source_libpcap.open(s, &(struct source_config){ .specs = specs, .snaplen = snaplen, .queues = 4, .pool = pool }, &e);
}

/** Frames of UDP datagrams of `len` bytes that come within a while. */
static unsigned receive(struct source *s, unsigned want, unsigned len, unsigned kept)
{
	unsigned n = 0;

	for (unsigned tries = 0; n < want && tries < 500; tries++) {
		int r = source_libpcap.burst(s, 0, m, 64, &e);

		cr_assert(ge(i32, r, 0));
		for (int i = 0; i < r; i++) {
			const struct packet *p = mbuf_packet(m[i]);

			if (p->wire_len == len + 42) {
				n++;
				cr_expect(eq(u32, m[i]->pkt_len, kept));
				cr_expect(eq(u32, p->linktype, LINKTYPE_ETHERNET));
				cr_expect(lt(i64, llabs(p->time / 1000000000 - time(NULL)), 10));
			}
			rte_pktmbuf_free(m[i]);
		}
		if (!r)
			usleep(1000);
	}
	return n;
}

Test(libpcap, packets_of_an_interface)
{
	struct source_stats stats;
	struct source *s;

	if (!own_network)
		cr_skip_test("no rights for a network namespace");
	cr_assert(eq(i32, open_one(&s, "lo", 262144), 0), "%s", e.text);
	cr_expect(eq(u16, shape(s).queues, 1));
	network_send(100, 50, 5353);
	cr_expect(ge(u32, receive(s, 100, 50, 92), 100));
	network_send(10, 8000, 5353);
	cr_expect(ge(u32, receive(s, 10, 8000, 8042), 10), "long frames are chained");
	source_libpcap.stats(s, &stats);
	cr_expect(ge(u64, stats.packets, 110));
	cr_expect(eq(u64, stats.dropped + stats.nombuf, 0));
	source_libpcap.close(s);
	cr_expect(eq(u32, rte_mempool_avail_count(pool), 1023));
}

Test(libpcap, the_snap_length_cuts)
{
	struct source *s;

	if (!own_network)
		cr_skip_test("no rights for a network namespace");
	cr_assert(eq(i32, open_one(&s, "lo", 60), 0), "%s", e.text);
	network_send(5, 500, 5353);
	cr_expect(ge(u32, receive(s, 5, 500, 60), 5));
	source_libpcap.close(s);
}

Test(libpcap, an_interface_that_goes_down_and_up)
{
	struct source *s;

	if (!own_network)
		cr_skip_test("no rights for a network namespace");
	cr_assert(eq(i32, open_one(&s, "lo", 262144), 0), "%s", e.text);
	network_lo(false);
	receive(s, 1, 99, 0);
	network_lo(true);
	for (unsigned i = 0; i < 3; i++) {
		network_send(5, 60, 5353);
		if (receive(s, 1, 60, 102)) {
			source_libpcap.close(s);
			return;
		}
	}
	cr_expect(false, "nothing seen after it came back");
}

Test(libpcap, errors)
{
	struct source *s;

	cr_assert(ne(i32, open_one(&s, "nosuch0", 262144), 0));
	cr_expect(s == NULL);
	cr_expect(strstr(e.text, "nosuch0") != NULL, "%s", e.text);
	cr_assert(ne(i32, open_one(&s, NULL, 262144), 0));
	cr_expect(strstr(e.text, "no interface given") != NULL, "%s", e.text);
}
