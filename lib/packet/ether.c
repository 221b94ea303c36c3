// SPDX-License-Identifier: BSD-3-Clause
/* Ethernet (IEEE 802.3), its tags, LLC and SNAP (IEEE 802.2), and what ethertypes stand for. */
#include "packet/layer.h"

#define VLAN_ID_MASK 0x0fff
#define LENGTH_MAX 1500 /* a type up to here is a length, and LLC follows */

/* `skip` bytes of its header go before `layer`. */
static const struct {
	uint16_t type;
	uint8_t layer; /* enum layer */
	uint8_t skip;
} ethertypes[] = {
	{ 0x0800, LAYER_IPV4, 0 },
	{ 0x86dd, LAYER_IPV6, 0 },
	{ 0x8100, LAYER_VLAN, 0 },     /* 802.1Q */
	{ 0x88a8, LAYER_VLAN, 0 },     /* 802.1ad */
	{ 0x9100, LAYER_VLAN, 0 },     /* QinQ before it had a number of its own */
	{ 0x9200, LAYER_VLAN, 0 },
	{ 0x8847, LAYER_MPLS, 0 },
	{ 0x8848, LAYER_MPLS, 0 },     /* with labels of the upstream's */
	{ 0x8864, LAYER_PPPOE, 0 },
	{ 0x6558, LAYER_ETHERNET, 0 }, /* bridged, in GRE and GENEVE */
	{ 0x88e7, LAYER_ETHERNET, 4 }, /* 802.1ah: I-TAG */
	{ 0x894f, LAYER_NSH, 0 },
	{ 0x880b, LAYER_PPP, 0 },
	{ 0x8903, LAYER_ETHERNET, 2 }, /* FabricPath */
	{ 0x8909, LAYER_TYPE, 6 },     /* Cisco MetaData */
	{ 0x8926, LAYER_TYPE, 4 },     /* VN-Tag */
	{ 0x893f, LAYER_TYPE, 6 },     /* 802.1BR: E-TAG */
	{ 0x892f, LAYER_TYPE, 4 },     /* HSR */
	{ 0xf1c1, LAYER_TYPE, 4 },     /* 802.1CB: R-TAG */
};

/* Row of an ethertype, or -1. */
static int find(uint16_t type)
{
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(*ethertypes); i++)
		if (ethertypes[i].type == type)
			return (int)i;
	return -1;
}

enum layer ethertype_layer(struct decap *d, uint16_t type)
{
	if (type <= LENGTH_MAX)
		return LAYER_LLC;
	int row = find(type);
	if (row < 0)
		return LAYER_NONE;
	wire_skip(&d->w, ethertypes[row].skip);
	return ethertypes[row].layer;
}

bool ethernet_plausible(const struct decap *d, uint32_t ahead)
{
	struct wire w = d->w;

	wire_skip(&w, ahead + 12);
	uint16_t type = wire_u16(&w);
	if (w.error)
		return false;
	if (type > LENGTH_MAX)
		return find(type) >= 0;
	uint16_t sap = wire_u16(&w);
	return wire_u8(&w) == 3 && (sap == 0xaaaa || sap == 0x0606) && !w.error;
}

enum layer layer_type(struct decap *d)
{
	uint16_t type = wire_u16(&d->w);

	return ethertype_layer(d, type);
}

enum layer layer_ethernet(struct decap *d)
{
	wire_skip(&d->w, 12);
	return layer_type(d);
}

enum layer layer_vlan(struct decap *d)
{
	uint16_t id = wire_u16(&d->w) & VLAN_ID_MASK;

	if (!d->w.error) {
		if (d->p->vlan == VLAN_NONE)
			d->p->vlan = id;
		else if (d->p->vlan_inner == VLAN_NONE)
			d->p->vlan_inner = id;
	}
	return layer_type(d);
}

enum layer layer_llc(struct decap *d)
{
	uint16_t sap = wire_u16(&d->w);
	uint8_t control = wire_u8(&d->w);

	if (control != 3) /* unnumbered information */
		return LAYER_NONE;
	switch (sap) {
	case 0xaaaa:
		return LAYER_SNAP;
	case 0x0606:
		return LAYER_IPV4;
	case 0xfefe:
		return LAYER_NLPID;
	default:
		return LAYER_NONE;
	}
}

enum layer layer_snap(struct decap *d)
{
	uint32_t oui = (uint32_t)wire_u8(&d->w) << 16;
	oui |= wire_u16(&d->w);
	uint16_t type = wire_u16(&d->w);

	/* bridged Ethernet, with its checksum or without (RFC 2684) */
	if (oui == 0x0080c2 && (type == 1 || type == 7))
		return LAYER_ETHERNET;
	if ((oui == 0 || oui == 0x0000f8) && type > LENGTH_MAX)
		return ethertype_layer(d, type);
	return LAYER_NONE;
}

/* Network layer protocol identifiers of ISO/IEC TR 9577. */
enum layer layer_nlpid(struct decap *d)
{
	uint8_t id = wire_u8(&d->w);

	switch (id) {
	case 0xcc:
		return LAYER_IPV4;
	case 0x8e:
		return LAYER_IPV6;
	case 0x80:
		return LAYER_SNAP;
	default:
		return LAYER_NONE;
	}
}
