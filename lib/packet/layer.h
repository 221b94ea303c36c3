// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of decap: the layers a packet is peeled of, one small function each.
 *
 * A layer's function reads its own header with the cursor and says what the bytes behind it are. Nothing here recurses: decap_run()
 * calls one function after the other, and counts them. Which layer follows is data: tables by link type, ethertype, PPP protocol,
 * IP protocol and UDP port.
 */
#ifndef PACKET_LAYER_H
#define PACKET_LAYER_H

#include "core/counters.h"
#include "core/wire.h"
#include "packet/packet.h"

/** Layers that a frame may have, tags and IPv6 extension headers included; more is drop_decap_depth. */
#define DECAP_LAYERS_MAX 32

/** What the next bytes are, or how it ended. 0 is a hole in a table: nothing that can hold IP. */
enum layer {
	LAYER_NONE,
	LAYER_ETHERNET,
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_IP, /**< either, as its version says */
	LAYER_IPV6_OPTIONS,
	LAYER_IPV6_FRAGMENT,
	LAYER_AH,
	LAYER_UDP,
	LAYER_TCP,
	LAYER_ICMP,
	LAYER_VLAN,
	LAYERS_WITH_CODE, /**< layers below have a function, ends below here have none */
	END_PASS = LAYERS_WITH_CODE, /**< UDP or TCP: the packet is filled in */
	END_FRAGMENT, /**< an IP fragment: `fragment` is filled in */
	END_DROP,     /**< `reason` says why */
};

/** An IP fragment, as found in a packet. All positions count from the data's first byte. */
struct fragment {
	uint8_t family;    /**< 4 or 6 */
	uint8_t proto;     /**< what the datagram holds */
	bool more;         /**< not the last one */
	bool cut;          /**< bytes lack at its end */
	uint16_t offset;   /**< bytes before it in the datagram */
	uint32_t id;       /**< identification */
	uint32_t l3;       /**< position of the IP header */
	uint32_t header_len; /**< bytes of IP header in front of the datagram's own, without the fragment header */
	uint32_t next_at;  /**< IPv6: where in those bytes the number of the next header stands */
	uint32_t payload;  /**< position of its bytes */
	uint32_t len;      /**< number of its bytes */
};

/** State of one packet's way through the layers. */
struct decap {
	struct wire w;      /**< at the next header; its end is the captured end of the innermost layer that tells its length */
	uint32_t told;      /**< where that layer ends by its header: > w.len where the capture cut it */
	struct packet *p;   /**< being filled in */
	enum counter reason; /**< with END_DROP */
	uint32_t layers;    /**< taken off so far */
	uint32_t outer;     /**< position of the first IP header */
	uint32_t next_at;   /**< where the number of the IPv6 header that comes next stands */
	bool sound_set;     /**< `sound` holds a packet */
	struct fragment fragment; /**< with END_FRAGMENT */
	struct packet sound; /**< the packet as it is if what looks like a tunnel in UDP is none */
};

/** Sets up a walk over `len` bytes at `data` (borrowed), that were `told` bytes on the wire (≥ len). */
void decap_start(struct decap *d, const uint8_t *data, uint32_t len, uint32_t told, struct packet *p);

/** Peels layers off, starting with `layer`; returns one of the ends. */
enum layer decap_run(struct decap *d, enum layer layer);

/** Ends it: `return decap_drop(d, COUNT_drop_not_ip)`. */
static inline enum layer decap_drop(struct decap *d, enum counter reason)
{
	d->reason = reason;
	return END_DROP;
}

/** First layer of a link type of pcap's; LAYER_NONE where it can hold no IP or isn't known. */
enum layer link_layer(uint16_t linktype);

/** What an ethertype stands for; its header is next. */
enum layer ethertype_layer(struct decap *d, uint16_t type);

/** What an IP protocol number stands for; its header is next. */
enum layer protocol_layer(struct decap *d, uint8_t proto);

/** Functions of the layers; each file holds a family of them. */
enum layer layer_ethernet(struct decap *d);
enum layer layer_vlan(struct decap *d);
enum layer layer_ipv4(struct decap *d);
enum layer layer_ipv6(struct decap *d);
enum layer layer_ip(struct decap *d);
enum layer layer_ipv6_options(struct decap *d);
enum layer layer_ipv6_fragment(struct decap *d);
enum layer layer_ah(struct decap *d);
enum layer layer_udp(struct decap *d);
enum layer layer_tcp(struct decap *d);
enum layer layer_icmp(struct decap *d);

#endif
