// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * DNS messages (RFC 1035 §4): header, question, sections. Bounds-checked by construction, no recursion,
 * no allocation, linear time.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#define DNS_HEADER_SIZE 12
#define DNS_NAME_MAX 255 /**< octets of a name on the wire, root included (RFC 1035 §2.3.4) */

/** Bits of the header's second word (RFC 1035 §4.1.1, RFC 4035 §3.1.6, §3.2). */
#define DNS_QR 0x8000
#define DNS_AA 0x0400
#define DNS_TC 0x0200
#define DNS_RD 0x0100
#define DNS_RA 0x0080
#define DNS_Z 0x0040
#define DNS_AD 0x0020
#define DNS_CD 0x0010
#define DNS_OPCODE(flags) ((flags) >> 11 & 15)

/** What is wrong with a message; all but DNS_SOUND, DNS_BAD_TAIL and DNS_CUT_TAIL mean that it can't
 * be used at all. */
enum dns_damage {
	DNS_SOUND,
	DNS_BAD_TAIL,     /**< header and first question are sound, something behind them is malformed */
	DNS_CUT_TAIL,     /**< likewise, but cut by the snap length */
	DNS_EMPTY,        /**< no payload */
	DNS_SHORT,        /**< fewer bytes than a header */
	DNS_BAD_QUESTION, /**< the first question can't be read */
	DNS_CUT_QUESTION, /**< the first question is cut by the snap length */
};

/** Sections in their order on the wire. */
enum dns_section { DNS_QUESTION, DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS };

/** A parsed message: where its parts are. Offsets count from the header's first byte. The type has no
 * pointers, so that it can be stored beside the bytes. */
struct dns_layout {
	uint16_t id;
	uint16_t flags;                 /**< the header's second word; DNS_QR … */
	uint16_t count[DNS_SECTIONS];   /**< as the header tells */
	uint16_t found[DNS_SECTIONS];   /**< entries of sound bounds and owner, which dns_walk gives */
	uint16_t section[DNS_SECTIONS]; /**< offset of the first entry of each (meaningful where found > 0) */
	uint16_t answers;               /**< answer RRs that make a record: data sound too, OPT left out */
	uint16_t rcode;                 /**< 12 bits: the header's, extended by OPT (RFC 6891 §6.1.3) */
	uint16_t qname_len;             /**< octets of the name at offset 12; 0: no question */
	uint16_t qtype;                 /**< of the first question; 0 without */
	uint16_t qclass;
	uint16_t opt;                   /**< offset of the OPT record's TYPE field; 0: none */
	uint8_t damage;                 /**< enum dns_damage */
	uint8_t unsound;                /**< answer RRs left out for malformed data, at most 255 */
};

/** A message and its layout. `data` is borrowed. */
struct dns_message {
	const uint8_t *data;
	uint32_t len; /**< bytes there, at most 65535 */
	struct dns_layout at;
};

/** Parses `len` bytes. `missing` is how many more there were on the wire (snap length; 0: none). Fills
 * `m` always; returns its damage. A first question whose name is compressed is malformed: there is
 * nothing before it to point to. */
enum dns_damage dns_parse(struct dns_message *m, const uint8_t *data, uint32_t len, uint32_t missing);

/** True where the parsed message can be used (paired, recorded). */
static inline bool dns_usable(enum dns_damage d)
{
	return d <= DNS_CUT_TAIL;
}

/** A resource record's place. */
struct dns_rr {
	uint16_t owner;  /**< offset of its owner name */
	uint16_t type;
	uint16_t rclass;
	uint32_t ttl;
	uint16_t rdata;  /**< offset of its data */
	uint16_t rdlen;
};

/** Goes through the RRs of a section. */
struct dns_walk {
	const uint8_t *data;
	uint32_t len;
	uint32_t pos;
	uint32_t left;
};

/** At the first RR of a section (not the question). Safe on any bytes: `at` needn't be trusted. */
struct dns_walk dns_walk_init(const uint8_t *data, uint32_t len, const struct dns_layout *at,
			      enum dns_section section);

/** The next RR; false at the end of what is sound. */
bool dns_walk_next(struct dns_walk *w, struct dns_rr *rr);

#endif
