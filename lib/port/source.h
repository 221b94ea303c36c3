// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Capture sources: where packets come from. A source is one file with a const table of functions.
 */
#ifndef PORT_SOURCE_H
#define PORT_SOURCE_H

#include "core/error.h"
#include "packet/packet.h"

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stdint.h>

/** The packet of an mbuf: its private area. */
static inline struct packet *mbuf_packet(struct rte_mbuf *m)
{
	return (struct packet *)rte_mbuf_to_priv(m);
}

/** burst() instead of a count. */
enum { SOURCE_EOF = -1, SOURCE_FAILED = -2 };

/** What a source tells about itself; any thread may ask. */
struct source_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t done;        /**< bytes of input read, for progress; 0 where that has no meaning */
	uint64_t total;       /**< bytes of input in all; 0 where unknown */
	uint64_t dropped;     /**< lost before us: NIC (imissed), kernel */
	uint64_t nombuf;      /**< lost for lack of mbufs */
	uint64_t errors;      /**< ierrors, unreadable frames */
	uint64_t if_dropped;  /**< lost by the interface */
};

/** What the user asked for. */
struct source_config {
	const char *const *specs;  /**< NULL-terminated: files, folders, globs or `-`; or devices */
	uint32_t snaplen;          /**< bytes of a packet that are kept */
	const char *driver;        /**< for kernel interfaces: auto, af_packet, af_xdp, libpcap */
	uint16_t queues;           /**< queues wanted on each port */
	bool interrupts;           /**< it must be able to rest() */
	int64_t idle_exit;         /**< ns without a packet after which a source that tells no end has ended; 0: its own choice */
	struct rte_mempool *pool;  /**< mbufs, with PACKET_PRIV_SIZE of private area; NULL: only look() is used */
	unsigned spare;            /**< mbufs that may be on their way at once, for sources that make pools of their own */
};

/** What a source is like; known once it is open. */
struct source_shape {
	uint16_t queues;  /**< of each port, 1 to what was wanted: fewer where a port has no more or can't spread DNS over them */
	uint32_t table;   /**< entries of the ports' redirection tables, where those place packets as rss_queue() says; else 0 */
	bool dedicated;   /**< NICs that belong to us alone: worth cores that poll */
	bool wakes;       /**< rest() can be used */
	int socket;       /**< NUMA socket of its NICs; -1: none that is known */
	bool wall_time;   /**< packets have no time of the source's own, but that when they were read */
};

struct source;

/** A packet where the source has it. */
struct source_view {
	const uint8_t *data;  /**< borrowed until the next look() */
	uint32_t len;         /**< bytes of it */
	uint32_t wire_len;    /**< as in struct packet, like all below */
	int64_t time;
	uint16_t linktype;
	uint16_t port;
};

/** A kind of source. */
struct source_ops {
	const char *name;
	const char *help;
	/** Opens it into `*s`; NULL-state and the reason on failure (-1). */
	int (*open)(struct source **s, const struct source_config *c, struct error *e);
	/** Up to `n` mbufs of a queue; the caller owns them. Every mbuf's packet has time, wire_len, linktype and port. 0: none now.
	 * SOURCE_EOF: no more will come. SOURCE_FAILED: likewise, and `e` says why (what was sound came before). */
	int (*burst)(struct source *s, uint16_t queue, struct rte_mbuf **pkts, uint16_t n, struct error *e);
	/** As burst(), but the packets stay where they are: for whoever is through with them before the next call. NULL where a source
	 * can't. A source is read by one of the two. */
	int (*look)(struct source *s, struct source_view *views, uint16_t n, struct error *e);
	void (*shape)(const struct source *s, struct source_shape *shape);
	/** Sleeps until there are packets for a queue, `ms` at most. NULL where it can't; by the queue's own thread. */
	void (*rest)(struct source *s, uint16_t queue, int ms);
	/** Looks after what goes and comes back: links, interfaces, devices; tells of it. Called by the control thread once a second;
	 * NULL where there is nothing of the kind. */
	void (*tend)(struct source *s);
	/** Link types that are known before anything is read, each once, at most `max`; returns how many. */
	unsigned (*linktypes)(const struct source *s, uint16_t *types, unsigned max);
	void (*stats)(const struct source *s, struct source_stats *stats);
	void (*close)(struct source *s);
};

/** For linktypes(): notes a link type, where it isn't among the `n` noted and there is room; returns how many there are. */
static inline unsigned source_note_linktype(uint16_t *types, unsigned n, unsigned max, uint16_t type)
{
	for (unsigned i = 0; i < n; i++)
		if (types[i] == type)
			return n;
	if (n < max)
		types[n++] = type;
	return n;
}

/** True where a device's name is a PCI address (`0000:01:00.0`, `01:00.0`). */
bool source_is_pci(const char *spec);

/** Capture files. */
extern const struct source_ops source_file;
/** DPDK ethdevs. */
extern const struct source_ops source_eth;
/** Kernel interfaces by libpcap. */
extern const struct source_ops source_libpcap;

#endif
