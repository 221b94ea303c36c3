// SPDX-License-Identifier: BSD-3-Clause
/** @file Names, numbers, addresses, digests: the plain fields of record data. */
#include "dns/name.h"
#include "dns/rdata_kinds.h"
#include "dns/types.h"

#include <string.h>

/* What was sound once is so for every later pointer to it: so many names that share one deep one cost no
 * more than others. */
static int32_t check_name(const struct rdata *r)
{
	const uint8_t *at = r->w.data + r->w.pos;
	uint32_t pointer = wire_left(&r->w) >= 2 && at[0] >= 0xc0 ? (uint32_t)at[0] << 8 | at[1] : 0;

	if (pointer && pointer == r->names->pointer)
		return 2;
	int32_t size = dns_name_scan(r->w.data, r->w.len, r->w.pos, &r->names->work);
	if (pointer && size == 2)
		r->names->pointer = pointer;
	return size;
}

void rdata_name(struct rdata *r)
{
	struct out *o = rdata_field(r);
	int32_t size;

	if (!o)
		size = check_name(r);
	else if (dns_name_text(o, r->w.data, r->w.len, r->w.pos))
		size = (int32_t)dns_name_skip(r->w.data, r->w.len, r->w.pos);
	else
		size = 0;
	if (size <= 0)
		rdata_malformed(r);
	else
		r->w.pos += (uint32_t)size;
}

static void decimal(struct rdata *r, uint64_t value)
{
	struct out *o = rdata_field(r);

	if (o)
		out_dec(o, value);
}

void rdata_u8(struct rdata *r)
{
	decimal(r, wire_u8(&r->w));
}

void rdata_u16(struct rdata *r)
{
	decimal(r, wire_u16(&r->w));
}

void rdata_u32(struct rdata *r)
{
	decimal(r, wire_u32(&r->w));
}

void rdata_u48(struct rdata *r)
{
	decimal(r, wire_u48(&r->w));
}

void rdata_u64(struct rdata *r)
{
	decimal(r, wire_u64(&r->w));
}

/* The Chaosnet address of class CH's A: 16 bits, octal (RFC 1034 §3.6). */
void rdata_octal(struct rdata *r)
{
	uint32_t v = wire_u16(&r->w);
	struct out *o = rdata_field(r);
	int shift = 15;

	while (shift && !(v >> shift))
		shift -= 3;
	for (; o && shift >= 0; shift -= 3)
		out_u8(o, (uint8_t)('0' + (v >> shift & 7)));
}

void rdata_ipv4(struct rdata *r)
{
	const uint8_t *p = wire_take(&r->w, 4);
	struct out *o = rdata_field(r);

	if (o && p)
		out_ipv4(o, p);
}

void rdata_ipv6(struct rdata *r)
{
	const uint8_t *p = wire_take(&r->w, 16);
	struct out *o = rdata_field(r);

	if (o && p)
		out_ipv6(o, p);
}

/* Seconds since 1970 as YYYYMMDDHHMMSS (RFC 4034 §3.2), up to 2106. Days to date by Euclidean division
 * into eras of 400 years that begin in March, so that the leap day comes last. */
void rdata_time(struct rdata *r)
{
	uint32_t v = wire_u32(&r->w);
	struct out *o = rdata_field(r);

	if (!o)
		return;
	uint32_t second = v % 86400, day = v / 86400 + 719468;
	uint32_t of_era = day % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153;
	uint32_t mday = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	out_dec_pad(o, day / 146097 * 400 + year + (month <= 2), 4);
	out_dec_pad(o, month, 2);
	out_dec_pad(o, mday, 2);
	out_dec_pad(o, second / 3600, 2);
	out_dec_pad(o, second / 60 % 60, 2);
	out_dec_pad(o, second % 60, 2);
}

void rdata_type(struct rdata *r)
{
	rdata_type_text(r, wire_u16(&r->w));
}

