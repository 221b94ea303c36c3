// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * From a frame to the innermost transport payload: link layer, tags, tunnels, fragments, filter.
 *
 * State is private to a lcore. Nothing keeps a frame: fragments are copied into memory of a fixed size.
 */
#ifndef PACKET_INGRESS_H
#define PACKET_INGRESS_H

#include "core/arena.h"
#include "core/counters.h"
#include "core/error.h"
#include "packet/filter.h"
#include "packet/packet.h"

/** What became of a frame. */
enum ingress_verdict {
	INGRESS_PASS, /**< UDP or TCP that the filter wants: the packet is filled in */
	INGRESS_KEPT, /**< a fragment; its bytes were copied */
	INGRESS_DROP, /**< counted under its reason */
};

/** Room that the arena must have before a call (a reassembled datagram and its headers, twice for nested
 * ones). */
#define INGRESS_ARENA_ROOM (2 * (65536 + 256))

/** Fixed at start. */
struct ingress_config {
	const char *filter;         /**< `-bpf`; NULL for `port 53` */
	uint32_t max_datagrams;     /**< datagrams in reassembly at once */
	uint32_t max_fragment_bytes; /**< bytes of fragments kept at once */
	struct counters *counters;  /**< of the lcore; outlives the ingress */
};

struct ingress;

/** Sets one up; NULL and the reason in `e` where the filter is wrong or memory lacks. */
struct ingress *ingress_new(const struct ingress_config *config, struct error *e);

/** Frees it; NULL is allowed. */
void ingress_free(struct ingress *in);

/** True where frames of a link type can be read. */
bool ingress_reads(uint16_t linktype);

/** Takes a frame of `len` bytes, contiguous. `p` holds time, wire_len, linktype and port. On INGRESS_PASS,
 * `*data` is where the packet's offsets count from: the frame itself, or memory of `arena` for a reassembled
 * datagram. Counts packets_in. */
enum ingress_verdict ingress_packet(struct ingress *in, const uint8_t *frame, uint32_t len, struct packet *p,
				    struct arena *arena, const uint8_t **data);

/** At the end of a run: what still waits is counted as fragments_open and dropped. */
void ingress_finish(struct ingress *in);

/** The steering hash of a flow: the same for both directions. */
uint32_t flow_hash(const struct flow_key *flow);

#endif
