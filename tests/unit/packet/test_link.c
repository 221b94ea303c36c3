// SPDX-License-Identifier: BSD-3-Clause
/* Each link type of capture files that can carry IP. */
#include "encap.h"
#include "taker.h"

static struct wrap w;

static void setup(void)
{
	taker_start(NULL);
}

TestSuite(link, .init = setup, .fini = taker_stop);

static uint8_t type_low(uint8_t family)
{
	return family == 6 ? 0xdd : 0x00;
}

static uint8_t type_high(uint8_t family)
{
	return family == 6 ? 0x86 : 0x08;
}

static void snap(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0xaa, 0xaa, 3, 0, 0, 0, type_high(family), type_low(family));
}

static void null_little(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, family == 6 ? 30 : 2, 0, 0, 0);
}

static void null_big(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0, 0, 0, family == 6 ? 28 : 2);
}

static void null_linux(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, family == 6 ? 10 : 2, 0, 0, 0);
}

static void token_ring(struct wrap *p, uint8_t family)
{
	snap(p, family);
	WRAP_HEX(p, 0x10, 0x40, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
}

static void token_ring_routed(struct wrap *p, uint8_t family)
{
	snap(p, family);
	WRAP_HEX(p, 0x10, 0x40, 1, 2, 3, 4, 5, 6, 0x81, 2, 3, 4, 5, 6, 0x06, 0x30, 0, 1, 0, 2);
}

static void slip(struct wrap *p, uint8_t family)
{
	wrap_push(p, 16);
}

static void ppp_bare(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0, family == 6 ? 0x57 : 0x21);
}

static void ppp_short(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, family == 6 ? 0x57 : 0x21);
}

static void ppp_bridged(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	WRAP_HEX(p, 0, 0x31, 0, 1);
}

static void ppp_mpls(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0x02, 0x81, 0, 1, 0x21, 64);
}

static void cisco_hdlc(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0x0f, 0, type_high(family), type_low(family));
}

static void pppd(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 1, 3, 0, family == 6 ? 0x57 : 0x21);
}

static void directed_ppp(struct wrap *p, uint8_t family)
{
	encap_ppp(p, family);
	WRAP_HEX(p, 1);
}

static void directed_hdlc(struct wrap *p, uint8_t family)
{
	cisco_hdlc(p, family);
	WRAP_HEX(p, 0);
}

static void pppoe(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0x11, 0, 0, 1, 0, 99, 0, family == 6 ? 0x57 : 0x21);
}

static void fddi(struct wrap *p, uint8_t family)
{
	snap(p, family);
	WRAP_HEX(p, 0x50, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
}

static void llc_nlpid(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0xfe, 0xfe, 3, family == 6 ? 0x8e : 0xcc);
}

static void llc_ip(struct wrap *p, uint8_t family)
{
	if (family == 6)
		llc_nlpid(p, family);
	else
		WRAP_HEX(p, 6, 6, 3);
}

static void llc_bridged(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	WRAP_HEX(p, 0xaa, 0xaa, 3, 0x00, 0x80, 0xc2, 0, 7);
}

static void frame_relay(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0x18, 0x41, 3, family == 6 ? 0x8e : 0xcc);
}

static void frame_relay_snap(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0x18, 0x40, 0x40, 0x41, 3, 0, 0x80, 0, 0, 0, type_high(family), type_low(family));
}

static void frame_relay_cisco(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0x18, 0x41, type_high(family), type_low(family));
}

static void enc(struct wrap *p, uint8_t family)
{
	wrap_push(p, 12);
}

static void sll(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, type_high(family), type_low(family));
}

static void sll_vlan(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x81, 0, 0, 5, type_high(family),
		 type_low(family));
}

static void sll_llc(struct wrap *p, uint8_t family)
{
	snap(p, family);
	WRAP_HEX(p, 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0, 4);
}

static void sll2(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, type_high(family), type_low(family), 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 1, 2, 3, 4, 5, 6, 0,
		 0);
}

static void pflog(struct wrap *p, uint8_t family)
{
	uint8_t *h = wrap_push(p, 64);
	h[0] = 61;
}

static void wlan(struct wrap *p, uint8_t family)
{
	snap(p, family);
	uint8_t *h = wrap_push(p, 24);
	h[0] = 0x08;
	h[1] = 0x01;
}

static void wlan_qos_4_addresses(struct wrap *p, uint8_t family)
{
	snap(p, family);
	uint8_t *h = wrap_push(p, 36);
	h[0] = 0x88;
	h[1] = 0x83; /* both ways, HT control */
}

