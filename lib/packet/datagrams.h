// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of defrag: the datagrams that are being put together, found by a keyed hash, kept in the order of
 * their arrival.
 */
#ifndef PACKET_DATAGRAMS_H
#define PACKET_DATAGRAMS_H

#include "core/clock.h"
#include "core/counters.h"
#include "packet/packet.h"
#include "packet/pieces.h"

/** How long a duplicate of the fragment that completed a datagram is known as one, in ns: what a mirror port
 * shows twice. */
#define DATAGRAM_DUPLICATE_WINDOW (100 * NSEC_PER_MSEC)

/** Compared and hashed as words. An IPv6 datagram may tell its protocol differently from fragment to
 * fragment: not in its key. */
struct datagram_key {
	uint8_t src[16];
	uint8_t dst[16];
	uint32_t id;        /**< identification */
	uint32_t tunnel_id; /**< networks inside of tunnels may have the same addresses */
	uint8_t family;
	uint8_t proto;
	uint8_t zero[6];
};
static_assert(sizeof(struct datagram_key) % 8 == 0, "whole words");

/** What a datagram does with a further fragment. */
enum datagram_state {
	DATAGRAM_OPEN, /**< waits for more */
	DATAGRAM_DEAD, /**< had an overlap: takes nothing more until it times out */
	DATAGRAM_DONE, /**< whole; kept to know duplicates by */
};

#define DATAGRAM_NONE UINT32_MAX
#define DATAGRAM_UNKNOWN UINT32_MAX

/** A datagram. */
struct datagram {
	struct datagram_key key;
	int64_t time;     /**< OPEN, DEAD: of the first fragment seen; DONE: of the last */
	uint32_t chain;   /**< next of the same bucket; the table's */
	uint32_t older;   /**< neighbours in the list of its state; the table's */
	uint32_t newer;
	uint32_t bucket;  /**< the table's */
	uint32_t first;   /**< pieces by offset */
	uint32_t last;
	uint32_t total;   /**< bytes of the whole, DATAGRAM_UNKNOWN until the last fragment is there */
	uint32_t bytes;   /**< of them there */
	uint16_t pieces;  /**< number of pieces */
	uint16_t port;    /**< where it came from */
	uint8_t state;    /**< enum datagram_state */
	uint8_t proto;    /**< as the first fragment tells it */
	uint16_t next_at; /**< likewise: where its header tells what comes next (IPv6) */
	uint32_t offset;  /**< DONE: of the fragment that completed it */
	uint32_t len;     /**< likewise */
	uint64_t check;   /**< likewise: hash of its bytes */
};

/** Datagrams in the order in which they came. */
struct datagram_list {
	uint32_t oldest;
	uint32_t newest;
};

/* Packet time is known for each port (by its number modulo PORTS) from its last RECENT fragments. */
#define DATAGRAM_PORTS 16
#define DATAGRAM_RECENT 8

/** The table and the bytes that its datagrams hold. */
struct datagrams {
	struct counters *counters;
	uint64_t secret[2];
	struct pieces ring;
	struct datagram *slots;
	uint32_t *buckets;    /**< index + 1 of the first datagram, 0 for none */
	uint32_t max;         /**< slots */
	uint32_t bucket_mask;
	uint32_t used;        /**< slots ever touched */
	uint32_t spare;       /**< list of those not in use, by `chain` */
	struct datagram_list waiting; /**< OPEN and DEAD */
	struct datagram_list done;
	int64_t recent[DATAGRAM_PORTS][DATAGRAM_RECENT]; /**< times of fragments */
	uint32_t seen[DATAGRAM_PORTS];
};

/** Sets up a table for `max` datagrams and a ring of `max_bytes`; false where memory lacks. `counters`
 * outlives it. */
bool datagrams_init(struct datagrams *t, uint32_t max, uint32_t max_bytes, struct counters *counters);

/** Frees its memory. */
void datagrams_fini(struct datagrams *t);

/** The datagram of a key, or NULL. */
struct datagram *datagram_find(struct datagrams *t, const struct datagram_key *key);

/** A new one, OPEN and empty. Where there is no room, the oldest goes: its fragments are counted as
 * evicted. */
struct datagram *datagram_start(struct datagrams *t, const struct datagram_key *key, const struct packet *p);

/** Frees a datagram's bytes; says how many fragments they were. */
uint32_t datagram_free_pieces(struct datagrams *t, struct datagram *d);

/** Forgets a datagram; its fragments are counted under `reason`. */
void datagram_forget(struct datagrams *t, struct datagram *d, enum counter reason);

/** An OPEN one without pieces becomes DONE. */
void datagram_done(struct datagrams *t, struct datagram *d, int64_t now);

/** Follows the time of a port, and forgets a few datagrams that can't become whole any more: counted as timed
 * out. Being late with it harms nothing. One packet from the far future or past moves nothing. */
void datagrams_expire(struct datagrams *t, const struct packet *p, int64_t timeout);

/** True where two times differ by more than `limit`; they may be anything. */
static inline bool datagram_apart(int64_t a, int64_t b, int64_t limit)
{
	return (a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a) > (uint64_t)limit;
}

#endif
