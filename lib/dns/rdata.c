// SPDX-License-Identifier: BSD-3-Clause
#include "dns/rdata.h"

#include "dns/name.h"
#include "dns/rdata_kinds.h"
#include "dns/types.h"

#define CLASS_IN 1
#define CLASS_CH 3
#define CLASS_NONE 254
#define CLASS_ANY 255

/* The letters that the formats below are written in. */
static const rdata_kind kinds[128] = {
	['n'] = rdata_name,
	['1'] = rdata_u8,
	['2'] = rdata_u16,
	['4'] = rdata_u32,
	['6'] = rdata_u48,
	['8'] = rdata_u64,
	['o'] = rdata_octal,           /* 16 bits */
	['A'] = rdata_ipv4,
	['Q'] = rdata_ipv6,
	['t'] = rdata_time,            /* 32 bits as YYYYMMDDHHMMSS */
	['T'] = rdata_type,
	['r'] = rdata_rcode,           /* 16 bits */
	['y'] = rdata_scheme,          /* DSYNC's */
	['h'] = rdata_hex,             /* to the end */
	['x'] = rdata_hex_prefixed,    /* to the end, after 0x */
	['b'] = rdata_base64,          /* to the end */
	['k'] = rdata_base64_optional, /* to the end, may be empty */
	['d'] = rdata_base64_dash,     /* to the end, "-" where empty */
	['p'] = rdata_base64_sized,    /* 16 bits of length before it */
	['z'] = rdata_salt,
	['H'] = rdata_hash,
	['s'] = rdata_string,
	['S'] = rdata_string_optional,
	['J'] = rdata_strings_joined,
	['u'] = rdata_quoted_rest,
	['g'] = rdata_tag,
	['m'] = rdata_bitmap,
	['N'] = rdata_nxt_bitmap,
	['w'] = rdata_wks,
	['a'] = rdata_apl,
	['M'] = rdata_atma,
	['9'] = rdata_a6,
	['P'] = rdata_hip,
	['i'] = rdata_ipseckey,
	['R'] = rdata_amtrelay,
	['v'] = rdata_svc_params,
	['L'] = rdata_loc,
	['e'] = rdata_eui48,
	['E'] = rdata_eui64,
	['I'] = rdata_ilnp64,
};

/* Fields of each type. A type without a row is written as RFC 3597 has it. */
static const char *const formats[] = {
	[1] = "A",           /* A, RFC 1035 §3.4.1 */
	[2] = "n",           /* NS, §3.3.11 */
	[3] = "n",           /* MD */
	[4] = "n",           /* MF */
	[5] = "n",           /* CNAME */
	[6] = "nn44444",     /* SOA, §3.3.13 */
	[7] = "n",           /* MB */
	[8] = "n",           /* MG */
	[9] = "n",           /* MR */
	[11] = "w",          /* WKS, §3.4.2 */
	[12] = "n",          /* PTR */
	[13] = "ss",         /* HINFO */
	[14] = "nn",         /* MINFO */
	[15] = "2n",         /* MX */
	[16] = "J",          /* TXT */
	[17] = "nn",         /* RP, RFC 1183 */
	[18] = "2n",         /* AFSDB */
	[19] = "s",          /* X25 */
	[20] = "sS",         /* ISDN */
	[21] = "2n",         /* RT */
	[22] = "x",          /* NSAP, RFC 1706 */
	[23] = "n",          /* NSAP-PTR */
	[24] = "T114tt2nb",  /* SIG, RFC 2535 */
	[25] = "211k",       /* KEY */
	[26] = "2nn",        /* PX, RFC 2163 */
	[27] = "sss",        /* GPOS, RFC 1712 */
	[28] = "Q",          /* AAAA, RFC 3596 */
	[29] = "L",          /* LOC, RFC 1876 */
	[30] = "nN",         /* NXT, RFC 2535 */
	[31] = "h",          /* EID */
	[32] = "h",          /* NIMLOC */
	[33] = "222n",       /* SRV, RFC 2782 */
	[34] = "M",          /* ATMA */
	[35] = "22sssn",     /* NAPTR, RFC 3403 */
	[36] = "2n",         /* KX, RFC 2230 */
	[37] = "221b",       /* CERT, RFC 4398 */
	[38] = "9",          /* A6, RFC 2874 */
	[39] = "n",          /* DNAME, RFC 6672 */
	[40] = "111k",       /* SINK */
	[42] = "a",          /* APL, RFC 3123 */
	[43] = "211h",       /* DS, RFC 4034 §5 */
	[44] = "11h",        /* SSHFP, RFC 4255 */
	[45] = "i",          /* IPSECKEY, RFC 4025 */
	[46] = "T114tt2nb",  /* RRSIG, RFC 4034 §3 */
	[47] = "nm",         /* NSEC, RFC 4034 §4 */
	[48] = "211b",       /* DNSKEY, RFC 4034 §2 */
	[49] = "b",          /* DHCID, RFC 4701 */
	[50] = "112zHm",     /* NSEC3, RFC 5155 */
	[51] = "112z",       /* NSEC3PARAM */
	[52] = "111h",       /* TLSA, RFC 6698 */
	[53] = "111h",       /* SMIMEA, RFC 8162 */
	[55] = "P",          /* HIP, RFC 8005 */
	[56] = "J",          /* NINFO */
	[57] = "211b",       /* RKEY */
	[58] = "nn",         /* TALINK */
	[59] = "211h",       /* CDS, RFC 7344 */
	[60] = "211b",       /* CDNSKEY */
	[61] = "b",          /* OPENPGPKEY, RFC 7929 */
	[62] = "42m",        /* CSYNC, RFC 7477 */
	[63] = "411h",       /* ZONEMD, RFC 8976 */
	[64] = "2nv",        /* SVCB, RFC 9460 */
	[65] = "2nv",        /* HTTPS */
	[66] = "Ty2n",       /* DSYNC, RFC 9859 */
	[67] = "b",          /* HHIT, RFC 9886 */
	[68] = "b",          /* BRID */
	[99] = "J",          /* SPF, RFC 7208 */
	[104] = "2I",        /* NID, RFC 6742 */
	[105] = "2A",        /* L32 */
	[106] = "2I",        /* L64 */
	[107] = "2n",        /* LP */
	[108] = "e",         /* EUI48, RFC 7043 */
	[109] = "E",         /* EUI64 */
	[249] = "ntt2rpp",   /* TKEY, RFC 2930 */
	[250] = "n62p2rp",   /* TSIG, RFC 8945 */
	[256] = "22u",       /* URI, RFC 7553 */
	[257] = "1gu",       /* CAA, RFC 8659 */
	[258] = "J",         /* AVC */
	[259] = "441sd",     /* DOA */
	[260] = "R",         /* AMTRELAY, RFC 8777 */
	[261] = "J",         /* RESINFO, RFC 9606 */
	[262] = "J",         /* WALLET */
	[263] = "J",         /* CLA */
	[264] = "8",         /* IPN */
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))
#define TYPE_TA 32768
#define TYPE_DLV 32769

