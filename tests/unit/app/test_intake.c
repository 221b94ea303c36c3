// SPDX-License-Identifier: BSD-3-Clause
/* Two workers that read a queue each: what a NIC hashed by its outer header joins its flow. */
#include "app/intake.h"
#include "core/clock.h"
#include "dnsbuild.h"
#include "eal.h"
#include "encap.h"
#include "packet/rss.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define WORKERS 2
#define TABLE 128
#define SECOND INT64_C(1764028800)

/** A source of this test: what lies in its queues. */
struct source {
	struct rte_mbuf *frame[WORKERS][4096];
	unsigned n[WORKERS];
};

static int burst(struct source *s, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, struct error *e)
{
	unsigned left = RTE_MIN(s->n[queue], n);

	memcpy(pkts, s->frame[queue], left * sizeof(*pkts));
	s->n[queue] -= left;
	memmove(s->frame[queue], s->frame[queue] + left, s->n[queue] * sizeof(*pkts));
	return (int)left;
}

static const struct source_ops ops = { .name = "test", .burst = burst };
static struct source source;
static struct rte_mempool *pool;
static struct worker *worker[WORKERS];
static struct intake *intake[WORKERS];
static struct link links[WORKERS];
static _Atomic bool stop;
static struct error e;
static struct wrap w;

static void open_one(unsigned i, uint32_t table)
{
	struct worker_config c = {
		.pair = { .max_queries = 4096, .wait_bytes = 1 << 20, .gc_age = 60 * NSEC_PER_SEC },
		.tcp = { .max_flows = 4096, .max_bytes = 32 << 20, .max_flow_bytes = 256 << 10, .idle = 60 * NSEC_PER_SEC },
	};

	worker[i] = worker_new(&c, &e);
	cr_assert(worker[i] != NULL, "%s", e.text);
	worker[i]->ring[worker[i]->rings++] = ring_new(1 << 20, &e);
	intake[i] = intake_new(&(struct ingress_config){ .max_datagrams = 64, .max_fragment_bytes = 1 << 20 }, &e);
	cr_assert(intake[i] != NULL, "%s", e.text);
	intake[i]->ops = &ops;
	intake[i]->source = &source;
	intake[i]->pool = pool;
	intake[i]->queue = (uint16_t)i;
	intake[i]->workers = WORKERS;
	intake[i]->table = table;
	intake[i]->direct = worker[i];
	intake[i]->direct_index = i;
	intake[i]->stop = &stop;
}

/** As the topology does it; `links_size` packets go into a link. */
static void open_both(uint32_t table, unsigned link_size)
{
	for (unsigned i = 0; i < WORKERS; i++)
		open_one(i, table);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct link *l = &links[i];

		atomic_store(&l->watermark, INT64_MIN);
		l->ring = rte_ring_create(i ? "from1" : "from0", link_size, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
		intake[i]->link[1 - i] = l;
		worker[1 - i]->input[worker[1 - i]->inputs++] = l;
	}
}

static void start(void)
{
	eal_start(NULL);
	pool = eal_pool(4095);
}

static void finish(void)
{
	for (unsigned i = 0; i < WORKERS && worker[i]; i++) {
		worker_finish(worker[i]);
		intake_free(intake[i]);
		worker_free(worker[i]);
	}
	cr_expect(eq(u32, rte_mempool_avail_count(pool), 4095), "mbufs were lost");
}

TestSuite(intake, .init = start, .fini = finish);

/** What `w` holds comes in by a queue. */
static void put(uint16_t queue)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	memcpy(rte_pktmbuf_append(m, (uint16_t)wrap_len(&w)), wrap_data(&w), wrap_len(&w));
	*mbuf_packet(m) = (struct packet){ .time = SECOND * NSEC_PER_SEC, .wire_len = wrap_len(&w), .linktype = 1 };
	source.frame[queue][source.n[queue]++] = m;
}

/** A query for `id` from …`id`, or its response, as an IP packet; the queue that a NIC puts it on. */
static uint16_t build(uint16_t id, bool response)
{
	static struct dnsbuild b;
	uint8_t client = (uint8_t)id, server = 53;
	uint16_t port = (uint16_t)(1024 + id * 7); /* not what the address adds: it would cancel out */
	struct flow_key f = { .sport = port, .dport = 53, .proto = 17, .family = 4 };
	const uint8_t addresses[2][4] = { { 192, 0, 2, client }, { 198, 51, 100, server } };

	packet_map_ipv4(f.src, addresses[0]);
	packet_map_ipv4(f.dst, addresses[1]);
	dnsb_start(&b, id, response ? DNS_QR : 0);
	dnsb_question(&b, "www.example.com", 1, 1);
	if (response)
		dnsb_a(&b, DNS_ANSWER, NULL, 300, "192.0.2.1");
	wrap_payload(&w, b.data, b.len);
	wrap_udp(&w, response ? 53 : port, response ? port : 53);
	wrap_ipv4(&w, 17, client, server);
	if (response) { /* the other way round */
		memcpy(wrap_data(&w) + 12, addresses[1], 4);
		memcpy(wrap_data(&w) + 16, addresses[0], 4);
	}
	return (uint16_t)rss_queue(rss_hash(&f), TABLE, WORKERS);
}

