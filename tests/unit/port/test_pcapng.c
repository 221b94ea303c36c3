// SPDX-License-Identifier: BSD-3-Clause
#include "capread.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define S INT64_C(1000000000)

TestSuite(pcapng, .init = folder_make, .fini = folder_remove);

/** A section with two interfaces of different link types and resolutions, and every kind of block. */
static void everything(struct bytes *b)
{
	ng_section(b);
	ng_interface(b, 1, 0, -1, 0);
	ng_unknown(b, 4, 20); /* names */
	ng_interface(b, 101, 40, 9, 0);
	ng_enhanced(b, 0, 1700000000000001, 1, 61, 61);
	ng_unknown(b, 5, 30); /* statistics */
	ng_enhanced(b, 1, 1700000001000000002, 2, 33, 90);
	ng_unknown(b, 0x00000bad, 8);
	ng_unknown(b, 0x40000bad, 12);
	ng_obsolete(b, 1, 1700000002000000003, 3, 17, 17);
	ng_simple(b, 4, 25, 25);
	ng_unknown(b, 0x80001234, 0);
}

#define EVERYTHING 4 /* packets of it */

static void check_everything(const struct read_all *r, unsigned from)
{
	static const struct read_packet want[EVERYTHING] = {
		{ 1700000000 * S + 1000, 61, 61, 1, true }, { 1700000001 * S + 2, 33, 90, 101, true },
		{ 1700000002 * S + 3, 17, 17, 101, true }, { 1700000002 * S + 3, 25, 25, 1, true },
	};

	for (unsigned i = 0; i < EVERYTHING; i++) {
		const struct read_packet *p = &r->packet[from + i];

		cr_expect(eq(i64, p->time, want[i].time));
		cr_expect(eq(u32, p->len, want[i].len));
		cr_expect(eq(u32, p->wire_len, want[i].wire_len));
		cr_expect(eq(u16, p->linktype, want[i].linktype));
		cr_expect(p->sound);
	}
}

Test(pcapng, every_kind_of_block_in_both_byte_orders)
{
	for (int big = 0; big < 2; big++)
		for (unsigned batch = 1; batch <= 32; batch += 31) {
			struct bytes b = { .big = big };

			everything(&b);
			struct read_all *r = read_bytes(&b, batch);
			cr_assert(eq(i32, r->end, CAPTURE_END), "%s", r->e.text);
			cr_assert(eq(u32, r->n, EVERYTHING));
			check_everything(r, 0);
			put_free(&b);
		}
}

Test(pcapng, sections_of_different_byte_order)
{
	struct bytes b = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		b.big = i & 1;
		everything(&b);
	}
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(i32, r->end, CAPTURE_END), "%s", r->e.text);
	cr_assert(eq(u32, r->n, 4 * EVERYTHING));
	for (unsigned i = 0; i < 4; i++)
		check_everything(r, i * EVERYTHING);
	put_free(&b);
}

Test(pcapng, a_section_forgets_the_interfaces_before)
{
	struct bytes b = { 0 };

	everything(&b);
	ng_section(&b);
	ng_enhanced(&b, 0, 1, 0, 10, 10);
	struct read_all *r = read_bytes(&b, 32);
	cr_expect(eq(u32, r->n, EVERYTHING));
	cr_expect(eq(i32, r->end, CAPTURE_BAD));
	cr_expect(strstr(r->e.text, "interface that was not described (0)") != NULL, "%s", r->e.text);
	put_free(&b);
}

