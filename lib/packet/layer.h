// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Inside of decap: the layers a packet is peeled of, one small function each.
 *
 * A layer's function reads its own header with the cursor and says what the bytes behind it are. Nothing here
 * recurses: decap_run() calls one function after the other, and counts them. Which layer follows is data:
 * tables by link type, ethertype, PPP protocol, IP protocol and UDP port.
 */
#ifndef PACKET_LAYER_H
#define PACKET_LAYER_H

#include "core/counters.h"
#include "core/wire.h"
#include "packet/packet.h"

/** Layers that a frame may have, tags and IPv6 extension headers included; more is drop_decap_depth. */
#define DECAP_LAYERS_MAX 32

/** X(NAME, name): each layer, once; its function is layer_name(). */
#define LAYER_LIST(X) \
	X(ETHERNET, ethernet) \
	X(TYPE, type) \
	X(VLAN, vlan) \
	X(IP, ip) \
	X(IPV4, ipv4) \
	X(IPV6, ipv6) \
	X(IPV6_OPTIONS, ipv6_options) \
	X(IPV6_FRAGMENT, ipv6_fragment) \
	X(AH, ah) \
	X(UDP, udp) \
	X(TCP, tcp) \
	X(ICMP, icmp) \
	X(LLC, llc) \
	X(SNAP, snap) \
	X(NLPID, nlpid) \
	X(MPLS, mpls) \
	X(NSH, nsh) \
	X(PPP, ppp) \
	X(PPPOE, pppoe) \
	X(HDLC, hdlc) \
	X(FRAME_RELAY, frame_relay) \
	X(GRE, gre) \
	X(VXLAN, vxlan) \
	X(VXLAN_GPE, vxlan_gpe) \
	X(GENEVE, geneve) \
	X(GTPU, gtpu) \
	X(TEREDO, teredo) \
	X(L2TP, l2tp) \
	X(L2TP3, l2tp3) \
	X(LISP, lisp) \
	X(NULL, null) \
	X(SLL, sll) \
	X(SLL2, sll2) \
	X(PPI, ppi) \
	X(PKTAP, pktap) \
	X(NFLOG, nflog) \
	X(PFLOG, pflog) \
	X(FDDI, fddi) \
	X(TOKEN_RING, token_ring) \
	X(IPOIB, ipoib) \
	X(ERF, erf) \
	X(WLAN, wlan) \
	X(RADIOTAP, radiotap) \
	X(PRISM, prism) \
	X(JUNIPER_ETHERNET, juniper_ethernet) \
	X(JUNIPER_TYPE, juniper_type) \
	X(JUNIPER_PPP, juniper_ppp) \
	X(JUNIPER_FRAME_RELAY, juniper_frame_relay) \
	X(JUNIPER_HDLC, juniper_hdlc)

/** What the next bytes are, or how it ended. */
enum layer {
	LAYER_NONE, /**< nothing that can hold IP; a hole in a table */
#define X(NAME, name) LAYER_##NAME,
	LAYER_LIST(X)
#undef X
	LAYERS,
	END_PASS = LAYERS, /**< UDP or TCP: the packet is filled in */
	END_FRAGMENT, /**< an IP fragment: `fragment` is filled in */
	END_DROP,     /**< `reason` says why */
};

/** An IP fragment, as found in a packet. All positions count from `data`. */
struct fragment {
	const uint8_t *data; /**< borrowed */
	uint8_t family;    /**< 4 or 6 */
	uint8_t proto;     /**< what the datagram holds */
	bool more;         /**< not the last one */
	bool cut;          /**< bytes lack at its end */
	uint16_t offset;   /**< bytes before it in the datagram */
	uint32_t id;       /**< identification */
	uint32_t l3;       /**< position of the IP header */
	uint32_t header_len; /**< bytes of IP headers in front of the fragment header */
	uint32_t next_at;  /**< IPv6: where in those bytes the number of the next header stands */
	uint32_t payload;  /**< position of its bytes */
	uint32_t len;      /**< number of its bytes */
};

/** State of one packet's way through the layers. */
struct decap {
	struct wire w;      /**< at the next header; ends where the innermost layer with a length does */
	uint32_t told;      /**< where that layer ends by its header: beyond w.len where it was cut */
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

/** True where a link type has one. */
bool link_known(uint32_t linktype);

/** First layer of a link type of pcap's. */
enum layer link_layer(struct decap *d, uint32_t linktype);

/** What an ethertype stands for. */
enum layer ethertype_layer(struct decap *d, uint16_t type);

/** True where an Ethernet frame that starts `ahead` bytes behind the cursor would hold something known. */
bool ethernet_plausible(const struct decap *d, uint32_t ahead);

/** What an IP protocol number stands for. */
enum layer protocol_layer(struct decap *d, uint8_t proto);

/** What a UDP payload is by its ports: a tunnel, or the end of the way. */
enum layer udp_tunnel_layer(struct decap *d, uint16_t sport, uint16_t dport);

/** Each layer's function: reads its header and says what comes next. A read past the end needs no look here:
 * decap_run() looks at the cursor's error after each. */
#define X(NAME, name) enum layer layer_##name(struct decap *d);
LAYER_LIST(X)
#undef X

#endif