static void wlan_aggregate(struct wrap *p, uint8_t family)
{
	snap(p, family);
	wrap_push(p, 14);
	uint8_t *h = wrap_push(p, 26);
	h[0] = 0x88;
	h[24] = 0x80;
}

static void sll_wlan(struct wrap *p, uint8_t family)
{
	wlan(p, family);
	WRAP_HEX(p, 0, 0, 0x03, 0x21, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0, 4);
}

static void prism(struct wrap *p, uint8_t family)
{
	wlan(p, family);
	uint8_t *h = wrap_push(p, 144);
	h[3] = 0x44;
}

static void avs(struct wrap *p, uint8_t family)
{
	wlan(p, family);
	uint8_t *h = wrap_push(p, 64);
	wrap_put32(h, 0x80211001);
	wrap_put32(h + 4, 64);
}

static void radiotap(struct wrap *p, uint8_t family)
{
	wlan(p, family);
	WRAP_HEX(p, 0, 0, 9, 0, 0x02, 0, 0, 0, 0x10);
}

static void radiotap_padded(struct wrap *p, uint8_t family)
{
	snap(p, family);
	uint8_t *h = wrap_push(p, 28); /* 26, and padding */
	h[0] = 0x88;
	WRAP_HEX(p, 0, 0, 25, 0, 0x03, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x20);
}

static void ppi(struct wrap *p, uint8_t family)
{
	wlan(p, family);
	WRAP_HEX(p, 0, 0, 12, 0, 105, 0, 0, 0, 9, 9, 9, 9);
}

static void fibre_channel(struct wrap *p, uint8_t family)
{
	snap(p, family);
	wrap_push(p, 16);
}

static void sunatm(struct wrap *p, uint8_t family)
{
	snap(p, family);
	wrap_push(p, 4);
}

static void firewire(struct wrap *p, uint8_t family)
{
	wrap_put16(wrap_push(p, 2), encap_type(family));
	wrap_push(p, 16);
}

static void juniper_ethernet(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	WRAP_HEX(p, 'M', 'G', 'C', 0x81, 0, 3, 1, 2, 3);
}

static void juniper_ip(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 'M', 'G', 'C', 0x02, 2, 0, 0, 0);
}

static void juniper_type(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 'M', 'G', 'C', 0x01, type_high(family), type_low(family));
}

static void juniper_ppp(struct wrap *p, uint8_t family)
{
	encap_ppp(p, family);
	WRAP_HEX(p, 'M', 'G', 'C', 0);
}

static void juniper_frame_relay(struct wrap *p, uint8_t family)
{
	frame_relay(p, family);
	WRAP_HEX(p, 'M', 'G', 'C', 0);
}

static void juniper_hdlc(struct wrap *p, uint8_t family)
{
	cisco_hdlc(p, family);
	WRAP_HEX(p, 'M', 'G', 'C', 0);
}

static void mpls(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, 0, 1, 0x21, 64);
}

static void ipnet(struct wrap *p, uint8_t family)
{
	wrap_push(p, 24);
}

static void nflog_little(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, family == 6 ? 10 : 2, 0, 0, 1, 5, 0, 10, 0, 'x', 0, 0, 0, 8, 0, 1, 0, 8, 0, 0, 1,
		 (uint8_t)(wrap_len(p) + 4), 0, 9, 0);
}

static void nflog_big(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, family == 6 ? 10 : 2, 0, 0, 1, 0, 8, 0, 1, 8, 0, 0, 1, 0, (uint8_t)(wrap_len(p) + 4), 0,
		 9);
}

static void netanalyzer(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	wrap_push(p, 4);
}

static void netanalyzer_preamble(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	wrap_push(p, 12);
}

static void ipoib(struct wrap *p, uint8_t family)
{
	WRAP_HEX(p, type_high(family), type_low(family), 0, 0);
	wrap_push(p, 40);
}

static void pktap(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	uint8_t *h = wrap_push(p, 108);
	h[0] = 108;
	h[4] = 1;
	h[8] = 1;
}

static void mpacket(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	wrap_push(p, 8);
}

static void erf_ethernet(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	wrap_push(p, 2);
	wrap_push(p, 16)[8] = 2;
}

static void erf_extended(struct wrap *p, uint8_t family)
{
	encap_inner_ethernet(p, family);
	wrap_push(p, 2);
	wrap_push(p, 8)[0] = 5;
	wrap_push(p, 8)[0] = 0x85;
	wrap_push(p, 16)[8] = 0x90;
}

