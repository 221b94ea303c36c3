// SPDX-License-Identifier: BSD-3-Clause
#include "capread.h"
#include "packed.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(capture, .init = folder_make, .fini = folder_remove);

static void some_packets(struct bytes *b, bool ng)
{
	if (ng) {
		ng_section(b);
		ng_interface(b, 1, 0, -1, 0);
	} else {
		pcap_header(b, 0xa1b2c3d4, 1);
	}
	for (unsigned i = 0; i < 100; i++) {
		if (ng)
			ng_enhanced(b, 0, i, i, 100 + i, 100 + i);
		else
			pcap_record(b, i, 0, i, 100 + i, 100 + i);
	}
}

Test(capture, packed_captures_of_both_formats)
{
	for (int ng = 0; ng < 2; ng++)
		for (int k = 0; k < PACKS; k++) {
			struct bytes plain = { 0 }, b = { 0 };

			some_packets(&plain, ng);
			pack(&b, k, plain.p, plain.n);
			struct read_all *r = read_bytes(&b, 32);
			cr_expect(eq(i32, r->end, CAPTURE_END), "%s", r->e.text);
			cr_expect(eq(u32, r->n, 100));
			cr_expect(all_sound(r));
			put_free(&plain);
			put_free(&b);
		}
}

Test(capture, a_packed_capture_that_is_cut)
{
	for (int k = 0; k < PACKS; k++) {
		struct bytes plain = { 0 }, b = { 0 };

		some_packets(&plain, false);
		pack(&b, k, plain.p, plain.n / 2);
		pack(&b, k, plain.p + plain.n / 2, plain.n - plain.n / 2);
		b.n -= 9;
		struct read_all *r = read_bytes(&b, 32);
		cr_expect(eq(i32, r->end, CAPTURE_BAD));
		cr_expect(gt(u32, r->n, 40), "what was sound came first");
		cr_expect(all_sound(r));
		cr_expect(strstr(r->e.text, "data is cut in packet") != NULL, "%s", r->e.text);
		put_free(&plain);
		put_free(&b);
	}
}

static void expect_error(const void *p, size_t n, const char *text)
{
	struct bytes b = { .p = (uint8_t *)(uintptr_t)p, .n = n };
	struct read_all *r = read_bytes(&b, 32);

	cr_expect(eq(i32, r->end, CAPTURE_BAD));
	cr_expect(strstr(r->e.text, text) != NULL, "%s", r->e.text);
	cr_expect(strstr(r->e.text, "/capture: ") != NULL, "names the file: %s", r->e.text);
}

Test(capture, what_is_no_capture)
{
	struct bytes b = { 0 };

	expect_error("", 0, "empty");
	expect_error("\xd4", 1, "not a capture file");
	expect_error("hello, world", 12, "not a capture file but text");
	expect_error("snoop\0\0\0\0\0\0\2\0\0\0\4", 16, "not a capture file but a snoop file");
	expect_error("\xd4\xc3\xb2\xa1\2\0\4\0", 8, "cut in the file's header: 8 of 24 bytes");
	expect_error("\n\r\r\n\x1c\0\0\0", 8, "cut in packet 1 at byte 0: 8 of 16 bytes of its section header");
	expect_error("\x1f\x8b\x07garbage and more", 19, "corrupt gzip data");
	pack(&b, PACK_GZIP, "hello, world", 12);
	expect_error(b.p, b.n, "not a capture file but gzip of text");
	b.n = 0;
	pack(&b, PACK_ZSTD, "", 0);
	expect_error(b.p, b.n, "empty inside of its compression by zstd");
	put_free(&b);
}

Test(capture, formats_are_known_by_their_magic)
{
	cr_expect(capture_find((const uint8_t *)"\xa1\xb2\x3c\x4d") == &capture_pcap);
	cr_expect(capture_find((const uint8_t *)"\x34\xcd\xb2\xa1") == &capture_pcap);
	cr_expect(capture_find((const uint8_t *)"\n\r\r\n") == &capture_pcapng);
	cr_expect(capture_find((const uint8_t *)"\xa1\xb2\xc3\xd5") == NULL);
	cr_expect(eq(str, (char *)(uintptr_t)capture_name("-"), (char *)"standard input"));
	cr_expect(eq(str, (char *)(uintptr_t)capture_name("x"), (char *)"x"));
}
