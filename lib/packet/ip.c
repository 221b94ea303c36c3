// SPDX-License-Identifier: BSD-3-Clause
/* IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), AH (RFC 4302), and what IP protocol numbers
 * stand for. */
#include "packet/layer.h"

#include <string.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define FRAGMENT_MORE 0x2000
#define FRAGMENT_OFFSET 0x1fff

static const struct {
	uint8_t layer;  /* enum layer */
	uint8_t tunnel; /* enum tunnel */
	uint8_t skip;   /* bytes in front of the layer */
} protocols[256] = {
	[0] = { LAYER_IPV6_OPTIONS }, /* hop by hop */
	[1] = { LAYER_ICMP },
	[4] = { LAYER_IPV4, TUNNEL_IPIP },
	[6] = { LAYER_TCP },
	[17] = { LAYER_UDP },
	[41] = { LAYER_IPV6, TUNNEL_6IN4 },
	[43] = { LAYER_IPV6_OPTIONS }, /* routing */
	[44] = { LAYER_IPV6_FRAGMENT },
	[47] = { LAYER_GRE, TUNNEL_GRE },
	[51] = { LAYER_AH },
	[58] = { LAYER_ICMP },
	[60] = { LAYER_IPV6_OPTIONS }, /* destination options */
	[97] = { LAYER_ETHERNET, TUNNEL_ETHERIP, 2 },
	[115] = { LAYER_L2TP3, TUNNEL_L2TP },
	[135] = { LAYER_IPV6_OPTIONS }, /* mobility */
	[137] = { LAYER_MPLS, TUNNEL_MPLS_IP },
	[139] = { LAYER_IPV6_OPTIONS }, /* HIP */
	[140] = { LAYER_IPV6_OPTIONS }, /* Shim6 */
	[143] = { LAYER_ETHERNET, TUNNEL_ETHERIP }, /* RFC 8986 */
};

enum layer protocol_layer(struct decap *d, uint8_t proto)
{
	struct packet *p = d->p;

	if (protocols[proto].layer == LAYER_NONE)
		return decap_drop(d, COUNT_drop_ip_no_transport);
	if (protocols[proto].tunnel) {
		p->tunnel = protocols[proto].tunnel;
		p->tunnel_id = 0;
		if (p->flow.family == 6 && p->tunnel == TUNNEL_IPIP)
			p->tunnel = TUNNEL_4IN6;
		else if (p->flow.family == 6 && p->tunnel == TUNNEL_6IN4)
			p->tunnel = TUNNEL_6IN6;
		wire_skip(&d->w, protocols[proto].skip);
	}
	return protocols[proto].layer;
}

static void keep_outer(struct decap *d)
{
	const uint8_t *h = d->w.data + d->outer;
	struct packet *p = d->p;

	p->outer_family = h[0] >> 4;
	if (p->outer_family == 6) {
		memcpy(p->outer_src, h + 8, 16);
		memcpy(p->outer_dst, h + 24, 16);
	} else {
		packet_map_ipv4(p->outer_src, h + 12);
		packet_map_ipv4(p->outer_dst, h + 16);
	}
}

/* A sound IP header of `total` bytes with what it holds was found at `l3`. */
static void enter(struct decap *d, uint32_t l3, uint32_t total, uint8_t family, uint8_t hop_limit)
{
	struct packet *p = d->p;

	if (++p->depth == 1)
		d->outer = l3;
	else if (p->outer_family == 0)
		keep_outer(d);
	p->flow.family = family;
	p->hop_limit = hop_limit;
	p->l3 = l3;
	d->told = l3 + total;
	if (d->w.len > d->told)
		d->w.len = d->told;
	p->l3_len = d->w.len - l3;
}

/* What doesn't fit the header's own lengths is malformed; what the capture cut is short. */
static enum layer header_error(struct decap *d)
{
	return decap_drop(d, d->told > d->w.len ? COUNT_drop_link_short : COUNT_drop_ip_malformed);
}

/* An IPv4 or IPv6 fragment whose bytes start at the cursor. A later one doesn't tell what it holds but by the
 * number, which is enough to leave out what can hold no DNS. A first one that the capture cut will never be
 * part of a whole: what there is of it is read at once. */
