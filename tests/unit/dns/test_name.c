// SPDX-License-Identifier: BSD-3-Clause
#include "dnsbuild.h"
#include "dns/name.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static struct dnsbuild b;

static void setup(void)
{
	dnsb_start(&b, 1, 0);
}

/* A name's text in static memory; NULL where it is malformed. The bytes are copied to memory of their
 * own size, so that the sanitizer sees a read past the end. */
static char *text_at(const uint8_t *data, uint32_t len, uint32_t pos)
{
	static char text[1100];
	uint8_t *copy = malloc(len ? len : 1);
	struct out o = out_init(text, sizeof(text) - 1);

	memcpy(copy, data, len);
	bool sound = dns_name_text(&o, copy, len, pos);
	free(copy);
	text[out_len(&o)] = 0;
	if (!sound)
		cr_assert(eq(u32, out_len(&o), 0));
	return sound ? text : NULL;
}

static char *text(uint32_t pos)
{
	return text_at(b.data, b.len, pos);
}

/* Writes a name and reads it again. */
static void round_trip(const char *name)
{
	dnsb_start(&b, 1, 0);
	dnsb_name(&b, name);
	char *got = text(12);
	cr_assert(got != NULL);
	cr_expect(eq(str, got, (char *)(*name ? name : ".")));
	cr_expect(eq(u32, dns_name_size(b.data, b.len, 12), b.len - 12));
	cr_expect(eq(u32, dns_name_plain_size(b.data, b.len, 12), b.len - 12));
	cr_expect(eq(u32, dns_name_skip(b.data, b.len, 12), b.len - 12));
}

Test(name, text_of_plain_names, .init = setup)
{
	round_trip("");
	round_trip("a");
	round_trip("example.com");
	round_trip("WwW.ExAmPlE.CoM");
	round_trip("_sip._udp.example.com");
	round_trip("*.xn--bcher-kva.example");
	round_trip("!~\"$;@()[]{}.example");
}

/* Every length of a label and every byte at every place of a word. */
Test(name, text_of_every_byte_at_every_place, .init = setup)
{
	for (unsigned n = 1; n <= 63; n++)
		for (unsigned at = 0; at < n; at += n > 20 ? 7 : 1)
			for (unsigned c = 0; c < 256; c++) {
				char want[80], *p = want;
				dnsb_start(&b, 1, 0);
				dnsb_u8(&b, n);
				for (unsigned i = 0; i < n; i++) {
					unsigned v = i == at ? c : 'a' + i % 26;
					dnsb_u8(&b, v);
					if (v < 0x21 || v > 0x7e)
						p += sprintf(p, "\\%03u", v);
					else if (v == '.' || v == '\\')
						p += sprintf(p, "\\%c", v);
					else
						*p++ = (char)v;
				}
				*p = 0;
				dnsb_u8(&b, 0);
				if (strcmp(text(12), want))
					cr_assert(eq(str, text(12), want));
			}
}

Test(name, longest_names, .init = setup)
{
	char *got;

	for (unsigned i = 0; i < 127; i++)
		dnsb_labels(&b, "a");
	dnsb_u8(&b, 0);
	got = text(12);
	cr_assert(got != NULL);
	cr_assert(eq(sz, strlen(got), 253));
	cr_assert(eq(u32, dns_name_size(b.data, b.len, 12), 255));

	dnsb_start(&b, 1, 0);
	for (unsigned i = 0; i < 4; i++) {
		unsigned n = i < 3 ? 63 : 61;
		dnsb_u8(&b, n);
		for (unsigned k = 0; k < n; k++)
			dnsb_u8(&b, 200);
	}
	dnsb_u8(&b, 0);
	got = text(12);
	cr_assert(got != NULL);
	cr_assert(eq(sz, strlen(got), 4 * 250 + 3));

	/* One octet more is too long, wherever it is. */
	b.data[b.len - 1 - 62] = 62;
	b.data[b.len - 1] = 'x';
	dnsb_u8(&b, 0);
	cr_assert(text(12) == NULL);
	cr_assert(eq(u32, dns_name_size(b.data, b.len, 12), 0));
	cr_assert(eq(u32, dns_name_plain_size(b.data, b.len, 12), 0));
	uint8_t to[255];
	cr_assert(eq(u32, dns_name_copy(to, b.data, b.len, 12), 0));
}

Test(name, pointers_backwards, .init = setup)
{
	dnsb_name(&b, "mail.example.com");
	uint32_t at = b.len;
	dnsb_labels(&b, "www");
	dnsb_pointer(&b, 17);
	cr_assert(eq(str, text(at), "www.example.com"));
	cr_assert(eq(u32, dns_name_size(b.data, b.len, at), 6));
	cr_assert(eq(u32, dns_name_skip(b.data, b.len, at), 6));
	cr_assert(eq(u32, dns_name_plain_size(b.data, b.len, at), 0));
	uint32_t chain = b.len;
	dnsb_pointer(&b, at);
	uint32_t root = b.len;
	dnsb_pointer(&b, 29);
	cr_assert(eq(str, text(chain), "www.example.com"));
	cr_assert(eq(u32, dns_name_size(b.data, b.len, chain), 2));
	cr_assert(eq(str, text(root), "."));
	uint8_t to[255];
	cr_assert(eq(u32, dns_name_copy(to, b.data, b.len, chain), 17));
	cr_assert(zero(memcmp(to, "\3www\7example\3com", 17)));
}