Test(pcapng, resolutions_and_offsets)
{
	static const struct {
		int resolution;
		int64_t offset;
		uint64_t units;
		int64_t want;
	} cases[] = {
		{ -1, 0, 1700000000123456, 1700000000 * S + 123456000 },
		{ 6, 0, 4294967296000000, INT64_C(4294967296) * S },             /* beyond 2106 */
		{ 0, 0, 1700000000, 1700000000 * S },
		{ 3, 0, 1700000000123, 1700000000 * S + 123000000 },
		{ 9, 0, 1700000000123456789, 1700000000 * S + 123456789 },
		{ 12, 0, 1700000000123456, 1700 * S + 123 },
		{ 19, 0, 17000000001234567890u, 1 * S + 700000000 },
		{ 127, 0, UINT64_MAX, 0 },
		{ 0x80, 0, 1700000000, 1700000000 * S },
		{ 0x81, 0, 3, 1 * S + S / 2 },
		{ 0x94, 0, (UINT64_C(1700000000) << 20) + (1 << 18), 1700000000 * S + S / 4 }, /* 2^-20 */
		{ 0xbf, 0, UINT64_C(3) << 62, 1 * S + S / 2 },                  /* 2^-63 */
		{ 0xc0, 0, UINT64_C(1) << 63, S / 2 },                          /* 2^-64 */
		{ 0xff, 0, UINT64_MAX, 0 },
		{ 6, 1700000000, 5000000, 1700000005 * S },
		{ 9, -10, 1700000000000000000, 1699999990 * S },
		{ 9, 0, UINT64_MAX, INT64_MAX },                                /* beyond 2262 */
		{ 0, INT64_MAX, UINT64_MAX, INT64_MAX },
		{ 6, INT64_MIN, 0, INT64_MIN },
		{ 6, 0, INT64_MAX, INT64_MAX },
	};

	for (int big = 0; big < 2; big++)
		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
			struct bytes b = { .big = big };

			ng_section(&b);
			ng_interface(&b, 1, 0, cases[k].resolution, cases[k].offset);
			ng_enhanced(&b, 0, cases[k].units, 0, 4, 4);
			struct read_all *r = read_bytes(&b, 32);
			cr_assert(eq(u32, r->n, 1), "%s", r->e.text);
			cr_expect(eq(i64, r->packet[0].time, cases[k].want), "case %zu", k);
			put_free(&b);
		}
}

Test(pcapng, simple_packets_are_cut_by_the_interface)
{
	struct bytes b = { 0 };

	ng_section(&b);
	ng_interface(&b, 1, 20, -1, 0);
	ng_simple(&b, 1, 20, 1000);
	ng_simple(&b, 1, 8, 8);
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(u32, r->n, 2), "%s", r->e.text);
	cr_expect(eq(u32, r->packet[0].len, 20));
	cr_expect(eq(u32, r->packet[0].wire_len, 1000));
	cr_expect(eq(i64, r->packet[0].time, 0), "no time yet");
	cr_expect(eq(u32, r->packet[1].len, 8));
	put_free(&b);
}

Test(pcapng, many_interfaces)
{
	struct bytes b = { 0 };

	ng_section(&b);
	for (unsigned i = 0; i < 300; i++)
		ng_interface(&b, i, 0, -1, 0);
	for (unsigned i = 0; i < 300; i++)
		ng_enhanced(&b, 299 - i, i, i, 5, 5);
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(u32, r->n, 300), "%s", r->e.text);
	for (unsigned i = 0; i < 300; i++)
		cr_expect(eq(u16, r->packet[i].linktype, 299 - i));
	put_free(&b);
}

Test(pcapng, interfaces_are_bounded)
{
	struct bytes b = { 0 };

	ng_section(&b);
	for (unsigned i = 0; i < 65537; i++)
		ng_interface(&b, 1, 0, -1, 0);
	struct read_all *r = read_bytes(&b, 32);
	cr_expect(eq(i32, r->end, CAPTURE_BAD));
	cr_expect(strstr(r->e.text, "too many interfaces") != NULL, "%s", r->e.text);
	put_free(&b);
}

Test(pcapng, long_blocks)
{
	struct bytes b = { 0 };

	ng_section(&b);
	ng_unknown(&b, 10, 3000000); /* secrets: longer than the window */
	ng_interface(&b, 1, 0, -1, 0);
	ng_enhanced(&b, 0, 1, 1, 262144, 262144);
	ng_unknown(&b, 0x0bad, 600000);
	ng_enhanced(&b, 0, 2, 2, 100, 100);
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(i32, r->end, CAPTURE_END), "%s", r->e.text);
	cr_assert(eq(u32, r->n, 2));
	cr_expect(all_sound(r));
	put_free(&b);
}

/** A section and an interface, then a block of `type` whose body is `len` bytes of `value`. */
static struct read_all *read_block(uint32_t type, uint32_t len, uint32_t value)
{
	static struct bytes b;

	b.n = 0;
	ng_section(&b);
	ng_interface(&b, 1, 0, -1, 0);
	ng_enhanced(&b, 0, 1, 0, 10, 10);
	size_t s = block_begin(&b, type);
	for (uint32_t i = 0; i < len; i += 4)
		put32(&b, value);
	block_end(&b, s);
	return read_bytes(&b, 32);
}

