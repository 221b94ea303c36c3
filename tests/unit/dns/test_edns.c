// SPDX-License-Identifier: BSD-3-Clause
#include "dnsbuild.h"
#include "dns/rdata.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct dnsbuild b;
static struct dns_message m;

static void start(void)
{
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	dnsb_opt(&b, 1232, 0, 0x8000);
}

static bool read_edns(struct dns_edns *edns)
{
	dns_parse(&m, b.data, b.len, 0);
	return dns_edns_read(m.data, m.len, &m.at, edns);
}

static char *option_text(uint16_t code, const void *data, uint16_t len)
{
	static char text[4 * 65535 + 200];
	uint8_t *copy = malloc(len ? len : 1);
	struct out o = out_init(text, sizeof(text) - 1);
	struct dns_edns_option option = { .code = code, .len = len, .data = copy };

	if (len)
		memcpy(copy, data, len);
	dns_edns_option_text(&o, &option);
	free(copy);
	cr_assert(not(o.full));
	text[out_len(&o)] = 0;
	for (char *c = text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			cr_assert(false, "byte %02x in the text of option %u", *c, code);
	return text;
}

Test(edns, none)
{
	struct dns_edns edns;

	dnsb_start(&b, 1, 0);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	cr_assert(not(read_edns(&edns)));
}

Test(edns, fields_and_options)
{
	struct dns_edns edns;
	struct dns_edns_option option;

	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	dnsb_begin(&b, DNS_ADDITIONAL, ".", DNS_TYPE_OPT, 4096, 0x0103c000);
	dnsb_option(&b, 3, "ns1", 3);
	dnsb_option(&b, 12, "", 0);
	dnsb_option(&b, 65001, "x", 1);
	dnsb_a(&b, DNS_ADDITIONAL, NULL, 1, "192.0.2.1");
	cr_assert(read_edns(&edns));
	cr_assert(eq(u16, edns.udp_size, 4096));
	cr_assert(eq(u8, edns.version, 3));
	cr_assert(eq(u16, edns.flags, 0xc000));
	cr_assert(eq(u16, m.at.rcode, 16));
	cr_assert(dns_edns_next(m.data, m.len, &edns, &option));
	cr_assert(eq(u16, option.code, 3));
	cr_assert(eq(u16, option.len, 3));
	cr_assert(zero(memcmp(option.data, "ns1", 3)));
	cr_assert(dns_edns_next(m.data, m.len, &edns, &option));
	cr_assert(eq(u16, option.code, 12));
	cr_assert(eq(u16, option.len, 0));
	cr_assert(dns_edns_next(m.data, m.len, &edns, &option));
	cr_assert(eq(u16, option.code, 65001));
	cr_assert(not(dns_edns_next(m.data, m.len, &edns, &option)));
	cr_assert(not(dns_edns_next(m.data, m.len, &edns, &option)));
}

Test(edns, options_that_run_past_the_end)
{
	struct dns_edns edns;
	struct dns_edns_option option;

	start();
	dnsb_option(&b, 3, "ns1", 3);
	uint32_t at = b.len;
	dnsb_option(&b, 10, "12345678", 8);
	for (unsigned len = 9; len < 65536; len += 4099) {
		dnsb_set16(&b, at + 2, len);
		cr_assert(read_edns(&edns));
		cr_assert(dns_edns_next(m.data, m.len, &edns, &option));
		cr_assert(not(dns_edns_next(m.data, m.len, &edns, &option)));
	}
	/* Fewer bytes than an option's head. */
	for (unsigned n = 1; n < 4; n++) {
		start();
		dnsb_mem(&b, "\0\3\0", n);
		dnsb_end(&b);
		cr_assert(read_edns(&edns));
		cr_assert(not(dns_edns_next(m.data, m.len, &edns, &option)));
	}
}

Test(edns, client_subnet)
{
	cr_assert(eq(str, option_text(8, "\0\1\30\0\300\0\2", 7), "192.0.2.0/24/0"));
	cr_assert(eq(str, option_text(8, "\0\2\70\60\40\1\15\270\0\1\2", 11), "2001:db8:1:200::/56/48"));
	cr_assert(eq(str, option_text(8, "\0\1\0\0", 4), "0.0.0.0/0/0"));
	/* Malformed ones in hex: family, prefix too long, address too long or too short, cut. */
	cr_assert(eq(str, option_text(8, "\0\3\30\0\300\0\2", 7), "00031800c00002"));
	cr_assert(eq(str, option_text(8, "\0\1\41\0\300\0\2\1", 8), "00012100c0000201"));
	cr_assert(eq(str, option_text(8, "\0\1\40\0\300\0\2\1\1", 9), "00012000c000020101"));
	cr_assert(eq(str, option_text(8, "\0\1\31\0\300\0\2", 7), "00011900c00002"));
	cr_assert(eq(str, option_text(8, "\0\1\30", 3), "000118"));
	cr_assert(eq(str, option_text(8, "", 0), ""));
}

Test(edns, extended_errors)
{
	cr_assert(eq(str, option_text(15, "\0\26", 2), "22 No Reachable Authority"));
	cr_assert(eq(str, option_text(15, "\0\0time limit\n\\", 14), "0 time limit\\010\\\\"));
	cr_assert(eq(str, option_text(15, "\377\377", 2), "65535"));
	cr_assert(eq(str, option_text(15, "\377\377x", 3), "65535 x"));
	cr_assert(eq(str, option_text(15, "\0", 1), "00"));
	static uint8_t most[65535];
	cr_assert(gt(sz, strlen(option_text(15, most, sizeof(most))), 4 * 65500));
}

Test(edns, other_options)
{
	cr_assert(eq(str, option_text(3, "ns1.example", 11), "ns1.example"));
	cr_assert(eq(str, option_text(3, "\377a", 2), "ff61"));
	cr_assert(eq(str, option_text(3, "", 0), ""));
	cr_assert(eq(str, option_text(10, "\1\2\3\4\5\6\7\10", 8), "0102030405060708"));
	cr_assert(eq(str, option_text(65001, "ab", 2), "6162"));
}
