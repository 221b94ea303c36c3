// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * One direction of a TCP flow: from segments in any order to the messages of its stream. Private to lib/l4.
 */
#ifndef L4_TCP_STREAM_H
#define L4_TCP_STREAM_H

#include "l4/tcp.h"
#include "l4/tcp_table.h"

/** What all streams of a lcore share. */
struct tcp_shared {
	struct chunk_pool pool;
	uint8_t *scratch;        /**< where bytes in chunks are put together: scratch_size() bytes */
	uint32_t max_flow_bytes;
	uint32_t serial;         /**< of the segment at hand */
	struct packet late;      /**< tells the flow and time of a message whose packet is gone */
	struct counters *counters;
};

/** What works on a direction. */
struct tcp_run {
	struct tcp_shared *s;
	struct tcp_flow *f;
	struct tcp_half *h;
	const struct packet *p; /**< the segment at hand where it is of this direction, else NULL */
	tcp_message_fn emit;
	void *ctx;
	bool last;              /**< nothing more will come */
	/** Gives chunks of other flows back until `n` are left; false where that can't be done. */
	bool (*make_room)(struct tcp_run *run, uint32_t n);
	void *owner;            /**< for make_room */
};

/** Bytes of `scratch`: a full window and one more segment. */
static inline size_t tcp_scratch_size(uint32_t max_flow_bytes)
{
	return (size_t)max_flow_bytes + 65536 * 2;
}

/** Takes `len` bytes of data at `seq`; `missing` more followed on the wire that the capture lacks. */
void tcp_stream_take(struct tcp_run *run, uint32_t seq, const uint8_t *data, uint32_t len, uint32_t missing);

/** Gives the first gap up: what is behind it is read. Something must be kept behind it. */
void tcp_stream_skip_gap(struct tcp_run *run);

/** Reads what can still be read and keeps nothing. */
void tcp_stream_flush(struct tcp_run *run);

#endif
