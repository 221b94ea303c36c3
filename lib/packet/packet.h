// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What is known of a packet: filled by the source (time, lengths, link type) and by ingress (all else).
 *
 * It lies in the mbuf's private area (mempool created with PACKET_PRIV_SIZE), or for packets that are looked at where the source
 * has them, in the intake. All offsets count from the
 * first byte of the data that ingress_packet() told, which is contiguous.
 */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Who talks to whom. IPv4 addresses stand as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2); ports in host order. */
struct flow_key {
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t sport;
	uint16_t dport;
	uint8_t proto;  /**< 17 UDP, 6 TCP */
	uint8_t family; /**< 4 or 6 */
	uint16_t zero;  /**< 0, so that keys can be compared and hashed as bytes */
};
static_assert(sizeof(struct flow_key) == 40, "compared as bytes");
static_assert(offsetof(struct flow_key, sport) == 32, "all behind the addresses is a word: packet_set_ports()");

/** The tunnel that was taken off last; the names for the nested record stand in packet_tunnel_names. */
enum tunnel {
	TUNNEL_NONE, TUNNEL_IPIP, TUNNEL_6IN4, TUNNEL_4IN6, TUNNEL_6IN6, TUNNEL_GRE, TUNNEL_NVGRE,
	TUNNEL_ERSPAN,
	TUNNEL_VXLAN, TUNNEL_VXLAN_GPE, TUNNEL_GENEVE, TUNNEL_GTPU, TUNNEL_TEREDO, TUNNEL_L2TP, TUNNEL_LISP,
	TUNNEL_GRE_UDP, TUNNEL_MPLS_UDP, TUNNEL_MPLS_IP, TUNNEL_ETHERIP,
	TUNNELS
};

/** Names of enum tunnel, as in the nested record; "" for none. */
extern const char *const packet_tunnel_names[TUNNELS];

#define VLAN_NONE 0xffff

/** A packet. The first group is the source's, the second ingress's. */
struct packet {
	int64_t time;      /**< ns since the Unix epoch, when the frame was captured */
	uint32_t wire_len; /**< bytes on the wire of the frame; of all frames of a reassembled datagram */
	uint16_t linktype; /**< LINKTYPE_ value (pcap's numbers for files): 1 Ethernet, 101 raw IP … */
	uint16_t port;     /**< source or ethdev port it came from; each has its own packet time */

	uint32_t l3;       /**< offset of the innermost IP header */
	uint32_t l3_len;   /**< bytes of the innermost IP packet that are there, without padding */
	uint32_t l4;       /**< offset of the UDP or TCP header */
	uint32_t payload;  /**< offset of what follows the UDP or TCP header */
	uint32_t payload_len; /**< bytes of payload that are there */
	uint32_t missing;  /**< bytes of payload that the headers tell but the capture lacks (snap length) */
	struct flow_key flow; /**< innermost addresses and ports; src is the sender */
	uint8_t hop_limit; /**< TTL or hop limit of the innermost header */
	uint8_t tunnel;    /**< enum tunnel: the innermost one */
	uint8_t depth;     /**< IP headers around the payload (1: not tunnelled) */
	bool reassembled;  /**< put together from IP fragments */
	uint16_t vlan;     /**< VLAN ID of the outermost 802.1Q or 802.1ad tag, or VLAN_NONE */
	uint16_t vlan_inner; /**< of the next tag, or VLAN_NONE */
	uint32_t tunnel_id; /**< VNI, GRE key, TEID …; 0 where there is none */
	uint32_t mpls;     /**< outermost MPLS label, or UINT32_MAX */
	uint8_t outer_family;  /**< 4 or 6 where depth > 1, else 0 and the addresses are not set */
	uint8_t outer_src[16]; /**< outermost IP addresses */
	uint8_t outer_dst[16];
};

/** Writes an IPv4 address (4 bytes) as ::ffff:a.b.c.d into 16 bytes. */
static inline void packet_map_ipv4(uint8_t *to, const uint8_t *address)
{
	typedef uint64_t words __attribute__((vector_size(16)));
	uint32_t low;

	/* Stored as a whole, as it is loaded again soon: the processor forwards a load from one store only. */
	memcpy(&low, address, 4);
	words all = { 0, htobe64(UINT64_C(0xffff00000000) | be32toh(low)) };
	memcpy(to, &all, 16);
}

/** Sets what a key has besides the addresses; stored as a whole, too. */
static inline void packet_set_ports(struct flow_key *flow, uint16_t sport, uint16_t dport, uint8_t proto, uint8_t family)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t all = sport | (uint32_t)dport << 16 | (uint64_t)(proto | (uint32_t)family << 8) << 32;
#else
	uint64_t all = (uint64_t)((uint32_t)sport << 16 | dport) << 32 | (uint32_t)proto << 24 | (uint32_t)family << 16;
#endif

	memcpy(&flow->sport, &all, sizeof(all));
}

/** Bytes of private area that a mempool's mbufs need. */
#define PACKET_PRIV_SIZE 192
static_assert(sizeof(struct packet) <= PACKET_PRIV_SIZE, "fits the private area");

/** Link types that can be read, as pcap files number them (https://www.tcpdump.org/linktypes.html). */
#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

#endif
