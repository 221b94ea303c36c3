// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a packet costs a worker, from frame to record, with N queries outstanding: frames from memory through ingress, parsing and
 * pairing, records discarded. Response and new query by turns, at random, in bursts; of so many in a hundred packets the rest is
 * HTTPS, which the filter doesn't want. Also what memory the outstanding queries take.
 *
 *	bench_worker [outstanding [DNS packets in a hundred [packets]]]
 */
#include "app/worker.h"
#include "core/clock.h"
#include "cputime.h"
#include "dnsbuild.h"
#include "packet/ingress.h"
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Bursts that are made before they are measured together: the clock of CPU time is a system call. */
#define BATCH 16
#define FRAMES (BATCH * BURST)
#define FRAME_SIZE 256
#define RING (1u << 18)

struct flow {
	uint32_t client;
	uint16_t id, sport;
};

/* A frame that others are made from, and where in it what differs lies. */
struct template {
	uint8_t bytes[FRAME_SIZE];
	uint32_t len, client, port, id;
};

static struct template query, response, other;
static uint8_t frames[FRAMES][FRAME_SIZE];
static uint32_t lens[FRAMES];
static struct worker *worker;
static struct ingress *ingress;
static struct arena arena;
static struct counters counters;
static int64_t now = INT64_C(1764028800) * NSEC_PER_SEC;

static uint64_t random_u64(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void template_make(struct template *t, bool from_server, uint16_t port)
{
	static struct dnsbuild b;
	static struct wrap w;

	dnsb_start(&b, 1, from_server ? DNS_QR | DNS_RD | DNS_RA : DNS_RD);
	dnsb_question(&b, "000000.www.example.com", DNS_TYPE_A, DNSB_IN);
	if (from_server)
		dnsb_a(&b, DNS_ANSWER, NULL, 300, "192.0.2.1");
	dnsb_opt(&b, 1232, 0, 0);
	wrap_payload(&w, b.data, b.len);
	wrap_udp(&w, from_server ? port : 40000, from_server ? 40000 : port);
	wrap_ipv4(&w, 17, 1, 1);
	wrap_ethernet(&w, 0x800);
	t->len = wrap_len(&w);
	memcpy(t->bytes, wrap_data(&w), t->len);
	/* wrap.h sends from client to server. */
	if (from_server) {
		memcpy(t->bytes + 26, t->bytes + 30, 4);
		memcpy(t->bytes + 30, query.bytes + 26, 4);
	}
	t->client = from_server ? 30 : 26;
	t->port = from_server ? 36 : 34;
	t->id = 42;
}

static void frame_make(unsigned i, const struct template *t, const struct flow *f)
{
	uint8_t *to = frames[i];

	memcpy(to, t->bytes, t->len);
	lens[i] = t->len;
	memcpy(to + t->client, &f->client, 4);
	wrap_put16(to + t->port, f->sport);
	wrap_put16(to + t->id, f->id);
	/* the name's first label is six digits of the client */
	for (uint32_t k = 0, c = f->client; k < 6; k++, c /= 10)
		to[t->id + DNS_HEADER_SIZE + 1 + k] = (uint8_t)('0' + c % 10);
}

static struct flow new_flow(void)
{
	uint64_t r = random_u64();

	return (struct flow){ (uint32_t)r, (uint16_t)(r >> 32), (uint16_t)(1024 + (r >> 48) % 60000) };
}

/* One burst, as an intake gives it to a worker. */
static void burst(unsigned from)
{
	static struct packet p[BURST];

	for (unsigned i = 0; i < BURST; i++) {
		const uint8_t *data;

		p[i].time = now += 100;
		p[i].wire_len = lens[from + i];
		p[i].linktype = LINKTYPE_ETHERNET;
		p[i].port = 0;
		if (ingress_packet(ingress, frames[from + i], lens[from + i], &p[i], &arena, &data) == INGRESS_PASS)
			worker_packet(worker, &p[i], data);
	}
	worker_flush(worker);
	arena_reset(&arena);
}

/* All frames; the CPU time in ns. */
static int64_t batch(void)
{
	int64_t start = cpu_time();

	for (unsigned i = 0; i < FRAMES; i += BURST) {
		uint32_t size;

		burst(i);
		while (ring_next(worker->ring[0], &size))
			;
		ring_release(worker->ring[0]);
		ring_restart(worker->ring[0]);
	}
	return cpu_time() - start;
}

static void set_up(uint32_t outstanding)
{
	struct error e = { "" };
	struct worker_config wc = {
		.pair = { .max_queries = 2 * outstanding, .wait_bytes = 16 << 20, .gc_age = 600 * NSEC_PER_SEC,
			  .hash_key = "a secret of ours" },
		.tcp = { .max_flows = 4096, .max_bytes = 32 << 20, .max_flow_bytes = 1 << 18, .idle = 60 * NSEC_PER_SEC },
	};
	struct ingress_config ic = { .max_datagrams = 4096, .max_fragment_bytes = 1 << 20, .counters = &counters };

	worker = worker_new(&wc, &e);
	ingress = ingress_new(&ic, &e);
	arena = (struct arena){ .base = malloc(2 * INGRESS_ARENA_ROOM), .cap = 2 * INGRESS_ARENA_ROOM };
	if (!worker || !ingress || !arena.base || !(worker->ring[0] = ring_new(RING, &e))) {
		fprintf(stderr, "bench_worker: %s\n", e.text);
		exit(1);
	}
	worker->rings = 1;
	template_make(&query, false, 53);
	template_make(&response, true, 53);
	template_make(&other, false, 443);
}

static double resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Queries alone, until so many are outstanding. */
static void fill(struct flow *flows, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += FRAMES) {
		for (unsigned k = 0; k < FRAMES; k++) {
			flows[i + k] = new_flow();
			frame_make(k, &query, &flows[i + k]);
		}
		batch();
	}
}

