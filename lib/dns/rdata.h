// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Record data in presentation form, by a table of field kinds a type.
 */
#ifndef DNS_RDATA_H
#define DNS_RDATA_H

#include "core/out.h"
#include "dns/message.h"

#include <stdbool.h>

/** True where the data of `rr` can be read as its type wants it (any data of an unknown type can), or,
 * malformed, belongs to a type younger than RFC 3597 (number above 41), whose data stands for itself:
 * it is shown as if the type were unknown. */
bool dns_rdata_valid(const uint8_t *data, uint32_t len, const struct dns_rr *rr);

/** Writes the data of `rr` in presentation form, names without last dots, only bytes 0x20–0x7e.
 * Unknown types as `\# n hex` (RFC 3597 §5). False, and nothing written, exactly where
 * dns_rdata_valid() is false. TXT, SPF and their like: the strings one after the other with nothing
 * between, 0x20–0x7e as they are save `\\` for a backslash, other bytes `\DDD`. */
bool dns_rdata_text(struct out *o, const uint8_t *data, uint32_t len, const struct dns_rr *rr);

/** An option of an OPT record (RFC 6891 §6.1.2). */
struct dns_edns_option {
	uint16_t code;
	uint16_t len;
	const uint8_t *data; /**< borrowed from the message */
};

/** What an OPT record tells. */
struct dns_edns {
	uint16_t udp_size;
	uint8_t version;
	uint16_t flags;  /**< DO is 0x8000 */
	uint32_t pos;    /**< cursor of dns_edns_next() */
	uint32_t end;
};

/** Reads the OPT record of a message by its layout; false where there is none. Safe on any bytes. */
bool dns_edns_read(const uint8_t *data, uint32_t len, const struct dns_layout *at, struct dns_edns *edns);

/** The next option; false at the end or where one runs past it. */
bool dns_edns_next(const uint8_t *data, uint32_t len, struct dns_edns *edns, struct dns_edns_option *option);

/** An option's data as text (NSID as text or hex, ECS as `address/prefix/scope`, COOKIE in hex, EDE as
 * `code text`, others in hex). */
void dns_edns_option_text(struct out *o, const struct dns_edns_option *option);

#endif