static void erf_hdlc(struct wrap *p, uint8_t family)
{
	encap_ppp(p, family);
	wrap_push(p, 16)[8] = 1;
}

static void erf_ip(struct wrap *p, uint8_t family)
{
	wrap_push(p, 16)[8] = family == 6 ? 23 : 22;
}

/* A tag of `bytes` behind the addresses. */
static void switch_tag(struct wrap *p, uint8_t family, uint32_t bytes)
{
	wrap_put16(wrap_push(p, 2), encap_type(family));
	memset(wrap_push(p, 12 + bytes), 0x40, 12 + bytes);
}

static void tag_4(struct wrap *p, uint8_t family)
{
	switch_tag(p, family, 4);
}

static void tag_8(struct wrap *p, uint8_t family)
{
	switch_tag(p, family, 8);
}

static const struct {
	uint16_t linktype;
	const char *name;
	void (*apply)(struct wrap *p, uint8_t family);
} rows[] = {
	{ 0, "null, little-endian", null_little }, { 0, "null, big-endian", null_big },
	{ 0, "null, Linux", null_linux },
	{ 1, "ethernet", encap_inner_ethernet }, { 6, "token ring", token_ring },
	{ 6, "token ring, routed", token_ring_routed },
	{ 8, "slip", slip }, { 9, "ppp", encap_ppp }, { 9, "ppp, bare", ppp_bare },
	{ 9, "ppp, compressed", ppp_short },
	{ 9, "ppp, bridged", ppp_bridged }, { 9, "ppp, mpls", ppp_mpls }, { 10, "fddi", fddi },
	{ 12, "raw", encap_none },
	{ 14, "raw", encap_none }, { 50, "serial ppp", encap_ppp }, { 50, "serial cisco", cisco_hdlc },
	{ 51, "pppoe", pppoe },
	{ 100, "atm", snap }, { 100, "atm, nlpid", llc_nlpid }, { 100, "llc, ip", llc_ip },
	{ 100, "atm, bridged", llc_bridged },
	{ 101, "raw", encap_none },
	{ 104, "cisco hdlc", cisco_hdlc }, { 104, "ppp in hdlc", encap_ppp }, { 105, "802.11", wlan },
	{ 105, "802.11, four addresses", wlan_qos_4_addresses }, { 105, "802.11, aggregate", wlan_aggregate },
	{ 106, "clip", snap },
	{ 107, "frame relay", frame_relay }, { 107, "frame relay, snap", frame_relay_snap },
	{ 107, "frame relay, cisco", frame_relay_cisco }, { 108, "loop", null_big }, { 109, "enc", enc },
	{ 113, "sll", sll },
	{ 113, "sll, vlan", sll_vlan }, { 113, "sll, llc", sll_llc }, { 113, "sll, 802.11", sll_wlan },
	{ 117, "pflog", pflog },
	{ 119, "prism", prism }, { 119, "avs by prism's number", avs },
	{ 122, "fibre channel", fibre_channel },
	{ 123, "sunatm", sunatm }, { 127, "radiotap", radiotap },
	{ 127, "radiotap, padded", radiotap_padded },
	{ 138, "firewire", firewire }, { 149, "pktap of old", pktap }, { 163, "avs", avs },
	{ 166, "pppd", pppd },
	{ 167, "juniper pppoe", juniper_ethernet }, { 168, "juniper pppoe over atm", juniper_type },
	{ 178, "juniper ethernet", juniper_ethernet }, { 178, "juniper, no layer 2", juniper_ip },
	{ 179, "juniper ppp", juniper_ppp },
	{ 180, "juniper frame relay", juniper_frame_relay }, { 181, "juniper hdlc", juniper_hdlc },
	{ 192, "ppi", ppi },
	{ 197, "erf", erf_ethernet }, { 197, "erf, extension headers", erf_extended },
	{ 197, "erf, hdlc", erf_hdlc }, { 197, "erf, ip", erf_ip },
	{ 204, "ppp, directed", directed_ppp }, { 205, "hdlc, directed", directed_hdlc },
	{ 219, "mpls", mpls },
	{ 226, "ipnet", ipnet }, { 228, "ipv4", encap_none }, { 229, "ipv6", encap_none },
	{ 239, "nflog", nflog_little },
	{ 239, "nflog, big-endian", nflog_big }, { 240, "netanalyzer", netanalyzer },
	{ 241, "netanalyzer, preamble", netanalyzer_preamble }, { 242, "ipoib", ipoib },
	{ 258, "pktap", pktap },
	{ 259, "epon", mpacket }, { 274, "mpacket", mpacket }, { 276, "sll2", sll2 },
	{ 281, "switch tag, Broadcom", tag_4 }, { 282, "switch tag in front", netanalyzer },
	{ 283, "switch tag, DSA", tag_4 }, { 284, "switch tag, DSA with ethertype", tag_8 },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

Test(link, each)
{
	for (size_t i = 0; i < ROWS; i++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			taker_exchange(&w, family, 17);
			rows[i].apply(&w, family);
			taker.linktype = rows[i].linktype;
			TAKER_EXPECT(taker_take(&w), family, 17, "%u %s, IPv%u", rows[i].linktype,
				     rows[i].name, family);
		}
}

/* What is too short for its headers is dropped and says so; nothing reads past the end. */
Test(link, cut_at_each_byte)
{
	for (size_t i = 0; i < ROWS; i++) {
		taker_exchange(&w, 4, 17);
		uint32_t ip = w.start;
		rows[i].apply(&w, 4);
		taker.linktype = rows[i].linktype;
		for (uint32_t n = 0; n < ip + 28 - w.start; n++) {
			taker.lacking = wrap_len(&w) - n;
			cr_assert_eq(taker_bytes(wrap_data(&w), n), INGRESS_DROP, "%s at %u", rows[i].name,
				     n);
		}
	}
	cr_assert_gt(taker_count(COUNT_drop_link_short), 500);
	cr_assert_gt(taker_count(COUNT_drop_transport_short), 100);
}

Test(link, random_bytes)
{
	static uint8_t bytes[128];
	uint64_t seed = 42;

	for (int n = 0; n < 200000; n++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		uint32_t i = (uint32_t)(seed >> 33) % ROWS;
		for (size_t b = 0; b < sizeof(bytes); b += 8)
			memcpy(bytes + b, &(uint64_t){ (seed ^ b) * 0x9e3779b97f4a7c15 }, 8);
		taker.linktype = rows[i].linktype;
		taker_bytes(bytes, (uint32_t)(seed >> 40) % sizeof(bytes));
	}
	cr_assert_eq(taker_count(COUNT_packets_in), 200000);
}

Test(link, unknown)
{
	static const uint16_t types[] = { 2, 11, 144, 147, 182, 275, 290, 65535 };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		taker_exchange(&w, 4, 17);
		taker.linktype = types[i];
		cr_assert_eq(taker_take(&w), INGRESS_DROP);
		cr_assert_eq(taker_count(COUNT_drop_link_type), i + 1);
	}
	/* Inside of another header too. */
	taker_exchange(&w, 4, 17);
	WRAP_HEX(&w, 0, 0, 8, 0, 99, 0, 1, 0);
	taker.linktype = 192;
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_drop_link_type), sizeof(types) / sizeof(*types) + 1);
}

