// SPDX-License-Identifier: BSD-3-Clause
#include "docs.h"
#include "recordbuild.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct dnsbuild m;
static bool documented; /* the line must stand in the docs */

/* A response to `name`, to which the test adds. */
static void response(const char *name, uint16_t type, uint16_t flags)
{
	dnsb_start(&m, 1234, DNS_QR | flags);
	dnsb_question(&m, name, type, 1);
}

static void expect(struct recordbuild *b, const char *level, const char *want)
{
	static struct encode_context cx;
	struct record *r = recordb_make(b);

	encode_context_init(&cx, level, "sensor");
	char *got = recordb_encode(&encoder_flat, &cx, r, NULL, NULL);
	cr_assert_str_eq(got, want, "got  %swant %s", got, want);
	if (documented)
		docs_show("docs/record.md", got);
	free(got);
	free(r);
}

static void expect_answered(const char *want)
{
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	expect(&b, "", want);
}

/* The line of an answer to www.example.com, its length on the wire filled in. */
#define TAIL_OF(bytes) \
	",\"dst\":\"198.51.100.53\",\"src\":\"192.0.2.10\"," \
		"\"tstamp\":\"2026-11-22 10:11:12.123456789 +0000 UTC\",\"elapsed\":1500000," \
	"\"sport\":\"40000\",\"level\":\"\",\"bytes\":" bytes ",\"protocol\":\"udp\","
#define NO_FLAGS "\"truncated\":false,\"aa\":false,\"rd\":true,\"ra\":false}\n"
#define LINE(rcode, q, qtype, a, atype, ttl, bytes) \
	"{\"query_id\":1234,\"rcode\":" rcode ",\"q\":\"" q "\",\"qtype\":\"" qtype "\",\"a\":\"" \
		a "\",\"atype\":\"" atype "\",\"ttl\":" ttl \
	TAIL_OF(bytes) NO_FLAGS

Test(flat, one_answer)
{
	response("www.Example.com", DNS_TYPE_A, DNS_RD | DNS_RA | DNS_AA);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	documented = true;
	expect_answered("{\"query_id\":1234,\"rcode\":0,\"q\":\"www.Example.com\",\"qtype\":\"A\","
		"\"a\":\"203.0.113.9\",\"atype\":\"A\",\"ttl\":300"
		TAIL_OF("91") "\"truncated\":false,\"aa\":true,\"rd\":true,\"ra\":true}\n");
}

Test(flat, an_item_for_each_answer)
{
	response("www.example.com", DNS_TYPE_A, 0);
	dnsb_rr_name(&m, DNS_ANSWER, NULL, DNS_TYPE_CNAME, 60, "a.example.net");
	dnsb_a(&m, DNS_ANSWER, "a.example.net", 4294967295u, "203.0.113.1");
	dnsb_aaaa(&m, DNS_ANSWER, "a.example.net", 0, "2001:db8::1");
	dnsb_a(&m, DNS_AUTHORITY, NULL, 1, "203.0.113.2");
	dnsb_a(&m, DNS_ADDITIONAL, NULL, 1, "203.0.113.3");
	expect_answered(LINE("0", "www.example.com", "A", "a.example.net", "CNAME", "60", "204")
			LINE("0", "www.example.com", "A", "203.0.113.1", "A", "4294967295", "204")
			LINE("0", "www.example.com", "A", "2001:db8::1", "AAAA", "0", "204"));
}

/* Each text that gopassivedns has, and the codes without one. */
Test(flat, response_codes)
{
	static const char *const texts[24] = {
		[1] = "Format Error", [2] = "Server Failure", [3] = "Non-Existent Domain",
		[4] = "Not Implemented", [5] = "Query Refused",
		[6] = "Name Exists when it should not", [7] = "RR Set Exists when it should not",
		[8] = "RR Set that should exist does not", [9] = "Server Not Authoritative for zone",
		[10] = "Name not contained in zone", [16] = "Bad OPT Version", [17] = "Key not recognized",
		[18] = "Signature out of time window", [19] = "Bad TKEY Mode", [20] = "Duplicate key name",
		[21] = "Algorithm not supported", [22] = "Bad Truncation", [23] = "Bad Cookie",
	};

	for (unsigned rcode = 1; rcode < 24; rcode++) {
		char row[64];
		snprintf(row, sizeof(row), "| %u | %s |", rcode, texts[rcode] ? texts[rcode] : "");
		if (texts[rcode])
			docs_show("docs/record.md", row);
	}
	for (unsigned rcode = 1; rcode < 4096; rcode += rcode < 40 ? 1 : 131) {
		char want[1024];
		response("www.example.com", DNS_TYPE_A, (uint16_t)(rcode & 15));
		dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
		dnsb_opt(&m, 1232, rcode, 0);
		snprintf(want, sizeof(want), LINE("%u", "www.example.com", "A", "%s", "", "0", "102"), rcode,
			 rcode < 24 && texts[rcode] ? texts[rcode] : "Unknown");
		expect_answered(want);
	}
}

