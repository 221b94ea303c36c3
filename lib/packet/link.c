// SPDX-License-Identifier: BSD-3-Clause
/* Link types of capture files (https://www.tcpdump.org/linktypes.html) and those of their headers that have
 * no file of their own. */
#include "packet/layer.h"

/* `skip` bytes go before `layer`. */
static const struct {
	uint8_t layer; /* enum layer */
	uint8_t skip;
} links[] = {
	[0] = { LAYER_NULL, 0 },
	[LINKTYPE_ETHERNET] = { LAYER_ETHERNET, 0 },
	[6] = { LAYER_TOKEN_RING, 0 },
	[8] = { LAYER_IP, 16 },        /* SLIP */
	[9] = { LAYER_PPP, 0 },
	[10] = { LAYER_FDDI, 0 },
	[12] = { LAYER_IP, 0 },        /* raw IP, by the numbers that some systems write */
	[14] = { LAYER_IP, 0 },
	[50] = { LAYER_HDLC, 0 },      /* PPP or Cisco's HDLC on serial lines */
	[51] = { LAYER_PPPOE, 0 },
	[100] = { LAYER_LLC, 0 },      /* ATM (RFC 2684) */
	[LINKTYPE_RAW] = { LAYER_IP, 0 },
	[104] = { LAYER_HDLC, 0 },
	[105] = { LAYER_WLAN, 0 },
	[106] = { LAYER_LLC, 0 },      /* classical IP over ATM */
	[107] = { LAYER_FRAME_RELAY, 0 },
	[108] = { LAYER_NULL, 0 },     /* OpenBSD's loopback */
	[109] = { LAYER_IP, 12 },      /* OpenBSD's encapsulating interface */
	[113] = { LAYER_SLL, 0 },
	[117] = { LAYER_PFLOG, 0 },
	[119] = { LAYER_PRISM, 0 },
	[122] = { LAYER_LLC, 16 },     /* IP over Fibre Channel */
	[123] = { LAYER_LLC, 4 },      /* SunATM */
	[127] = { LAYER_RADIOTAP, 0 },
	[138] = { LAYER_TYPE, 16 },    /* IP over Firewire */
	[149] = { LAYER_PKTAP, 0 },    /* where PKTAP had no number yet */
	[163] = { LAYER_PRISM, 0 },    /* AVS */
	[166] = { LAYER_PPP, 2 },      /* pppd: direction, control */
	[167] = { LAYER_JUNIPER_ETHERNET, 0 },
	[168] = { LAYER_JUNIPER_TYPE, 0 },
	[178] = { LAYER_JUNIPER_ETHERNET, 0 },
	[179] = { LAYER_JUNIPER_PPP, 0 },
	[180] = { LAYER_JUNIPER_FRAME_RELAY, 0 },
	[181] = { LAYER_JUNIPER_HDLC, 0 },
	[192] = { LAYER_PPI, 0 },
	[197] = { LAYER_ERF, 0 },
	[204] = { LAYER_PPP, 1 },      /* with the direction in front */
	[205] = { LAYER_HDLC, 1 },
	[206] = { LAYER_FRAME_RELAY, 1 },
	[219] = { LAYER_MPLS, 0 },
	[226] = { LAYER_IP, 24 },      /* Solaris's ipnet */
	[228] = { LAYER_IP, 0 },       /* IPv4 and IPv6 alone: read by the version all the same */
	[229] = { LAYER_IP, 0 },
	[239] = { LAYER_NFLOG, 0 },
	[240] = { LAYER_ETHERNET, 4 }, /* netANALYZER, without preamble and with it */
	[241] = { LAYER_ETHERNET, 12 },
	[242] = { LAYER_IPOIB, 40 },
	[258] = { LAYER_PKTAP, 0 },
	[259] = { LAYER_ETHERNET, 8 }, /* EPON's preamble */
	[274] = { LAYER_ETHERNET, 8 }, /* with its preamble */
	[276] = { LAYER_SLL2, 0 },
	[281] = { LAYER_TYPE, 16 },    /* switch tags behind the addresses: Broadcom's */
	[282] = { LAYER_ETHERNET, 4 }, /* or in front of them */
	[283] = { LAYER_TYPE, 16 },    /* Marvell's DSA */
	[284] = { LAYER_TYPE, 20 },    /* and with an ethertype of its own */
};

bool link_known(uint32_t linktype)
{
	return linktype < sizeof(links) / sizeof(*links) && links[linktype].layer != LAYER_NONE;
}

enum layer link_layer(struct decap *d, uint32_t linktype)
{
	if (!link_known(linktype))
		return decap_drop(d, COUNT_drop_link_type);
	wire_skip(&d->w, links[linktype].skip);
	return links[linktype].layer;
}

static uint32_t swap(uint32_t value)
{
	return __builtin_bswap32(value);
}

/* An address family in the byte order of whoever captured. */
enum layer layer_null(struct decap *d)
{
	uint32_t family = wire_u32(&d->w);

	if (family > UINT16_MAX)
		family = swap(family);
	switch (family) {
	case 2: /* IPv4 on each system */
	case 10: /* IPv6 on Linux, Windows, BSD/OS and its heirs, FreeBSD, macOS */
	case 23:
	case 24:
	case 28:
	case 30:
		return LAYER_IP;
	default:
		return LAYER_NONE;
	}
}

/* What Linux's cooked headers hold, by the type of the device and by an ethertype or a number of Linux's
 * own. */
