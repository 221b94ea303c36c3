// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Where DNS messages begin in a stream of bytes (RFC 1035 §4.2.2: two bytes of length, then the message).
 * Private to lib/l4.
 *
 * Every decision takes FRAMING_ENOUGH bytes at most and a bounded number of steps, whatever the bytes are.
 */
#ifndef L4_FRAMING_H
#define L4_FRAMING_H

#include <stdbool.h>
#include <stdint.h>

#define FRAMING_PREFIX 2  /**< bytes of the length prefix */
#define FRAMING_HEADER 12 /**< bytes of a DNS header; a shorter message is none */
#define FRAMING_MAX (FRAMING_PREFIX + 65535) /**< longest message with its prefix */
/** Bytes after which framing_fits() and framing_first() never say FRAMING_MAYBE: prefix, header, the longest
 * name, and the ten fixed bytes of a resource record. */
#define FRAMING_ENOUGH (FRAMING_PREFIX + FRAMING_HEADER + 255 + 10)

/** Whether a message with its prefix stands at a place. */
enum framing_fit {
	FRAMING_NO,
	FRAMING_MAYBE, /**< nothing speaks against it, but too few bytes are there to tell */
	FRAMING_YES,
};

/** The length that a prefix tells. */
static inline uint32_t framing_length(const uint8_t *prefix)
{
	return (uint32_t)prefix[0] << 8 | prefix[1];
}

/** Strict, for a place that needn't be a boundary: header, question (or, where there is none, the first
 * answer) and the first few records must make sense and fit the length. By chance it holds for fewer than one
 * place in 2^30. `avail` bytes are there. */
enum framing_fit framing_fits(const uint8_t *at, uint32_t avail);

/** Whether a prefix of at least FRAMING_HEADER and the header behind it, all of which must be there, make
 * some sense together. */
bool framing_sane(const uint8_t *at);

/** Loose, for the first message of a connection whose start is known: tells other protocols from DNS, damaged
 * messages included. The length is at least FRAMING_HEADER. */
enum framing_fit framing_first(const uint8_t *at, uint32_t avail);

/** Offset of the first place for which framing_fits() doesn't say FRAMING_NO, which it tells in `fit`;
 * `avail` where there is none. */
uint32_t framing_scan(const uint8_t *at, uint32_t avail, enum framing_fit *fit);

/** True where `len` bytes are exactly one sound message with a question, without a prefix. */
bool framing_lone(const uint8_t *message, uint32_t len);

#endif
