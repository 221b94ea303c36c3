// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Domain names (RFC 1035 §3.1, §4.1.4) and their presentation form (RFC 1035 §5.1, RFC 4343).
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include "core/out.h"

#include <stdbool.h>
#include <stdint.h>

/** Pointers that are followed within one name: a sound one needs no more than one a label and one to
 * the root. */
#define DNS_HOPS_MAX 128

/** Octets that the name at `pos` takes there, checked whole as dns_name_size() does; 0 where it is
 * malformed, -1 where it runs past the end of the message. Adds the labels and pointers it looked at
 * to `*work`, so that a caller can bound what a whole message of deeply compressed names costs. */
int32_t dns_name_scan(const uint8_t *data, uint32_t len, uint32_t pos, uint32_t *work);

/** Octets that the name at `pos` takes there, up to its root or its first pointer, which isn't
 * followed, however long it is. For names that have been checked, and to get behind one that isn't sound;
 * safe on any bytes. 0 where it leaves the message or has a label of an unknown kind. */
uint32_t dns_name_skip(const uint8_t *data, uint32_t len, uint32_t pos);

/** Octets that the name at `pos` takes there (up to its root or its first pointer), checked whole:
 * pointers only backwards and not into the header, at most 127 labels and 255 octets. 0 where it is
 * malformed or leaves the message. */
uint32_t dns_name_size(const uint8_t *data, uint32_t len, uint32_t pos);

/** Octets of an uncompressed name at `pos`, root included; 0 where it is malformed, compressed or
 * leaves the message. */
uint32_t dns_name_plain_size(const uint8_t *data, uint32_t len, uint32_t pos);

/** Writes the presentation form of the (possibly compressed) name at `pos`, without the last dot; the
 * root is `.`. Bytes outside 0x21–0x7e as \DDD, `.` and `\` escaped. Letter case is kept. False (and
 * nothing written) where it is malformed. At most 1016 characters. */
bool dns_name_text(struct out *o, const uint8_t *data, uint32_t len, uint32_t pos);

/** The whole name at `pos`, uncompressed, into `to` (255 bytes); its length, or 0 where it is malformed. */
uint32_t dns_name_copy(uint8_t to[255], const uint8_t *data, uint32_t len, uint32_t pos);

/** True where two uncompressed wire names are the same but for ASCII letter case (RFC 4343 §3).
 * Folding whole wire names byte by byte is safe: length octets are below 64. */
bool dns_name_equal(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len);

#endif
