// SPDX-License-Identifier: BSD-3-Clause
/* Tunnels in UDP, by the port of either end: most send to it, some answer from it. A port is a guess:
 * decap_run() takes it back where what is inside makes no sense. */
#include "packet/layer.h"
#include "packet/tunnel.h"

const struct tunnel_port tunnel_ports[] = {
	{ 4789, LAYER_VXLAN, TUNNEL_VXLAN }, /* RFC 7348 */
	{ 8472, LAYER_VXLAN, TUNNEL_VXLAN }, /* Linux, before that */
	{ 4790, LAYER_VXLAN_GPE, TUNNEL_VXLAN_GPE }, /* draft-ietf-nvo3-vxlan-gpe */
	{ 6081, LAYER_GENEVE, TUNNEL_GENEVE }, /* RFC 8926 */
	{ 2152, LAYER_GTPU, TUNNEL_GTPU }, /* 3GPP TS 29.281 */
	{ 3544, LAYER_TEREDO, TUNNEL_TEREDO }, /* RFC 4380 */
	{ 1701, LAYER_L2TP, TUNNEL_L2TP }, /* RFC 2661, 3931 */
	{ 4341, LAYER_LISP, TUNNEL_LISP }, /* RFC 9300 */
	{ 4754, LAYER_GRE, TUNNEL_GRE_UDP }, /* RFC 8086 */
	{ 6635, LAYER_MPLS, TUNNEL_MPLS_UDP }, /* RFC 7510 */
	{ 0 },
};

static const struct tunnel_port *find(uint16_t sport, uint16_t dport)
{
	for (const struct tunnel_port *t = tunnel_ports; t->port; t++)
		if (t->port == dport || t->port == sport)
			return t;
	return NULL;
}

enum layer udp_tunnel_layer(struct decap *d, uint16_t sport, uint16_t dport)
{
	if (sport == 53 || dport == 53)
		return END_PASS;
	const struct tunnel_port *t = find(sport, dport);
	if (!t)
		return END_PASS;
	d->sound = *d->p;
	d->sound_set = true;
	d->p->tunnel = t->tunnel;
	d->p->tunnel_id = 0;
	return t->layer;
}

/* What "next protocol" means in VXLAN-GPE, LISP-GPE and NSH (RFC 8300 §2.2). */
static enum layer next_protocol(uint8_t next)
{
	static const uint8_t table[] = {
		[1] = LAYER_IPV4, [2] = LAYER_IPV6, [3] = LAYER_ETHERNET, [4] = LAYER_NSH, [5] = LAYER_MPLS,
	};

	return next < sizeof(table) ? table[next] : LAYER_NONE;
}

/* Header of 8 bytes: flags, reserved, a number of 24 bits. */
static enum layer vxlan(struct decap *d, bool generic)
{
	const uint8_t *h = wire_take(&d->w, 8);

	if (!h)
		return LAYER_NONE;
	if (!(h[0] & 0x08)) /* the VNI must be valid */
		return LAYER_NONE;
	d->p->tunnel_id = (uint32_t)h[4] << 16 | (uint32_t)h[5] << 8 | h[6];
	return generic && h[3] ? next_protocol(h[3]) : LAYER_ETHERNET;
}

enum layer layer_vxlan(struct decap *d)
{
	return vxlan(d, false);
}

enum layer layer_vxlan_gpe(struct decap *d)
{
	return vxlan(d, true);
}

enum layer layer_nsh(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 4);
	uint32_t len = h ? (h[1] & 0x3f) * 4u : 0;

	if (len < 8)
		return decap_drop(d, COUNT_drop_link_short);
	wire_skip(&d->w, len - 4);
	return next_protocol(h[3]);
}

enum layer layer_geneve(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 8);

	if (!h)
		return LAYER_NONE;
	uint16_t type = (uint16_t)(h[2] << 8 | h[3]);
	if (h[0] >> 6 != 0 || type < 0x600)
		return LAYER_NONE;
	wire_skip(&d->w, (h[0] & 0x3f) * 4u);
	d->p->tunnel_id = (uint32_t)h[4] << 16 | (uint32_t)h[5] << 8 | h[6];
	return ethertype_layer(d, type);
}

/* IP, or the Ethernet of a 5G session. */
static enum layer user_packet(struct decap *d)
{
	if (d->w.error || wire_left(&d->w) == 0)
		return decap_drop(d, COUNT_drop_link_short);
	uint8_t version = d->w.data[d->w.pos] >> 4;
	if (version == 4 || version == 6)
		return LAYER_IP;
	return ethernet_plausible(d, 0) ? LAYER_ETHERNET : LAYER_NONE;
}

enum layer layer_gtpu(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 8);

	if (!h)
		return LAYER_NONE;
	if (h[0] >> 4 != 3 || h[1] != 255) /* version 1, not GTP'; a user's packet */
		return LAYER_NONE;
	d->p->tunnel_id = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	if (!(h[0] & 7))
		return user_packet(d);
	wire_skip(&d->w, 3); /* sequence and N-PDU number */
	uint8_t next = wire_u8(&d->w);
	while (h[0] & 4 && next) {
		uint32_t len = wire_u8(&d->w) * 4u;
		if (len == 0)
			return LAYER_NONE;
		wire_skip(&d->w, len - 2);
		next = wire_u8(&d->w);
	}
	return user_packet(d);
}

enum layer layer_teredo(struct decap *d)
{
	struct wire *w = &d->w;
	struct wire ahead = *w;

	if (wire_u16(&ahead) == 1 && !ahead.error) { /* authentication */
		wire_skip(w, 2);
		uint32_t len = wire_u8(w);
		len += wire_u8(w);
		wire_skip(w, len + 9);
	}
	ahead = *w;
	if (wire_u16(&ahead) == 0 && !ahead.error) /* origin */
		wire_skip(w, 8);
	return LAYER_IPV6;
}

enum layer layer_lisp(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 8);

	if (!h)
		return LAYER_NONE;
	if (h[0] & 0x03) /* encrypted */
		return LAYER_NONE;
	if (h[0] & 0x08)
		d->p->tunnel_id = (uint32_t)h[4] << 16 | (uint32_t)h[5] << 8 | h[6];
	return h[0] & 0x04 ? next_protocol(h[3]) : LAYER_IP; /* RFC 9305, or as ever */
}

enum layer layer_l2tp3(struct decap *d)
{
	uint32_t session = wire_u32(&d->w);

	if (session == 0) /* a control message */
		return LAYER_NONE;
	d->p->tunnel_id = session;
	/* Cookie (0, 4 or 8 bytes) and sublayer (0 or 4) are agreed on out of sight. */
	for (uint32_t skip = 0; skip <= 12; skip += 4) {
		if (!ethernet_plausible(d, skip))
			continue;
		wire_skip(&d->w, skip);
		return LAYER_ETHERNET;
	}
	return LAYER_NONE;
}

enum layer layer_l2tp(struct decap *d)
{
	struct wire *w = &d->w;
	uint16_t flags = wire_u16(w);

	if (flags & 0x8000) /* a control message */
		return LAYER_NONE;
	if ((flags & 0xf) == 3) {
		wire_skip(w, 2);
		return LAYER_L2TP3;
	}
	if ((flags & 0xf) != 2)
		return LAYER_NONE;
	if (flags & 0x4000)
		wire_skip(w, 2);
	d->p->tunnel_id = wire_u32(w);
	if (flags & 0x0800)
		wire_skip(w, 4);
	if (flags & 0x0200)
		wire_skip(w, wire_u16(w));
	return LAYER_PPP;
}