static enum layer fragment(struct decap *d, uint8_t proto, uint16_t offset, bool more, uint32_t id,
			   uint32_t header_len, uint32_t next_at)
{
	enum layer next = protocols[proto].layer;

	if (next == LAYER_NONE)
		return decap_drop(d, COUNT_drop_ip_no_transport);
	if (next == LAYER_ICMP)
		return decap_drop(d, COUNT_drop_icmp);
	if (offset == 0 && d->told > d->w.len)
		return protocol_layer(d, proto);
	d->fragment = (struct fragment){
		.data = d->w.data, .family = d->p->flow.family, .proto = proto, .more = more,
		.cut = d->told > d->w.len, .offset = offset, .id = id, .l3 = d->p->l3,
		.header_len = header_len,
		.next_at = next_at - d->p->l3, .payload = d->w.pos, .len = wire_left(&d->w),
	};
	return END_FRAGMENT;
}

enum layer layer_ipv4(struct decap *d)
{
	uint32_t l3 = d->w.pos;
	const uint8_t *h = wire_take(&d->w, IPV4_HEADER);

	if (!h)
		return decap_drop(d, COUNT_drop_link_short);
	uint32_t header = (h[0] & 0xf) * 4u, total = (uint32_t)h[2] << 8 | h[3];
	if (total == 0) /* a sending host's capture of a segment that its NIC has yet to split */
		total = d->told - l3;
	if (h[0] >> 4 != 4 || header < IPV4_HEADER || total < header)
		return decap_drop(d, COUNT_drop_ip_malformed);
	enter(d, l3, total, 4, h[8]);
	wire_skip(&d->w, header - IPV4_HEADER);
	if (d->w.error)
		return header_error(d);

	uint16_t bits = (uint16_t)(h[6] << 8 | h[7]);
	if (bits & (FRAGMENT_MORE | FRAGMENT_OFFSET))
		return fragment(d, h[9], (uint16_t)((bits & FRAGMENT_OFFSET) * 8), bits & FRAGMENT_MORE,
				(uint32_t)h[4] << 8 | h[5], header, l3);
	return protocol_layer(d, h[9]);
}

enum layer layer_ipv6(struct decap *d)
{
	uint32_t l3 = d->w.pos;
	const uint8_t *h = wire_take(&d->w, IPV6_HEADER);

	if (!h)
		return decap_drop(d, COUNT_drop_link_short);
	if (h[0] >> 4 != 6)
		return decap_drop(d, COUNT_drop_ip_malformed);
	uint32_t payload = (uint32_t)h[4] << 8 | h[5];
	if (payload == 0) /* a jumbogram (RFC 2675), or as above */
		payload = d->told - l3 - IPV6_HEADER;
	enter(d, l3, IPV6_HEADER + payload, 6, h[7]);
	d->next_at = l3 + 6;
	return protocol_layer(d, h[6]);
}

enum layer layer_ip(struct decap *d)
{
	struct wire ahead = d->w;

	switch (wire_u8(&ahead) >> 4) {
	case 4:
		return LAYER_IPV4;
	case 6:
		return LAYER_IPV6;
	default:
		return ahead.error ? decap_drop(d, COUNT_drop_link_short) : LAYER_NONE;
	}
}

/* A header of `unit` × (its length field + `more`) bytes in front of another one. */
static enum layer skip_header(struct decap *d, uint32_t unit, uint32_t more)
{
	uint32_t at = d->w.pos;
	uint8_t next = wire_u8(&d->w);
	uint32_t len = wire_u8(&d->w);

	wire_skip(&d->w, unit * (len + more) - 2);
	if (d->w.error)
		return header_error(d);
	d->next_at = at;
	return protocol_layer(d, next);
}

enum layer layer_ipv6_options(struct decap *d)
{
	if (d->p->flow.family != 6)
		return decap_drop(d, COUNT_drop_ip_no_transport);
	return skip_header(d, 8, 1);
}

enum layer layer_ah(struct decap *d)
{
	return skip_header(d, 4, 2);
}

enum layer layer_ipv6_fragment(struct decap *d)
{
	uint32_t at = d->w.pos;
	const uint8_t *h = wire_take(&d->w, 8);

	if (!h)
		return header_error(d);
	if (d->p->flow.family != 6)
		return decap_drop(d, COUNT_drop_ip_no_transport);
	uint16_t bits = (uint16_t)(h[2] << 8 | h[3]);
	if ((bits & 0xfff9) == 0) { /* atomic (RFC 6946): whole as it is */
		d->next_at = at;
		return protocol_layer(d, h[0]);
	}
	uint32_t id = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	uint32_t before = d->next_at;
	d->next_at = at;
	return fragment(d, h[0], bits & 0xfff8, bits & 1, id, at - d->p->l3, before);
}

enum layer layer_icmp(struct decap *d)
{
	return decap_drop(d, COUNT_drop_icmp);
}