Test(flat, nodata)
{
	response("www.example.com", DNS_TYPE_TXT, 0);
	dnsb_opt(&m, 1232, 0, 0);
	expect_answered(LINE("0", "www.example.com", "TXT", "", "", "0", "86"));
}

/* Answers that were promised and can't be read, or may have been cut off, are not "no data". */
Test(flat, lost_answers_are_no_nodata)
{
	response("www.example.com", DNS_TYPE_A, 0);
	dnsb_rr(&m, DNS_ANSWER, NULL, DNS_TYPE_A, 300, "\1\2\3", 3);
	expect_answered("");
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	expect_answered(LINE("0", "www.example.com", "A", "203.0.113.9", "A", "300", "106"));
	response("www.example.com", DNS_TYPE_A, 0);
	dnsb_set_count(&m, DNS_ANSWER, 1);
	expect_answered("");
	response("www.example.com", DNS_TYPE_A, 0);
	dnsb_set_count(&m, DNS_AUTHORITY, 1);
	expect_answered("");
	response("www.example.com", DNS_TYPE_A, 0);
	dnsb_opt(&m, 1232, 0, 0);
	dnsb_set_count(&m, DNS_ANSWER, 1);
	dnsb_set_count(&m, DNS_ADDITIONAL, 0);
	expect_answered("");
}

Test(flat, opt_among_the_answers_is_none)
{
	response("www.example.com", DNS_TYPE_A, 0);
	dnsb_begin(&m, DNS_ANSWER, ".", DNS_TYPE_OPT, 1232, 0);
	dnsb_end(&m);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	expect_answered(LINE("0", "www.example.com", "A", "203.0.113.9", "A", "300", "102"));
}

Test(flat, unanswered)
{
	dnsb_start(&m, 1234, DNS_RD);
	dnsb_question(&m, "www.example.com", DNS_TYPE_AAAA, 1);
	struct recordbuild b = recordb(PAIR_UNANSWERED, &m);
	b.query.flags = DNS_TC | DNS_AA | DNS_RD | DNS_RA;
	expect(&b, "INFO",
		"{\"query_id\":1234,\"rcode\":-1,\"q\":\"www.example.com\",\"qtype\":\"AAAA\","
		"\"a\":\"No Response\",\"atype\":\"\","
		"\"ttl\":0,\"dst\":\"198.51.100.53\",\"src\":\"192.0.2.10\","
		"\"tstamp\":\"2026-11-22 10:11:12.123456789 +0000 UTC\","
		"\"elapsed\":-1,\"sport\":\"40000\",\"level\":\"INFO\",\"bytes\":0,\"protocol\":\"udp\","
		"\"truncated\":false,\"aa\":false,"
		"\"rd\":true,\"ra\":false}\n");
}

Test(flat, orphan)
{
	response("www.example.com", DNS_TYPE_A, DNS_RD | DNS_RA);
	dnsb_a(&m, DNS_ANSWER, NULL, 300, "203.0.113.9");
	struct recordbuild b = recordb(PAIR_ORPHAN, &m);
	expect(&b, "",
		"{\"query_id\":1234,\"rcode\":0,\"q\":\"www.example.com\",\"qtype\":\"A\","
		"\"a\":\"203.0.113.9\",\"atype\":\"A\","
		"\"ttl\":300,\"dst\":\"198.51.100.53\",\"src\":\"192.0.2.10\","
		"\"tstamp\":\"2026-11-22 10:11:12.123456789 +0000 UTC\","
		"\"elapsed\":-1,\"sport\":\"40000\",\"level\":\"\",\"bytes\":91,\"protocol\":\"udp\","
		"\"truncated\":false,\"aa\":false,"
		"\"rd\":true,\"ra\":true}\n");
}

Test(flat, every_flag)
{
	for (unsigned i = 0; i < 16; i++) {
		char want[1024];
		response("www.example.com", DNS_TYPE_A,
			 (uint16_t)((i & 8 ? DNS_TC : 0) | (i & 4 ? DNS_AA : 0) | (i & 1 ? DNS_RA : 0) |
								  (i & 2 ? 0 : DNS_RD)));
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		b.query.flags = i & 2 ? DNS_RD : 0;
		snprintf(want, sizeof(want),
			"{\"query_id\":1234,\"rcode\":0,\"q\":\"www.example.com\",\"qtype\":\"A\","
			"\"a\":\"\",\"atype\":\"\","
			 "\"ttl\":0" TAIL_OF("75") "\"truncated\":%s,\"aa\":%s,\"rd\":%s,\"ra\":%s}\n",
			 i & 8 ? "true" : "false",
			 i & 4 ? "true" : "false", i & 2 ? "true" : "false", i & 1 ? "true" : "false");
		expect(&b, "", want);
	}
}

