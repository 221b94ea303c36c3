// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Every encapsulation, as tables: tunnels that put an IP packet into another, and headers that put one into
 * an Ethernet frame.
 */
#ifndef TESTS_ENCAP_H
#define TESTS_ENCAP_H

#include "packet/packet.h"
#include "wrap.h"

#define ENCAP_ID 0x123456 /**< VNI and the like */

#define WRAP_HEX(w, ...) \
	do { \
		const uint8_t bytes_[] = { __VA_ARGS__ }; \
		wrap_bytes(w, bytes_, sizeof(bytes_)); \
	} while (0)

static inline uint16_t encap_type(uint8_t family)
{
	return family == 6 ? 0x86dd : 0x0800;
}

static inline void encap_inner_ethernet(struct wrap *w, uint8_t family)
{
	wrap_ethernet(w, encap_type(family));
}

/** An outer IP header from …`host` to …`host + 1`. */
static inline void encap_ip(struct wrap *w, uint8_t family, uint8_t proto, uint8_t host)
{
	if (family == 6)
		wrap_ipv6(w, proto, host, (uint8_t)(host + 1));
	else
		wrap_ipv4(w, proto, host, (uint8_t)(host + 1));
}

static inline void encap_gre_header(struct wrap *w, uint16_t flags, uint16_t type, uint32_t len)
{
	uint8_t *h = wrap_push(w, len);
	wrap_put16(h, flags);
	wrap_put16(h + 2, type);
	for (uint32_t i = 4; i < len; i++)
		h[i] = (uint8_t)(0x10 + i);
}

static inline void encap_gre(struct wrap *w, uint8_t family)
{
	encap_gre_header(w, 0, encap_type(family), 4);
}

static inline void encap_gre_key(struct wrap *w, uint8_t family)
{
	encap_gre_header(w, 0x2000, encap_type(family), 8);
	wrap_put32(wrap_data(w) + 4, ENCAP_ID);
}

static inline void encap_gre_all(struct wrap *w, uint8_t family)
{
	encap_gre_header(w, 0xb000, encap_type(family), 16);
	wrap_put32(wrap_data(w) + 8, ENCAP_ID);
}

static inline void encap_gre_routing(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, 0x08, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0);
	encap_gre_header(w, 0x4000, encap_type(family), 8);
}

static inline void encap_gre_bridged(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	encap_gre_header(w, 0, 0x6558, 4);
}

static inline void encap_gre_mpls(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0, 1, 0x21, 64);
	encap_gre_header(w, 0, 0x8847, 4);
}

static inline void encap_ppp(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, 0xff, 3, 0, family == 6 ? 0x57 : 0x21);
}

static inline void encap_pptp(struct wrap *w, uint8_t family)
{
	encap_ppp(w, family);
	encap_gre_header(w, 0x3081, 0x880b, 16);
	wrap_put32(wrap_data(w) + 4, 0x00403456);
}

static inline void encap_wccp1(struct wrap *w, uint8_t family)
{
	(void)family;
	encap_gre_header(w, 0, 0x883e, 4);
}

static inline void encap_wccp2(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, 0, 0, 1, 2);
	encap_wccp1(w, family);
}

static inline void encap_nvgre(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	encap_gre_header(w, 0x2000, 0x6558, 8);
	wrap_put32(wrap_data(w) + 4, ENCAP_ID << 8 | 0xee);
}

static inline void encap_erspan1(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	encap_gre_header(w, 0, 0x88be, 4);
}

static inline void encap_erspan2(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0x10, 5, 0x18, 0x56, 0, 0, 0, 7);
	encap_gre_header(w, 0x1000, 0x88be, 8);
}

static inline void encap_erspan3(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0x20, 5, 0x18, 0x56, 1, 2, 3, 4, 0, 0, 0, 0x00);
	encap_gre_header(w, 0x1000, 0x22eb, 8);
}

static inline void encap_erspan3_long(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 1, 2, 3, 4, 5, 6, 7, 8);
	WRAP_HEX(w, 0x20, 5, 0x18, 0x56, 1, 2, 3, 4, 0, 0, 0x08, 0x01); /* IP, and the optional header */
	encap_gre_header(w, 0x1000, 0x22eb, 8);
}

static inline void encap_vxlan_to(struct wrap *w, uint8_t flags, uint8_t next, uint16_t port)
{
	WRAP_HEX(w, flags, 0, 0, next, 0x12, 0x34, 0x56, 0);
	wrap_udp(w, 50000, port);
}

static inline void encap_vxlan(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	encap_vxlan_to(w, 8, 0, 4789);
}

