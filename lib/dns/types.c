// SPDX-License-Identifier: BSD-3-Clause
#include "dns/types.h"

#include "core/put.h"

#include <stddef.h>
#include <string.h>

/** A row: a name and its length. Text in place: no relocations, and lookups touch one line. */
struct name {
	char text[15];
	uint8_t len;
};

#define NAME(s) { s, sizeof(s) - 1 }

/* IANA, "Resource Record (RR) TYPEs". 255 is `*` there; everyone calls it ANY. */
static const struct name rr_types[] = {
	[1] = NAME("A"), [2] = NAME("NS"), [3] = NAME("MD"), [4] = NAME("MF"), [5] = NAME("CNAME"),
	[6] = NAME("SOA"), [7] = NAME("MB"), [8] = NAME("MG"), [9] = NAME("MR"), [10] = NAME("NULL"),
	[11] = NAME("WKS"), [12] = NAME("PTR"), [13] = NAME("HINFO"), [14] = NAME("MINFO"),
	[15] = NAME("MX"), [16] = NAME("TXT"), [17] = NAME("RP"), [18] = NAME("AFSDB"), [19] = NAME("X25"),
	[20] = NAME("ISDN"), [21] = NAME("RT"), [22] = NAME("NSAP"), [23] = NAME("NSAP-PTR"),
	[24] = NAME("SIG"), [25] = NAME("KEY"), [26] = NAME("PX"), [27] = NAME("GPOS"), [28] = NAME("AAAA"),
	[29] = NAME("LOC"), [30] = NAME("NXT"), [31] = NAME("EID"), [32] = NAME("NIMLOC"),
	[33] = NAME("SRV"), [34] = NAME("ATMA"), [35] = NAME("NAPTR"), [36] = NAME("KX"),
	[37] = NAME("CERT"), [38] = NAME("A6"), [39] = NAME("DNAME"), [40] = NAME("SINK"),
	[41] = NAME("OPT"), [42] = NAME("APL"), [43] = NAME("DS"), [44] = NAME("SSHFP"),
	[45] = NAME("IPSECKEY"), [46] = NAME("RRSIG"), [47] = NAME("NSEC"), [48] = NAME("DNSKEY"),
	[49] = NAME("DHCID"), [50] = NAME("NSEC3"), [51] = NAME("NSEC3PARAM"), [52] = NAME("TLSA"),
	[53] = NAME("SMIMEA"), [55] = NAME("HIP"), [56] = NAME("NINFO"), [57] = NAME("RKEY"),
	[58] = NAME("TALINK"), [59] = NAME("CDS"), [60] = NAME("CDNSKEY"), [61] = NAME("OPENPGPKEY"),
	[62] = NAME("CSYNC"), [63] = NAME("ZONEMD"), [64] = NAME("SVCB"), [65] = NAME("HTTPS"),
	[66] = NAME("DSYNC"), [67] = NAME("HHIT"), [68] = NAME("BRID"), [69] = NAME("UNECE"),
	[70] = NAME("ISO"), [99] = NAME("SPF"), [100] = NAME("UINFO"), [101] = NAME("UID"),
	[102] = NAME("GID"), [103] = NAME("UNSPEC"), [104] = NAME("NID"), [105] = NAME("L32"),
	[106] = NAME("L64"), [107] = NAME("LP"), [108] = NAME("EUI48"), [109] = NAME("EUI64"),
	[128] = NAME("NXNAME"), [249] = NAME("TKEY"), [250] = NAME("TSIG"), [251] = NAME("IXFR"),
	[252] = NAME("AXFR"), [253] = NAME("MAILB"), [254] = NAME("MAILA"), [255] = NAME("ANY"),
	[256] = NAME("URI"), [257] = NAME("CAA"), [258] = NAME("AVC"), [259] = NAME("DOA"),
	[260] = NAME("AMTRELAY"), [261] = NAME("RESINFO"), [262] = NAME("WALLET"), [263] = NAME("CLA"),
	[264] = NAME("IPN"),
};

/* The same registry's rows far above. */
static const struct name rr_types_high[] = { [0] = NAME("TA"), [1] = NAME("DLV") };
#define RR_TYPES_HIGH 32768

static const char *const classes[] = { [1] = "IN", [3] = "CH", [4] = "HS", [254] = "NONE", [255] = "ANY" };

static const char *const opcodes[] = {
	[0] = "QUERY", [1] = "IQUERY", [2] = "STATUS", [4] = "NOTIFY", [5] = "UPDATE", [6] = "DSO",
};

