// SPDX-License-Identifier: BSD-3-Clause
#include "core/wire.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
				 22, 23, 24 };

Test(wire, reads_in_network_order)
{
	struct wire w = wire_init(bytes, sizeof(bytes));

	cr_assert_eq(wire_u8(&w), 0x01);
	cr_assert_eq(wire_u16(&w), 0x0203);
	cr_assert_eq(wire_u32(&w), 0x04050607u);
	cr_assert_eq(wire_u48(&w), UINT64_C(0x08090a0b0c0d));
	cr_assert_eq(wire_u64(&w), UINT64_C(0x0e0f101112131415));
	cr_assert_eq(wire_left(&w), 3);
	cr_assert_eq(wire_take(&w, 3), bytes + 21);
	cr_assert_eq(wire_left(&w), 0);
	cr_assert(!w.error);
}

Test(wire, high_bits_are_not_signs)
{
	static const uint8_t ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	struct wire w = wire_init(ones, 8);

	cr_assert_eq(wire_u64(&w), UINT64_MAX);
	w = wire_init(ones, 8);
	cr_assert_eq(wire_u48(&w), UINT64_C(0xffffffffffff));
	w = wire_init(ones, 8);
	cr_assert_eq(wire_u32(&w), UINT32_MAX);
	cr_assert_eq(wire_u16(&w), UINT16_MAX);
}

/* Each reader on too few bytes: 0, an error, and no byte more afterwards, not even what would have fitted. */
Test(wire, error_is_sticky)
{
	static const unsigned sizes[] = { 1, 2, 4, 6, 8 };

	for (unsigned i = 0; i < 5; i++)
		for (uint32_t len = 0; len < sizes[i]; len++) {
			struct wire w = wire_init(bytes, len);
			uint64_t v = 0;
			switch (sizes[i]) {
			case 1: v = wire_u8(&w); break;
			case 2: v = wire_u16(&w); break;
			case 4: v = wire_u32(&w); break;
			case 6: (void)wire_u48(&w); break;
			case 8: (void)wire_u64(&w); break;
			}
			cr_assert_eq(v, 0);
			cr_assert(w.error);
			cr_assert_leq(w.pos, w.len);
			cr_assert_eq(wire_left(&w), 0);
			cr_assert_eq(wire_u8(&w), 0);
			cr_assert_null(wire_take(&w, 0 + 1));
		}
}

Test(wire, seek_and_skip)
{
	struct wire w = wire_init(bytes, 10);

	wire_seek(&w, 10);
	cr_assert(!w.error);
	wire_seek(&w, 4);
	cr_assert_eq(wire_u8(&w), 5);
	wire_skip(&w, 5);
	cr_assert(!w.error);
	cr_assert_eq(wire_left(&w), 0);
	wire_seek(&w, 11);
	cr_assert(w.error);
	cr_assert_eq(w.pos, 10);
	w = wire_init(bytes, 10);
	wire_skip(&w, UINT32_MAX);
	cr_assert(w.error);
	cr_assert_eq(w.pos, 0);
}

Test(wire, sub_is_closed)
{
	struct wire w = wire_init(bytes, 10);
	struct wire s = wire_sub(&w, 4);

	cr_assert_eq(wire_u32(&s), 0x01020304u);
	cr_assert_eq(wire_u8(&s), 0);
	cr_assert(s.error);
	cr_assert(!w.error);
	cr_assert_eq(wire_u8(&w), 5);
	s = wire_sub(&w, 6);
	cr_assert(s.error);
	cr_assert(w.error);
	cr_assert_eq(wire_left(&s), 0);
}

/* Random operations against a plain model. */
Test(wire, random_operations)
{
	for (unsigned turn = 0; turn < 20000; turn++) {
		uint32_t len = (uint32_t)random() % 25, pos = 0;
		struct wire w = wire_init(bytes, len);
		bool error = false;
		for (unsigned i = 0; i < 12; i++) {
			uint32_t n = (uint32_t)random() % 9;
			if (random() % 4 == 0) {
				uint32_t to = (uint32_t)random() % 28;
				wire_seek(&w, to);
				if (to > len)
					error = true;
				else
					pos = to;
			} else {
				const uint8_t *p = wire_take(&w, n);
				bool ok = !error && n <= len - pos;
				/* A take of nothing is fine at the end, and even after an error. */
				if (error && !n)
					ok = true;
				cr_assert_eq(p != NULL, ok);
				if (ok)
					cr_assert_eq(p, bytes + pos);
				if (ok)
					pos += n;
				else
					error = true;
			}
			cr_assert_eq(w.error, error);
			cr_assert_eq(w.pos, pos);
		}
	}
}
