// SPDX-License-Identifier: BSD-3-Clause
/** @file Character strings (RFC 1035 §3.3) in record data. */
#include "dns/rdata_kinds.h"
#include "dns/text.h"

/* One string with its length byte; NULL where it is malformed. */
static const uint8_t *take_string(struct rdata *r, uint32_t *n)
{
	*n = wire_u8(&r->w);
	return wire_take(&r->w, *n);
}

static void quoted(struct rdata *r, const uint8_t *p, uint32_t n)
{
	struct out *o = rdata_field(r);

	if (!o || !p)
		return;
	out_u8(o, '"');
	text_write(o, p, n, n + wire_left(&r->w), TEXT_IN_QUOTES);
	out_u8(o, '"');
}

void rdata_string(struct rdata *r)
{
	uint32_t n;
	const uint8_t *p = take_string(r, &n);

	quoted(r, p, n);
}

void rdata_string_optional(struct rdata *r)
{
	if (wire_left(&r->w))
		rdata_string(r);
}

/* TXT's: at least one string (RFC 1035 §3.3.14), one after the other with nothing between. */
void rdata_strings_joined(struct rdata *r)
{
	struct out *o = rdata_field(r);

	do {
		uint32_t n;
		const uint8_t *p = take_string(r, &n);
		if (o && p)
			text_write(o, p, n, n + wire_left(&r->w), TEXT_BARE);
	} while (wire_left(&r->w));
}

/* All that is left as one string in quotes: CAA's value may be empty. */
void rdata_quoted_rest(struct rdata *r)
{
	uint32_t n = wire_left(&r->w);

	quoted(r, wire_take(&r->w, n), n);
}

/* CAA's property tag: letters and digits, at least one (RFC 8659 §4.1). */
void rdata_tag(struct rdata *r)
{
	uint32_t n;
	const uint8_t *p = take_string(r, &n);

	for (uint32_t i = 0; p && i < n; i++) {
		uint8_t small = p[i] | 0x20;
		if (!(small >= 'a' && small <= 'z') && !(p[i] >= '0' && p[i] <= '9'))
			rdata_malformed(r);
	}
	if (!p || !n) {
		rdata_malformed(r);
		return;
	}
	struct out *o = rdata_field(r);
	if (o)
		out_mem(o, p, n);
}