static enum layer cooked(struct decap *d, uint16_t device, uint16_t type)
{
	switch (device) {
	case 801:
		return LAYER_WLAN;
	case 802:
		return LAYER_PRISM;
	case 803:
		return LAYER_RADIOTAP;
	case 824: /* netlink */
		return LAYER_NONE;
	default:
		return type == 4 ? LAYER_LLC : type <= 1500 ? LAYER_NONE : ethertype_layer(d, type);
	}
}

enum layer layer_sll(struct decap *d)
{
	wire_skip(&d->w, 2);
	uint16_t device = wire_u16(&d->w);
	wire_skip(&d->w, 10);
	return cooked(d, device, wire_u16(&d->w));
}

enum layer layer_sll2(struct decap *d)
{
	uint16_t type = wire_u16(&d->w);
	wire_skip(&d->w, 6);
	uint16_t device = wire_u16(&d->w);
	wire_skip(&d->w, 10);
	return cooked(d, device, type);
}

enum layer layer_ppi(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 8);

	if (!h)
		return LAYER_NONE;
	uint32_t len = (uint32_t)h[3] << 8 | h[2];
	if (len < 8)
		return LAYER_NONE;
	wire_skip(&d->w, len - 8);
	return link_layer(d, (uint32_t)h[7] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[5] << 8 | h[4]);
}

/* Apple's: length, type of the record, link type …, all little-endian. */
enum layer layer_pktap(struct decap *d)
{
	uint32_t len = swap(wire_u32(&d->w)), type = swap(wire_u32(&d->w)), linktype = swap(wire_u32(&d->w));

	if (len < 12 || type != 1)
		return LAYER_NONE;
	wire_skip(&d->w, len - 12);
	return link_layer(d, linktype);
}

/* Attributes of length, type and value, padded to 4 bytes, in the byte order of whoever captured; one is the
 * packet. */
enum layer layer_nflog(struct decap *d)
{
	struct wire *w = &d->w;

	wire_skip(w, 4);
	while (wire_left(w) >= 4) {
		uint32_t len = __builtin_bswap16(wire_u16(w)), type = __builtin_bswap16(wire_u16(w)) & 0x7fff;
		if (len < 4 || len - 4 > d->told - w->pos) {
			len = __builtin_bswap16((uint16_t)len);
			type = __builtin_bswap16((uint16_t)type);
		}
		if (len < 4)
			return LAYER_NONE;
		if (type == 9)
			return LAYER_IP;
		wire_skip(w, (len + 3) / 4 * 4 - 4);
	}
	return LAYER_NONE;
}

enum layer layer_fddi(struct decap *d)
{
	uint8_t control = wire_u8(&d->w);

	wire_skip(&d->w, 12);
	return (control & 0xf0) == 0x50 ? LAYER_LLC : LAYER_NONE;
}

enum layer layer_token_ring(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 14);

	if (!h)
		return LAYER_NONE;
	if ((h[1] & 0xc0) != 0x40)
		return LAYER_NONE;
	if (h[8] & 0x80) { /* a route */
		uint32_t len = wire_u8(&d->w) & 0x1f;
		if (len < 2)
			return LAYER_NONE;
		wire_skip(&d->w, len - 1);
	}
	return LAYER_LLC;
}

enum layer layer_pflog(struct decap *d)
{
	uint32_t len = (wire_u8(&d->w) + 3u) / 4 * 4;

	if (len == 0)
		return LAYER_NONE;
	wire_skip(&d->w, len - 1);
	return LAYER_IP;
}

enum layer layer_ipoib(struct decap *d)
{
	uint16_t type = wire_u16(&d->w);

	wire_skip(&d->w, 2);
	return type <= 1500 ? LAYER_NONE : ethertype_layer(d, type);
}

/* Endace's record: time, type, flags, lengths; then extension headers and, for Ethernet, two bytes. */
enum layer layer_erf(struct decap *d)
{
	const uint8_t *h = wire_take(&d->w, 16);
	uint8_t more = h ? h[8] & 0x80 : 0;

	while (more) {
		more = wire_u8(&d->w) & 0x80;
		wire_skip(&d->w, 7);
	}
	switch (h ? h[8] & 0x7f : 0) {
	case 2: /* Ethernet, and its forms with other flags */
	case 11:
	case 16:
	case 20:
		wire_skip(&d->w, 2);
		return LAYER_ETHERNET;
	case 1: /* HDLC likewise */
	case 10:
	case 15:
	case 19:
		return LAYER_HDLC;
	case 22:
	case 23:
		return LAYER_IP;
	default:
		return LAYER_NONE;
	}
}

/* Magic number, flags, extensions; without a layer 2, four bytes and IP follow. */
static enum layer juniper(struct decap *d, enum layer next)
{
	uint32_t magic = wire_u32(&d->w);

	if (magic >> 8 != 0x4d4743)
		return LAYER_NONE;
	if (magic & 0x80)
		wire_skip(&d->w, wire_u16(&d->w));
	if (magic & 0x02) {
		wire_skip(&d->w, 4);
		return LAYER_IP;
	}
	return next;
}

enum layer layer_juniper_ethernet(struct decap *d)
{
	return juniper(d, LAYER_ETHERNET);
}

enum layer layer_juniper_type(struct decap *d)
{
	return juniper(d, LAYER_TYPE);
}

enum layer layer_juniper_ppp(struct decap *d)
{
	return juniper(d, LAYER_PPP);
}

enum layer layer_juniper_frame_relay(struct decap *d)
{
	return juniper(d, LAYER_FRAME_RELAY);
}

enum layer layer_juniper_hdlc(struct decap *d)
{
	return juniper(d, LAYER_HDLC);
}
