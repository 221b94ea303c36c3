// SPDX-License-Identifier: BSD-3-Clause
/* GRE (RFC 2784, 2890), enhanced GRE (RFC 2637), NVGRE (RFC 7637) and ERSPAN (draft-foschiano-erspan). */
#include "packet/layer.h"

#define CHECKSUM 0x8000
#define ROUTING 0x4000
#define KEY 0x2000
#define SEQUENCE 0x1000
#define ACKNOWLEDGEMENT 0x0080
#define VERSION 0x0007

#define TYPE_BRIDGED 0x6558
#define TYPE_ERSPAN_1_2 0x88be
#define TYPE_ERSPAN_3 0x22eb
#define TYPE_WCCP 0x883e

/* Source route entries of RFC 1701 up to the empty one. */
static void skip_routes(struct wire *w)
{
	uint8_t len;

	do {
		wire_skip(w, 3);
		len = wire_u8(w);
		wire_skip(w, len);
	} while (len && !w->error);
}

static enum layer erspan_2(struct decap *d)
{
	uint32_t header = wire_u32(&d->w);

	wire_skip(&d->w, 4);
	d->p->tunnel_id = header & 0x3ff;
	return LAYER_ETHERNET;
}

static enum layer erspan_3(struct decap *d)
{
	uint32_t header = wire_u32(&d->w);

	wire_skip(&d->w, 6);
	uint16_t flags = wire_u16(&d->w);
	if (flags & 1)
		wire_skip(&d->w, 8);
	d->p->tunnel_id = header & 0x3ff;
	switch (flags >> 10 & 0x1f) { /* type of the frame */
	case 0:
		return LAYER_ETHERNET;
	case 2:
		return LAYER_IP;
	default:
		return LAYER_NONE;
	}
}

/* Redirected by a router to a cache: WCCP version 2 has 4 bytes in front of the packet, version 1 has
 * none. */
static enum layer wccp(struct decap *d)
{
	if (wire_left(&d->w) && d->w.data[d->w.pos] >> 4 != 4)
		wire_skip(&d->w, 4);
	return LAYER_IPV4;
}

static enum layer payload(struct decap *d, uint16_t flags, uint16_t type)
{
	switch (type) {
	case TYPE_ERSPAN_1_2:
		d->p->tunnel = TUNNEL_ERSPAN;
		return flags & SEQUENCE ? erspan_2(d) : LAYER_ETHERNET;
	case TYPE_ERSPAN_3:
		d->p->tunnel = TUNNEL_ERSPAN;
		return erspan_3(d);
	case TYPE_BRIDGED:
		if ((flags & (CHECKSUM | KEY | SEQUENCE)) == KEY) {
			d->p->tunnel = TUNNEL_NVGRE;
			d->p->tunnel_id >>= 8; /* the rest is a hash of the flow */
		}
		return LAYER_ETHERNET;
	case TYPE_WCCP:
		return wccp(d);
	default:
		return type < 0x600 ? LAYER_NONE : ethertype_layer(d, type);
	}
}

enum layer layer_gre(struct decap *d)
{
	uint16_t flags = wire_u16(&d->w), type = wire_u16(&d->w);

	if ((flags & VERSION) > 1)
		return LAYER_NONE;
	if (flags & (CHECKSUM | ROUTING))
		wire_skip(&d->w, 4);
	if (flags & KEY)
		d->p->tunnel_id = wire_u32(&d->w);
	if (flags & SEQUENCE)
		wire_skip(&d->w, 4);
	if ((flags & VERSION) == 1) {
		d->p->tunnel_id &= 0xffff; /* the upper half is a length */
		if (flags & ACKNOWLEDGEMENT)
			wire_skip(&d->w, 4);
	}
	if (flags & ROUTING)
		skip_routes(&d->w);
	return payload(d, flags, type);
}
