// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a leg costs in the pairing table: N queries outstanding, then response and new query by turns, at
 * random, in bursts of 32.
 *
 *	bench_pair [outstanding [operations]]
 */
#include "core/clock.h"
#include "cputime.h"
#include "legbuild.h"

#include <stdlib.h>

#define BURST 32
/* Bursts that are made before they are measured together: the clock of CPU time is a system call. */
#define BATCH 16
/* Operations before the measured ones: until tombstones go as fast as they come. */
#define WARM (2U << 20)

struct flow {
	uint32_t client;
	uint16_t id;
	uint16_t sport;
};

static uint64_t given;

static void count(void *ctx, const struct transaction *t)
{
	given += t->kind == PAIR_ANSWERED;
}

static uint64_t state = 88172645463325252;

static uint64_t random_u64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A leg and its own message, so that a burst has as many messages as a real one. */
struct slot {
	struct leg leg;
	uint8_t message[512];
};

static void fill(struct slot *s, const struct leg *from, const struct flow *f, bool response, int64_t time)
{
	s->leg = *from;
	memcpy(s->message, from->msg.data, from->msg.len);
	s->message[0] = (uint8_t)(f->id >> 8);
	s->message[1] = (uint8_t)f->id;
	/* the name's first label is six digits of the client */
	for (uint32_t i = 0, c = f->client; i < 6; i++, c /= 10)
		s->message[DNS_HEADER_SIZE + 1 + i] = (uint8_t)('0' + c % 10);
	s->leg.msg.data = s->message;
	s->leg.msg.at.id = f->id;
	struct flow_key *key = &s->leg.origin.flow;
	memcpy((response ? key->dst : key->src) + 12, &f->client, 4);
	*(response ? &key->dport : &key->sport) = f->sport;
	s->leg.origin.time = time;
}

static int64_t batch(struct pair *p, struct slot *slots, int64_t now)
{
	int64_t start = cpu_time();

	for (struct slot *s = slots; s < slots + BATCH * BURST; s += BURST) {
		pair_advance(p, 0, now);
		for (int i = 0; i < BURST; i++)
			pair_hash(p, &s[i].leg);
		for (int i = 0; i < BURST; i++)
			pair_prefetch(p, &s[i].leg);
		for (int i = 0; i < BURST; i++)
			pair_leg(p, &s[i].leg);
	}
	return cpu_time() - start;
}

static struct flow new_flow(void)
{
	uint64_t r = random_u64();

	return (struct flow){ .client = (uint32_t)r,
			      .id = (uint16_t)(r >> 32),
			      .sport = (uint16_t)(r >> 48) };
}

int main(int argc, char **argv)
{
	uint32_t n =
		argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) / (BATCH * BURST) * (BATCH * BURST) : 1U << 20;
	uint64_t operations = argc > 2 ? strtoull(argv[2], NULL, 0) : 8U << 20;
	static struct counters counters;
	struct error e;
	struct pair_config c = { .max_queries = 2 * n,
				 .wait_bytes = 16 << 20,
				 .gc_age = 60 * NSEC_PER_SEC,
				 .hash_key = "a secret of ours",
				 .counters = &counters,
				 .emit = count };
	struct pair *p = pair_new(&c, &e);
	struct flow *flows = malloc(n * sizeof(*flows));
	struct slot *slots = malloc(BATCH * BURST * sizeof(*slots));
	struct leg query = *leg_query(&(struct legbuild){ .name = "000000.www.example.com", .edns = true });
	struct leg response =
		*leg_response(&(struct legbuild){ .name = "000000.www.example.com", .padding = 255 });
	int64_t now = INT64_C(1764028800) * NSEC_PER_SEC, filling = 0, running = 0;

	if (!p || !flows || !slots)
		return 1;
	for (uint32_t i = 0; i < n; i += BATCH * BURST) {
		for (uint32_t k = 0; k < BATCH * BURST; k++) {
			flows[i + k] = new_flow();
			fill(&slots[k], &query, &flows[i + k], false, now += 1000);
		}
		filling += batch(p, slots, now);
	}
	for (uint64_t i = 0; i < WARM + operations; i += BATCH * BURST) {
		for (uint32_t k = 0; k < BATCH * BURST; k += 2) {
			struct flow *f = &flows[random_u64() % n];
			fill(&slots[k], &response, f, true, now += 250);
			*f = new_flow();
			fill(&slots[k + 1], &query, f, false, now += 250);
		}
		int64_t took = batch(p, slots, now);
		running += i < WARM ? 0 : took;
	}
	printf("%u outstanding, %.0f MB: %.1f ns a query while it fills, then %.1f ns a leg (%lu answered, "
	       "messages of %u and %u bytes)\n",
	       n, (double)pair_memory(p) / 1e6, (double)filling / n, (double)running / (double)operations,
	       given, query.msg.len, response.msg.len);
	pair_free(p);
	free(flows);
	free(slots);
	return given < operations / 2 - operations / 1000;
}