Test(flat, ipv6_over_tcp)
{
	response("www.example.com", DNS_TYPE_A, 0);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	b.origin.flow.proto = 6;
	b.origin.flow.family = 6;
	inet_pton(AF_INET6, "2001:db8::10", b.origin.flow.dst);
	inet_pton(AF_INET6, "::ffff:192.0.2.1", b.origin.flow.src);
	b.origin.wire_bytes = 65535;
	b.query.time = b.origin.time + 5;
	expect(&b, "",
		"{\"query_id\":1234,\"rcode\":0,\"q\":\"www.example.com\",\"qtype\":\"A\",\"a\":\"\","
		"\"atype\":\"\",\"ttl\":0,"
		"\"dst\":\"::ffff:192.0.2.1\",\"src\":\"2001:db8::10\","
		"\"tstamp\":\"2026-11-22 10:11:12.123456789 +0000 UTC\",\"elapsed\":0,"
		"\"sport\":\"40000\",\"level\":\"\",\"bytes\":65535,\"protocol\":\"tcp\"," NO_FLAGS);
}

Test(flat, no_question_at_all)
{
	dnsb_start(&m, 1234, DNS_QR | 1);
	expect_answered(LINE("1", "", "", "Format Error", "", "0", "54"));
}

Test(flat, root_and_unknown_type)
{
	response(".", 65280, 0);
	dnsb_rr(&m, DNS_ANSWER, NULL, 65534, 5, "\xab\xcd", 2);
	expect_answered(LINE("0", ".", "65280", "\\\\# 2 abcd", "65534", "5", "73"));
}

/* Names and texts with everything that JSON or the presentation form escapes. */
Test(flat, escapes)
{
	response("q\\034\\\\\\.\\000\\200.example", DNS_TYPE_TXT, 0);
	dnsb_txt(&m, DNS_ANSWER, NULL, 5, "say \"hi\" \\ \x01\x7f\xc3\xa9</a>&");
	expect_answered(LINE("0", "q\\\"\\\\\\\\\\\\.\\\\000\\\\200.example", "TXT",
			     "say \\\"hi\\\" \\\\\\\\ \\\\001\\\\127\\\\195\\\\169</a>&", "TXT", "5", "107"));
}

Test(flat, level_is_escaped)
{
	response("www.example.com", DNS_TYPE_A, 0);
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	expect(&b, "\"\\\"\\\"\\\"\\\"\\\"\\\"\\",
		"{\"query_id\":1234,\"rcode\":0,\"q\":\"www.example.com\",\"qtype\":\"A\",\"a\":\"\","
		"\"atype\":\"\","
		"\"ttl\":0,\"dst\":\"198.51.100.53\",\"src\":\"192.0.2.10\","
		"\"tstamp\":\"2026-11-22 10:11:12.123456789 +0000 UTC\",\"elapsed\":1500000,"
		"\"sport\":\"40000\",\"level\":\"\\\"\\\\\\\"\\\\\\\"\\\\\\\"\\\\\\\"\\\\\\\"\\\\\\\"\\\\\","
		"\"bytes\":75,\"protocol\":\"udp\"," NO_FLAGS);
}

/* Two records written in turns with one context: neither gets the other's fields. */
Test(flat, records_in_turns)
{
	static struct encode_context cx;
	static char got[2][8192];
	struct record *r[2];
	struct encode_cursor c[2] = { 0 };
	struct out o[2] = { out_init(got[0], sizeof(got[0])), out_init(got[1], sizeof(got[1])) };

	encode_context_init(&cx, "", "");
	for (unsigned i = 0; i < 2; i++) {
		response(i ? "second.example" : "first.example.org", DNS_TYPE_A, 0);
		for (unsigned k = 0; k < 3; k++)
			dnsb_a(&m, DNS_ANSWER, NULL, k, i ? "203.0.113.2" : "203.0.113.1");
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		b.origin.time += 1000 * i;
		r[i] = recordb_make(&b);
	}
	for (unsigned k = 0; k < 6; k++)
		cr_assert_eq(encoder_flat.step(&cx, r[k % 2], &c[k % 2], &o[k % 2]), ENCODE_ITEM);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t len;
		char *want = recordb_encode(&encoder_flat, &cx, r[i], &len, NULL);
		cr_assert_eq(encoder_flat.step(&cx, r[i], &c[i], &o[i]), ENCODE_DONE);
		cr_assert_eq(out_len(&o[i]), len);
		cr_assert(!memcmp(got[i], want, len));
		free(want);
		free(r[i]);
	}
}