Test(pcapng, damaged_blocks)
{
	static const struct {
		uint32_t type, len, value;
		const char *text;
	} cases[] = {
		{ 6, 16, 0, "packet block that is too short (16)" }, { 2, 16, 0, "packet block that is too short (16)" },
		{ 3, 0, 0, "packet block that is too short (0)" },   { 1, 4, 0, "interface description that is too short (4)" },
		{ 6, 20, 1, "interface that was not described (1)" }, { 3, 8, 5, "longer than its block" },
		{ 0x0a0d0d0a, 16, 0, "without the byte-order magic" }, { 6, 600000, 0, "a block that is too long (600012)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct read_all *r = read_block(cases[i].type, cases[i].len, cases[i].value);

		cr_expect(eq(u32, r->n, 1), "what came before is there");
		cr_assert(eq(i32, r->end, CAPTURE_BAD));
		cr_expect(strstr(r->e.text, cases[i].text) != NULL, "%s", r->e.text);
		cr_expect(strstr(r->e.text, "behind packet 1 at byte ") != NULL, "%s", r->e.text);
	}
}

Test(pcapng, damaged_lengths_and_versions)
{
	struct bytes b = { 0 };

	ng_section(&b);
	b.p[12] = 2;
	cr_expect(strstr(read_bytes(&b, 32)->e.text, "pcapng version that is not known, only 1.x is (2)") != NULL);
	b.p[12] = 1;
	b.p[14] = 2; /* 1.2 means 1.0 */
	cr_expect(eq(i32, read_bytes(&b, 32)->end, CAPTURE_END));
	b.p[b.n - 4]++;
	cr_expect(strstr(read_bytes(&b, 32)->e.text, "its two lengths differ") != NULL);
	b.p[4] = 24;
	cr_expect(strstr(read_bytes(&b, 32)->e.text, "section header that is too short (24)") != NULL);
	b.n = 0;
	ng_section(&b);
	put32(&b, 77);
	put32(&b, 13);
	put32(&b, 13);
	cr_expect(strstr(read_bytes(&b, 32)->e.text, "a block length that can't be (13)") != NULL);
	put_free(&b);
}

Test(pcapng, damaged_options_leave_the_interface)
{
	struct bytes b = { 0 };

	ng_section(&b);
	size_t s = block_begin(&b, 1);
	put16(&b, 113);
	put16(&b, 0);
	put32(&b, 0);
	put16(&b, 9);
	put16(&b, 0); /* a resolution without a value */
	put16(&b, 14);
	put16(&b, 4000); /* longer than the block */
	block_end(&b, s);
	ng_enhanced(&b, 0, 5, 0, 10, 10);
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(u32, r->n, 1), "%s", r->e.text);
	cr_expect(eq(i64, r->packet[0].time, 5000));
	cr_expect(eq(u16, r->packet[0].linktype, 113));
	put_free(&b);
}

Test(pcapng, cut_at_every_byte)
{
	for (int big = 0; big < 2; big++) {
		struct bytes b = { .big = big };
		unsigned before = 0;

		everything(&b);
		for (size_t n = 4; n <= b.n; n++) {
			struct bytes cut = { .p = b.p, .n = n };
			struct read_all *r = read_bytes(&cut, 32);

			cr_expect(all_sound(r));
			cr_expect(ge(u32, r->n, before), "what was sound stays sound");
			cr_expect(le(u32, r->n, EVERYTHING));
			cr_expect(r->end == CAPTURE_END || strstr(r->e.text, "cut in packet"), "%zu: %s", n, r->e.text);
			before = r->n;
		}
		cr_expect(eq(u32, before, EVERYTHING));
		put_free(&b);
	}
}

Test(pcapng, random_damage)
{
	uint64_t state = 88172645463325252u;
	struct bytes b = { 0 };

	everything(&b);
	b.big = true;
	everything(&b);
	for (unsigned k = 0; k < 2000; k++) {
		size_t at = mutate_random(&state) % b.n;
		uint8_t old = b.p[at];

		b.p[at] = (uint8_t)mutate_random(&state);
		struct read_all *r = read_bytes(&b, 32);
		cr_assert(r->end == CAPTURE_END || (r->end == CAPTURE_BAD && r->e.text[0]));
		for (unsigned i = 0; i < r->n; i++)
			cr_assert(ge(u32, r->packet[i].wire_len, r->packet[i].len));
		b.p[at] = old;
	}
	put_free(&b);
}
