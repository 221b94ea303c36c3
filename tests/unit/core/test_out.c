// SPDX-License-Identifier: BSD-3-Clause
#include "core/out.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CAP 64

/* Each writer, with arguments fixed, so that all can be tried at every capacity. */
static void u8(struct out *o) { out_u8(o, 'x'); }
static void mem(struct out *o) { out_mem(o, "abcde", 5); }
static void nothing(struct out *o) { out_mem(o, NULL, 0); }
static void str(struct out *o) { out_str(o, "text"); }
static void dec(struct out *o) { out_dec(o, UINT64_MAX); }
static void sdec(struct out *o) { out_sdec(o, INT64_MIN); }
static void pad(struct out *o) { out_dec_pad(o, 42, 9); }
static void hex(struct out *o) { out_hex(o, (const uint8_t *)"\x00\xab\xff", 3); }
static void upper(struct out *o) { out_hex_upper(o, (const uint8_t *)"\x00\xab\xff", 3); }
static void base64(struct out *o) { out_base64(o, (const uint8_t *)"foobar!", 7); }
static void ipv4(struct out *o) { out_ipv4(o, (const uint8_t *)"\xc0\x00\x02\xff"); }
static void ipv6(struct out *o) { out_ipv6(o, (const uint8_t *)"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"); }
static void mapped(struct out *o) { out_ipv6(o, (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"); }

static const struct {
	void (*write)(struct out *o);
	const char *text;
} writers[] = {
	{ u8, "x" }, { mem, "abcde" }, { nothing, "" }, { str, "text" }, { dec, "18446744073709551615" },
	{ sdec, "-9223372036854775808" }, { pad, "000000042" }, { hex, "00abff" }, { upper, "00ABFF" },
	{ base64, "Zm9vYmFyIQ==" }, { ipv4, "192.0.2.255" }, { ipv6, "2001:db8::1" },
	{ mapped, "::ffff:192.0.2.1" },
};

Test(out, all_or_nothing_at_every_capacity)
{
	for (unsigned i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		uint32_t len = (uint32_t)strlen(writers[i].text);

		for (uint32_t cap = 0; cap <= len + 3; cap++) {
			char buf[CAP];
			memset(buf, '#', sizeof(buf));
			struct out o = out_init(buf, cap);
			writers[i].write(&o);
			cr_assert_eq(o.full, cap < len, "%s at %u", writers[i].text, cap);
			cr_assert_eq(out_len(&o), cap < len ? 0 : len);
			cr_assert(!memcmp(buf, writers[i].text, out_len(&o)));
			for (uint32_t k = out_len(&o); k < CAP; k++)
				cr_assert_eq(buf[k], '#', "%s at %u touched %u", writers[i].text, cap, k);
		}
	}
}

Test(out, full_stays)
{
	char buf[8];
	struct out o = out_init(buf, sizeof(buf));

	out_str(&o, "12345678");
	cr_assert(!o.full);
	cr_assert_eq(out_left(&o), 0);
	out_u8(&o, 'x');
	cr_assert(o.full);
	o.at -= 4;
	out_u8(&o, 'x');
	cr_assert(o.full);
	cr_assert_eq(out_left(&o), 0);
	cr_assert_eq(out_len(&o), 4);
	cr_assert(!out_need(&o, 1));
}

Test(out, lengths_that_would_wrap)
{
	uint8_t buf[8] = { 0 };
	struct out o = out_init(buf, sizeof(buf));

	out_hex(&o, buf, UINT32_MAX / 2 + 3);
	cr_assert(o.full);
	cr_assert_eq(out_len(&o), 0);
	o = out_init(buf, sizeof(buf));
	out_base64(&o, buf, UINT32_MAX - 1);
	cr_assert(o.full);
	cr_assert_eq(out_len(&o), 0);
	o = out_init(buf, sizeof(buf));
	out_mem(&o, buf, UINT32_MAX);
	cr_assert(o.full);
}

static uint64_t random64(void)
{
	return (uint64_t)random() << 33 ^ (uint64_t)random() << 10 ^ (uint64_t)random();
}

static const char *decimal(uint64_t v)
{
	static char buf[32];
	struct out o = out_init(buf, sizeof(buf));

	out_dec(&o, v);
	buf[out_len(&o)] = 0;
	return buf;
}

Test(out, numbers_as_printf_writes_them)
{
	char want[32], buf[32];
	uint64_t v = 1;

	for (uint64_t i = 0; i < 100000; i++) {
		snprintf(want, sizeof(want), "%" PRIu64, i);
		cr_assert_str_eq(decimal(i), want);
	}
	for (unsigned digits = 0; digits < 20; digits++, v *= 10)
		for (int64_t d = -2; d <= 2; d++) {
			snprintf(want, sizeof(want), "%" PRIu64, v + (uint64_t)d);
			cr_assert_str_eq(decimal(v + (uint64_t)d), want);
		}
	for (unsigned i = 0; i < 100000; i++) {
		int64_t n = (int64_t)random64() >> random() % 64;
		struct out o = out_init(buf, sizeof(buf));
		out_sdec(&o, n);
		buf[out_len(&o)] = 0;
		snprintf(want, sizeof(want), "%" PRId64, n);
		cr_assert_str_eq(buf, want);
	}
}

Test(out, padding)
{
	char buf[64];

	for (unsigned width = 0; width < 30; width++) {
		struct out o = out_init(buf, sizeof(buf));
		out_dec_pad(&o, 7, width);
		cr_assert_eq(out_len(&o), width < 20 ? width : 20);
		for (uint32_t i = 0; i + 1 < out_len(&o); i++)
			cr_assert_eq(buf[i], '0');
		if (width)
			cr_assert_eq(buf[out_len(&o) - 1], '7');
	}
}

/* RFC 4648 §10. */
Test(out, base64_vectors)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" }, { "\xff\xef\xbe", "/+++" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[32];
		struct out o = out_init(buf, sizeof(buf));
		out_base64(&o, (const uint8_t *)rows[i][0], (uint32_t)strlen(rows[i][0]));
		buf[out_len(&o)] = 0;
		cr_assert_str_eq(buf, rows[i][1]);
	}
}

static const char *v6(const uint8_t addr[16])
{
	static char buf[64];
	struct out o = out_init(buf, sizeof(buf) - 1);

	out_ipv6(&o, addr);
	buf[out_len(&o)] = 0;
	return buf;
}

/* RFC 5952 §4: what inet_ntop() does otherwise is written here by hand. */
Test(out, ipv6_as_rfc5952)
{
	static const char *const rows[] = {
		"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1",
		"2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8", "fe80::abcd:ef01:2345:6789",
		"0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0", "::1:2:3:4:5:6",
		"1:2:3:4:5:6::", "1::2:3:4:5:6", "0:1::", "::1:0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"::ffff:10.0.0.1", "::ffff:255.255.255.255",
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t addr[16];
		cr_assert_eq(inet_pton(AF_INET6, rows[i], addr), 1);
		cr_assert_str_eq(v6(addr), rows[i]);
	}
}

/* Every pattern of zero groups against the C library, which agrees save for ::a.b.c.d. */
Test(out, ipv6_every_zero_pattern)
{
	for (unsigned mask = 0; mask < 256; mask++)
		for (unsigned turn = 0; turn < 40; turn++) {
			uint8_t addr[16] = { 0 };
			char want[INET6_ADDRSTRLEN];
			for (unsigned i = 0; i < 8; i++) {
				unsigned v = (unsigned)(random() % 0xffff + 1) >> random() % 16;
				if (mask >> i & 1)
					v = 0;
				addr[2 * i] = (uint8_t)(v >> 8);
				addr[2 * i + 1] = (uint8_t)v;
			}
			inet_ntop(AF_INET6, addr, want, sizeof(want));
			if (strchr(want, '.') && strncmp(want, "::ffff:", 7))
				continue;
			cr_assert_str_eq(v6(addr), want);
		}
}

Test(out, ipv4_every_octet)
{
	for (unsigned i = 0; i < 256; i++) {
		uint8_t addr[4] = { (uint8_t)i, (uint8_t)(255 - i), 0, (uint8_t)(i / 3) };
		char buf[32], want[INET_ADDRSTRLEN];
		struct out o = out_init(buf, sizeof(buf));
		out_ipv4(&o, addr);
		buf[out_len(&o)] = 0;
		inet_ntop(AF_INET, addr, want, sizeof(want));
		cr_assert_str_eq(buf, want);
	}
}
