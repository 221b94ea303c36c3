// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of ingress: datagrams put together from IPv4 (RFC 791) and IPv6 fragments (RFC 8200 §4.5).
 *
 * Fragments come in any order. Exact duplicates are harmless; any other overlap ends the datagram (RFC 5722).
 * Whether fragments belong together depends on their addresses, number and times alone. Memory is fixed, and
 * the oldest goes first.
 */
#ifndef PACKET_DEFRAG_H
#define PACKET_DEFRAG_H

#include "core/arena.h"
#include "core/counters.h"
#include "packet/layer.h"

/** Fragments that a datagram may have. */
#define DEFRAG_PIECES_MAX 256

/** Packet time from a datagram's first fragment to its last, in ns. */
#define DEFRAG_TIMEOUT (INT64_C(30) * 1000000000)

struct defrag;

/** What became of a fragment. */
enum defrag_verdict {
	DEFRAG_KEPT,    /**< copied; counted later */
	DEFRAG_DROPPED, /**< counted under its reason */
	DEFRAG_WHOLE,   /**< it completed its datagram: it and the others are counted as used */
};

/** Sets one up; NULL where memory lacks. `counters` outlives it. */
struct defrag *defrag_new(uint32_t max_datagrams, uint32_t max_bytes, struct counters *counters);

/** Frees it; NULL is allowed. */
void defrag_free(struct defrag *g);

/** Where a whole datagram goes. */
struct defrag_out {
	struct arena *arena; /**< memory for it; the caller's */
	const uint8_t *data; /**< with DEFRAG_WHOLE: its IP packet as if never split, in the arena */
	uint32_t len;        /**< bytes of it */
};

/** Takes the fragment `f` of the packet `p`. With DEFRAG_WHOLE, `out` is filled in, and p->wire_len is the
 * sum of its frames' lengths. */
enum defrag_verdict defrag_add(struct defrag *g, const struct fragment *f, struct packet *p,
			       struct defrag_out *out);

/** Counts what waits as open, and forgets it. */
void defrag_finish(struct defrag *g);

#endif
