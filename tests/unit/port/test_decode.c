// SPDX-License-Identifier: BSD-3-Clause
#include "packed.h"
#include "port/decode.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/** Unpacks `b` giving at most `in` bytes at once and room for `out`; the result's length, or -1. */
static int unpack(const struct bytes *b, size_t in, size_t out, uint8_t *to, size_t room, bool *between, struct error *e)
{
	const struct decode_ops *ops = decode_find(b->p, b->n);
	void *state = ops->open();
	size_t at = 0, got = 0;
	int r = 0;

	*between = false;
	for (unsigned idle = 0; r >= 0 && idle < 3 && got < room; ) {
		size_t n = b->n - at < in ? b->n - at : in;
		struct decode_io io = { .in = b->p + at, .in_len = n, .out = to + got, .out_len = room - got < out ? room - got : out };
		size_t before = io.out_len;

		r = ops->run(state, &io, e);
		idle = io.in_len == n && io.out_len == before ? idle + 1 : 0;
		if (!idle)
			*between = r == 1;
		at += n - io.in_len;
		got += before - io.out_len;
	}
	ops->close(state);
	return r < 0 ? -1 : (int)got;
}

Test(decode, kinds_are_known_by_their_magic)
{
	for (int k = 0; k < PACKS; k++) {
		struct bytes b = { 0 };

		pack(&b, k, "hello", 5);
		cr_assert(decode_find(b.p, b.n) != NULL);
		cr_expect(eq(str, (char *)(uintptr_t)decode_find(b.p, b.n)->name, (char *)(uintptr_t)pack_names[k]));
		cr_expect(decode_find(b.p, 1) == NULL);
		put_free(&b);
	}
	cr_expect(decode_find((const uint8_t *)"\xd4\xc3\xb2\xa1", 4) == NULL);
	cr_expect(decode_find(NULL, 0) == NULL);
}

Test(decode, in_pieces_of_any_size)
{
	static uint8_t plain[50000], back[50001];
	static const size_t sizes[] = { 1, 7, 1000, 100000 };

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 7);
	for (int k = 0; k < PACKS; k++) {
		struct bytes b = { 0 };

		pack(&b, k, plain, 30000);
		pack(&b, k, plain + 30000, 20000); /* a second frame, as of files joined by cat */
		for (unsigned i = 0; i < 16; i++) {
			struct error e = { "" };
			bool between;

			memset(back, 0, sizeof(back));
			int n = unpack(&b, sizes[i / 4], sizes[i % 4], back, sizeof(back), &between, &e);
			cr_assert(eq(i32, n, 50000), "%s: %s", pack_names[k], e.text);
			cr_expect(between);
			cr_expect(eq(i32, memcmp(plain, back, sizeof(plain)), 0));
		}
		put_free(&b);
	}
}

Test(decode, damage_is_told_and_cuts_are_seen)
{
	static uint8_t plain[3000], back[200000];
	uint64_t state = 1234567;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 40);
	for (int k = 0; k < PACKS; k++) {
		struct bytes b = { 0 };
		unsigned told = 0;

		pack(&b, k, plain, sizeof(plain));
		for (size_t n = 8; n < b.n; n += 5) {
			struct bytes cut = { .p = b.p, .n = n };
			struct error e = { "" };
			bool between;

			cr_expect(unpack(&cut, 100, 100, back, sizeof(back), &between, &e) <= 3000);
			cr_expect(eq(i32, between, false), "%s cut at %zu", pack_names[k], n);
		}
		for (size_t at = 8; at < b.n; at += 3) {
			struct error e = { "" };
			bool between;

			b.p[at] ^= 0x55;
			int n = unpack(&b, 1000, 1000, back, sizeof(back), &between, &e);
			told += n < 0 && e.text[0];
			b.p[at] ^= 0x55;
		}
		cr_expect(gt(u32, told, 20), "%s", pack_names[k]);
		put_free(&b);
	}
}
