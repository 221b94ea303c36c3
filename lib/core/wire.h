// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Reading cursor over bytes in network byte order that can't leave them.
 *
 * A read past the end returns 0 (or NULL) and sets `error`, which stays set: a parser reads straight through and
 * looks at `error` once, at the end. `pos` never exceeds `len`.
 */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

/** A cursor. `data` is borrowed and must outlive it. */
struct wire {
	const uint8_t *data; /**< first byte; never NULL where len > 0 */
	uint32_t len;        /**< bytes that may be read */
	uint32_t pos;        /**< next byte, 0 … len */
	bool error;          /**< a read went past the end; sticky */
};

/** A cursor at the start of `len` bytes at `data` (borrowed). */
static inline struct wire wire_init(const void *data, uint32_t len)
{
	return (struct wire){ .data = data, .len = len };
}

/** Bytes that are left to read; 0 after an error. */
static inline uint32_t wire_left(const struct wire *w)
{
	return w->error ? 0 : w->len - w->pos;
}

/** The next `n` bytes (borrowed), the cursor moved behind them; NULL and the sticky error where there are fewer. */
static inline const uint8_t *wire_take(struct wire *w, uint32_t n)
{
	if (__builtin_expect(n > wire_left(w), 0)) {
		w->error = true;
		return (const uint8_t *)0;
	}
	const uint8_t *at = w->data + w->pos;
	w->pos += n;
	return at;
}

/** Moves `n` bytes ahead. */
static inline void wire_skip(struct wire *w, uint32_t n)
{
	(void)wire_take(w, n);
}

/** Moves to an absolute position; past the end is an error. */
static inline void wire_seek(struct wire *w, uint32_t pos)
{
	if (pos > w->len)
		w->error = true;
	else
		w->pos = pos;
}

/** The next byte. */
static inline uint8_t wire_u8(struct wire *w)
{
	const uint8_t *p = wire_take(w, 1);
	return p ? p[0] : 0;
}

/** The next two bytes, big-endian. */
static inline uint16_t wire_u16(struct wire *w)
{
	const uint8_t *p = wire_take(w, 2);
	return p ? (uint16_t)((uint32_t)p[0] << 8 | p[1]) : 0;
}

/** The next four bytes, big-endian. */
static inline uint32_t wire_u32(struct wire *w)
{
	const uint8_t *p = wire_take(w, 4);
	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/** The next six bytes, big-endian. */
static inline uint64_t wire_u48(struct wire *w)
{
	uint64_t high = wire_u16(w);
	return high << 32 | wire_u32(w);
}

/** The next eight bytes, big-endian. */
static inline uint64_t wire_u64(struct wire *w)
{
	uint64_t high = wire_u32(w);
	return high << 32 | wire_u32(w);
}

/** A cursor over the next `n` bytes alone; the outer cursor moves behind them. In error where there are fewer. */
static inline struct wire wire_sub(struct wire *w, uint32_t n)
{
	const uint8_t *p = wire_take(w, n);
	return p ? wire_init(p, n) : (struct wire){ .error = true };
}

#endif