static inline void encap_vxlan_linux(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	wrap_tag(w, 0x8100, 99);
	encap_vxlan_to(w, 8, 0, 8472);
}

static inline void encap_gpe_ip(struct wrap *w, uint8_t family)
{
	encap_vxlan_to(w, 0x0c, family == 6 ? 2 : 1, 4790);
}

static inline void encap_gpe_ethernet(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	encap_vxlan_to(w, 0x0c, 3, 4790);
}

static inline void encap_nsh(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, 0x0f, 0xc6, 1, family == 6 ? 2 : 1, 0, 0, 7, 255, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1,
		 2, 3, 4);
}

static inline void encap_gpe_nsh(struct wrap *w, uint8_t family)
{
	encap_nsh(w, family);
	encap_vxlan_to(w, 0x0c, 4, 4790);
}

static inline void encap_gpe_mpls(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0, 1, 0x21, 64);
	encap_vxlan_to(w, 0x0c, 5, 4790);
}

static inline void encap_geneve(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 2, 0x40, 0x65, 0x58, 0x12, 0x34, 0x56, 0, 1, 2, 3, 1, 9, 9, 9, 9);
	wrap_udp(w, 50000, 6081);
}

static inline void encap_geneve_ip(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, 0, 0, (uint8_t)(encap_type(family) >> 8), (uint8_t)encap_type(family), 0x12, 0x34, 0x56,
		 0);
	wrap_udp(w, 6081, 50000); /* the way back */
}

static inline void encap_gtpu(struct wrap *w, uint8_t family)
{
	uint8_t len = (uint8_t)wrap_len(w);
	(void)family;
	WRAP_HEX(w, 0x30, 255, 0, len, 0, 0x12, 0x34, 0x56);
	wrap_udp(w, 2152, 2152);
}

static inline void encap_gtpu_extended(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0x36, 255, 0, 0, 0, 0x12, 0x34, 0x56, 0, 1, 0, 0x85, 1, 0x10, 9, 0xc0, 2, 1, 2, 3, 4, 5,
		 6, 0);
	wrap_udp(w, 50000, 2152);
}

static inline void encap_gtpu_ethernet(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	encap_gtpu(w, family);
}

static inline void encap_teredo(struct wrap *w, uint8_t family)
{
	(void)family;
	wrap_udp(w, 50000, 3544);
}

static inline void encap_teredo_full(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0, 0, 1, 2, 3, 4, 5, 6);
	WRAP_HEX(w, 0, 1, 3, 4, 'c', 'i', 'd', 'a', 'u', 't', 'h', 1, 2, 3, 4, 5, 6, 7, 8, 0);
	wrap_udp(w, 3544, 50000);
}

static inline void encap_l2tp(struct wrap *w, uint8_t family)
{
	encap_ppp(w, family);
	WRAP_HEX(w, 0x00, 2, 0, 0x12, 0x34, 0x56);
	wrap_udp(w, 1701, 1701);
}

static inline void encap_l2tp_full(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, family == 6 ? 0x57 : 0x21); /* compressed */
	WRAP_HEX(w, 0x4b, 2, 0, 99, 0, 0x12, 0x34, 0x56, 0, 1, 0, 2, 0, 3, 7, 7, 7);
	wrap_udp(w, 1701, 50000);
}

static inline void encap_l2tp3(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0, 3, 0, 0, 0, 0x12, 0x34, 0x56);
	wrap_udp(w, 1701, 1701);
}

static inline void encap_l2tp3_ip(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0, 0x12, 0x34, 0x56, 0xc0, 0x0c, 0x1e, 0xc0, 0x0c, 0x1e, 0x55, 0x55, 0x40, 0, 0, 1);
}

static inline void encap_lisp(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0x80, 1, 2, 3, 0, 0, 0, 1);
	wrap_udp(w, 50000, 4341);
}

static inline void encap_lisp_instance(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0x88, 1, 2, 3, 0x12, 0x34, 0x56, 1);
	wrap_udp(w, 50000, 4341);
}

static inline void encap_gre_udp(struct wrap *w, uint8_t family)
{
	encap_gre_key(w, family);
	wrap_udp(w, 50000, 4754);
}

static inline void encap_mpls_udp(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0, 1, 0x20, 64, 0, 1, 0x31, 64);
	wrap_udp(w, 50000, 6635);
}

static inline void encap_mpls_ip(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0, 1, 0x31, 64);
}

static inline void encap_etherip(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0x30, 0);
}

static inline void encap_ah(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, family == 6 ? 41 : 4, 4, 0, 0, 1, 2, 3, 4, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
		 12);
}

static inline void encap_none(struct wrap *w, uint8_t family)
{
	(void)w;
	(void)family;
}

