// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Keyed hashes of flows, questions and messages. Private to lib/pair.
 *
 * Rounds of AES where the processor has them, else SipHash-2-4: whoever sends packets can aim at no bucket
 * without the key. The two give different values; a table uses one of them for all its life.
 */
#ifndef PAIR_HASH_H
#define PAIR_HASH_H

#include <stdbool.h>
#include <stdint.h>

/** Both ends and the ID of a message, the same for both directions. Borrows the addresses. */
struct flow_view {
	const uint8_t *client; /**< 16 bytes, like the server's */
	const uint8_t *server;
	uint64_t rest;         /**< flow_rest()'s */
};

/** Ports, ID and protocol in one word: put together in a register, since bytes written one by one can't be
 * read back as a whole without a stall. */
static inline uint64_t flow_rest(uint16_t client_port, uint16_t server_port, uint16_t id, uint8_t proto)
{
	return client_port | (uint64_t)server_port << 16 | (uint64_t)id << 32 | (uint64_t)proto << 48;
}

/** The protocol in flow_rest()'s word: 17 or 6. */
static inline uint8_t flow_proto(uint64_t rest)
{
	return (uint8_t)(rest >> 48);
}

/** A secret and the functions that use it. Read only once it is set up. */
struct hasher {
	uint64_t key[12] __attribute__((aligned(16)));
	uint64_t (*flow)(const struct hasher *h, const struct flow_view *flow);
	uint64_t (*question)(const struct hasher *h, const uint8_t *message, uint32_t name_len);
	uint64_t (*bytes)(const struct hasher *h, const uint8_t *data, uint32_t len);
};

/** Sets `h` up from a secret. `portable` keeps it from using AES instructions (for tests). */
void hasher_init(struct hasher *h, const uint8_t key[16], bool portable);

/** SipHash-2-4 of `len` bytes under the 128-bit key `k` (little-endian halves). */
uint64_t siphash(const uint64_t k[2], const uint8_t *data, uint32_t len);

/** Hash of both ends and the ID. */
static inline uint64_t hash_flow(const struct hasher *h, const struct flow_view *flow)
{
	return h->flow(h, flow);
}

/** Hash of the first question of a message (uncompressed name of `name_len` > 0 octets at offset 12, then
 * type and class, all of them within the message), blind to the name's ASCII letter case. */
static inline uint64_t hash_question(const struct hasher *h, const uint8_t *message, uint32_t name_len)
{
	return h->question(h, message, name_len);
}

/** Hash of `len` bytes. */
static inline uint64_t hash_bytes(const struct hasher *h, const uint8_t *data, uint32_t len)
{
	return h->bytes(h, data, len);
}

#endif
