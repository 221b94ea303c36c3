// SPDX-License-Identifier: BSD-3-Clause
/** @file Types with rules of their own: bitmaps, address lists, gateways. */
#include "dns/name.h"
#include "dns/rdata_kinds.h"

#include <string.h>

/* The types whose bits are set in n bytes, the first of which stands for types `base` … `base` + 7. */
static void bits_text(struct rdata *r, const uint8_t *p, uint32_t n, uint32_t base)
{
	for (uint32_t i = 0; i < 8 * n; i++)
		if (p[i / 8] & 0x80 >> i % 8)
			rdata_type_text(r, (uint16_t)(base + i));
}

/* Windows in ascending order, each of 1 … 32 bytes (RFC 4034 §4.1.2); none at all where nothing is set. */
void rdata_bitmap(struct rdata *r)
{
	int32_t last = -1;

	while (wire_left(&r->w)) {
		uint8_t window = wire_u8(&r->w), n = wire_u8(&r->w);
		const uint8_t *p = wire_take(&r->w, n);
		if (!p || !n || n > 32 || window <= last) {
			rdata_malformed(r);
			return;
		}
		last = window;
		if (r->o)
			bits_text(r, p, n, 256u * window);
	}
}

/* One bitmap of types 0 … 127 (RFC 2535 §5.2); bit 0 says that it is of another form, which nobody
 * defined. */
void rdata_nxt_bitmap(struct rdata *r)
{
	uint32_t n = wire_left(&r->w);
	const uint8_t *p = wire_take(&r->w, n);

	if (!n || !p || n > 16)
		rdata_malformed(r);
	else if (p[0] & 0x80)
		rdata_opaque(r);
	else if (r->o)
		bits_text(r, p, n, 0);
}

/* Address, protocol and the ports whose bits are set (RFC 1035 §3.4.2), in numbers: names of services
 * are another machine's. */
void rdata_wks(struct rdata *r)
{
	rdata_ipv4(r);
	rdata_u8(r);
	uint32_t n = wire_left(&r->w);
	const uint8_t *p = wire_take(&r->w, n);

	if (n > 8192)
		rdata_malformed(r);
	if (!r->o || r->w.error)
		return;
	for (uint32_t i = 0; i < 8 * n; i++)
		if (p[i / 8] & 0x80 >> i % 8)
			out_dec(rdata_field(r), i);
}

/* An address of `family` (1: IPv4, 2: IPv6) from its first n bytes. */
static void address_text(struct out *o, unsigned family, const uint8_t *p, uint32_t n)
{
	uint8_t addr[16] = { 0 };

	if (n)
		memcpy(addr, p, n);
	if (family == 1)
		out_ipv4(o, addr);
	else
		out_ipv6(o, addr);
}

/* Items of family, prefix length, `!` and the address without its zeros at the end (RFC 3123 §4). */
void rdata_apl(struct rdata *r)
{
	while (wire_left(&r->w)) {
		unsigned family = wire_u16(&r->w), prefix = wire_u8(&r->w), flags = wire_u8(&r->w);
		uint32_t n = flags & 0x7f;
		const uint8_t *p = wire_take(&r->w, n);
		if (r->w.error)
			return;
		if (family != 1 && family != 2) {
			rdata_opaque(r);
			return;
		}
		if (n > (family == 1 ? 4 : 16) || prefix > (family == 1 ? 32 : 128)) {
			rdata_malformed(r);
			return;
		}
		struct out *o = rdata_field(r);
		if (!o)
			continue;
		if (flags & 0x80)
			out_u8(o, '!');
		out_dec(o, family);
		out_u8(o, ':');
		address_text(o, family, p, n);
		out_u8(o, '/');
		out_dec(o, prefix);
	}
}

/* An AESA in hex or an E.164 number (ATM Name System, §4.1). */
void rdata_atma(struct rdata *r)
{
	uint8_t format = wire_u8(&r->w);
	uint32_t n = wire_left(&r->w);
	const uint8_t *p = r->w.data + r->w.pos;

	if (format == 0) {
		rdata_hex(r);
		return;
	}
	for (uint32_t i = 0; format == 1 && i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			rdata_malformed(r);
	if (!n)
		rdata_malformed(r);
	if (format > 1) {
		rdata_opaque(r);
		return;
	}
	wire_skip(&r->w, n);
	struct out *o = rdata_field(r);
	if (o && !r->w.error) {
		out_u8(o, '+');
		out_mem(o, p, n);
	}
}

/* Prefix length, the suffix that isn't in the prefix, the name that has the prefix (RFC 2874 §3.1). */
void rdata_a6(struct rdata *r)
{
	uint32_t prefix = wire_u8(&r->w), n = (128 - prefix + 7) / 8;

	if (r->w.error || prefix > 128) {
		rdata_malformed(r);
		return;
	}
	const uint8_t *p = wire_take(&r->w, n);
	struct out *o = rdata_field(r);
	if (o && p) {
		out_dec(o, prefix);
		if (n) {
			uint8_t addr[16] = { 0 };
			memcpy(addr + 16 - n, p, n);
			out_u8(o, ' ');
			out_ipv6(o, addr);
		}
	}
	if (prefix && p)
		rdata_name(r);
}

/* Algorithm, identity tag and key, then rendezvous servers (RFC 8005 §5), whose names must not be
 * compressed: each takes its bytes here, so that one record's text can't grow out of all proportion. */
void rdata_hip(struct rdata *r)
{
	uint32_t tag_len = wire_u8(&r->w), algorithm = wire_u8(&r->w), key_len = wire_u16(&r->w);
	const uint8_t *tag = wire_take(&r->w, tag_len);
	const uint8_t *key = wire_take(&r->w, key_len);

	if (!tag || !key || !tag_len || !key_len) {
		rdata_malformed(r);
		return;
	}
	struct out *o = rdata_field(r);
	if (o) {
		out_dec(o, algorithm);
		out_u8(o, ' ');
		out_hex_upper(o, tag, tag_len);
		out_u8(o, ' ');
		out_base64(o, key, key_len);
	}
	while (wire_left(&r->w)) {
		if (dns_name_plain_size(r->w.data, r->w.len, r->w.pos))
			rdata_name(r);
		else
			rdata_malformed(r);
	}
}

/* A gateway by its type: none, IPv4, IPv6, a name (RFC 4025 §2.3, RFC 8777 §4.2.4). */
static void gateway(struct rdata *r, unsigned type)
{
	struct out *o;

	switch (type) {
	case 0:
		o = rdata_field(r);
		if (o)
			out_u8(o, '.');
		break;
	case 1:
		rdata_ipv4(r);
		break;
	case 2:
		rdata_ipv6(r);
		break;
	case 3:
		rdata_name(r);
		break;
	default:
		rdata_opaque(r);
	}
}

void rdata_ipseckey(struct rdata *r)
{
	uint32_t start = r->w.pos;

	rdata_u8(r);
	rdata_u8(r);
	rdata_u8(r);
	if (r->w.error)
		return;
	gateway(r, r->w.data[start + 1]);
	if (!r->w.error && !r->opaque)
		rdata_base64_optional(r);
}

/* The discovery bit shares its byte with the type. */
void rdata_amtrelay(struct rdata *r)
{
	rdata_u8(r);
	unsigned type = wire_u8(&r->w);
	struct out *o = rdata_field(r);

	if (o) {
		out_dec(o, type >> 7);
		out_u8(o, ' ');
		out_dec(o, type & 0x7f);
	}
	if (!r->w.error)
		gateway(r, type & 0x7f);
}
