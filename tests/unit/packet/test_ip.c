// SPDX-License-Identifier: BSD-3-Clause
/* IP headers, extension headers, lengths that don't fit, and what holds no DNS. */
#include "encap.h"
#include "taker.h"

static struct wrap w;

static void setup(void)
{
	taker_start(NULL);
	taker.linktype = LINKTYPE_RAW;
}

TestSuite(ip, .init = setup, .fini = taker_stop);

static void expect_drop(enum counter reason, uint64_t times)
{
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(reason), times, "%s", counter_infos[reason].name);
}

Test(ip, ipv4_options)
{
	taker_exchange(&w, 4, 17);
	uint8_t header[20];
	memcpy(header, wrap_data(&w), 20);
	w.start += 20;
	wrap_push(&w, 40);
	wrap_bytes(&w, header, 20);
	wrap_data(&w)[0] = 0x4f;
	wrap_put16(wrap_data(&w) + 2, wrap_len(&w));
	TAKER_EXPECT(taker_take(&w), 4, 17, "options");
	cr_assert_eq(taker.p.l4 - taker.p.l3, 60);
	/* Longer than the packet. */
	wrap_put16(wrap_data(&w) + 2, 59);
	expect_drop(COUNT_drop_ip_malformed, 1);
}

/* Each kind of extension header alone, and all of them one after the other. */
Test(ip, ipv6_extension_headers)
{
	static const uint8_t kinds[] = { 0, 43, 60, 135, 139, 140, 51, 44 };

	for (unsigned set = 1; set < 256; set++) {
		uint8_t next = 17;
		wrap_payload(&w, TAKER_TEXT, TAKER_TEXT_LEN);
		wrap_udp(&w, 4242, 53);
		for (unsigned k = 0; k < 8; k++) {
			if (!(set & 1u << k))
				continue;
			uint8_t *h = wrap_push(&w, kinds[k] == 44 ? 8 : 16);
			h[0] = next;
			h[1] = kinds[k] == 44 ? 0 : kinds[k] == 51 ? 2 : 1;
			next = kinds[k];
		}
		wrap_ipv6(&w, next, 1, 2);
		TAKER_EXPECT(taker_take(&w), 6, 17, "set %x", set);
		cr_assert_not(taker.p.reassembled);
		cr_assert_eq(taker.p.depth, 1);
	}
}

Test(ip, extension_headers_that_never_end)
{
	wrap_payload(&w, "", 0);
	wrap_push(&w, 8 * 100); /* hop by hop, a hundred times */
	wrap_ipv6(&w, 0, 1, 2);
	expect_drop(COUNT_drop_decap_depth, 1);
	/* One that goes beyond the packet, as sent and as cut. */
	wrap_payload(&w, "\x11\xff\0\0\0\0\0\0", 8);
	wrap_ipv6(&w, 60, 1, 2);
	expect_drop(COUNT_drop_ip_malformed, 1);
	wrap_put16(wrap_data(&w) + 4, 2048);
	expect_drop(COUNT_drop_link_short, 1);
	/* A fragment header that isn't all there. */
	wrap_payload(&w, "\x11\0\0\1", 4);
	wrap_ipv6(&w, 44, 1, 2);
	expect_drop(COUNT_drop_ip_malformed, 2);
	/* Those of IPv6 in IPv4. */
	wrap_payload(&w, "\x11\0\0\0\0\0\0\0", 8);
	wrap_ipv4(&w, 60, 1, 2);
	expect_drop(COUNT_drop_ip_no_transport, 1);
	wrap_data(&w)[9] = 44;
	expect_drop(COUNT_drop_ip_no_transport, 2);
}

