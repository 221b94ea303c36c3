// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What fuzz targets share: exact copies of what they try, frames by script, records, sums of counters.
 *
 * A target reads its input with a wire cursor: zeros come behind its end, so that every input is one.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "core/counters.h"
#include "core/wire.h"
#include "encode/encode.h"
#include "packet/packet.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/** The target; libFuzzer and AFL++ call it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
/** Of libFuzzer: changes up to `max` bytes in place; how many there are then. AFL++ has none. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max) __attribute__((weak));
/** A target's own mutator. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);

/** What holds for any input, or the run ends here. */
#define ALWAYS(what)                      \
	do {                              \
		if (!(what))              \
			__builtin_trap(); \
	} while (0)

/** Reads `n` bytes, for a sanitizer to look. */
static inline void fuzz_touch(const uint8_t *bytes, size_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum += bytes[n];
	__asm__ volatile("" ::"r"(sum));
}

/** A copy of `n` bytes in memory of exactly that size: a sanitizer sees a read past them. free() it. */
static inline uint8_t *fuzz_copy(const void *bytes, size_t n)
{
	uint8_t *copy = malloc(n);

	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

/** Up to `n` of the bytes that are left, as such a copy; their number in `*got`. */
static inline uint8_t *fuzz_take(struct wire *in, uint32_t n, uint32_t *got)
{
	*got = n < wire_left(in) ? n : wire_left(in);
	return fuzz_copy(in->data + in->pos, (wire_skip(in, *got), *got));
}

/** The bytes that are left as a text with a NUL, up to (and moved behind) the first `end` byte. free() it. */
static inline char *fuzz_text(struct wire *in, uint8_t end)
{
	const uint8_t *from = in->data + in->pos;
	const uint8_t *to = wire_left(in) ? memchr(from, end, wire_left(in)) : NULL;
	size_t n = to ? (size_t)(to - from) : wire_left(in);
	char *text = malloc(n + 1);

	if (n)
		memcpy(text, from, n);
	text[n] = 0;
	wire_skip(in, (uint32_t)n + !!to);
	return text;
}

/** A packet of raw IP (link type 101) by script: a byte of bits, one who talks, and what it carries
 * (`payload`). */
enum { FUZZ_IPV6 = 1, FUZZ_TCP = 2, FUZZ_ANSWER = 4, FUZZ_SET_QR = 8, FUZZ_FRAME = 128 };

/** Builds it into a copy of exact size; its length in `*len`. A TCP segment's own header is part of
 * `payload`. */
static inline uint8_t *fuzz_packet(uint8_t bits, uint8_t who, const uint8_t *payload, uint32_t n,
				   uint32_t *len)
{
	const bool v6 = bits & FUZZ_IPV6, answer = bits & FUZZ_ANSWER;
	const uint32_t ip = v6 ? 40 : 20, l4 = bits & FUZZ_TCP ? 4 : 8, all = ip + l4 + n;
	const uint16_t ports[2] = { (uint16_t)(1024 + (who & 15)), 53 };
	uint8_t *p = calloc(1, all), proto = bits & FUZZ_TCP ? 6 : 17;

	*len = all;
	p[0] = v6 ? 0x60 : 0x45;
	p[v6 ? 4 : 2] = (uint8_t)((v6 ? l4 + n : all) >> 8);
	p[v6 ? 5 : 3] = (uint8_t)(v6 ? l4 + n : all);
	p[v6 ? 6 : 9] = proto;
	p[v6 ? 7 : 8] = 64;
	p[ip - 1 - (answer ? (v6 ? 16 : 4) : 0)] = 1; /* the server is the destination … */
	p[ip - 1 - (answer ? 0 : (v6 ? 16 : 4))] = (uint8_t)(2 + (who >> 4)); /* … of a query */
	for (unsigned i = 0; i < 2; i++) {
		p[ip + 2 * i] = (uint8_t)(ports[i ^ answer] >> 8);
		p[ip + 2 * i + 1] = (uint8_t)ports[i ^ answer];
	}
	if (!(bits & FUZZ_TCP)) {
		p[ip + 4] = (uint8_t)((8 + n) >> 8);
		p[ip + 5] = (uint8_t)(8 + n);
	}
	if (n)
		memcpy(p + ip + l4, payload, n);
	if (bits & FUZZ_SET_QR && !(bits & FUZZ_TCP) && n > 2)
		p[ip + l4 + 2] = (uint8_t)((p[ip + l4 + 2] & 0x7f) | (answer ? 0x80 : 0));
	return p;
}

/** A fragment of IP with up to `n` of the bytes that are left; `who` chooses IPv6, its number and the sender,
 * `where` is its offset in eights and its More bit. A copy of exact size, its length in `*len`. */
static inline uint8_t *fuzz_fragment(uint8_t who, uint16_t where, uint8_t n, struct wire *in, uint32_t *len)
{
	const bool v6 = who & 1;
	const uint32_t head = v6 ? 48 : 20;
	uint32_t got = n < wire_left(in) ? n : wire_left(in);
	uint8_t *p = calloc(1, head + got);

	*len = head + got;
	p[0] = v6 ? 0x60 : 0x45;
	p[v6 ? 4 : 2] = (uint8_t)((got + (v6 ? 8 : 20)) >> 8);
	p[v6 ? 5 : 3] = (uint8_t)(got + (v6 ? 8 : 20));
	p[v6 ? 6 : 9] = v6 ? 44 : 17;
	p[v6 ? 40 : 9] = 17;
	p[v6 ? 42 : 6] = (uint8_t)(v6 ? where >> 5 : (where & 0x1f00) >> 8 | (where >> 15) << 5);
	p[v6 ? 43 : 7] = (uint8_t)(v6 ? where << 3 | where >> 15 : where);
	p[v6 ? 47 : 5] = who >> 1 & 3;
	p[v6 ? 23 : 15] = who >> 5 & 1;
	if (got)
		memcpy(p + head, wire_take(in, got), got);
	return p;
}

/** A TCP segment of the bytes that are left: seven that say who sent it (kept in its first byte), its flags,
 * the middle of its numbers, a time (kept in the lowest byte of the sequence number) and its size, then what
 * it carries. A copy of exact size with a header of 20 bytes, its length in `*len`. */
static inline uint8_t *fuzz_segment(struct wire *in, uint32_t *len)
{
	uint8_t who = wire_u8(in), flags = wire_u8(in), b[4];

	for (unsigned i = 0; i < 4; i++)
		b[i] = wire_u8(in);
	uint32_t told = wire_u8(in), got = told < wire_left(in) ? told : wire_left(in);
	uint8_t *p = calloc(1, 20 + got);
	p[0] = who;
	memcpy(p + 5, b, 2);
	memcpy(p + 9, b + 1, 2);
	p[7] = b[3];
	p[12] = 0x50;
	p[13] = flags;
	if (got)
		memcpy(p + 20, wire_take(in, got), got);
	*len = 20 + got;
	return p;
}

/** A record of the bytes that are left, or NULL where they hold no usable message. free() it. */
struct record *fuzz_record(struct wire *in);

/** All items of a record by an encoder, in memory that stays the function's. */
const uint8_t *fuzz_encode(const struct encoder *e, struct encode_context *cx, const struct record *r,
			   uint32_t *len, uint32_t *items);

/** Item `i` of the flat format as JSON, `level` left out where it is empty if `bare`. json_decref() it. */
json_t *fuzz_flat(struct encode_context *cx, const struct record *r, uint32_t i, bool bare);

/** The equations of core/counters.h hold. */
void fuzz_conserved(const struct counters *c);

#endif