void rdata_type_text(struct rdata *r, uint16_t type)
{
	char buf[DNS_CODE_TEXT];
	const char *name = dns_type_name(type, buf);
	struct out *o = rdata_field(r);

	if (!o)
		return;
	if (name == buf)
		out_str(o, "TYPE");
	out_str(o, name);
}

void rdata_rcode(struct rdata *r)
{
	char buf[DNS_CODE_TEXT];
	uint16_t code = wire_u16(&r->w);
	struct out *o = rdata_field(r);

	/* In TSIG and TKEY, 16 is BADSIG (RFC 8945 §5.2): BADVERS is OPT's meaning of it. */
	if (o)
		out_str(o, code == 16 ? "BADSIG" : dns_rcode_name(code, buf));
}

void rdata_scheme(struct rdata *r)
{
	uint8_t scheme = wire_u8(&r->w);
	struct out *o = rdata_field(r);

	if (o && scheme == 1)
		out_str(o, "NOTIFY");
	else if (o)
		out_dec(o, scheme);
}

/* All that is left, at least one byte; its length in *n. */
static const uint8_t *rest(struct rdata *r, uint32_t *n)
{
	*n = wire_left(&r->w);
	if (!*n)
		rdata_malformed(r);
	return wire_take(&r->w, *n);
}

void rdata_hex(struct rdata *r)
{
	uint32_t n;
	const uint8_t *p = rest(r, &n);
	struct out *o = rdata_field(r);

	if (o && p)
		out_hex_upper(o, p, n);
}

void rdata_hex_prefixed(struct rdata *r)
{
	uint32_t n;
	const uint8_t *p = rest(r, &n);
	struct out *o = rdata_field(r);

	if (o && p) {
		out_str(o, "0x");
		out_hex_upper(o, p, n);
	}
}

void rdata_base64(struct rdata *r)
{
	uint32_t n;
	const uint8_t *p = rest(r, &n);
	struct out *o = rdata_field(r);

	if (o && p)
		out_base64(o, p, n);
}

void rdata_base64_optional(struct rdata *r)
{
	if (wire_left(&r->w))
		rdata_base64(r);
}

void rdata_base64_dash(struct rdata *r)
{
	if (wire_left(&r->w)) {
		rdata_base64(r);
		return;
	}
	struct out *o = rdata_field(r);
	if (o)
		out_u8(o, '-');
}

/* The length, then that many bytes if any: as signature servers' tools show MACs. */
void rdata_base64_sized(struct rdata *r)
{
	uint32_t n = wire_u16(&r->w);
	const uint8_t *p = wire_take(&r->w, n);

	decimal(r, n);
	if (!p || !n)
		return;
	struct out *o = rdata_field(r);
	if (o)
		out_base64(o, p, n);
}

/* RFC 5155 §3.3: `-` where the salt is empty. */
void rdata_salt(struct rdata *r)
{
	uint32_t n = wire_u8(&r->w);
	const uint8_t *p = wire_take(&r->w, n);
	struct out *o = rdata_field(r);

	if (!o || !p)
		return;
	if (n)
		out_hex_upper(o, p, n);
	else
		out_u8(o, '-');
}

/* Base32 with the extended hex alphabet, without padding (RFC 5155 §3.3, RFC 4648 §7). */
void rdata_hash(struct rdata *r)
{
	uint32_t n = wire_u8(&r->w), bits = 0, have = 0;
	const uint8_t *p = wire_take(&r->w, n);

	if (!p || !n) {
		rdata_malformed(r);
		return;
	}
	struct out *o = rdata_field(r);
	if (!o)
		return;
	for (uint32_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 5; have -= 5)
			out_u8(o, (uint8_t)"0123456789ABCDEFGHIJKLMNOPQRSTUV"[bits >> (have - 5) & 31]);
	}
	if (have)
		out_u8(o, (uint8_t)"0123456789ABCDEFGHIJKLMNOPQRSTUV"[bits << (5 - have) & 31]);
}