static void run(void)
{
	for (unsigned again = 0; again < 200; again++)
		for (unsigned i = 0; i < WORKERS; i++) {
			intake_poll(intake[i]);
			worker_poll(worker[i]);
		}
}

static uint64_t total(enum counter c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		n += intake[i]->counters.n[c] + worker[i]->counters.n[c];
	return n;
}

Test(intake, plain_flows_stay_where_the_nic_put_them)
{
	open_both(TABLE, 64);
	for (uint16_t id = 0; id < 200; id++)
		for (int response = 0; response < 2; response++) {
			uint16_t queue = build(id, response);

			wrap_ethernet(&w, 0x0800);
			put(queue);
		}
	run();
	cr_expect(eq(u64, total(COUNT_queries_answered), 200));
	cr_expect(eq(u64, total(COUNT_packets_steered), 0));
	cr_expect(eq(u64, total(COUNT_packets_misplaced), 0));
	for (unsigned i = 0; i < WORKERS; i++)
		cr_expect(gt(u64, worker[i]->counters.n[COUNT_queries], 50), "both have work");
}

Test(intake, a_tunnelled_response_joins_its_plain_query)
{
	open_both(TABLE, 512);
	for (uint16_t id = 0; id < 200; id++) {
		uint16_t queue = build(id, false);

		wrap_ethernet(&w, 0x0800);
		put(queue);
		build(id, true);
		if (id % 2)
			encap_vxlan(&w, 4);
		else
			encap_gre(&w, 4);
		wrap_ipv4(&w, id % 2 ? 17 : 47, 1, 2);
		wrap_ethernet(&w, 0x0800);
		put(id % 3 % 2); /* by its outer header: anywhere */
	}
	run();
	cr_expect(eq(u64, total(COUNT_queries_answered), 200));
	cr_expect(gt(u64, total(COUNT_packets_steered), 50));
	cr_expect(eq(u64, total(COUNT_packets_misplaced), 0), "the NIC can't know better");
}

Test(intake, a_response_in_fragments_joins_its_query)
{
	open_both(TABLE, 512);
	for (uint16_t id = 0; id < 100; id++) {
		uint16_t queue = build(id, false);
		uint8_t whole[512];

		wrap_ethernet(&w, 0x0800);
		put(queue);
		build(id, true);
		uint32_t len = wrap_len(&w) - 20;
		memcpy(whole, wrap_data(&w), len + 20);
		for (int part = 0; part < 2; part++) {
			uint32_t from = part ? 24 : 0, n = part ? len - 24 : 24;

			wrap_payload(&w, whole + 20 + from, n);
			wrap_bytes(&w, whole, 20);
			wrap_put16(wrap_data(&w) + 2, 20 + n);
			wrap_put16(wrap_data(&w) + 4, id);
			wrap_put16(wrap_data(&w) + 6, part ? 24 / 8 : 0x2000);
			wrap_ethernet(&w, 0x0800);
			put(id % 2); /* by its addresses alone: anywhere, but both parts together */
		}
	}
	run();
	cr_expect(eq(u64, total(COUNT_datagrams_reassembled), 100));
	cr_expect(eq(u64, total(COUNT_queries_answered), 100));
	cr_expect(gt(u64, total(COUNT_packets_steered), 20));
}

Test(intake, a_nic_that_hashes_otherwise_costs_time_and_no_pairs)
{
	open_both(TABLE, 512);
	for (uint16_t id = 0; id < 100; id++)
		for (int response = 0; response < 2; response++) {
			build(id, response);
			wrap_ethernet(&w, 0x0800);
			put((uint16_t)response);
		}
	run();
	cr_expect(eq(u64, total(COUNT_queries_answered), 100));
	cr_expect(eq(u64, total(COUNT_packets_misplaced), total(COUNT_packets_steered)));
	cr_expect(gt(u64, total(COUNT_packets_misplaced), 50));
}

Test(intake, a_spread_that_nobody_knows_is_steered_by_our_own_hash)
{
	open_both(0, 512);
	for (uint16_t id = 0; id < 100; id++)
		for (int response = 0; response < 2; response++) {
			build(id, response);
			wrap_ethernet(&w, 0x0800);
			put((uint16_t)response);
		}
	run();
	cr_expect(eq(u64, total(COUNT_queries_answered), 100));
	cr_expect(eq(u64, total(COUNT_packets_misplaced), 0));
	for (unsigned i = 0; i < WORKERS; i++)
		cr_expect(gt(u64, worker[i]->counters.n[COUNT_queries], 20), "both have work");
}

Test(intake, what_a_full_link_has_no_room_for_is_counted)
{
	uint64_t dropped;

	open_both(TABLE, 64); /* a ring of 64 holds 63 */
	for (uint16_t id = 0, n = 0; n < 200; id++) {
		if (build(id, false) != 1)
			continue;
		wrap_ethernet(&w, 0x0800);
		put(0);
		n++;
	}
	for (unsigned again = 0; again < 10; again++)
		intake_poll(intake[0]);
	dropped = total(COUNT_drop_steer_full);
	cr_expect(eq(u64, dropped, 200 - 63));
	run();
	cr_expect(eq(u64, total(COUNT_queries), 63));
	cr_expect(eq(u64, total(COUNT_packets_in), 200));
}