/** A tunnel: `apply` puts an IP packet of `family` into what the outer IP header's `proto` (0: IP's own
 * number) carries. */
struct encap {
	const char *name;
	uint8_t proto;
	void (*apply)(struct wrap *w, uint8_t family);
	uint8_t tunnel;      /**< enum tunnel; TUNNEL_NONE for IP in IP, whose name depends on the families */
	uint32_t id;         /**< what is told as tunnel_id */
	uint8_t inner_only;  /**< 4 or 6 where it carries one family alone */
};

static const struct encap encaps[] __attribute__((unused)) = {
	{ "ip in ip", 0, encap_none, TUNNEL_NONE, 0, 0 },
	{ "ip in ip, authenticated", 51, encap_ah, TUNNEL_NONE, 0, 0 },
	{ "gre", 47, encap_gre, TUNNEL_GRE, 0, 0 },
	{ "gre, key", 47, encap_gre_key, TUNNEL_GRE, ENCAP_ID, 0 },
	{ "gre, checksum, key, sequence", 47, encap_gre_all, TUNNEL_GRE, ENCAP_ID, 0 },
	{ "gre, source route", 47, encap_gre_routing, TUNNEL_GRE, 0, 0 },
	{ "gre, bridged", 47, encap_gre_bridged, TUNNEL_GRE, 0, 0 },
	{ "gre, mpls", 47, encap_gre_mpls, TUNNEL_GRE, 0, 0 },
	{ "gre, pptp", 47, encap_pptp, TUNNEL_GRE, 0x3456, 0 },
	{ "gre, wccp 1", 47, encap_wccp1, TUNNEL_GRE, 0, 4 },
	{ "gre, wccp 2", 47, encap_wccp2, TUNNEL_GRE, 0, 4 },
	{ "nvgre", 47, encap_nvgre, TUNNEL_NVGRE, ENCAP_ID, 0 },
	{ "erspan I", 47, encap_erspan1, TUNNEL_ERSPAN, 0, 0 },
	{ "erspan II", 47, encap_erspan2, TUNNEL_ERSPAN, 0x56, 0 },
	{ "erspan III", 47, encap_erspan3, TUNNEL_ERSPAN, 0x56, 0 },
	{ "erspan III, ip, subheader", 47, encap_erspan3_long, TUNNEL_ERSPAN, 0x56, 0 },
	{ "vxlan", 17, encap_vxlan, TUNNEL_VXLAN, ENCAP_ID, 0 },
	{ "vxlan, 8472, vlan", 17, encap_vxlan_linux, TUNNEL_VXLAN, ENCAP_ID, 0 },
	{ "vxlan-gpe, ip", 17, encap_gpe_ip, TUNNEL_VXLAN_GPE, ENCAP_ID, 0 },
	{ "vxlan-gpe, ethernet", 17, encap_gpe_ethernet, TUNNEL_VXLAN_GPE, ENCAP_ID, 0 },
	{ "vxlan-gpe, nsh", 17, encap_gpe_nsh, TUNNEL_VXLAN_GPE, ENCAP_ID, 0 },
	{ "vxlan-gpe, mpls", 17, encap_gpe_mpls, TUNNEL_VXLAN_GPE, ENCAP_ID, 0 },
	{ "geneve, options", 17, encap_geneve, TUNNEL_GENEVE, ENCAP_ID, 0 },
	{ "geneve, ip", 17, encap_geneve_ip, TUNNEL_GENEVE, ENCAP_ID, 0 },
	{ "gtp-u", 17, encap_gtpu, TUNNEL_GTPU, ENCAP_ID, 0 },
	{ "gtp-u, extension headers", 17, encap_gtpu_extended, TUNNEL_GTPU, ENCAP_ID, 0 },
	{ "gtp-u, ethernet", 17, encap_gtpu_ethernet, TUNNEL_GTPU, ENCAP_ID, 0 },
	{ "teredo", 17, encap_teredo, TUNNEL_TEREDO, 0, 6 },
	{ "teredo, authentication, origin", 17, encap_teredo_full, TUNNEL_TEREDO, 0, 6 },
	{ "l2tp", 17, encap_l2tp, TUNNEL_L2TP, ENCAP_ID, 0 },
	{ "l2tp, all fields", 17, encap_l2tp_full, TUNNEL_L2TP, ENCAP_ID, 0 },
	{ "l2tp 3 in udp", 17, encap_l2tp3, TUNNEL_L2TP, ENCAP_ID, 0 },
	{ "l2tp 3 in ip, cookie, sublayer", 115, encap_l2tp3_ip, TUNNEL_L2TP, ENCAP_ID, 0 },
	{ "lisp", 17, encap_lisp, TUNNEL_LISP, 0, 0 },
	{ "lisp, instance", 17, encap_lisp_instance, TUNNEL_LISP, ENCAP_ID, 0 },
	{ "gre in udp", 17, encap_gre_udp, TUNNEL_GRE_UDP, ENCAP_ID, 0 },
	{ "mpls in udp", 17, encap_mpls_udp, TUNNEL_MPLS_UDP, 0, 0 },
	{ "mpls in ip", 137, encap_mpls_ip, TUNNEL_MPLS_IP, 0, 0 },
	{ "etherip", 97, encap_etherip, TUNNEL_ETHERIP, 0, 0 },
	{ "ethernet in srv6", 143, encap_inner_ethernet, TUNNEL_ETHERIP, 0, 0 },
};
#define ENCAPS (sizeof(encaps) / sizeof(*encaps))

