// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of defrag: the bytes of fragments, in a ring of fixed size. The oldest bytes go first when it is
 * full.
 */
#ifndef PACKET_PIECES_H
#define PACKET_PIECES_H

#include <stdbool.h>
#include <stdint.h>

/** No piece, no owner. */
#define PIECE_NONE UINT32_MAX

/** A fragment's bytes, named by its place in the ring. What is behind it in memory: `header_len` bytes of IP
 * header (of a first fragment), then `len` bytes. */
struct piece {
	uint32_t size;      /**< bytes it takes in the ring, itself included; the ring's */
	uint32_t before;    /**< size of what lies before it in the ring; the ring's */
	uint32_t owner;     /**< datagram, or PIECE_NONE where it is free */
	uint32_t next;      /**< the owner's next piece by offset, or PIECE_NONE */
	uint32_t wire_len;  /**< of the frame */
	uint16_t offset;    /**< in the datagram */
	uint16_t len;
	uint16_t header_len;
	uint16_t unused[3];
};

/** The ring. Free pieces at its ends are taken back at once, those between when the ends reach them. */
struct pieces {
	uint8_t *memory;
	uint32_t size;   /**< bytes of memory, a multiple of PIECE_ALIGN */
	uint32_t last;   /**< size of the newest piece; 0 where there is none */
	uint64_t head;   /**< bytes ever put in (less what was taken back) */
	uint64_t tail;   /**< bytes ever gone */
};

#define PIECE_ALIGN 32

/** Sets up a ring of `size` bytes at most; false where memory lacks. */
bool pieces_init(struct pieces *r, uint32_t size);

/** Frees its memory. */
void pieces_fini(struct pieces *r);

/** A piece by its name. */
static inline struct piece *piece_at(const struct pieces *r, uint32_t at)
{
	return (struct piece *)(r->memory + at);
}

/** Its IP header (of a first fragment); the payload lies behind it. */
static inline uint8_t *piece_header(struct piece *p)
{
	return (uint8_t *)(p + 1);
}

/** Its payload. */
static inline uint8_t *piece_payload(struct piece *p)
{
	return (uint8_t *)(p + 1) + p->header_len;
}

/** Room for a piece of `bytes` behind its head; PIECE_NONE where the oldest piece, `*oldest`, must be freed
 * first (and the call made again). The piece has no owner yet. */
uint32_t pieces_put(struct pieces *r, uint32_t bytes, uint32_t *oldest);

/** Frees a piece: to be followed by pieces_trim() after the last of a lot. */
static inline void piece_free(struct pieces *r, uint32_t at)
{
	piece_at(r, at)->owner = PIECE_NONE;
}

/** Takes free pieces at both ends back. */
void pieces_trim(struct pieces *r);

#endif
