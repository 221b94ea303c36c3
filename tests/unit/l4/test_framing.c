// SPDX-License-Identifier: BSD-3-Clause
#include "l4/framing.h"

#include "tcpscript.h"

static struct stream st;
static struct dnsbuild b;

TestSuite(framing);

/* A copy in a heap block of exactly `n` bytes, so that a sanitizer sees a read past its end. */
static uint8_t *exact(const void *bytes, uint32_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	memcpy(copy, bytes, n);
	return copy;
}

static enum framing_fit fits(const void *bytes, uint32_t n)
{
	uint8_t *copy = exact(bytes, n);
	enum framing_fit fit = framing_fits(copy, n);
	free(copy);
	return fit;
}

static enum framing_fit first(const void *bytes, uint32_t n)
{
	uint8_t *copy = exact(bytes, n);
	enum framing_fit fit = framing_first(copy, n);
	free(copy);
	return fit;
}

/* The message in `b` with its prefix. */
static enum framing_fit built(void)
{
	st.len = st.n = 0;
	stream_message(&st, b.data, b.len);
	return fits(st.data, st.len);
}

static void query(void)
{
	dnsb_start(&b, 77, DNS_RD);
	dnsb_question(&b, "www.example.com", DNS_TYPE_A, 1);
}

static void response(void)
{
	dnsb_start(&b, 77, DNS_QR | DNS_RD | DNS_RA);
	dnsb_question(&b, "www.example.com", DNS_TYPE_A, 1);
	dnsb_a(&b, DNS_ANSWER, NULL, 300, "192.0.2.1");
	dnsb_rr_name(&b, DNS_AUTHORITY, "example.com", DNS_TYPE_NS, 300, "ns.example.com");
	dnsb_opt(&b, 1232, 0, 0x8000);
}

Test(framing, sound_messages_fit)
{
	query();
	cr_assert_eq(built(), FRAMING_YES);
	dnsb_opt(&b, 1232, 0, 0);
	cr_assert_eq(built(), FRAMING_YES);
	response();
	cr_assert_eq(built(), FRAMING_YES);
	dnsb_start(&b, 1, 0);
	dnsb_question(&b, ".", DNS_TYPE_NS, 1);
	cr_assert_eq(built(), FRAMING_YES);
	dnsb_start(&b, 1, 5 << 11);
	dnsb_question(&b, "example.com", DNS_TYPE_SOA, 1);
	dnsb_begin(&b, DNS_ANSWER, "a.example.com", 255, 254, 0);
	dnsb_end(&b);
	dnsb_begin(&b, DNS_AUTHORITY, "a.example.com", DNS_TYPE_A, 255, 0);
	dnsb_end(&b);
	cr_assert_eq(built(), FRAMING_YES, "a dynamic update");
	dnsb_start(&b, 1, 0);
	dnsb_question(&b, "example.com", 251, 1);
	dnsb_rr(&b, DNS_AUTHORITY, NULL, DNS_TYPE_SOA, 0, "\0\0" "0123456789abcdefghij", 22);
	cr_assert_eq(built(), FRAMING_YES, "IXFR");
	dnsb_start(&b, 1, DNS_QR | 3);
	dnsb_question(&b, "nope.example.com", DNS_TYPE_A, 1);
	cr_assert_eq(built(), FRAMING_YES, "NXDOMAIN");
}

Test(framing, transfers_without_a_question_fit)
{
	dnsb_start(&b, 1, DNS_QR | DNS_AA);
	for (int i = 0; i < 20; i++)
		dnsb_a(&b, DNS_ANSWER, "host.example.com", 300, "192.0.2.1");
	cr_assert_eq(built(), FRAMING_YES);
	for (uint32_t n = 0; n < st.len; n++)
		cr_assert_eq(fits(st.data, n), n < 2 + 12 + 18 + 10 ? FRAMING_MAYBE : FRAMING_YES, "%u bytes", n);
}

Test(framing, what_is_there_never_speaks_against_a_sound_message)
{
	response();
	built();
	for (uint32_t n = 0; n <= st.len; n++) {
		enum framing_fit fit = fits(st.data, n);
		cr_assert_eq(fit, n < 2 + 12 + 17 + 4 ? FRAMING_MAYBE : FRAMING_YES, "%u bytes: %d", n, fit);
		fit = first(st.data, n);
		cr_assert_eq(fit, n < 2 + 12 + 17 ? FRAMING_MAYBE : FRAMING_YES, "%u bytes: %d", n, fit);
	}
}