Test(ip, malformed_headers)
{
	taker_exchange(&w, 4, 17);
	wrap_data(&w)[0] = 0x44;
	expect_drop(COUNT_drop_ip_malformed, 1);
	wrap_data(&w)[0] = 0x45;
	wrap_put16(wrap_data(&w) + 2, 19);
	expect_drop(COUNT_drop_ip_malformed, 2);
	wrap_data(&w)[0] = 0x55;
	expect_drop(COUNT_drop_not_ip, 1);
	/* The ethertype says otherwise. */
	taker.linktype = LINKTYPE_ETHERNET;
	taker_exchange(&w, 4, 17);
	wrap_ethernet(&w, 0x86dd);
	expect_drop(COUNT_drop_ip_malformed, 3);
	taker_exchange(&w, 6, 17);
	wrap_ethernet(&w, 0x0800);
	expect_drop(COUNT_drop_ip_malformed, 4);
}

/* A link type of one family alone is read by the version all the same. */
Test(ip, strict_link_types)
{
	taker_exchange(&w, 6, 17);
	taker.linktype = 228;
	TAKER_EXPECT(taker_take(&w), 6, 17, "IPv6 under LINKTYPE_IPV4");
}

Test(ip, total_length_zero)
{
	for (uint8_t family = 4; family <= 6; family += 2)
		for (int t = 0; t < 2; t++) {
			taker_exchange(&w, family, t ? 6 : 17);
			wrap_put16(wrap_data(&w) + (family == 6 ? 4 : 2), 0);
			TAKER_EXPECT(taker_take(&w), family, t ? 6 : 17, "IPv%u", family);
			/* What the capture cut off is missing. */
			taker.lacking = 5;
			cr_assert_eq(taker_bytes(wrap_data(&w), wrap_len(&w) - 5), INGRESS_PASS);
			cr_assert_eq(taker.p.missing, 5);
			taker.lacking = 0;
		}
}

/* One byte beyond the frame, though nothing was cut: the message is whole by the UDP length. */
Test(ip, total_length_beyond_the_frame)
{
	taker_exchange(&w, 4, 17);
	wrap_put16(wrap_data(&w) + 2, wrap_len(&w) + 1);
	TAKER_EXPECT(taker_take(&w), 4, 17, "IPv4");
	cr_assert_eq(taker_count(COUNT_packets_cut), 0);
}

Test(ip, padding_is_left_out)
{
	for (uint8_t family = 4; family <= 6; family += 2)
		for (int t = 0; t < 2; t++) {
			taker_exchange(&w, family, t ? 6 : 17);
			wrap_pad(&w, 46);
			TAKER_EXPECT(taker_take(&w), family, t ? 6 : 17, "IPv%u", family);
		}
}

Test(ip, no_dns)
{
	static const struct {
		uint8_t family, proto;
		enum counter reason;
	} rows[] = {
		{ 4, 1, COUNT_drop_icmp }, { 6, 58, COUNT_drop_icmp }, { 4, 58, COUNT_drop_icmp },
		{ 4, 2, COUNT_drop_ip_no_transport }, { 4, 50, COUNT_drop_ip_no_transport },
		{ 6, 59, COUNT_drop_ip_no_transport },
		{ 4, 89, COUNT_drop_ip_no_transport }, { 4, 132, COUNT_drop_ip_no_transport },
		{ 6, 136, COUNT_drop_ip_no_transport },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int fragment = 0; fragment < 2; fragment++) {
			uint64_t before = taker_count(rows[i].reason);
			wrap_payload(&w, TAKER_TEXT, TAKER_TEXT_LEN);
			wrap_udp(&w, 4242, 53);
			if (rows[i].family == 6 && fragment)
				WRAP_HEX(&w, rows[i].proto, 0, 0, 1, 0, 0, 0, 1);
			encap_ip(&w, rows[i].family, rows[i].family == 6 && fragment ? 44 : rows[i].proto, 1);
			if (rows[i].family == 4 && fragment)
				wrap_data(&w)[6] = 0x20;
			expect_drop(rows[i].reason, before + 1);
		}
}

/* An ICMP error that quotes a DNS message is no DNS. */
Test(ip, icmp_quotes)
{
	taker_exchange(&w, 4, 17);
	WRAP_HEX(&w, 3, 3, 0, 0, 0, 0, 0, 0);
	wrap_ipv4(&w, 1, 2, 1);
	expect_drop(COUNT_drop_icmp, 1);
	cr_assert_eq(taker_count(COUNT_packets_ipv4), 1);
}
