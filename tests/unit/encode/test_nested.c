// SPDX-License-Identifier: BSD-3-Clause
#include "docs.h"
#include "recordbuild.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdarg.h>

static struct dnsbuild m;
static struct encode_context cx;

/* The record's one object; json_decref() it. */
static json_t *nested(struct recordbuild *b)
{
	struct record *r = recordb_make(b);
	json_error_t error;
	uint32_t len, items;

	encode_context_init(&cx, "", "sensor \"1\" é");
	char *text = recordb_encode(&encoder_nested, &cx, r, &len, &items);
	cr_assert_eq(items, 1);
	cr_assert_eq(text[len - 1], '\n');
	json_t *v = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	cr_assert(v, "%s: %s", error.text, text);
	free(text);
	free(r);
	return v;
}

/* The value at a path such as "response.answer.0.ttl", or NULL. */
static json_t *at(json_t *v, const char *path)
{
	char name[64];

	while (v && *path) {
		size_t n = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(name)) : json_object_get(v, name);
		path += n + (path[n] == '.');
	}
	return v;
}

static void text_is(json_t *v, const char *path, const char *want)
{
	const char *got = json_string_value(at(v, path));

	cr_assert(got && !strcmp(got, want), "%s is %s, not %s", path, got ? got : "nothing", want);
}

static void number_is(json_t *v, const char *path, json_int_t want)
{
	json_t *got = at(v, path);

	cr_assert(json_is_integer(got), "%s is missing", path);
	cr_assert_eq(json_integer_value(got), want, "%s is %lld", path, (long long)json_integer_value(got));
}

static void flag_is(json_t *v, const char *path, bool want)
{
	json_t *got = at(v, path);

	cr_assert(json_is_boolean(got), "%s is missing", path);
	cr_assert_eq(json_is_true(got), want, "%s", path);
}

static void response(uint16_t flags)
{
	dnsb_start(&m, 1234, DNS_QR | flags);
	dnsb_question(&m, "www.example.com", DNS_TYPE_A, 1);
}

/* The example of docs/record.md, byte by byte. */
Test(nested, whole_line)
{
	response(DNS_RD | DNS_RA | DNS_AD);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	dnsb_opt(&m, 1232, 0, 0x8000);
	dnsb_option(&m, 10, "\1\2\3\4\5\6\7\x08", 8);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	b.query.edns = b.query.edns_do = true;
	b.query.edns_size = 1232;
	struct record *r = recordb_make(&b);
	encode_context_init(&cx, "", "ns1");
	char *text = recordb_encode(&encoder_nested, &cx, r, NULL, NULL);
	cr_assert_str_eq(text,
		"{\"kind\":\"answered\",\"sensor\":\"ns1\",\"time\":\"2026-11-22T10:11:12.123456789Z\","
		"\"elapsed\":1500000,"
		"\"client\":\"192.0.2.10\",\"client_port\":40000,\"server\":\"198.51.100.53\","
		"\"server_port\":53,\"transport\":\"udp\","
		"\"network\":{\"port\":0,\"hop_limit\":61,\"reassembled\":false},\"id\":1234,"
		"\"question\":{\"name\":\"www.example.com\",\"type\":\"A\",\"class\":\"IN\"},"
		"\"query\":{\"time\":\"2026-11-22T10:11:12.121956789Z\","
		"\"bytes\":40,\"retransmissions\":0,\"opcode\":\"QUERY\",\"aa\":false,"
		"\"tc\":false,\"rd\":true,\"ra\":false,\"z\":false,\"ad\":false,\"cd\":false,"
		"\"edns\":{\"size\":1232,\"do\":true}},"
		"\"response\":{\"time\":\"2026-11-22T10:11:12.123456789Z\","
		"\"bytes\":72,\"wire_bytes\":114,\"rcode\":0,\"rcode_name\":\"NOERROR\","
		"\"opcode\":\"QUERY\","
		"\"aa\":false,\"tc\":false,\"rd\":true,\"ra\":true,\"z\":false,\"ad\":true,\"cd\":false,"
		"\"qdcount\":1,\"ancount\":1,\"nscount\":0,\"arcount\":1,"
		"\"edns\":{\"version\":0,\"size\":1232,\"do\":true,"
		"\"options\":[{\"code\":10,\"name\":\"COOKIE\",\"data\":\"0102030405060708\"}]},"
		"\"answer\":[{\"name\":\"www.example.com\",\"type\":\"A\",\"class\":\"IN\","
		"\"ttl\":300,\"data\":\"203.0.113.9\"}],"
		"\"authority\":[],\"additional\":[]}}\n", "%s", text);
	docs_show("docs/record.md", text);
	free(text);
	free(r);
}

