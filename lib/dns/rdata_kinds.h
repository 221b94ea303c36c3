// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Kinds of fields in record data. Internal to lib/dns.
 *
 * A kind is one function that reads its field, and writes it where a text is wanted: checking and writing are the same code, so they
 * can't disagree. What is malformed sets the cursor's error; nothing else is looked at afterwards.
 */
#ifndef DNS_RDATA_KINDS_H
#define DNS_RDATA_KINDS_H

#include "core/out.h"
#include "core/wire.h"
#include "dns/message.h"

#include <stdbool.h>
#include <stdint.h>

/** Record data that is being read. */
struct rdata {
	struct wire w;        /**< over the message, ending with the data: names may point back */
	struct out *o;        /**< NULL: check only */
	const uint8_t *first; /**< where the text began */
	uint32_t *work;       /**< see dns_name_scan() */
	bool opaque;          /**< sound, but of a form without presentation: all of it goes the way of RFC 3597 */
};

/** Reads a field. */
typedef void (*rdata_kind)(struct rdata *r);

/** Where to write the next field, a blank before it unless it is the first; NULL where only the check is wanted. */
static inline struct out *rdata_field(struct rdata *r)
{
	if (r->o && r->o->at != r->first)
		out_u8(r->o, ' ');
	return r->o;
}

/** The field is malformed. */
static inline void rdata_malformed(struct rdata *r)
{
	r->w.error = true;
}

/** The rest is sound but nobody has a text for it. */
static inline void rdata_opaque(struct rdata *r)
{
	r->opaque = true;
	r->w.pos = r->w.len;
}

/** Like dns_rdata_valid(), adding what its names cost to `*work`: see dns_name_scan(). */
bool dns_rdata_check(const uint8_t *data, uint32_t len, const struct dns_rr *rr, uint32_t *work);

/** Names, numbers, addresses and the like, in rdata_fields.c. */
void rdata_name(struct rdata *r);
void rdata_u8(struct rdata *r);
void rdata_u16(struct rdata *r);
void rdata_u32(struct rdata *r);
void rdata_u48(struct rdata *r);
void rdata_u64(struct rdata *r);
void rdata_octal(struct rdata *r);
void rdata_ipv4(struct rdata *r);
void rdata_ipv6(struct rdata *r);
void rdata_time(struct rdata *r);
void rdata_type(struct rdata *r);
void rdata_rcode(struct rdata *r);
void rdata_scheme(struct rdata *r);
void rdata_hex(struct rdata *r);
void rdata_hex_prefixed(struct rdata *r);
void rdata_base64(struct rdata *r);
void rdata_base64_optional(struct rdata *r);
void rdata_base64_dash(struct rdata *r);
void rdata_base64_sized(struct rdata *r);
void rdata_salt(struct rdata *r);
void rdata_hash(struct rdata *r);

/** Strings, in rdata_strings.c. */
void rdata_string(struct rdata *r);
void rdata_string_optional(struct rdata *r);
void rdata_strings_joined(struct rdata *r);
void rdata_quoted_rest(struct rdata *r);
void rdata_tag(struct rdata *r);

/** Types with rules of their own, in rdata_special.c. */
void rdata_bitmap(struct rdata *r);
void rdata_nxt_bitmap(struct rdata *r);
void rdata_wks(struct rdata *r);
void rdata_apl(struct rdata *r);
void rdata_atma(struct rdata *r);
void rdata_a6(struct rdata *r);
void rdata_hip(struct rdata *r);
void rdata_ipseckey(struct rdata *r);
void rdata_amtrelay(struct rdata *r);

/** Service parameters (RFC 9460 §2.1), in rdata_svcb.c. */
void rdata_svc_params(struct rdata *r);

/** Fields that libldns writes, in rdata_ldns.c. */
void rdata_loc(struct rdata *r);
void rdata_eui48(struct rdata *r);
void rdata_eui64(struct rdata *r);
void rdata_ilnp64(struct rdata *r);

#endif
