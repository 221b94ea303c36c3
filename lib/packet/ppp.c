// SPDX-License-Identifier: BSD-3-Clause
/* PPP (RFC 1661) and what carries it: HDLC framing (RFC 1662), Cisco's own, PPPoE (RFC 2516), frame relay
 * (RFC 2427). */
#include "packet/layer.h"

static const struct {
	uint16_t proto;
	uint8_t layer; /* enum layer */
	uint8_t skip;  /* bytes in front of it */
} protocols[] = {
	{ 0x0021, LAYER_IPV4, 0 },
	{ 0x0057, LAYER_IPV6, 0 },
	{ 0x0281, LAYER_MPLS, 0 },
	{ 0x0283, LAYER_MPLS, 0 },
	{ 0x0031, LAYER_ETHERNET, 2 }, /* bridging (RFC 3518): flags, type of the network */
};

/* The byte at the cursor; 0 where there is none. */
static uint8_t peek(const struct decap *d)
{
	return wire_left(&d->w) ? d->w.data[d->w.pos] : 0;
}

enum layer layer_ppp(struct decap *d)
{
	if (peek(d) == 0xff) /* address and control, where they aren't compressed away */
		wire_skip(&d->w, 2);
	uint16_t proto = wire_u8(&d->w);
	if (!(proto & 1)) /* an odd first byte is the whole number (RFC 1661 §6.5) */
		proto = (uint16_t)(proto << 8 | wire_u8(&d->w));
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (protocols[i].proto != proto)
			continue;
		wire_skip(&d->w, protocols[i].skip);
		return protocols[i].layer;
	}
	return LAYER_NONE;
}

enum layer layer_hdlc(struct decap *d)
{
	uint8_t address = peek(d);

	if (address != 0x0f && address != 0x8f)
		return LAYER_PPP;
	wire_skip(&d->w, 2);
	return LAYER_TYPE;
}

enum layer layer_pppoe(struct decap *d)
{
	uint16_t version_code = wire_u16(&d->w);

	wire_skip(&d->w, 4); /* session and length; IP tells its own */
	return version_code == 0x1100 ? LAYER_PPP : LAYER_NONE;
}

enum layer layer_frame_relay(struct decap *d)
{
	unsigned n = 0;
	uint8_t address;

	do
		address = wire_u8(&d->w);
	while (!(address & 1) && ++n < 4 && !d->w.error);
	if (peek(d) != 3) /* Cisco's encapsulation has an ethertype there */
		return LAYER_TYPE;
	wire_skip(&d->w, 1);
	if (peek(d) == 0)
		wire_skip(&d->w, 1);
	return LAYER_NLPID;
}