Test(nested, ends_and_sensor)
{
	response(0);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	b.origin.flow.family = 6;
	b.origin.flow.proto = 6;
	inet_pton(AF_INET6, "2001:db8::10", b.origin.flow.dst);
	inet_pton(AF_INET6, "2001:db8::53", b.origin.flow.src);
	b.origin.flow.sport = 853;
	json_t *v = nested(&b);
	text_is(v, "kind", "answered");
	text_is(v, "sensor", "sensor \"1\" é");
	text_is(v, "client", "2001:db8::10");
	text_is(v, "server", "2001:db8::53");
	number_is(v, "server_port", 853);
	text_is(v, "transport", "tcp");
	json_decref(v);
}

Test(nested, unanswered_has_no_response)
{
	dnsb_start(&m, 1234, DNS_RD);
	dnsb_question(&m, "www.example.com", DNS_TYPE_AAAA, 1);
	struct recordbuild b = recordb(PAIR_UNANSWERED, &m);
	b.query.retransmissions = 4;
	json_t *v = nested(&b);
	text_is(v, "kind", "unanswered");
	text_is(v, "time", "2026-11-22T10:11:12.123456789Z");
	text_is(v, "query.time", "2026-11-22T10:11:12.123456789Z");
	number_is(v, "elapsed", -1);
	number_is(v, "query.retransmissions", 4);
	text_is(v, "question.type", "AAAA");
	cr_assert_null(at(v, "response"));
	cr_assert_null(at(v, "query.edns"));
	json_decref(v);
}

Test(nested, orphan_has_no_query)
{
	response(DNS_RD);
	struct recordbuild b = recordb(PAIR_ORPHAN, &m);
	json_t *v = nested(&b);
	text_is(v, "kind", "orphan");
	number_is(v, "elapsed", -1);
	number_is(v, "id", 1234);
	text_is(v, "question.name", "www.example.com");
	cr_assert_null(at(v, "query"));
	flag_is(v, "response.rd", true);
	json_decref(v);
}

Test(nested, no_question)
{
	dnsb_start(&m, 1234, DNS_QR | 1);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	json_t *v = nested(&b);
	cr_assert_null(at(v, "question"));
	number_is(v, "response.rcode", 1);
	text_is(v, "response.rcode_name", "FORMERR");
	json_decref(v);
}

/* Each flag of either leg is told where it stands, and no other. */
Test(nested, flags_and_opcode)
{
	static const struct { uint16_t bit; const char *name; } flags[] = {
		{ DNS_AA, "aa" }, { DNS_TC, "tc" }, { DNS_RD, "rd" }, { DNS_RA, "ra" }, { DNS_Z, "z" },
		{ DNS_AD, "ad" }, { DNS_CD, "cd" },
	};

	for (unsigned i = 0; i < 7; i++) {
		response((uint16_t)(flags[i].bit | 4 << 11));
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		b.query.flags = (uint16_t)(flags[(i + 1) % 7].bit | 5 << 11);
		json_t *v = nested(&b);
		for (unsigned k = 0; k < 7; k++) {
			char path[32];
			snprintf(path, sizeof(path), "response.%s", flags[k].name);
			flag_is(v, path, k == i);
			snprintf(path, sizeof(path), "query.%s", flags[k].name);
			flag_is(v, path, k == (i + 1) % 7);
		}
		text_is(v, "response.opcode", "NOTIFY");
		text_is(v, "query.opcode", "UPDATE");
		json_decref(v);
	}
}

Test(nested, every_section)
{
	response(DNS_AA);
	dnsb_rr_name(&m, DNS_ANSWER, NULL, DNS_TYPE_CNAME, 60, "q\\034.example.net");
	dnsb_a(&m, DNS_ANSWER, "a.example.net", 1, "203.0.113.1");
	dnsb_rr_name(&m, DNS_AUTHORITY, "example.net", DNS_TYPE_NS, 172800, "ns.example.net");
	dnsb_begin(&m, DNS_ADDITIONAL, "ns.example.net", DNS_TYPE_TXT, 3, 4294967295u);
	dnsb_mem(&m, "\7say \"hi", 8);
	dnsb_end(&m);
	dnsb_opt(&m, 4096, 0x111, 0);
	dnsb_a(&m, DNS_ADDITIONAL, ".", 0, "203.0.113.3");
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	json_t *v = nested(&b);
	cr_assert_eq(json_array_size(at(v, "response.answer")), 2);
	text_is(v, "response.answer.0.data", "q\".example.net");
	number_is(v, "response.answer.0.ttl", 60);
	text_is(v, "response.answer.1.name", "a.example.net");
	cr_assert_eq(json_array_size(at(v, "response.authority")), 1);
	text_is(v, "response.authority.0.type", "NS");
	cr_assert_eq(json_array_size(at(v, "response.additional")), 2);
	text_is(v, "response.additional.0.class", "CH");
	text_is(v, "response.additional.0.data", "say \"hi");
	number_is(v, "response.additional.0.ttl", 4294967295);
	text_is(v, "response.additional.1.name", ".");
	number_is(v, "response.rcode", 0x110);
	number_is(v, "response.edns.size", 4096);
	flag_is(v, "response.edns.do", false);
	number_is(v, "response.arcount", 3);
	cr_assert_null(at(v, "response.damage"));
	cr_assert_null(at(v, "response.cut"));
	json_decref(v);
}