Test(framing, damage_that_a_strict_look_sees)
{
	static const struct {
		const char *what;
		uint32_t at;
		uint8_t value;
	} damage[] = {
		{ "opcode 3", 2, 3 << 3 },
		{ "opcode 9", 2, 9 << 3 },
		{ "Z", 3, 0x40 },
		{ "a query's rcode", 3, 3 },
		{ "two questions", 5, 2 },
		{ "many questions", 4, 1 },
		{ "no question", 5, 0 },
		{ "answers in a query", 7, 1 },
		{ "more records than have room", 8, 1 },
		{ "a reserved label", 12, 0x43 },
		{ "a pointer", 12, 0xc0 },
		{ "a label too long", 16, 60 },
		{ "type 0", 30, 0 },
		{ "class 7", 32, 7 },
		{ "class 0", 32, 0 },
	};

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		query();
		b.data[damage[i].at] = damage[i].value;
		cr_assert_eq(built(), FRAMING_NO, "%s", damage[i].what);
	}
	query();
	dnsb_a(&b, DNS_ANSWER, NULL, 300, "192.0.2.1");
	cr_assert_eq(built(), FRAMING_NO, "an answer in a query");
	query();
	dnsb_u8(&b, 0);
	cr_assert_eq(built(), FRAMING_NO, "a byte behind the question");
	response();
	b.len--;
	cr_assert_eq(built(), FRAMING_NO, "the last record leaves the message");
	response();
	dnsb_set16(&b, 12 + 17 + 4 + 10, 5000);
	cr_assert_eq(built(), FRAMING_NO, "a record longer than the message");
	response();
	dnsb_set16(&b, 12 + 17 + 4, 0xc0ff);
	cr_assert_eq(built(), FRAMING_NO, "a pointer ahead");
	dnsb_set16(&b, 12 + 17 + 4, 0xc003);
	cr_assert_eq(built(), FRAMING_NO, "a pointer into the header");
	dnsb_start(&b, 1, DNS_QR | 1);
	cr_assert_eq(built(), FRAMING_NO, "a bare header");
}

Test(framing, names_end_at_255_octets)
{
	dnsb_start(&b, 1, 0);
	for (int i = 0; i < 127; i++)
		dnsb_mem(&b, "\1a", 2);
	dnsb_mem(&b, "\0\0\1\0\1", 5);
	dnsb_set_count(&b, DNS_QUESTION, 1);
	cr_assert_eq(built(), FRAMING_YES);
	dnsb_start(&b, 1, 0);
	dnsb_mem(&b, "\2aa", 3);
	for (int i = 0; i < 126; i++)
		dnsb_mem(&b, "\1a", 2);
	dnsb_mem(&b, "\0\0\1\0\1", 5);
	dnsb_set_count(&b, DNS_QUESTION, 1);
	cr_assert_eq(built(), FRAMING_NO);
}

Test(framing, other_protocols_are_told_at_the_start)
{
	static const struct {
		const char *text;
		uint32_t len;
	} other[] = {
#define BYTES(s) { s, sizeof(s) - 1 }
		BYTES("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
		BYTES("HTTP/1.1 400 Bad Request\r\n"),
		BYTES("SSH-2.0-OpenSSH_9.2\r\n"),
		BYTES("220 mail.example.com ESMTP\r\n"),
		BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 0123456789abcdef0123456789abcdef"),
		BYTES("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03 0123456789abcdef0123456789abcdef"),
		BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		BYTES("\x13" "BitTorrent protocol\0\0\0\0\0\0\0\0"),
		BYTES("\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27\xff\xfb"),
		BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1234 53\r\n"),
	};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		cr_assert_eq(first(other[i].text, other[i].len), FRAMING_NO, "%s", other[i].text);
		cr_assert_eq(fits(other[i].text, other[i].len), FRAMING_NO, "%s", other[i].text);
	}
}

Test(framing, damaged_messages_are_dns_at_the_start)
{
	query();
	b.data[3] = 0x4f;
	built();
	cr_assert_eq(first(st.data, st.len), FRAMING_YES, "Z and an rcode in a query");
	dnsb_start(&b, 1, DNS_QR | 1);
	built();
	cr_assert_eq(first(st.data, st.len), FRAMING_YES, "FORMERR without a question");
	response();
	b.len--;
	built();
	cr_assert_eq(first(st.data, st.len), FRAMING_YES, "a record that leaves the message");
}

