// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Receive-side scaling as NICs do it: the Toeplitz hash of a flow under a symmetric key, and the queue that it leads to.
 *
 * The key repeats 16 bits, so that the hash depends on the sum (exclusive or) of all 16-bit words of addresses and ports alone:
 * both directions have the same one, and it costs a few instructions instead of one step a bit of the flow.
 */
#ifndef PACKET_RSS_H
#define PACKET_RSS_H

#include "packet/packet.h"

/** What the key repeats. */
#define RSS_KEY 0x6d5au

/** The Toeplitz hash of source and destination address and port, as a NIC computes it for UDP and TCP. */
static inline uint32_t rss_hash(const struct flow_key *flow)
{
	uint64_t word[4];

	/* The prefixes of mapped IPv4 addresses cancel each other out. */
	static_assert(offsetof(struct flow_key, dst) == 16, "addresses lie together");
	memcpy(word, flow, sizeof(word));
	word[0] ^= word[1] ^ word[2] ^ word[3];
	word[0] ^= word[0] >> 32;
	word[0] ^= word[0] >> 16;
	uint32_t sum = be16toh((uint16_t)word[0]) ^ flow->sport ^ flow->dport, hash = 0;

	/* Bit i, counted from the first on the wire, adds the key from its bit i on. */
	for (unsigned i = 0; i < 16; i++)
		hash ^= (0u - (sum >> (15 - i) & 1)) & (RSS_KEY << i | RSS_KEY >> (16 - i));
	hash &= 0xffff;
	return hash << 16 | hash;
}

/** The queue that a hash leads to by a redirection table of `size` entries (a power of two), of which entry i leads to queue
 * i modulo `queues`. */
static inline uint32_t rss_queue(uint32_t hash, uint32_t size, uint32_t queues)
{
	return (hash & (size - 1)) % queues;
}

#endif