/* Headers that hold no IP by what they say of themselves. */
Test(link, without_ip)
{
	static const struct {
		uint16_t linktype;
		uint8_t at;
		uint8_t value;
		void (*apply)(struct wrap *p, uint8_t family);
	} cases[] = {
		{ 0, 0, 17, null_little }, { 6, 1, 0x00, token_ring }, { 10, 0, 0x41, fddi },
		{ 9, 1, 0x2d, ppp_bare },
		{ 51, 1, 0xa7, pppoe }, { 100, 2, 0x13, snap }, { 100, 0, 0x42, snap },
		{ 100, 5, 0x0c, snap }, { 100, 3, 0x81, llc_nlpid },
		{ 105, 0, 0x80, wlan }, { 105, 0, 0x48, wlan }, { 105, 1, 0x41, wlan },
		{ 105, 22, 0x01, wlan }, { 113, 2, 3, sll },
		{ 113, 14, 0, sll }, { 117, 0, 0, pflog }, { 178, 0, 'm', juniper_ethernet },
		{ 192, 2, 7, ppi }, { 258, 4, 2, pktap },
		{ 258, 0, 11, pktap }, { 239, 4, 0, nflog_little }, { 242, 40, 0, ipoib },
		{ 197, 8, 24, erf_ip },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		taker_exchange(&w, 4, 17);
		cases[i].apply(&w, 4);
		wrap_data(&w)[cases[i].at] = cases[i].value;
		if (cases[i].linktype == 113 && cases[i].at == 2) /* 824, netlink */
			wrap_data(&w)[3] = 0x38;
		taker.linktype = cases[i].linktype;
		cr_assert_eq(taker_take(&w), INGRESS_DROP, "%zu", i);
		cr_assert_eq(taker_count(COUNT_drop_not_ip), i + 1, "%zu", i);
	}
}
