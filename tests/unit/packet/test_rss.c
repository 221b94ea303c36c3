// SPDX-License-Identifier: BSD-3-Clause
/* The short way to the Toeplitz hash against DPDK's, which takes the long one. */
#include "packet/rss.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <rte_thash.h>
#include <stdlib.h>

#define FLOWS 2000
#define WORDS_IPV4 (sizeof(struct rte_ipv4_tuple) / 4)
#define WORDS_IPV6 (sizeof(struct rte_ipv6_tuple) / 4)

static uint8_t key[40];

static void make_key(void)
{
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = i % 2 ? RSS_KEY & 0xff : RSS_KEY >> 8;
}

TestSuite(rss, .init = make_key);

static struct flow_key random_flow(uint8_t family)
{
	struct flow_key f = { .proto = 17, .family = family, .sport = (uint16_t)rand(), .dport = (uint16_t)rand() };
	uint8_t address[2][16];

	for (unsigned i = 0; i < 32; i++)
		address[i / 16][i % 16] = (uint8_t)rand();
	if (family == 4) {
		packet_map_ipv4(f.src, address[0]);
		packet_map_ipv4(f.dst, address[1]);
	} else {
		memcpy(f.src, address[0], 16);
		memcpy(f.dst, address[1], 16);
	}
	return f;
}

static uint32_t word_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/** What DPDK says, and with it every NIC that hashes as Microsoft's specification wants it. */
static uint32_t long_way(const struct flow_key *f)
{
	uint32_t words[WORDS_IPV6], n = 0;

	for (unsigned i = f->family == 4 ? 12 : 0; i < 16; i += 4)
		words[n++] = word_at(f->src + i);
	for (unsigned i = f->family == 4 ? 12 : 0; i < 16; i += 4)
		words[n++] = word_at(f->dst + i);
	words[n++] = (uint32_t)f->sport << 16 | f->dport;
	cr_assert(eq(u32, n, f->family == 4 ? WORDS_IPV4 : WORDS_IPV6));
	return rte_softrss(words, n, key);
}

Test(rss, the_same_hash_as_the_nics)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow_key f = random_flow(i % 2 ? 4 : 6);

		cr_assert(eq(u32, rss_hash(&f), long_way(&f)), "flow %u", i);
	}
}

Test(rss, both_directions_lead_to_one_queue)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow_key f = random_flow(i % 2 ? 4 : 6), back = f;

		memcpy(back.src, f.dst, 16);
		memcpy(back.dst, f.src, 16);
		back.sport = f.dport;
		back.dport = f.sport;
		cr_assert(eq(u32, rss_hash(&f), rss_hash(&back)));
	}
}

Test(rss, clients_are_spread_evenly)
{
	unsigned of[5] = { 0 };
	struct flow_key f = random_flow(4);

	f.dport = 53;
	for (unsigned i = 0; i < 60000; i++) {
		uint32_t queue;

		f.sport = (uint16_t)(1024 + i);
		queue = rss_queue(rss_hash(&f), 128, 5);
		cr_assert(lt(u32, queue, 5));
		of[queue]++;
	}
	for (unsigned i = 0; i < 5; i++)
		cr_expect(gt(u32, of[i], 11000), "queue %u has %u of 60000 flows", i, of[i]);
}