/** A response code: IANA's mnemonic and gopassivedns's text. */
static const struct {
	const char *name, *text;
} rcodes[] = {
	[0] = { "NOERROR", "" },
	[1] = { "FORMERR", "Format Error" },
	[2] = { "SERVFAIL", "Server Failure" },
	[3] = { "NXDOMAIN", "Non-Existent Domain" },
	[4] = { "NOTIMP", "Not Implemented" },
	[5] = { "REFUSED", "Query Refused" },
	[6] = { "YXDOMAIN", "Name Exists when it should not" },
	[7] = { "YXRRSET", "RR Set Exists when it should not" },
	[8] = { "NXRRSET", "RR Set that should exist does not" },
	[9] = { "NOTAUTH", "Server Not Authoritative for zone" },
	[10] = { "NOTZONE", "Name not contained in zone" },
	[11] = { "DSOTYPENI", NULL },
	[16] = { "BADVERS", "Bad OPT Version" },
	[17] = { "BADKEY", "Key not recognized" },
	[18] = { "BADTIME", "Signature out of time window" },
	[19] = { "BADMODE", "Bad TKEY Mode" },
	[20] = { "BADNAME", "Duplicate key name" },
	[21] = { "BADALG", "Algorithm not supported" },
	[22] = { "BADTRUNC", "Bad Truncation" },
	[23] = { "BADCOOKIE", "Bad Cookie" },
};

/* IANA, "DNS EDNS0 Option Codes (OPT)". */
static const char *const edns_options[] = {
	[1] = "LLQ", [2] = "UL", [3] = "NSID", [5] = "DAU", [6] = "DHU", [7] = "N3U", [8] = "ECS",
	[9] = "EXPIRE", [10] = "COOKIE", [11] = "KEEPALIVE", [12] = "PADDING", [13] = "CHAIN",
	[14] = "KEYTAG", [15] = "EDE", [16] = "CLIENTTAG", [17] = "SERVERTAG", [18] = "REPORTCHANNEL",
	[19] = "ZONEVERSION",
};

/* IANA, "Extended DNS Error Codes". */
static const char *const edes[] = {
	[0] = "Other Error",
	[1] = "Unsupported DNSKEY Algorithm",
	[2] = "Unsupported DS Digest Type",
	[3] = "Stale Answer",
	[4] = "Forged Answer",
	[5] = "DNSSEC Indeterminate",
	[6] = "DNSSEC Bogus",
	[7] = "Signature Expired",
	[8] = "Signature Not Yet Valid",
	[9] = "DNSKEY Missing",
	[10] = "RRSIGs Missing",
	[11] = "No Zone Key Bit Set",
	[12] = "NSEC Missing",
	[13] = "Cached Error",
	[14] = "Not Ready",
	[15] = "Blocked",
	[16] = "Censored",
	[17] = "Filtered",
	[18] = "Prohibited",
	[19] = "Stale NXDOMAIN Answer",
	[20] = "Not Authoritative",
	[21] = "Not Supported",
	[22] = "No Reachable Authority",
	[23] = "Network Error",
	[24] = "Invalid Data",
	[25] = "Signature Expired before Valid",
	[26] = "Too Early",
	[27] = "Unsupported NSEC3 Iterations Value",
	[28] = "Unable to conform to policy",
	[29] = "Synthesized",
	[30] = "Invalid Query Type",
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The bare number. */
static const char *number(uint32_t n, char buf[DNS_CODE_TEXT])
{
	*put_dec((uint8_t *)buf, n) = 0;
	return buf;
}

/* The row of a type; NULL where it has no name. */
static inline const struct name *type_row(uint16_t type)
{
	const struct name *row = NULL;

	if (type < ROWS(rr_types))
		row = &rr_types[type];
	else if ((uint32_t)(type - RR_TYPES_HIGH) < ROWS(rr_types_high))
		row = &rr_types_high[type - RR_TYPES_HIGH];
	return row && row->len ? row : NULL;
}

const char *dns_type_name(uint16_t type, char buf[DNS_CODE_TEXT])
{
	const struct name *row = type_row(type);

	return row ? row->text : number(type, buf);
}

uint8_t *dns_type_put(uint8_t *p, uint16_t type)
{
	const struct name *row = type_row(type);

	if (!row)
		return put_dec(p, type);
	memcpy(p, row->text, sizeof(row->text));
	return p + row->len;
}

/* A row of a table of texts, or the number. */
static const char *lookup(const char *const *table, uint32_t rows, uint32_t code, char buf[DNS_CODE_TEXT])
{
	return code < rows && table[code] ? table[code] : number(code, buf);
}

const char *dns_class_name(uint16_t rclass, char buf[DNS_CODE_TEXT])
{
	return lookup(classes, ROWS(classes), rclass, buf);
}

const char *dns_opcode_name(uint8_t opcode, char buf[DNS_CODE_TEXT])
{
	return lookup(opcodes, ROWS(opcodes), opcode, buf);
}

const char *dns_rcode_name(uint16_t rcode, char buf[DNS_CODE_TEXT])
{
	return rcode < ROWS(rcodes) && rcodes[rcode].name ? rcodes[rcode].name : number(rcode, buf);
}

const char *dns_rcode_text(uint16_t rcode)
{
	return rcode < ROWS(rcodes) && rcodes[rcode].text ? rcodes[rcode].text : "Unknown";
}

const char *dns_edns_option_name(uint16_t code, char buf[DNS_CODE_TEXT])
{
	return lookup(edns_options, ROWS(edns_options), code, buf);
}

const char *dns_ede_text(uint16_t code)
{
	return code < ROWS(edes) ? edes[code] : "";
}
