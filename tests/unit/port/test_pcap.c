// SPDX-License-Identifier: BSD-3-Clause
#include "capread.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define S INT64_C(1000000000)

TestSuite(pcap, .init = folder_make, .fini = folder_remove);

Test(pcap, byte_orders_and_units)
{
	static const struct {
		uint32_t magic;
		bool big;
		int64_t unit;
	} cases[] = {
		{ 0xa1b2c3d4, false, 1000 }, { 0xa1b2c3d4, true, 1000 }, { 0xa1b23c4d, false, 1 }, { 0xa1b23c4d, true, 1 },
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct bytes b = { .big = cases[k].big };

		pcap_header(&b, cases[k].magic, 113);
		for (unsigned i = 0; i < 100; i++)
			pcap_record(&b, 1700000000 + i, 123456 + i, i, i, i + 5);
		for (unsigned batch = 1; batch < 64; batch += 31) {
			struct read_all *r = read_bytes(&b, batch);

			cr_assert(eq(i32, r->end, CAPTURE_END), "%s", r->e.text);
			cr_assert(eq(u32, r->n, 100));
			cr_expect(all_sound(r));
			for (unsigned i = 0; i < 100; i++) {
				cr_expect(eq(i64, r->packet[i].time, (1700000000 + i) * S + (123456 + i) * cases[k].unit));
				cr_expect(eq(u32, r->packet[i].len, i));
				cr_expect(eq(u32, r->packet[i].wire_len, i + 5));
				cr_expect(eq(u16, r->packet[i].linktype, 113));
			}
		}
		put_free(&b);
	}
}

Test(pcap, the_modified_form_has_longer_records)
{
	for (int big = 0; big < 2; big++) {
		struct bytes b = { .big = big };

		pcap_header(&b, 0xa1b2cd34, 1);
		for (unsigned i = 0; i < 3; i++) {
			put32(&b, 10 + i);
			put32(&b, 20);
			put32(&b, 33);
			put32(&b, 44);
			put32(&b, 2);
			put16(&b, 0x0800);
			put16(&b, 0);
			put_pattern(&b, i, 33);
		}
		struct read_all *r = read_bytes(&b, 32);
		cr_assert(eq(i32, r->end, CAPTURE_END));
		cr_assert(eq(u32, r->n, 3));
		cr_expect(all_sound(r));
		cr_expect(eq(i64, r->packet[2].time, 12 * S + 20000));
		cr_expect(eq(u32, r->packet[2].wire_len, 44));
		put_free(&b);
	}
}

Test(pcap, seconds_are_unsigned)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_record(&b, 0x7fffffff, 0, 0, 10, 10);
	pcap_record(&b, 0x80000000, 999999, 0, 10, 10);
	pcap_record(&b, 0xffffffff, 0, 0, 10, 10);
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(u32, r->n, 3));
	cr_expect(eq(i64, r->packet[0].time, INT64_C(2147483647) * S));
	cr_expect(eq(i64, r->packet[1].time, INT64_C(2147483648) * S + 999999000));
	cr_expect(eq(i64, r->packet[2].time, INT64_C(4294967295) * S));
	put_free(&b);
}

Test(pcap, the_link_type_field_holds_more_than_the_link_type)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 0x24000001);
	pcap_record(&b, 1, 0, 0, 10, 10);
	cr_expect(eq(u16, read_bytes(&b, 32)->packet[0].linktype, 1), "4 bytes of FCS");
	put_free(&b);
}

Test(pcap, lengths_in_the_wrong_order)
{
	struct bytes b = { 0 };

	/* 2.3 had them either way, 2.4 has not: there the shorter one is wrong. */
	pcap_header(&b, 0xa1b2c3d4, 1);
	b.p[6] = 3;
	put32(&b, 1);
	put32(&b, 0);
	put32(&b, 60); /* on the wire */
	put32(&b, 20); /* there */
	put_pattern(&b, 0, 20);
	struct read_all *r = read_bytes(&b, 32);
	cr_assert(eq(u32, r->n, 1));
	cr_expect(eq(u32, r->packet[0].len, 20));
	cr_expect(eq(u32, r->packet[0].wire_len, 60));
	b.p[6] = 4;
	put_pattern(&b, 0, 40);
	r = read_bytes(&b, 32);
	cr_assert(eq(u32, r->n, 1));
	cr_expect(eq(u32, r->packet[0].len, 60));
	cr_expect(eq(u32, r->packet[0].wire_len, 60));
	put_free(&b);
}

Test(pcap, the_longest_packet_and_one_that_is_too_long)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 4; i++)
		pcap_record(&b, i, 0, i, 262144, 262144);
	size_t sound = b.n;
	pcap_record(&b, 4, 0, 4, 262145, 262145);
	struct read_all *r = read_bytes(&b, 32);
	cr_expect(eq(u32, r->n, 4));
	cr_expect(all_sound(r));
	cr_assert(eq(i32, r->end, CAPTURE_BAD));
	char where[64];
	snprintf(where, sizeof(where), "corrupt in packet 5 at byte %zu: a length of 262145", sound);
	cr_expect(strstr(r->e.text, where) != NULL, "%s", r->e.text);
	put_free(&b);
}

Test(pcap, versions)
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	b.p[4] = 3;
	struct read_all *r = read_bytes(&b, 32);
	cr_expect(eq(i32, r->end, CAPTURE_BAD));
	cr_expect(strstr(r->e.text, "pcap version 3.4 is not known") != NULL, "%s", r->e.text);
	put_free(&b);
}

Test(pcap, cut_at_every_byte)
{
	struct bytes b = { 0 };
	size_t ends[5];
	char text[32];

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 5; i++) {
		pcap_record(&b, i, 0, i, 10 * i, 10 * i);
		ends[i] = b.n;
	}
	for (size_t n = 1; n <= b.n; n++) {
		struct bytes cut = { .p = b.p, .n = n };
		struct read_all *r = read_bytes(&cut, 32);
		unsigned whole = 0;
		bool border = n == 24;

		for (; whole < 5 && ends[whole] <= n; whole++)
			border |= ends[whole] == n;
		cr_expect(eq(u32, r->n, whole));
		cr_expect(all_sound(r));
		cr_expect(eq(i32, r->end, border ? CAPTURE_END : CAPTURE_BAD));
		if (n > 24 && !border) {
			snprintf(text, sizeof(text), "cut in packet %u at byte %zu", whole + 1, whole ? ends[whole - 1] : 24);
			cr_expect(strstr(r->e.text, text) != NULL, "%s", r->e.text);
		}
	}
	put_free(&b);
}

Test(pcap, random_damage)
{
	uint64_t state = 88172645463325252u;
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 20; i++)
		pcap_record(&b, i, 0, i, 20, 20);
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