/** Puts an IP packet of `inner` into one of `outer`, from …`host`. */
static inline void encap_apply(struct wrap *w, const struct encap *e, uint8_t inner, uint8_t outer,
			       uint8_t host)
{
	e->apply(w, inner);
	encap_ip(w, outer, e->proto ? e->proto : inner == 6 ? 41 : 4, host);
}

/** Name of the tunnel that is to be told. */
static inline uint8_t encap_tunnel(const struct encap *e, uint8_t inner, uint8_t outer)
{
	if (e->tunnel != TUNNEL_NONE)
		return e->tunnel;
	if (outer == 6)
		return inner == 6 ? TUNNEL_6IN6 : TUNNEL_4IN6;
	return inner == 6 ? TUNNEL_6IN4 : TUNNEL_IPIP;
}

/* Frames: each takes an IP packet. */

static inline void frame_vlan(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	wrap_tag(w, 0x8100, 0xe000 | 7);
}

static inline void frame_qinq(struct wrap *w, uint8_t family)
{
	frame_vlan(w, family);
	wrap_tag(w, 0x88a8, 9);
}

static inline void frame_qinq_old(struct wrap *w, uint8_t family)
{
	frame_vlan(w, family);
	wrap_tag(w, 0x9100, 9);
}

static inline void frame_three_tags(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	wrap_tag(w, 0x8100, 8);
	wrap_tag(w, 0x9200, 7);
	wrap_tag(w, 0x88a8, 9);
}

static inline void frame_pbb(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0, 0, 0, 77);
	wrap_ethernet(w, 0x88e7);
	wrap_tag(w, 0x88a8, 9);
}

static inline void frame_mpls(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0x12, 0x34, 0x51, 64);
	wrap_ethernet(w, 0x8847);
}

static inline void frame_mpls_stack(struct wrap *w, uint8_t family)
{
	(void)family;
	WRAP_HEX(w, 0x12, 0x34, 0x50, 64, 0, 0, 7 << 4, 64, 0, 0, 0x21, 64);
	wrap_ethernet(w, 0x8848);
}

static inline void frame_pseudowire(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0x12, 0x34, 0x51, 64, 0, 0, 0, 5); /* control word */
	wrap_ethernet(w, 0x8847);
}

static inline void frame_pseudowire_bare(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0x12, 0x34, 0x51, 64);
	wrap_ethernet(w, 0x8847);
}

/* Addresses whose first nibble is IP's version. */
static inline void frame_pseudowire_4(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	wrap_data(w)[0] = 0x40;
	WRAP_HEX(w, 0x12, 0x34, 0x51, 64);
	wrap_ethernet(w, 0x8847);
}

static inline void frame_pseudowire_6(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	wrap_data(w)[0] = 0x6c;
	WRAP_HEX(w, 0x12, 0x34, 0x51, 64);
	wrap_ethernet(w, 0x8847);
}

static inline void frame_pppoe(struct wrap *w, uint8_t family)
{
	uint32_t len = wrap_len(w) + 2;
	WRAP_HEX(w, 0x11, 0, 0, 1, (uint8_t)(len >> 8), (uint8_t)len, 0, family == 6 ? 0x57 : 0x21);
	wrap_ethernet(w, 0x8864);
}

static inline void frame_snap(struct wrap *w, uint8_t family)
{
	WRAP_HEX(w, 0xaa, 0xaa, 3, 0, 0, 0, (uint8_t)(encap_type(family) >> 8), (uint8_t)encap_type(family));
	wrap_ethernet(w, (uint16_t)wrap_len(w));
}

static inline void frame_nsh(struct wrap *w, uint8_t family)
{
	encap_nsh(w, family);
	wrap_ethernet(w, 0x894f);
}