Test(framing, a_message_without_prefix)
{
	response();
	for (uint32_t n = 0; n <= b.len; n++) {
		uint8_t *copy = exact(b.data, n);
		cr_assert_eq(framing_lone(copy, n), n == b.len, "%u bytes", n);
		free(copy);
	}
	dnsb_u8(&b, 0);
	cr_assert_not(framing_lone(b.data, b.len));
	query();
	b.data[32] = 7;
	cr_assert_not(framing_lone(b.data, b.len), "class 7");
	query();
	b.data[8] = 1;
	cr_assert_not(framing_lone(b.data, b.len), "more records than have room");
	dnsb_start(&b, 1, DNS_QR);
	dnsb_a(&b, DNS_ANSWER, "host.example.com", 300, "192.0.2.1");
	cr_assert_not(framing_lone(b.data, b.len), "without a question");
}

Test(framing, scan_finds_a_message_behind_junk)
{
	enum framing_fit fit;

	for (uint32_t junk = 0; junk < 300; junk++) {
		st.len = st.n = 0;
		for (uint32_t i = 0; i < junk; i++)
			st.data[st.len++] = (uint8_t)(i * 151 + 13);
		stream_response(&st, 9, 400);
		uint32_t at = framing_scan(st.data, st.len, &fit);
		cr_assert_eq(at, junk);
		cr_assert_eq(fit, FRAMING_YES);
	}
	memset(st.data, 0xff, 100);
	cr_assert_eq(framing_scan(st.data, 100, &fit), 96, "the last bytes may be a prefix and an ID");
	cr_assert_eq(fit, FRAMING_MAYBE);
	memset(st.data, 0, 100);
	cr_assert_eq(framing_scan(st.data, 100, &fit), 99);
	cr_assert_eq(framing_scan(st.data, 0, &fit), 0);
	cr_assert_eq(fit, FRAMING_NO);
}

Test(framing, no_place_within_a_message_fits)
{
	static const char *const types[] = { "192.0.2.1", "0.1.0.1", "0.0.0.1", "1.0.0.1", "0.12.129.128" };

	dnsb_start(&b, 1, DNS_QR | DNS_RD | DNS_RA);
	dnsb_question(&b, "a.b.example.com", DNS_TYPE_A, 1);
	for (int i = 0; i < 3000; i++)
		dnsb_a(&b, DNS_ANSWER, i % 3 ? NULL : "x.example.com", (uint32_t)i % 7 ? 1 : 0x10001, types[i % 5]);
	built();
	for (uint32_t i = 1; i < st.len - 30; i++)
		cr_assert_neq(framing_fits(st.data + i, st.len - i), FRAMING_YES, "at %u", i);
}

Test(framing, chance_does_not_fit_and_enough_bytes_decide)
{
	enum { CHANCE = 1 << 19 };
	static uint8_t bytes[2 * CHANCE];
	uint64_t r = 88172645463325252;

	for (uint32_t i = 0; i < sizeof(bytes); i++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		bytes[i] = (uint8_t)(r >> 32);
		/* Small values in one half, so that more than the first look is tried. */
		if (i < CHANCE && (r >> 20 & 3))
			bytes[i] &= r >> 40 & 1 ? 3 : 1;
	}
	uint32_t yes = 0;
	for (uint32_t i = 0; i + FRAMING_ENOUGH <= sizeof(bytes); i++) {
		enum framing_fit fit = framing_fits(bytes + i, FRAMING_ENOUGH);
		cr_assert_neq(fit, FRAMING_MAYBE, "strict at %u", i);
		yes += i >= CHANCE && fit == FRAMING_YES;
		if (framing_length(bytes + i) >= FRAMING_HEADER)
			cr_assert_neq(framing_first(bytes + i, FRAMING_ENOUGH), FRAMING_MAYBE, "at %u", i);
	}
	cr_assert_eq(yes, 0);
}

Test(framing, hostile_bytes)
{
	uint64_t r = 362436069;

	response();
	for (uint32_t i = 0; i < 200000; i++) {
		uint8_t prefix[2] = { 0, (uint8_t)b.len };
		r = r * 6364136223846793005 + 1442695040888963407;
		uint32_t n = (uint32_t)(r >> 33) % (b.len + 3);
		uint8_t *copy = malloc(n ? n : 1);
		for (uint32_t k = 0; k < n; k++)
			copy[k] = k < 2 ? prefix[k] : b.data[k - 2];
		for (uint32_t k = r >> 60; k && n; k--) {
			r = r * 6364136223846793005 + 1442695040888963407;
			copy[(r >> 33) % n] = (uint8_t)(r >> 20);
		}
		enum framing_fit fit;
		framing_fits(copy, n);
		framing_scan(copy, n, &fit);
		framing_lone(copy, n);
		if (n >= 2 && framing_length(copy) >= FRAMING_HEADER)
			framing_first(copy, n);
		free(copy);
	}
}