/* `packets` packets of the mix; CPU time a packet in ns. */
static double run(struct flow *flows, uint32_t n, unsigned share, uint64_t packets)
{
	const struct flow *f = flows;
	int64_t took = 0;
	bool answer = true;
	struct flow *again = NULL;

	for (uint64_t i = 0; i < packets; i += FRAMES) {
		for (unsigned k = 0; k < FRAMES; k++) {
			if (random_u64() % 100 >= share) {
				frame_make(k, &other, f);
			} else if (answer) {
				again = &flows[random_u64() % n];
				frame_make(k, &response, again);
				answer = false;
			} else {
				*again = new_flow();
				frame_make(k, &query, again);
				answer = true;
			}
		}
		took += batch();
	}
	return (double)took / (double)packets;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1U << 20;
	unsigned share = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 100;
	uint64_t packets = argc > 3 ? strtoull(argv[3], NULL, 0) : 4U << 20;
	struct flow *flows;
	double before, resident, ns;

	n = n < FRAMES ? FRAMES : n / FRAMES * FRAMES;
	flows = malloc(n * sizeof(*flows));
	if (!flows)
		return 1;
	memset(flows, 1, n * sizeof(*flows));
	set_up(n);
	before = resident_bytes();
	fill(flows, n);
	resident = resident_bytes() - before;
	run(flows, n, share, packets / 2);
	ns = run(flows, n, share, packets);
	printf("%u outstanding, %u %% DNS: %.1f ns a packet, %.0f bytes resident an outstanding query, %lu answered, %.0f MB in all\n", n,
	       share, ns, resident / n, worker->counters.n[COUNT_queries_answered], resident_bytes() / 1e6);
	/* The measure is worth nothing where queries and responses don't meet. */
	return share == 100 && worker->counters.n[COUNT_queries_answered] < packets / 2;
}