static const char *format_of(const struct dns_rr *rr)
{
	if (rr->type == DNS_TYPE_A && rr->rclass == CLASS_CH)
		return "no";
	if (rr->type < FORMATS)
		return formats[rr->type];
	if (rr->type == TYPE_TA || rr->type == TYPE_DLV)
		return formats[43];
	return NULL;
}

/* RFC 3597 §5. */
static void unknown_text(struct out *o, const uint8_t *p, uint32_t n)
{
	out_str(o, "\\# ");
	out_dec(o, n);
	if (n) {
		out_u8(o, ' ');
		out_hex(o, p, n);
	}
}

/* The last of the types that may be compressed or that old servers look into (RFC 3597 §4). Data of
 * younger ones stands for itself, so that what is malformed can still be shown as if the type were
 * unknown (RFC 3597 §5), where older types' is left out. */
#define LAST_OLD_TYPE DNS_TYPE_OPT

/* Checks, and writes where `o` isn't NULL. */
static enum dns_rdata_state read_rdata(const uint8_t *data, uint32_t len, const struct dns_rr *rr,
				       struct out *o, struct rdata_names *names)
{
	uint32_t end = (uint32_t)rr->rdata + rr->rdlen;

	if (end > len)
		return DNS_RDATA_MALFORMED;
	/* Dynamic updates speak of RRs without data (RFC 2136 §2.4, §2.5). */
	if (!rr->rdlen && (rr->rclass == CLASS_ANY || rr->rclass == CLASS_NONE))
		return DNS_RDATA_SOUND;
	const char *format = format_of(rr);
	struct out before = o ? *o : (struct out){ 0 };
	struct rdata r = { .w = wire_init(data, end), .o = o, .first = before.at, .names = names };
	r.w.pos = rr->rdata;
	if (format)
		for (; *format && !r.w.error && !r.opaque; format++)
			kinds[(uint8_t)*format](&r);
	else
		rdata_opaque(&r);
	bool malformed = r.w.error || r.w.pos != end;
	if (malformed && rr->type <= LAST_OLD_TYPE) {
		if (o)
			*o = before;
		return DNS_RDATA_MALFORMED;
	}
	if ((malformed || r.opaque) && o) {
		*o = before;
		unknown_text(o, data + rr->rdata, rr->rdlen);
	}
	return malformed ? DNS_RDATA_AS_UNKNOWN : DNS_RDATA_SOUND;
}

enum dns_rdata_state dns_rdata_check(const uint8_t *data, uint32_t len, const struct dns_rr *rr,
				     struct rdata_names *names)
{
	return read_rdata(data, len, rr, NULL, names);
}

bool dns_rdata_valid(const uint8_t *data, uint32_t len, const struct dns_rr *rr)
{
	struct rdata_names names = { 0 };

	return read_rdata(data, len, rr, NULL, &names) != DNS_RDATA_MALFORMED;
}

bool dns_rdata_text(struct out *o, const uint8_t *data, uint32_t len, const struct dns_rr *rr)
{
	struct rdata_names names = { 0 };

	/* Most of what is ever written. */
	if (rr->type == DNS_TYPE_A && rr->rclass == CLASS_IN && rr->rdlen == 4 && rr->rdata + 4u <= len) {
		out_ipv4(o, data + rr->rdata);
		return true;
	}
	if (rr->type == DNS_TYPE_AAAA && rr->rdlen == 16 && rr->rdata + 16u <= len) {
		out_ipv6(o, data + rr->rdata);
		return true;
	}
	return read_rdata(data, len, rr, o, &names) != DNS_RDATA_MALFORMED;
}
