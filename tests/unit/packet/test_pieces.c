// SPDX-License-Identifier: BSD-3-Clause
#include "packet/pieces.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pieces r;

static void setup(void)
{
	cr_assert(pieces_init(&r, 1 << 20));
}

static void teardown(void)
{
	pieces_fini(&r);
}

TestSuite(pieces, .init = setup, .fini = teardown);

static uint32_t put(uint32_t bytes, uint32_t owner)
{
	uint32_t oldest, at = pieces_put(&r, bytes, &oldest);

	if (at == PIECE_NONE)
		return PIECE_NONE;
	piece_at(&r, at)->owner = owner;
	piece_at(&r, at)->len = (uint16_t)bytes;
	memset(piece_payload(piece_at(&r, at)), (uint8_t)owner, bytes);
	return at;
}

Test(pieces, what_is_freed_at_once_leaves_the_ring_empty)
{
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t a = put(1480, i), b = put(300, i);
		cr_assert_eq(a, 0);
		piece_free(&r, a);
		pieces_trim(&r);
		piece_free(&r, b);
		pieces_trim(&r);
	}
	cr_assert_eq(r.head, r.tail);
}

Test(pieces, the_newest_end_is_taken_back_too)
{
	uint32_t kept = put(100, 1);

	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t a = put(1480, i);
		cr_assert_neq(a, PIECE_NONE);
		piece_free(&r, a);
		pieces_trim(&r);
	}
	cr_assert_eq(piece_at(&r, kept)->owner, 1);
	cr_assert_eq(r.head, 160);
}

/* Round the ring many times with pieces of any size: none overlaps another, the oldest is told when it is
 * full. */
Test(pieces, oldest_first)
{
	static struct { uint32_t at, bytes; } live[1 << 15];
	uint32_t first = 0, next = 0;
	uint64_t seed = 1;

	for (uint32_t i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		uint32_t bytes = (uint32_t)(seed >> 40) % ((seed >> 33) % 64 ? 1500 : 65596), oldest = 0, at;
		while ((at = pieces_put(&r, bytes, &oldest)) == PIECE_NONE) {
			cr_assert_neq(first, next);
			cr_assert_eq(oldest, live[first % (1 << 15)].at);
			uint32_t n = live[first % (1 << 15)].bytes;
			const uint8_t *p = (const uint8_t *)(piece_at(&r, oldest) + 1);
			for (uint32_t b = 0; b < n; b += 97)
				cr_assert_eq(p[b], (uint8_t)first);
			piece_free(&r, oldest);
			pieces_trim(&r);
			first++;
		}
		cr_assert_leq(at + sizeof(struct piece) + bytes, r.size);
		piece_at(&r, at)->owner = next;
		memset(piece_at(&r, at) + 1, (uint8_t)next, bytes);
		live[next % (1 << 15)].at = at;
		live[next % (1 << 15)].bytes = bytes;
		next++;
	}
	cr_assert_gt(first, 100000);
}

Test(pieces, the_largest_fragment_always_fits)
{
	pieces_fini(&r);
	cr_assert(pieces_init(&r, 1));
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t oldest, at;
		while ((at = pieces_put(&r, 65535 + 60, &oldest)) == PIECE_NONE) {
			piece_free(&r, oldest);
			pieces_trim(&r);
		}
		piece_at(&r, at)->owner = i;
	}
}
