// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A mutator that knows DNS messages: records are copied, moved, retyped, resized, names are made pointers,
 * counts follow.
 *
 * Included once a target whose input ends with a message; FUZZ_DNS_AT is where that begins.
 */
#ifndef FUZZ_FUZZ_DNS_H
#define FUZZ_FUZZ_DNS_H

#include "fuzz.h"

#ifndef FUZZ_DNS_AT
#define FUZZ_DNS_AT 1
#endif
#define FUZZ_RRS 64

/** Records of a message: where each begins and its data, and where the last one ends. */
struct fuzz_rrs {
	uint32_t n, at[FUZZ_RRS + 1], data[FUZZ_RRS];
};

static inline void fuzz_skip_name(struct wire *w)
{
	for (uint8_t c; (c = wire_u8(w)) && !w->error; wire_skip(w, c))
		if (c >= 0x40) {
			wire_skip(w, 1);
			return;
		}
}

static inline struct fuzz_rrs fuzz_find_rrs(const uint8_t *m, size_t len)
{
	struct wire w = wire_init(m, (uint32_t)len);
	struct fuzz_rrs f = { 0 };

	wire_skip(&w, 4);
	uint16_t questions = wire_u16(&w);
	wire_skip(&w, 6);
	for (unsigned i = 0; i < questions && i < 4; i++) {
		fuzz_skip_name(&w);
		wire_skip(&w, 4);
	}
	while (f.n < FUZZ_RRS) {
		f.at[f.n] = w.pos;
		fuzz_skip_name(&w);
		wire_skip(&w, 8);
		uint16_t len_rr = wire_u16(&w);
		f.data[f.n] = w.pos;
		wire_skip(&w, len_rr);
		if (w.error || !wire_left(&w))
			break;
		f.n++;
	}
	f.n += !w.error && f.n < FUZZ_RRS;
	f.at[f.n] = w.error ? f.at[f.n] : w.pos;
	return f;
}

/** Puts `n` bytes in the place of `old` ones at `at`; false where there is no room. */
static inline bool fuzz_replace(uint8_t *m, size_t *size, size_t max, uint32_t at, uint32_t old,
				const uint8_t *by, uint32_t n)
{
	if (*size - old + n > max)
		return false;
	memmove(m + at + n, m + at + old, *size - at - old);
	memcpy(m + at, by, n);
	*size = *size - old + n;
	return true;
}

static inline void fuzz_count(uint8_t *m, unsigned section, int by)
{
	uint16_t n = (uint16_t)((m[4 + 2 * section] << 8 | m[5 + 2 * section]) + by);
	m[4 + 2 * section] = (uint8_t)(n >> 8);
	m[5 + 2 * section] = (uint8_t)n;
}

/** A type that has a form of its own, mostly. */
static inline uint16_t fuzz_type(unsigned chance)
{
	return chance % 16 ? (uint16_t)(chance / 16 % 8 ? chance / 128 % 70 : 249 + chance / 128 % 16)
			   : (uint16_t)(chance >> 8);
}

/** One change to a record of a message. */
static inline void fuzz_change_rr(uint8_t *m, size_t *size, size_t max, unsigned chance)
{
	struct fuzz_rrs f = fuzz_find_rrs(m, *size);
	uint8_t copy[4096];
	unsigned i = f.n ? chance / 8 % f.n : 0, where = chance / 512;

	if (!f.n)
		return;
	uint32_t at = f.at[i], data = f.data[i], end = f.at[i + 1], n = end - at, rdlen = end - data;
	switch (chance % 8) {
	case 0: /* twice */
		if (n <= sizeof(copy) &&
		    fuzz_replace(m, size, max, f.at[where % (f.n + 1)], 0, memcpy(copy, m + at, n), n))
			fuzz_count(m, 1 + where / 64 % 3, 1);
		return;
	case 1: /* gone */
		fuzz_replace(m, size, max, at, n, copy, 0);
		fuzz_count(m, 1 + where % 3, -1);
		return;
	case 2: /* of another type */
		m[data - 10] = (uint8_t)(fuzz_type(where) >> 8);
		m[data - 9] = (uint8_t)fuzz_type(where);
		return;
	case 3: /* with a pointer in its data */
		if (rdlen >= 2)
			memcpy(m + data + where % (rdlen - 1), (uint8_t[]){ 0xc0, (uint8_t)(where >> 8) }, 2);
		return;
	case 4: /* owned by a pointer */
		if (fuzz_replace(m, size, max, at, data - 10 - at, (uint8_t[]){ 0xc0, (uint8_t)where }, 2))
			return;
		return;
	default: /* with other data, its length told */
		if (rdlen > sizeof(copy) || !LLVMFuzzerMutate)
			return;
		n = (uint32_t)LLVMFuzzerMutate(memcpy(copy, m + data, rdlen), rdlen,
					       rdlen + 16 < sizeof(copy) ? rdlen + 16 : rdlen);
		if (fuzz_replace(m, size, max, data, rdlen, copy, n))
			memcpy(m + data - 2, (uint8_t[]){ (uint8_t)(n >> 8), (uint8_t)n }, 2);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
	if (seed % 2 && size > FUZZ_DNS_AT + 12 && max > FUZZ_DNS_AT) {
		size_t n = size - FUZZ_DNS_AT;
		fuzz_change_rr(bytes + FUZZ_DNS_AT, &n, max - FUZZ_DNS_AT, seed / 2);
		return n + FUZZ_DNS_AT;
	}
	return LLVMFuzzerMutate ? LLVMFuzzerMutate(bytes, size, max) : size;
}

#endif
