// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Fields that libldns writes. Its buffer lies on the stack and is marked as fixed, so that it can't
 * allocate; what it would write wrongly or not at all is refused before.
 */
#include "dns/rdata_kinds.h"

#include <ldns/ldns.h>

/* A LOC takes at most 92 characters, others fewer. */
#define TEXT_MAX 160

/* Most bytes of a field. */
#define WIRE_MAX 16

/* n ≤ WIRE_MAX bytes as libldns has them for a field of type `type`. */
static void write_field(struct out *o, ldns_rdf_type type, uint8_t *wire, uint32_t n)
{
	uint8_t text[TEXT_MAX];
	ldns_rdf field = { ._size = n, ._type = type, ._data = wire };
	ldns_buffer buffer = {
		._limit = sizeof(text), ._capacity = sizeof(text), ._data = text, ._fixed = 1,
	};
	if (ldns_rdf2buffer_str(&buffer, &field) == LDNS_STATUS_OK)
		out_mem(o, text, (uint32_t)ldns_buffer_position(&buffer));
}

/* The next n ≤ WIRE_MAX bytes. */
static void by_ldns(struct rdata *r, ldns_rdf_type type, uint32_t n)
{
	const uint8_t *p = wire_take(&r->w, n);
	struct out *o = rdata_field(r);
	uint8_t wire[WIRE_MAX];

	if (o && p)
		write_field(o, type, memcpy(wire, p, n), n);
}

static uint32_t distance(const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	return v > 1u << 31 ? v - (1u << 31) : (1u << 31) - v;
}

/* RFC 1876 §2: sizes are two decimal digits, angles thousandths of a second of arc around 2^31. Other
 * versions are anyone's guess. */
void rdata_loc(struct rdata *r)
{
	const uint8_t *p = r->w.data + r->w.pos;
	uint32_t n = wire_left(&r->w);

	if (n && p[0] != 0) {
		rdata_opaque(r);
		return;
	}
	if (n != 16 || distance(p + 4) > 90 * 3600000u || distance(p + 8) > 180 * 3600000u) {
		rdata_malformed(r);
		return;
	}
	uint8_t wire[WIRE_MAX];
	memcpy(wire, p, n);
	for (unsigned i = 1; i <= 3; i++) {
		if (p[i] >> 4 > 9 || (p[i] & 15) > 9)
			rdata_malformed(r);
		/* Nothing, times whatever: libldns would write so many zeros. */
		if (!(p[i] >> 4))
			wire[i] = 0;
	}
	wire_skip(&r->w, n);
	struct out *o = rdata_field(r);
	if (o && !r->w.error)
		write_field(o, LDNS_RDF_TYPE_LOC, wire, n);
}

void rdata_eui48(struct rdata *r)
{
	by_ldns(r, LDNS_RDF_TYPE_EUI48, 6);
}

void rdata_eui64(struct rdata *r)
{
	by_ldns(r, LDNS_RDF_TYPE_EUI64, 8);
}

void rdata_ilnp64(struct rdata *r)
{
	by_ldns(r, LDNS_RDF_TYPE_ILNP64, 8);
}
