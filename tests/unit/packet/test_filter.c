// SPDX-License-Identifier: BSD-3-Clause
/* Ours against libpcap's own answers, on packets that are whole. */
#include "packet/filter.h"
#include "encap.h"
#include "taker.h"

#include <pcap/pcap.h>

static struct wrap w;
static uint64_t seed = 20240229;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static uint16_t random_port(void)
{
	static const uint16_t ports[] = { 53, 53, 5353, 443, 54, 0x3500, 0, 65535, 1024, 8053 };
	return ports[random_below(sizeof(ports) / sizeof(*ports))];
}

/* A sound IP packet without fragments, extension headers or tunnels. */
static void random_packet(void)
{
	uint8_t payload[300], family = random_below(2) ? 6 : 4;
	static const uint8_t protos[] = { 17, 17, 6, 6, 132, 1, 58, 47 };
	uint8_t proto = protos[random_below(sizeof(protos))];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)random_below(256);
	wrap_payload(&w, payload, random_below(4) ? random_below(100) : random_below(300));
	if (proto == 6) {
		wrap_tcp(&w, random_port(), random_port(), random_below(1000),
			 (uint8_t)(random_below(11) * 4));
		wrap_data(&w)[13] = (uint8_t)random_below(64);
	} else {
		wrap_udp(&w, random_port(), random_port()); /* SCTP's ports are in the same place */
	}
	encap_ip(&w, family, proto, (uint8_t)random_below(4));
	if (family == 4)
		wrap_data(&w)[8] = (uint8_t)random_below(256);
}

static void compile(struct bpf_program *code, int type, const char *text)
{
	pcap_t *dead = pcap_open_dead(type, 262144);

	cr_assert_eq(pcap_compile(dead, code, text, 1, PCAP_NETMASK_UNKNOWN), 0, "%s: %s", text,
		     pcap_geterr(dead));
	pcap_close(dead);
}

/* What passes an ingress with the filter is what passes one without and is wanted by libpcap's program. */
static void compare(const char *text, int packets)
{
	struct bpf_program code;
	struct error e = { "" };
	struct counters all_counters = { 0 };
	struct ingress_config config = { .filter = "", .max_datagrams = 16, .counters = &all_counters };
	struct ingress *all = ingress_new(&config, &e);
	uint32_t wanted = 0;

	taker_start(text);
	taker.linktype = LINKTYPE_RAW;
	compile(&code, DLT_RAW, text);
	for (int i = 0; i < packets; i++) {
		struct packet p = { .linktype = LINKTYPE_RAW };
		const uint8_t *data;
		random_packet();
		uint32_t len = wrap_len(&w);
		p.wire_len = len;
		bool any = ingress_packet(all, wrap_data(&w), len, &p, &taker.arena, &data) == INGRESS_PASS;
		bool want = any && bpf_filter(code.bf_insns, wrap_data(&w), len, len);
		cr_assert_eq(taker_take(&w) == INGRESS_PASS, want, "%s, packet %d", text, i);
		/* The quick way, with padding, gives the same. */
		encap_inner_ethernet(&w, wrap_data(&w)[0] >> 4);
		wrap_pad(&w, random_below(40));
		taker.linktype = LINKTYPE_ETHERNET;
		cr_assert_eq(taker_take(&w) == INGRESS_PASS, want, "%s, frame %d", text, i);
		taker.linktype = LINKTYPE_RAW;
		wanted += want;
	}
	cr_assert_gt(wanted, 0, "%s", text);
	pcap_freecode(&code);
	ingress_free(all);
	taker_stop();
}

Test(filter, port_as_libpcap)
{
	compare("port 53", 200000);
	compare("  port   5353 ", 20000);
	compare("port 0", 20000);
	compare("port 65535", 20000);
}