static inline void frame_tag_of(struct wrap *w, uint8_t family, uint16_t type, uint32_t bytes)
{
	uint8_t *h = wrap_push(w, bytes + 2);
	wrap_put16(h + bytes, encap_type(family));
	wrap_ethernet(w, type);
}

static inline void frame_vntag(struct wrap *w, uint8_t family)
{
	frame_tag_of(w, family, 0x8926, 4);
}

static inline void frame_etag(struct wrap *w, uint8_t family)
{
	frame_tag_of(w, family, 0x893f, 6);
}

static inline void frame_hsr(struct wrap *w, uint8_t family)
{
	frame_tag_of(w, family, 0x892f, 4);
}

static inline void frame_rtag(struct wrap *w, uint8_t family)
{
	frame_tag_of(w, family, 0xf1c1, 4);
}

static inline void frame_metadata(struct wrap *w, uint8_t family)
{
	frame_tag_of(w, family, 0x8909, 6);
}

static inline void frame_fabricpath(struct wrap *w, uint8_t family)
{
	encap_inner_ethernet(w, family);
	WRAP_HEX(w, 0, 0x5f);
	wrap_ethernet(w, 0x8903);
}

/** A way of putting an IP packet into an Ethernet frame, and what is told of it. */
struct encap_frame {
	const char *name;
	void (*apply)(struct wrap *w, uint8_t family);
	uint16_t vlan;
	uint16_t vlan_inner;
	uint32_t mpls;
};

static const struct encap_frame encap_frames[] __attribute__((unused)) = {
	{ "ethernet", encap_inner_ethernet, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "802.1Q", frame_vlan, 7, VLAN_NONE, UINT32_MAX },
	{ "802.1ad", frame_qinq, 9, 7, UINT32_MAX },
	{ "qinq 0x9100", frame_qinq_old, 9, 7, UINT32_MAX },
	{ "three tags", frame_three_tags, 9, 7, UINT32_MAX },
	{ "802.1ah", frame_pbb, 9, VLAN_NONE, UINT32_MAX },
	{ "mpls", frame_mpls, VLAN_NONE, VLAN_NONE, 0x12345 },
	{ "mpls stack", frame_mpls_stack, VLAN_NONE, VLAN_NONE, 0x12345 },
	{ "pseudowire, control word", frame_pseudowire, VLAN_NONE, VLAN_NONE, 0x12345 },
	{ "pseudowire", frame_pseudowire_bare, VLAN_NONE, VLAN_NONE, 0x12345 },
	{ "pseudowire to 40:…", frame_pseudowire_4, VLAN_NONE, VLAN_NONE, 0x12345 },
	{ "pseudowire to 6c:…", frame_pseudowire_6, VLAN_NONE, VLAN_NONE, 0x12345 },
	{ "pppoe", frame_pppoe, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "llc, snap", frame_snap, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "nsh", frame_nsh, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "vn-tag", frame_vntag, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "e-tag", frame_etag, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "hsr", frame_hsr, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "r-tag", frame_rtag, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "cisco metadata", frame_metadata, VLAN_NONE, VLAN_NONE, UINT32_MAX },
	{ "fabricpath", frame_fabricpath, VLAN_NONE, VLAN_NONE, UINT32_MAX },
};
#define ENCAP_FRAMES (sizeof(encap_frames) / sizeof(*encap_frames))

/** The fragment number `i` of an IP packet cut into pieces of `size` bytes (a multiple of 8); false where
 * there is none. */
static inline bool encap_fragment(struct wrap *out, struct wrap *whole, uint32_t size, uint32_t i,
				  uint32_t id)
{
	uint8_t *ip = wrap_data(whole);
	bool v6 = ip[0] >> 4 == 6;
	uint32_t header = v6 ? 40 : 20, len = wrap_len(whole) - header, at = i * size;

	if (at >= len)
		return false;
	bool more = len - at > size;
	wrap_payload(out, ip + header + at, more ? size : len - at);
	if (v6) {
		uint8_t *h = wrap_push(out, 8);
		h[0] = ip[6];
		wrap_put16(h + 2, at | more);
		wrap_put32(h + 4, id);
	}
	wrap_bytes(out, ip, header);
	uint8_t *h = wrap_data(out);
	if (v6) {
		h[6] = 44;
		wrap_put16(h + 4, wrap_len(out) - 40);
	} else {
		wrap_put16(h + 2, wrap_len(out));
		wrap_put16(h + 4, id);
		wrap_put16(h + 6, at / 8 | (more ? 0x2000 : 0));
	}
	return true;
}

#endif
