// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Fluentd's forward protocol (specification v1): chunks of events that are acknowledged.
 */
#ifndef SINK_FORWARD_H
#define SINK_FORWARD_H

#include "sink/block.h"

#include <stdbool.h>
#include <stdint.h>

/** Characters of a chunk's name: 128 bits in base64. */
#define FORWARD_CHUNK 24

/** Names of chunks that no other sender uses; one thread. */
struct forward_chunks {
	uint8_t id[16];
};

/** A new series of names. */
void forward_chunks_init(struct forward_chunks *c);

/** The next name, NUL-terminated. */
void forward_chunks_next(struct forward_chunks *c, char chunk[FORWARD_CHUNK + 1]);

/** Memory that forward_pack() can pack any block's items into; faulted in as it is used. NULL where there is
 * none. */
uint8_t *forward_scratch(void);

/** Gives it back. NULL is allowed. */
void forward_scratch_free(uint8_t *scratch);

/** Packs items [from, to) of a block, messages [tag, time, map] with one tag, as PackedForward: [tag, bin of
 * [time, map]…, {"size": n, "chunk": name}]. Bytes written to `to_scratch`. */
uint32_t forward_pack(uint8_t *to_scratch, const struct block *b, uint32_t from, uint32_t to, const char *chunk);

/** What a server has answered so far; zero-initialised for a new connection. */
struct forward_acks {
	uint32_t len;
	uint8_t data[4096];
};

/** Where the next bytes from the server belong, and how many at most (at least one). */
uint8_t *forward_acks_room(struct forward_acks *a, uint32_t *room);

/** `n` bytes were read there. */
void forward_acks_add(struct forward_acks *a, uint32_t n);

/** Takes the next acknowledgement, {"ack": name}, off the front; false where none is whole. What is no such
 * map is passed over. */
bool forward_acks_next(struct forward_acks *a, char chunk[FORWARD_CHUNK + 1]);

#endif
