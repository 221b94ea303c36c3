// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Kinds of fields in record data. Internal to lib/dns.
 *
 * A kind is one function that reads its field, and writes it where a text is wanted: checking and writing
 * are the same code, so they can't disagree. What is malformed sets the cursor's error; nothing else is
 * looked at afterwards.
 */
#ifndef DNS_RDATA_KINDS_H
#define DNS_RDATA_KINDS_H

#include "core/out.h"
#include "core/wire.h"
#include "dns/message.h"

#include <stdbool.h>
#include <stdint.h>

/** What is known of the names in a message's record data. */
struct rdata_names {
	uint32_t work;    /**< what they have cost: see dns_name_scan() */
	uint32_t pointer; /**< the last pointer that was a whole sound name by itself; 0: none */
};

/** Record data that is being read. */
struct rdata {
	struct wire w;        /**< over the message, ending with the data: names may point back */
	struct out *o;        /**< NULL: check only */
	const uint8_t *first; /**< where the text began */
	struct rdata_names *names; /**< of the message */
	bool opaque;          /**< sound, but of a form without presentation: all goes as RFC 3597 has it */
};

/** Reads a field. */
typedef void (*rdata_kind)(struct rdata *r);

/** Where to write the next field, a blank before it unless it is the first; NULL where only the check
 * is wanted. */
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

/** What record data is. */
enum dns_rdata_state {
	DNS_RDATA_MALFORMED,  /**< to be left out */
	DNS_RDATA_AS_UNKNOWN, /**< malformed, but shown as data of an unknown type */
	DNS_RDATA_SOUND,
};

/** Like dns_rdata_valid(), for one RR of a message after the other: a name that was found sound isn't looked
 * through again. */
enum dns_rdata_state dns_rdata_check(const uint8_t *data, uint32_t len, const struct dns_rr *rr,
				     struct rdata_names *names);

/** Writes a type's name as a field of its own, `TYPE` and the number where it has none (RFC 3597 §5). */
void rdata_type_text(struct rdata *r, uint16_t type);

/* In rdata_fields.c. */
/** A name, possibly compressed. */
void rdata_name(struct rdata *r);
/** 8 bits in decimal. */
void rdata_u8(struct rdata *r);
/** 16 bits in decimal. */
void rdata_u16(struct rdata *r);
/** 32 bits in decimal. */
void rdata_u32(struct rdata *r);
/** 48 bits in decimal. */
void rdata_u48(struct rdata *r);
/** 64 bits in decimal. */
void rdata_u64(struct rdata *r);
/** 16 bits in octal: the Chaosnet address of class CH's A (RFC 1034 §3.6). */
void rdata_octal(struct rdata *r);
/** An IPv4 address. */
void rdata_ipv4(struct rdata *r);
/** An IPv6 address. */
void rdata_ipv6(struct rdata *r);
/** 32 bits of seconds since 1970 as YYYYMMDDHHMMSS (RFC 4034 §3.2), up to 2106. */
void rdata_time(struct rdata *r);
/** 16 bits: a type. */
void rdata_type(struct rdata *r);
/** 16 bits: a response code as TSIG and TKEY have it (RFC 8945 §5.2). */
void rdata_rcode(struct rdata *r);
/** 8 bits: DSYNC's scheme (RFC 9859 §2.2). */
void rdata_scheme(struct rdata *r);
/** All that is left, at least one byte, in hexadecimal. */
void rdata_hex(struct rdata *r);
/** Likewise, after `0x` (RFC 1706 §6). */
void rdata_hex_prefixed(struct rdata *r);
/** All that is left, at least one byte, in base64. */
void rdata_base64(struct rdata *r);
/** Likewise, or nothing. */
void rdata_base64_optional(struct rdata *r);
/** Likewise, `-` where nothing is left. */
void rdata_base64_dash(struct rdata *r);
/** 16 bits of length, in decimal, and so many bytes in base64. */
void rdata_base64_sized(struct rdata *r);
/** 8 bits of length and a salt in hexadecimal, `-` where it is empty (RFC 5155 §3.3). */
void rdata_salt(struct rdata *r);
/** 8 bits of length and a hash in base32 with the extended hex alphabet (RFC 5155 §3.3). */
void rdata_hash(struct rdata *r);

/* In rdata_strings.c. */
/** A character string in quotes (RFC 1035 §3.3). */
void rdata_string(struct rdata *r);
/** Likewise, or nothing. */
void rdata_string_optional(struct rdata *r);
/** Strings up to the end, at least one, with nothing between and without quotes: TXT and its like. */
void rdata_strings_joined(struct rdata *r);
/** All that is left, even nothing, as one string in quotes. */
void rdata_quoted_rest(struct rdata *r);
/** A property tag of CAA (RFC 8659 §4.1). */
void rdata_tag(struct rdata *r);

/* In rdata_special.c: types with rules of their own. */
/** Type bitmap (RFC 4034 §4.1.2). */
void rdata_bitmap(struct rdata *r);
/** Type bitmap of NXT (RFC 2535 §5.2). */
void rdata_nxt_bitmap(struct rdata *r);
/** WKS (RFC 1035 §3.4.2). */
void rdata_wks(struct rdata *r);
/** APL (RFC 3123 §4). */
void rdata_apl(struct rdata *r);
/** ATMA (ATM Name System, §4.1). */
void rdata_atma(struct rdata *r);
/** A6 (RFC 2874 §3.1). */
void rdata_a6(struct rdata *r);
/** HIP (RFC 8005 §5). */
void rdata_hip(struct rdata *r);
/** IPSECKEY (RFC 4025 §2). */
void rdata_ipseckey(struct rdata *r);
/** AMTRELAY (RFC 8777 §4.2). */
void rdata_amtrelay(struct rdata *r);

/* In rdata_svcb.c. */
/** Service parameters up to the end (RFC 9460 §2.1). */
void rdata_svc_params(struct rdata *r);

/* In rdata_ldns.c: what libldns writes. */
/** LOC (RFC 1876). */
void rdata_loc(struct rdata *r);
/** An EUI-48 address (RFC 7043 §3). */
void rdata_eui48(struct rdata *r);
/** An EUI-64 address (RFC 7043 §4). */
void rdata_eui64(struct rdata *r);
/** A 64-bit locator or identifier of ILNP (RFC 6742 §2). */
void rdata_ilnp64(struct rdata *r);

#endif