Test(nested, edns_options)
{
	static const struct { uint16_t code; uint8_t len; const char *data, *name, *text; } rows[] = {
		{ 3, 10, "ns1 \"west\"", "NSID", "ns1 \"west\"" }, { 3, 2, "\x01\xff", "NSID", "01ff" },
		{ 8, 7, "\0\1\x18\0\xc0\0\2", "ECS", "192.0.2.0/24/0" }, { 8, 1, "x", "ECS", "78" },
		{ 10, 8, "\1\2\3\4\5\6\7\x08", "COOKIE", "0102030405060708" },
		{ 15, 4, "\0\x12 x", "EDE", "18  x" }, { 15, 2, "\0\x12", "EDE", "18 Prohibited" },
		{ 12, 3, "\0\0\0", "Padding", "000000" }, { 65001, 0, "", "65001", "" },
	};

	response(0);
	dnsb_opt(&m, 1232, 0, 0x8000);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		dnsb_option(&m, rows[i].code, rows[i].data, rows[i].len);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	json_t *v = nested(&b), *options = at(v, "response.edns.options");
	cr_assert_eq(json_array_size(options), sizeof(rows) / sizeof(rows[0]));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *option = json_array_get(options, i);
		number_is(option, "code", rows[i].code);
		cr_assert_eq(strcasecmp(json_string_value(at(option, "name")), rows[i].name), 0, "%s",
			json_string_value(at(option, "name")));
		text_is(option, "data", rows[i].text);
	}
	json_decref(v);
}

/* Data that its type can't have stands as bytes, in its place, marked. */
Test(nested, malformed_data_is_shown_and_marked)
{
	response(0);
	dnsb_rr(&m, DNS_ANSWER, NULL, DNS_TYPE_A, 300, "\1\2\3", 3);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	dnsb_rr(&m, DNS_AUTHORITY, NULL, DNS_TYPE_AAAA, 300, "", 0);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	json_t *v = nested(&b);
	text_is(v, "response.answer.0.data", "\\# 3 010203");
	flag_is(v, "response.answer.0.malformed", true);
	text_is(v, "response.answer.1.data", "203.0.113.9");
	cr_assert_null(at(v, "response.answer.1.malformed"));
	text_is(v, "response.authority.0.data", "\\# 0");
	text_is(v, "response.damage", "malformed");
	json_decref(v);
}

Test(nested, damage_marks)
{
	response(0);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.10");
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	json_t *v = nested(&b);
	cr_assert_null(at(v, "response.damage"));
	json_decref(v);
	for (unsigned missing = 0; missing < 6; missing += 5) {
		dns_parse(&b.response, m.data, m.len - 5, missing);
		v = nested(&b);
		text_is(v, "response.damage", missing ? "cut" : "malformed");
		cr_assert_eq(json_array_size(at(v, "response.answer")), 1);
		number_is(v, "response.ancount", 2);
		json_decref(v);
	}
}

Test(nested, how_the_packet_came)
{
	response(0);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	json_t *v = nested(&b);
	static const char *const absent[] = { "vlan", "vlan_inner", "mpls", "tunnel", "tunnel_id",
		"ip_headers", "outer_src", "outer_dst" };
	for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		cr_assert_null(json_object_get(at(v, "network"), absent[i]), "%s", absent[i]);
	json_decref(v);
	b.origin.port = 3;
	b.origin.vlan = 0;
	b.origin.vlan_inner = 4094;
	b.origin.mpls = 16;
	b.origin.tunnel_id = 0xffffff;
	b.origin.depth = 2;
	b.origin.reassembled = true;
	b.origin.outer_family = 6;
	inet_pton(AF_INET6, "2001:db8::1", b.origin.outer_src);
	inet_pton(AF_INET6, "2001:db8::2", b.origin.outer_dst);
	for (unsigned t = 1; t < TUNNELS; t++) {
		b.origin.tunnel = (uint8_t)t;
		v = nested(&b);
		cr_assert(*packet_tunnel_names[t]);
		text_is(v, "network.tunnel", packet_tunnel_names[t]);
		number_is(v, "network.tunnel_id", 0xffffff);
		number_is(v, "network.port", 3);
		number_is(v, "network.vlan", 0);
		number_is(v, "network.vlan_inner", 4094);
		number_is(v, "network.mpls", 16);
		number_is(v, "network.ip_headers", 2);
		number_is(v, "network.hop_limit", 61);
		flag_is(v, "network.reassembled", true);
		text_is(v, "network.outer_src", "2001:db8::1");
		text_is(v, "network.outer_dst", "2001:db8::2");
		json_decref(v);
	}
	b.origin.outer_family = 4;
	recordb_ipv4(b.origin.outer_src, "192.0.2.1");
	v = nested(&b);
	text_is(v, "network.outer_src", "192.0.2.1");
	json_decref(v);
}