Test(filter, expressions_as_libpcap)
{
	static const char *const texts[] = {
		"udp port 53", "tcp port 53", "udp", "tcp", "ip", "ip6", "port 53 or port 5353",
		"port domain", "src port 53",
		"dst port 53", "portrange 50-60", "not port 53", "udp and not src port 53", "udp[8] > 5",
		"udp[8:2] & 0x8000 != 0",
		"tcp[tcpflags] & tcp-syn != 0", "tcp[13] & 16 = 0", "host 192.0.2.1", "net 192.0.2.0/24",
		"src net 192.0.2.0/31",
		"ip6 host 2001:db8::2", "src 192.0.2.3 or src 2001:db8::3", "len > 100", "greater 90",
		"less 120", "ip[8] < 64",
		"ip[6:2] & 0x1fff = 0", "ip6[6] = 17", "ip proto 17", "ip6 proto 6", "proto \\udp",
		"udp[4:2] > 50",
		"(udp port 53 or tcp port 53) and not host 192.0.2.1", "1 = 1", "ip[2:2] > 80 && udp",
		"port 0x35", "port 065",
		"not (host 192.0.2.2 || tcp)",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		compare(texts[i], 5000);
}

/* Neither tags, tunnels, fragments nor extension headers hide a packet. */
Test(filter, on_the_innermost_packet)
{
	taker_start("udp dst port 53 and ip6 src host 2001:db8::1");
	taker_exchange(&w, 6, 17);
	encap_apply(&w, &encaps[16], 6, 4, 11);
	encap_inner_ethernet(&w, 4);
	wrap_tag(&w, 0x8100, 5);
	TAKER_EXPECT(taker_take(&w), 6, 17, "tunnel");
	taker_exchange(&w, 4, 17);
	encap_apply(&w, &encaps[16], 4, 6, 11);
	encap_inner_ethernet(&w, 6);
	cr_assert_eq(taker_take(&w), INGRESS_DROP);

	for (uint32_t cut = 0; cut < 5; cut++) {
		wrap_payload(&w, TAKER_TEXT, TAKER_TEXT_LEN);
		wrap_udp(&w, 4242, 53);
		WRAP_HEX(&w, 17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
		wrap_ipv6(&w, 60, 1, 2);
		encap_inner_ethernet(&w, 6);
		taker.lacking = cut;
		cr_assert_eq(taker_bytes(wrap_data(&w), wrap_len(&w) - cut), INGRESS_PASS);
		cr_assert_eq(taker.p.missing, cut);
	}
	taker_stop();

	taker_start("not port 53");
	cr_assert_eq(taker_take(&w), INGRESS_DROP);
	cr_assert_eq(taker_count(COUNT_drop_filter), 1);
	taker_stop();
}

/* Lengths are the wire's, whatever was cut or padded. */
Test(filter, lengths)
{
	taker_start("len = 57");
	taker_exchange(&w, 4, 17);
	cr_assert_eq(wrap_len(&w), 57);
	encap_inner_ethernet(&w, 4);
	wrap_pad(&w, 20);
	cr_assert_eq(taker_take(&w), INGRESS_PASS);
	taker.lacking = 30;
	cr_assert_eq(taker_bytes(wrap_data(&w), wrap_len(&w) - 30), INGRESS_PASS);
	taker_stop();
}

Test(filter, on_frames_as_captured)
{
	static const struct {
		const char *text;
		bool plain, tagged, mpls;
	} rows[] = {
		{ "vlan", false, true, false }, { "vlan 7 and port 53", false, true, false },
		{ "vlan 8", false, false, false },
		{ "ether src 02:00:00:00:00:02", true, true, true },
		{ "ether[0] & 1 = 1", false, false, false },
		{ "ether proto 0x8847", false, false, true }, { "mpls 74565", false, false, true },
		{ "not vlan", true, false, true },
		{ "ether[12:2] = 0x800", true, false, false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		taker_start(rows[i].text);
		const struct encap_frame *frames[] = { &encap_frames[0], &encap_frames[1], &encap_frames[6] };
		const bool want[] = { rows[i].plain, rows[i].tagged, rows[i].mpls };
		for (int k = 0; k < 3; k++) {
			taker_exchange(&w, 4, 17);
			frames[k]->apply(&w, 4);
			cr_assert_eq(taker_take(&w) == INGRESS_PASS, want[k], "%s, %s", rows[i].text,
				     frames[k]->name);
		}
		/* A link type for which it means nothing: no frame is wanted, and none does harm. */
		for (uint16_t type = 0; type < 100; type++) {
			taker.linktype = type == LINKTYPE_ETHERNET ? LINKTYPE_RAW : type;
			taker_exchange(&w, 4, 17);
			taker_take(&w);
		}
		taker_stop();
	}
}

/* Frames of a link type for which the expression can't be compiled have a reason of their own; what libpcap
 * says is known before. */
Test(filter, frames_that_cannot_be_asked)
{
	struct error e = { "" };
	struct filter *f = filter_new("vlan 7", &e), *plain = filter_new("udp port 53", &e);

	cr_assert_eq(filter_check_link(f, LINKTYPE_ETHERNET, &e), 0);
	cr_assert_eq(filter_check_link(f, LINKTYPE_RAW, &e), -1);
	cr_assert_str_eq(e.text, "no VLAN support for Raw IP");
	cr_assert_eq(filter_check_link(plain, LINKTYPE_RAW, &e), 0);
	filter_free(f);
	filter_free(plain);

	taker_start("vlan 7");
	for (int i = 0; i < 3; i++) {
		taker.linktype = LINKTYPE_RAW;
		taker_exchange(&w, 4, 17);
		cr_assert_eq(taker_take(&w), INGRESS_DROP);
		taker.linktype = LINKTYPE_ETHERNET;
		encap_frames[0].apply(&w, 4);
		cr_assert_eq(taker_take(&w), INGRESS_DROP);
	}
	cr_assert_eq(taker_count(COUNT_drop_filter_link), 3);
	cr_assert_eq(taker_count(COUNT_drop_filter), 3);
	taker_stop();
}

Test(filter, what_speaks_of_the_link_layer)
{
	static const struct {
		const char *text;
		bool frame;
	} rows[] = {
		{ "", false }, { NULL, false }, { " \n", false }, { "port 53", false },
		{ "udp and host 10.0.0.1", false }, { "vlan", true },
		{ "ether host 1:2:3:4:5:6", true }, { "pppoes and port 53", true }, { "mpls", true },
		{ "arp", true }, { "broadcast", true },
		{ "geneve and port 53", true }, { "wlan type data", true }, { "ether[12:2] = 2048", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error e = { "" };
		struct filter *f = filter_new(rows[i].text, &e);
		cr_assert(f, "%s: %s", rows[i].text, e.text);
		cr_assert_eq(filter_on_frame(f), rows[i].frame, "%s", rows[i].text);
		filter_free(f);
	}
}

Test(filter, errors_are_libpcap_s)
{
	static const char *const texts[] = {
		"port", "port 53 and", "port 65536", "prot 53", "host 300.1.1.1", "udp[", "ether host 1",
		"port 53 udp", "len >", "(", "port -1",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct error e = { "" };
		struct bpf_program code;
		pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
		cr_assert_neq(pcap_compile(dead, &code, texts[i], 1, PCAP_NETMASK_UNKNOWN), 0);
		cr_assert_null(filter_new(texts[i], &e), "%s", texts[i]);
		cr_assert_str_eq(e.text, pcap_geterr(dead), "%s", texts[i]);
		pcap_close(dead);
	}
	filter_free(NULL);
}

Test(filter, first_look)
{
	struct error e;
	struct filter *f = filter_new("port 53", &e), *g = filter_new("tcp port 53", &e);
	uint16_t port;

	cr_assert(filter_is_port(f, &port) && port == 53);
	cr_assert(filter_ports(f, 1, 53) && filter_ports(f, 53, 1) && !filter_ports(f, 54, 52));
	cr_assert(!filter_is_port(g, &port) && filter_ports(g, 1, 2));
	filter_free(f);
	filter_free(g);
}
