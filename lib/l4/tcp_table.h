// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * TCP flows by their addresses and ports, in fixed memory, and the initial sequence numbers of connections
 * that carried no data yet. Private to lib/l4.
 *
 * A flow takes its place with its first byte of data. A SYN alone leaves only eight bytes in a table of its
 * own, where newer ones push out older ones; so a flood of half-open connections takes nothing from the flows
 * that carry DNS.
 */
#ifndef L4_TCP_TABLE_H
#define L4_TCP_TABLE_H

#include "core/error.h"
#include "l4/tcp_buffer.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

#define FLOW_NONE 0 /**< no flow */

/** What is known of a direction's place in its stream. */
enum tcp_mode {
	TCP_UNSEEN, /**< nothing */
	TCP_START,  /**< its first message begins at `window.next`; not looked at yet */
	TCP_SEARCH, /**< where a message begins isn't known */
	TCP_STEP,   /**< a message begins at `window.next` */
};

/** One direction of a flow. */
struct tcp_half {
	struct window window;
	uint32_t first;    /**< sequence number where it was picked up; behind the SYN where that is known */
	uint32_t acked;    /**< the highest that the other side acknowledged */
	uint32_t far;      /**< where a segment far from the window ended */
	uint32_t fin_seq;  /**< where the side's stream ends */
	uint32_t cut;      /**< bytes behind `cut_at` that the snap length cut off a segment that waits; 0: none */
	uint32_t cut_at;
	uint32_t gap_at;   /**< where the first gap begins */
	int64_t gap_since; /**< when it was seen, or seen to be lost, ns of the table's own clock */
	uint32_t searched; /**< bytes searched in vain before the first message */
	uint8_t mode;      /**< enum tcp_mode */
	uint8_t shorts;    /**< messages without a header before the first good one */
	bool data;         /**< data was seen */
	bool doubt;        /**< the last message's header made no sense */
	bool edge;         /**< `window.next` is where a segment begins */
	bool isn_known;    /**< `first` follows a SYN */
	bool acked_known;
	bool far_known;
	bool gap;          /**< there is a gap, at `gap_at` */
	bool gap_lost;     /**< it won't fill: the other side has received what is in it */
	bool fin;          /**< the side has finished, at `fin_seq` */
};

/** Where flows wait, each list by its own rules; see tcp.c. */
enum tcp_list {
	TCP_CLOSED,  /**< finished, nothing is kept of them */
	TCP_NOT_DNS, /**< given up */
	TCP_FRESH,   /**< no message was read yet, nothing is kept */
	TCP_PART,    /**< no message was read yet, something is kept */
	TCP_PLAIN,   /**< in step, nothing is kept */
	TCP_HOLD,    /**< a part of a message is kept, or something behind a gap that may still fill */
	TCP_WAIT,    /**< something is kept behind a gap that won't fill; in the order in which that was seen */
	TCP_LISTS,
};

/** A flow. `end[0]` is the end with the lower address and port, and `half[0]` what it sends. */
struct tcp_flow {
	struct tcp_end {
		uint8_t addr[16];
		uint16_t port;
	} end[2];
	uint8_t family;   /**< 4 or 6 */
	uint8_t list;     /**< enum tcp_list */
	bool good;        /**< a message was read */
	bool not_dns;
	bool reset;       /**< RST was seen */
	uint32_t hash;
	uint32_t chain;   /**< the next one of its bucket, or of the free ones */
	uint32_t before, after; /**< neighbours in its list */
	int64_t last;     /**< when its last segment came, ns of the table's own clock */
	int64_t queued;   /**< when it was put at the end of its list */
	struct tcp_half half[2];
};

/** What finds a flow. */
struct tcp_key {
	struct tcp_end end[2]; /**< as in struct tcp_flow */
	uint32_t hash;
	uint8_t dir;           /**< 0 where the sender is end[0] */
	uint8_t family;
};

/** A list's ends. */
struct tcp_queue {
	uint32_t head, tail;
};

/** The table. */
struct tcp_table {
	uint64_t key[2];        /**< of the hash */
	struct tcp_flow *flows; /**< the first one is never used: index 0 is none */
	uint32_t *buckets;      /**< first flow of each */
	uint64_t *isn;          /**< sequence numbers of SYNs: tag in the upper half */
	uint32_t mask;          /**< buckets - 1 */
	uint32_t max;           /**< flows at most */
	uint32_t used;          /**< flows now; another thread may read it */
	uint32_t fresh;         /**< first flow that was never used */
	uint32_t free;          /**< list of those given back */
	struct tcp_queue list[TCP_LISTS];
};

/** A bucket's longest chain: who would make it longer takes the oldest one's place. */
#define TCP_CHAIN_MAX 16

/** Reserves the memory of `max` flows. -1 and the reason in `e` where it lacks. */
int tcp_table_init(struct tcp_table *t, uint32_t max, const uint8_t hash_key[16], struct error *e);

/** Frees it. */
void tcp_table_fini(struct tcp_table *t);

/** The key of a packet's flow, the same for both directions but for `dir`. */
struct tcp_key tcp_table_key(const struct tcp_table *t, const struct flow_key *flow);

/** The flow, or NULL; valid until it is removed. `crowded` is set to the flow that must go before another may
 * come into the bucket, or to NULL. */
struct tcp_flow *tcp_table_find(struct tcp_table *t, const struct tcp_key *key, struct tcp_flow **crowded);

/** Adds a flow, zeroed but for its key, to a list at time `now`. `used` must be below `max`. */
struct tcp_flow *tcp_table_add(struct tcp_table *t, const struct tcp_key *key, enum tcp_list list, int64_t now);

/** Removes a flow; its windows must be empty. */
void tcp_table_remove(struct tcp_table *t, struct tcp_flow *f);

/** Puts a flow at the end of a list at time `now`. */
void tcp_table_queue(struct tcp_table *t, struct tcp_flow *f, enum tcp_list list, int64_t now);

/** The first flow of a list, or NULL. */
struct tcp_flow *tcp_table_head(const struct tcp_table *t, enum tcp_list list);

/** Remembers the initial sequence number that the key's sender told. */
void tcp_table_put_isn(struct tcp_table *t, const struct tcp_key *key, uint32_t isn);

/** Takes what is remembered for direction `dir` of a key; false where nothing is. */
bool tcp_table_take_isn(struct tcp_table *t, const struct tcp_key *key, uint8_t dir, uint32_t *isn);

#endif
