// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The steering hash, inline for ingress. Others call flow_hash().
 */
#ifndef PACKET_HASH_H
#define PACKET_HASH_H

#include "packet/packet.h"

/** Both halves of a product of 64 bits each, folded: each bit of the result depends on each of the
 * operands. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/** Hash of one end of a flow: its address (16 bytes) and port. */
static inline uint64_t hash_end(const uint8_t *address, uint16_t port)
{
	uint64_t high, low;

	memcpy(&high, address, 8);
	memcpy(&low, address + 8, 8);
	return hash_mix(high ^ (uint64_t)port << 32 ^ UINT64_C(0x9e3779b97f4a7c15),
			low ^ UINT64_C(0xd6e8feb86659fd93));
}

/** As flow_hash(): a sum of the ends' hashes doesn't depend on their order. No protection against chosen
 * flows: a table's own hash is keyed. */
static inline uint32_t flow_hash_inline(const struct flow_key *flow)
{
	uint64_t ends = hash_end(flow->src, flow->sport) + hash_end(flow->dst, flow->dport);
	return (uint32_t)(hash_mix(ends + flow->proto, UINT64_C(0xa0761d6478bd642f)) >> 16);
}

#endif
