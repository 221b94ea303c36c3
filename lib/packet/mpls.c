// SPDX-License-Identifier: BSD-3-Clause
/* MPLS label stacks (RFC 3032) and the Ethernet pseudowires in them (RFC 4448). Nothing in the packet says
 * what a label carries: it is read off the first nibble, as routers that balance load do (RFC 4928), and off
 * what makes sense. */
#include "packet/layer.h"

#define BOTTOM_OF_STACK 0x100
#define CONTROL_WORD 4

/* A header at the cursor that looks like IPv4's. */
static bool ipv4_plausible(const struct decap *d)
{
	struct wire w = d->w;
	const uint8_t *h = wire_take(&w, 20);

	if (!h)
		return false;
	uint32_t header = (h[0] & 0xf) * 4u, total = (uint32_t)h[2] << 8 | h[3];
	return header >= 20 && total >= header && total <= d->told - d->w.pos;
}

static enum layer guess(struct decap *d)
{
	if (wire_left(&d->w) == 0)
		return decap_drop(d, COUNT_drop_link_short);
	uint8_t nibble = d->w.data[d->w.pos] >> 4;

	if (nibble == 0 && ethernet_plausible(d, CONTROL_WORD)) {
		wire_skip(&d->w, CONTROL_WORD);
		return LAYER_ETHERNET;
	}
	if ((nibble == 4 && ipv4_plausible(d)) || (nibble == 6 && !ethernet_plausible(d, 0)))
		return LAYER_IP;
	return ethernet_plausible(d, 0) ? LAYER_ETHERNET : nibble == 4 ? LAYER_IPV4 : LAYER_NONE;
}

enum layer layer_mpls(struct decap *d)
{
	uint32_t entry;

	do {
		entry = wire_u32(&d->w);
		if (d->w.error)
			return decap_drop(d, COUNT_drop_link_short);
		if (d->p->mpls == UINT32_MAX)
			d->p->mpls = entry >> 12;
	} while (!(entry & BOTTOM_OF_STACK));
	return guess(d);
}