/* Into the header, to itself, forwards, past the end, in a circle, label types that don't exist. */
Test(name, malformed_pointers_and_labels, .init = setup)
{
	static const uint8_t bad[][6] = {
		{ 0xc0, 0 }, { 0xc0, 11 }, { 0xc0, 12 }, { 0xc0, 13 }, { 0xc0, 14 }, { 0xff, 0xff },
		{ 1, 'a', 0xc0, 12 }, { 1, 'a', 0xc0, 14 }, { 0x40, 'a', 0 }, { 0x41, 8, 1 },
		{ 0x80, 12 }, { 0xbf, 0 },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b.len = 12;
		dnsb_mem(&b, bad[i], sizeof(bad[i]));
		cr_expect(text(12) == NULL, "row %u", i);
		cr_expect(eq(u32, dns_name_size(b.data, b.len, 12), 0), "row %u", i);
		uint8_t to[255];
		cr_expect(eq(u32, dns_name_copy(to, b.data, b.len, 12), 0), "row %u", i);
	}
}

Test(name, chain_of_pointers_is_bounded, .init = setup)
{
	dnsb_name(&b, "");
	uint32_t last = 12;

	for (unsigned i = 0; i < DNS_HOPS_MAX; i++) {
		uint32_t at = b.len;
		dnsb_pointer(&b, last);
		last = at;
	}
	cr_assert(eq(str, text(last), "."));
	dnsb_pointer(&b, last);
	cr_assert(text(b.len - 2) == NULL);
	cr_assert(eq(u32, dns_name_size(b.data, b.len, b.len - 2), 0));
}

Test(name, cut_at_each_byte, .init = setup)
{
	dnsb_name(&b, "mail.example.com");
	uint32_t at = b.len;
	dnsb_labels(&b, "www");
	dnsb_pointer(&b, 12);
	for (uint32_t len = 0; len < b.len; len++) {
		uint32_t work = 0;
		cr_assert(text_at(b.data, len, at) == NULL);
		cr_assert(eq(i32, dns_name_scan(b.data, len, at, &work), -1));
		cr_assert(eq(u32, dns_name_skip(b.data, len, at), 0));
		if (len < at) {
			cr_assert(text_at(b.data, len, 12) == NULL);
			cr_assert(eq(u32, dns_name_plain_size(b.data, len, 12), 0));
		}
	}
}

Test(name, text_that_does_not_fit, .init = setup)
{
	char small[8];
	struct out o = out_init(small, sizeof(small));

	dnsb_name(&b, "example.com");
	cr_assert(dns_name_text(&o, b.data, b.len, 12));
	cr_assert(o.full);
	cr_assert(eq(u32, out_len(&o), 0));
}

Test(name, equal_but_for_case, .init = setup)
{
	static const uint8_t a[] = "\13AbCdEfGhIjK\3@Z[";
	static const uint8_t c[] = "\13aBcDeFgHiJk\3@z[", d[] = "\13aBcDeFgHiJk\3`z[";

	cr_assert(dns_name_equal(a, sizeof(a), c, sizeof(c)));
	cr_assert(not(dns_name_equal(c, sizeof(c), d, sizeof(d))));
	cr_assert(not(dns_name_equal(a, sizeof(a), c, sizeof(c) - 1)));
	cr_assert(dns_name_equal(a, 0, c, 0));
	for (unsigned n = 1; n < 20; n++)
		for (unsigned at = 0; at < n; at++)
			for (unsigned x = 0; x < 256; x++)
				for (unsigned y = x & 0xdf; y < 256; y += y == (x & 0xdf) ? 0x20 : 256) {
					uint8_t p[20] = { 0 }, q[20] = { 0 };
					p[at] = (uint8_t)x;
					q[at] = (uint8_t)y;
					bool letter = (x & 0xdf) >= 'A' && (x & 0xdf) <= 'Z';
					if (dns_name_equal(p, n, q, n) != (x == y || letter))
						cr_assert(false, "%u bytes, %u, %u at %u", n, x, y, at);
				}
}

/* On random bytes all functions agree on what a name is. */
Test(name, agree_on_random_bytes, .init = setup)
{
	uint64_t seed = 1;

	for (unsigned round = 0; round < 300000; round++) {
		uint8_t data[64], to[255];
		for (unsigned i = 0; i < sizeof(data); i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			unsigned kind = (unsigned)(seed >> 60), value = seed >> 33 & 63;
			data[i] = (uint8_t)(kind < 12 ? value & 3 : kind < 15 ? 0xc0 : value);
		}
		uint32_t pos = 12 + seed % 40, len = 12 + (uint32_t)(seed >> 20) % 53;
		uint32_t size = dns_name_size(data, len, pos), copied = dns_name_copy(to, data, len, pos);
		uint32_t plain = dns_name_plain_size(data, len, pos);
		char *got = text_at(data, len, pos);
		bool same = !size == !copied && !size == !got;
		same &= !plain || (plain == size && plain == copied);
		cr_assert(same);
		bool skipped = !size || dns_name_skip(data, len, pos) == size;
		cr_assert(skipped);
		if (!copied)
			continue;
		char again[1100];
		strcpy(again, got);
		dnsb_start(&b, 1, 0);
		dnsb_mem(&b, to, copied);
		cr_assert(eq(str, text(12), again));
	}
}
