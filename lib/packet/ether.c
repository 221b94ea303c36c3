// SPDX-License-Identifier: BSD-3-Clause
/* Ethernet (IEEE 802.3), its tags, and what ethertypes stand for. */
#include "packet/layer.h"

#define VLAN_ID_MASK 0x0fff

static const struct {
	uint16_t type;
	uint8_t layer; /* enum layer */
} ethertypes[] = {
	{ 0x0800, LAYER_IPV4 },
	{ 0x86dd, LAYER_IPV6 },
	{ 0x8100, LAYER_VLAN }, /* 802.1Q */
	{ 0x88a8, LAYER_VLAN }, /* 802.1ad */
	{ 0x9100, LAYER_VLAN }, /* QinQ before it had a number of its own */
	{ 0x9200, LAYER_VLAN },
};

enum layer ethertype_layer(struct decap *d, uint16_t type)
{
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(*ethertypes); i++)
		if (ethertypes[i].type == type)
			return ethertypes[i].layer;
	return decap_drop(d, COUNT_drop_not_ip);
}

enum layer layer_ethernet(struct decap *d)
{
	wire_skip(&d->w, 12);
	uint16_t type = wire_u16(&d->w);

	if (d->w.error)
		return decap_drop(d, COUNT_drop_link_short);
	return ethertype_layer(d, type);
}

enum layer layer_vlan(struct decap *d)
{
	uint16_t id = wire_u16(&d->w) & VLAN_ID_MASK;
	uint16_t type = wire_u16(&d->w);

	if (d->w.error)
		return decap_drop(d, COUNT_drop_link_short);
	if (d->p->vlan == VLAN_NONE)
		d->p->vlan = id;
	else if (d->p->vlan_inner == VLAN_NONE)
		d->p->vlan_inner = id;
	return ethertype_layer(d, type);
}
