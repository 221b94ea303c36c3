// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What IANA has assigned, as rows of data: RR types, classes, opcodes, response codes, EDNS options,
 * extended errors.
 */
#ifndef DNS_TYPES_H
#define DNS_TYPES_H

#include <stdint.h>

#define DNS_TYPE_A 1
#define DNS_TYPE_NS 2
#define DNS_TYPE_CNAME 5
#define DNS_TYPE_SOA 6
#define DNS_TYPE_PTR 12
#define DNS_TYPE_MX 15
#define DNS_TYPE_TXT 16
#define DNS_TYPE_AAAA 28
#define DNS_TYPE_SRV 33
#define DNS_TYPE_OPT 41
#define DNS_TYPE_SVCB 64
#define DNS_TYPE_HTTPS 65
#define DNS_TYPE_TKEY 249
#define DNS_TYPE_TSIG 250
#define DNS_TYPE_IXFR 251
#define DNS_TYPE_AXFR 252
#define DNS_TYPE_ANY 255

/** Room for dns_type_name() and its like to write a number. */
#define DNS_CODE_TEXT 24

/** IANA's name of an RR type (255 is `ANY`), or its bare number in `buf` where it has none. The result is static text or `buf`. */
const char *dns_type_name(uint16_t type, char buf[DNS_CODE_TEXT]);

/** Bytes of room for dns_type_put(). */
#define DNS_TYPE_ROOM 24

/** Writes the same text, without a NUL, at `p` (DNS_TYPE_ROOM); where it ended. */
uint8_t *dns_type_put(uint8_t *p, uint16_t type);

/** Likewise for a class: IN, CH, HS, NONE, ANY or the bare number. */
const char *dns_class_name(uint16_t rclass, char buf[DNS_CODE_TEXT]);

/** Likewise for an opcode: QUERY, IQUERY, STATUS, NOTIFY, UPDATE, DSO or the number. */
const char *dns_opcode_name(uint8_t opcode, char buf[DNS_CODE_TEXT]);

/** IANA's mnemonic of a 12-bit response code (NOERROR, NXDOMAIN, BADCOOKIE …) or its number; for the
 * nested record. */
const char *dns_rcode_name(uint16_t rcode, char buf[DNS_CODE_TEXT]);

/** gopassivedns's text of a response code for the flat record's `a`: "Non-Existent Domain" …;
 * "Unknown" for others; "" for 0. */
const char *dns_rcode_text(uint16_t rcode);

/** IANA's name of an EDNS option code (`NSID`, `ECS`, `COOKIE`, `EDE` …) or its number. */
const char *dns_edns_option_name(uint16_t code, char buf[DNS_CODE_TEXT]);

/** IANA's purpose text of an extended DNS error's INFO-CODE (RFC 8914), or "". */
const char *dns_ede_text(uint16_t code);

#endif
