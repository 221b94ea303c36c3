// SPDX-License-Identifier: BSD-3-Clause
#include "dnsbuild.h"
#include "dns/message.h"
#include "dns/name.h"
#include "dns/rdata.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <time.h>

static struct dnsbuild b;
static struct dns_message m;

/* Parses a copy in memory of its own size, so that the sanitizer sees a read past the end. The copy of
 * the call before is freed. */
static enum dns_damage parse_bytes(const uint8_t *data, uint32_t len, uint32_t missing)
{
	static uint8_t *copy;

	free(copy);
	copy = malloc(len ? len : 1);
	memcpy(copy, data, len);
	enum dns_damage damage = dns_parse(&m, copy, len, missing);
	cr_assert(eq(int, (int)m.at.damage, (int)damage));
	return damage;
}

static enum dns_damage parse(void)
{
	return parse_bytes(b.data, b.len, 0);
}

/* RRs that a walk gives, and in *answers those of them that make a record. */
static uint32_t walked(enum dns_section section, uint32_t *answers)
{
	struct dns_walk w = dns_walk_init(m.data, m.len, &m.at, section);
	struct dns_rr rr;
	uint32_t n = 0;

	*answers = 0;
	for (; dns_walk_next(&w, &rr); n++) {
		cr_assert(ge(u32, rr.owner, 12));
		cr_assert(dns_name_size(m.data, m.len, rr.owner) != 0);
		cr_assert(le(u32, (uint32_t)rr.rdata + rr.rdlen, m.len));
		*answers += rr.type != DNS_TYPE_OPT && dns_rdata_valid(m.data, m.len, &rr);
	}
	return n;
}

/* Messages with malformed data that was still shown, and nothing else wrong. */
static unsigned damaged_but_whole;

/* What holds for every message, sound or not. */
static void consistent(void)
{
	uint32_t answers;

	for (int s = DNS_ANSWER; s < DNS_SECTIONS; s++) {
		cr_assert(le(u16, m.at.found[s], m.at.count[s]));
		cr_assert(eq(u32, walked((enum dns_section)s, &answers), m.at.found[s]));
		if (s == DNS_ANSWER)
			cr_assert(eq(u32, answers, m.at.answers));
	}
	bool complete = !memcmp(m.at.found, m.at.count, sizeof(m.at.found));
	/* A sound message is whole; what isn't sound has something left out, or data that is shown as
	 * an unknown type's. */
	if (m.at.damage == DNS_SOUND)
		cr_assert(complete && !m.at.unsound);
	else
		damaged_but_whole += complete && !m.at.unsound;
	struct dns_edns edns;
	cr_assert(eq(int, dns_edns_read(m.data, m.len, &m.at, &edns), m.at.opt != 0));
}

/* A response with all there is: CNAME, addresses, an authority, OPT and TSIG. */
static void usual_response(void)
{
	dnsb_start(&b, 0x4fb8, DNS_QR | DNS_RD | DNS_RA | 3);
	dnsb_question(&b, "www.example.com", DNS_TYPE_A, DNSB_IN);
	dnsb_begin(&b, DNS_ANSWER, NULL, DNS_TYPE_CNAME, DNSB_IN, 60);
	uint32_t target = b.len;
	dnsb_labels(&b, "cdn");
	dnsb_pointer(&b, 16);
	dnsb_end(&b);
	dnsb_pointer(&b, target);
	dnsb_mem(&b, "\0\1\0\1\0\0\0\xa\0\4\xc0\0\2\1", 14);
	dnsb_count_one(&b, DNS_ANSWER);
	dnsb_aaaa(&b, DNS_ANSWER, "www.example.com", 5, "2001:db8::1");
	dnsb_rr_name(&b, DNS_AUTHORITY, "example.com", DNS_TYPE_NS, 100, "ns1.example.com");
	dnsb_a(&b, DNS_ADDITIONAL, "ns1.example.com", 7, "192.0.2.53");
	dnsb_opt(&b, 1232, 0x173, 0x8000);
	dnsb_option(&b, 10, "12345678", 8);
	dnsb_begin(&b, DNS_ADDITIONAL, "key.example", DNS_TYPE_TSIG, 255, 0);
	dnsb_name(&b, "hmac-sha256");
	dnsb_mem(&b, "\0\0\x60\0\0\0\1\x2c\0\4macs\x4f\xb8\0\0\0\0", 20);
	dnsb_end(&b);
}

Test(message, usual_response)
{
	struct dns_rr rr;

	usual_response();
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.id, 0x4fb8));
	cr_assert(eq(u16, m.at.flags, DNS_QR | DNS_RD | DNS_RA | 3));
	cr_assert(eq(u16, m.at.rcode, 0x173));
	cr_assert(eq(u16, m.at.qname_len, 17));
	cr_assert(eq(u16, m.at.qtype, DNS_TYPE_A));
	cr_assert(eq(u16, m.at.qclass, 1));
	cr_assert(eq(u16, m.at.answers, 3));
	cr_assert(eq(u8, m.at.unsound, 0));
	cr_assert(zero(memcmp(m.at.found, (uint16_t[]){ 1, 3, 1, 3 }, 8)));
	consistent();

	struct dns_walk w = dns_walk_init(m.data, m.len, &m.at, DNS_ANSWER);
	cr_assert(dns_walk_next(&w, &rr));
	cr_assert(eq(u16, rr.type, DNS_TYPE_CNAME));
	cr_assert(dns_walk_next(&w, &rr));
	cr_assert(eq(u16, rr.type, DNS_TYPE_A));
	cr_assert(eq(u16, rr.rclass, 1));
	cr_assert(eq(u32, rr.ttl, 10));
	cr_assert(eq(u16, rr.rdlen, 4));
	cr_assert(zero(memcmp(m.data + rr.rdata, "\xc0\0\2\1", 4)));
	cr_assert(dns_walk_next(&w, &rr));
	cr_assert(not(dns_walk_next(&w, &rr)));
	cr_assert(not(dns_walk_next(&w, &rr)));
	w = dns_walk_init(m.data, m.len, &m.at, DNS_QUESTION);
	cr_assert(not(dns_walk_next(&w, &rr)));
}

Test(message, query)
{
	dnsb_start(&b, 7, DNS_RD);
	dnsb_question(&b, ".", 65535, 255);
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.qname_len, 1));
	cr_assert(eq(u16, m.at.qtype, 65535));
	cr_assert(eq(u16, m.at.qclass, 255));
	cr_assert(eq(u16, m.at.answers, 0));
	cr_assert(eq(u16, m.at.opt, 0));
	consistent();
}

Test(message, without_question)
{
	dnsb_start(&b, 7, DNS_QR | 1);
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.qname_len, 0));
	cr_assert(eq(u16, m.at.rcode, 1));
	/* As the later messages of a transfer: nothing to point to but owners before. */
	dnsb_a(&b, DNS_ANSWER, "a.example", 1, "192.0.2.1");
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.2");
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.answers, 2));
	consistent();
	/* FORMERR with nothing but OPT, and the root as an owner before types of all sizes. */
	dnsb_start(&b, 7, DNS_QR | 1);
	dnsb_opt(&b, 1232, 0x11, 0);
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.rcode, 0x11));
	cr_assert(eq(u16, m.at.opt, 13));
	consistent();
	dnsb_start(&b, 7, DNS_QR);
	dnsb_a(&b, DNS_ANSWER, ".", 1, "192.0.2.1");
	dnsb_rr(&b, DNS_ANSWER, ".", 0, 1, "", 0);
	dnsb_rr(&b, DNS_ANSWER, ".", 257, 1, "\0\5issue;", 8);
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.answers, 3));
	consistent();
	/* A first owner that points to itself. */
	dnsb_start(&b, 7, DNS_QR);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.2");
	cr_assert(eq(int, parse(), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.answers, 0));
	consistent();
}

Test(message, several_questions)
{
	dnsb_start(&b, 7, DNS_QR);
	dnsb_question(&b, "one.example", DNS_TYPE_A, 1);
	dnsb_labels(&b, "two");
	dnsb_pointer(&b, 16);
	dnsb_u32(&b, 0x001c0001);
	dnsb_count_one(&b, DNS_QUESTION);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.found[DNS_QUESTION], 2));
	cr_assert(eq(u16, m.at.qtype, DNS_TYPE_A));
	cr_assert(eq(u16, m.at.qname_len, 13));
	cr_assert(eq(u16, m.at.answers, 1));
	consistent();
	for (uint32_t len = 29; len < 39; len++) {
		cr_assert(eq(int, parse_bytes(b.data, len, 0), DNS_BAD_TAIL));
		cr_assert(eq(int, parse_bytes(b.data, len, b.len - len), DNS_CUT_TAIL));
		consistent();
	}
	dnsb_set_count(&b, DNS_QUESTION, 65535);
	cr_assert(eq(int, parse(), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.answers, 0));
	consistent();
}

/* A name that isn't sound but tells where it ends hides no answer. */
Test(message, further_question_too_long)
{
	dnsb_start(&b, 7, DNS_QR);
	dnsb_question(&b, "one.example", DNS_TYPE_A, 1);
	for (int i = 0; i < 20; i++)
		dnsb_labels(&b, "a-label-of-sixteen");
	dnsb_pointer(&b, b.len);
	dnsb_u32(&b, 0x00010001);
	dnsb_count_one(&b, DNS_QUESTION);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
	cr_assert(eq(int, parse(), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.found[DNS_QUESTION], 2));
	cr_assert(eq(u16, m.at.answers, 1));
	consistent();
	for (uint32_t len = 29; len < b.len; len++) {
		enum dns_damage damage = parse_bytes(b.data, len, 0);
		cr_assert(eq(int, damage, DNS_BAD_TAIL));
		cr_assert(eq(u16, m.at.answers, 0));
		consistent();
	}
}

Test(message, unusable)
{
	uint8_t zeros[100] = { 0 };

	for (uint32_t len = 0; len < 12; len++) {
		enum dns_damage damage = parse_bytes(zeros, len, 0);
		cr_assert(eq(int, damage, len ? DNS_SHORT : DNS_EMPTY));
		cr_assert(not(dns_usable(damage)));
	}
	cr_assert(eq(int, parse_bytes(zeros, 12, 0), DNS_SOUND));
	cr_assert(eq(int, parse_bytes(zeros, 100, 0), DNS_SOUND));
	/* Names that no question can have. */
	static const char *const bad[] = { "\xc0\xc", "\xc0\x14", "\x40x", "\x80", "\1a\xc0\xc" };
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		dnsb_start(&b, 7, 0);
		dnsb_set_count(&b, DNS_QUESTION, 1);
		dnsb_mem(&b, bad[i], (uint32_t)strlen(bad[i]));
		dnsb_mem(&b, zeros, 20);
		cr_assert(eq(int, parse(), DNS_BAD_QUESTION));
		cr_assert(eq(int, parse_bytes(b.data, b.len, 100), DNS_BAD_QUESTION));
		cr_assert(not(dns_usable(parse())));
	}
	/* A whole message is 64 KiB at most. */
	static uint8_t large[70000];
	dns_parse(&m, large, sizeof(large), 0);
	cr_assert(eq(u32, m.len, 65535));
}

/* Cut at each byte: by the snap length and without a reason. */
Test(message, cut_at_each_byte)
{
	uint16_t answers = 0;

	usual_response();
	for (uint32_t len = 12; len < b.len; len++) {
		enum dns_damage bad = parse_bytes(b.data, len, 0), cut;
		uint16_t found = m.at.answers;
		consistent();
		cut = parse_bytes(b.data, len, b.len - len);
		consistent();
		cr_assert(eq(u16, m.at.answers, found));
		cr_assert(ge(u16, found, answers));
		answers = found;
		if (len < 12 + 21) {
			cr_assert(eq(int, bad, DNS_BAD_QUESTION));
			cr_assert(eq(int, cut, DNS_CUT_QUESTION));
		} else {
			cr_assert(eq(int, bad, DNS_BAD_TAIL));
			cr_assert(eq(int, cut, DNS_CUT_TAIL));
		}
	}
	cr_assert(eq(u16, answers, 3));
}

/* What the snap length cut can't make up for a length that was wrong before. */
Test(message, length_beyond_what_was_cut)
{
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.2");
	dnsb_set16(&b, b.len - 6, 5);
	cr_assert(eq(int, parse_bytes(b.data, b.len, 0), DNS_BAD_TAIL));
	cr_assert(eq(int, parse_bytes(b.data, b.len, 1), DNS_CUT_TAIL));
	dnsb_set16(&b, b.len - 6, 65535);
	cr_assert(eq(int, parse_bytes(b.data, b.len, 100), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.answers, 1));
	consistent();
}

Test(message, counts_that_lie)
{
	for (int s = DNS_ANSWER; s < DNS_SECTIONS; s++) {
		usual_response();
		dnsb_set_count(&b, (enum dns_section)s, 65535);
		cr_assert(eq(int, parse(), DNS_BAD_TAIL));
		cr_assert(ge(u16, m.at.answers, 3));
		consistent();
	}
	usual_response();
	dnsb_set_count(&b, DNS_ANSWER, 1);
	parse();
	cr_assert(eq(u16, m.at.answers, 1));
	dnsb_set_count(&b, DNS_ANSWER, 0);
	parse();
	cr_assert(eq(u16, m.at.answers, 0));
	consistent();
}

Test(message, bytes_behind_the_end)
{
	usual_response();
	dnsb_mem(&b, "any bytes at all", 16);
	cr_assert(eq(int, parse(), DNS_SOUND));
	consistent();
}

/* Malformed data is left out, what follows is not. */
Test(message, malformed_data)
{
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_ANY, 1);
	dnsb_rr(&b, DNS_ANSWER, NULL, DNS_TYPE_A, 1, "abc", 3);
	dnsb_rr(&b, DNS_ANSWER, NULL, DNS_TYPE_AAAA, 1, "abcd", 4);
	dnsb_rr(&b, DNS_ANSWER, NULL, DNS_TYPE_CNAME, 1, "\xc0\xff", 2);
	dnsb_rr(&b, DNS_ANSWER, NULL, DNS_TYPE_MX, 1, "\0", 1);
	dnsb_rr(&b, DNS_ANSWER, NULL, DNS_TYPE_A, 1, "", 0);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
	cr_assert(eq(int, parse(), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.answers, 1));
	cr_assert(eq(u8, m.at.unsound, 5));
	cr_assert(eq(u16, m.at.found[DNS_ANSWER], 6));
	consistent();
	for (unsigned i = 0; i < 300; i++)
		dnsb_rr(&b, DNS_ANSWER, NULL, DNS_TYPE_A, 1, "abc", 3);
	parse();
	cr_assert(eq(u8, m.at.unsound, 255));
	consistent();
}

/* Of younger types it is shown as an unknown type's, but the message is marked. */
Test(message, malformed_data_of_younger_types)
{
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_ANY, 1);
	dnsb_rr(&b, DNS_ANSWER, NULL, 43, 1, "\60\71\10\2", 4);
	cr_assert(eq(int, parse(), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.answers, 1));
	cr_assert(eq(u8, m.at.unsound, 0));
	consistent();
	cr_assert(eq(uint, damaged_but_whole, 1));
}

Test(message, malformed_owner_ends_the_section)
{
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
	uint32_t at = b.len;
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.2");
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.3");
	dnsb_set16(&b, at, 0xc000 | at);
	cr_assert(eq(int, parse(), DNS_BAD_TAIL));
	cr_assert(eq(u16, m.at.answers, 1));
	cr_assert(eq(int, parse_bytes(b.data, b.len, 50), DNS_BAD_TAIL));
	consistent();
}

Test(message, opt_where_it_counts)
{
	/* Among the answers it is none, and extends nothing. */
	dnsb_start(&b, 1, DNS_QR | 7);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	dnsb_begin(&b, DNS_ANSWER, ".", DNS_TYPE_OPT, 512, 0x01000000);
	dnsb_end(&b);
	dnsb_a(&b, DNS_ANSWER, NULL, 1, "192.0.2.1");
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.answers, 1));
	cr_assert(eq(u16, m.at.rcode, 7));
	cr_assert(eq(u16, m.at.opt, 0));
	consistent();
	/* One of another owner isn't it; the first of two is. */
	dnsb_begin(&b, DNS_ADDITIONAL, NULL, DNS_TYPE_OPT, 512, 0x02000000);
	dnsb_end(&b);
	dnsb_opt(&b, 1232, 0x17, 0);
	uint32_t at = b.len - 10;
	dnsb_opt(&b, 4096, 0x30, 0);
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.rcode, 0x17));
	cr_assert(eq(u16, m.at.opt, (uint16_t)at));
	consistent();
}

/* RFC 2136: prerequisites and deletions have no data. */
Test(message, update)
{
	dnsb_start(&b, 1, 5 << 11);
	dnsb_question(&b, "example", DNS_TYPE_SOA, 1);
	dnsb_begin(&b, DNS_ANSWER, "a.example", DNS_TYPE_A, 255, 0);
	dnsb_end(&b);
	dnsb_begin(&b, DNS_ANSWER, "a.example", DNS_TYPE_CNAME, 254, 0);
	dnsb_end(&b);
	dnsb_begin(&b, DNS_AUTHORITY, "a.example", DNS_TYPE_ANY, 255, 0);
	dnsb_end(&b);
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(uint, DNS_OPCODE(m.at.flags), 5));
	cr_assert(eq(u16, m.at.answers, 2));
	consistent();
}

/* Names that were made to cost as much as they can: the work is bounded by the message's length. */
static void hostile(uint32_t hops, uint16_t type, bool same)
{
	struct timespec from, to;

	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_A, 1);
	/* A record of pointers, each to the one before. */
	uint32_t last = 12;
	dnsb_begin(&b, DNS_ANSWER, NULL, DNS_TYPE_SRV + 65000, 1, 0);
	for (uint32_t i = 0; i < hops * 20; i++) {
		uint32_t at = b.len;
		dnsb_labels(&b, i % hops ? "" : "x");
		dnsb_pointer(&b, i % hops ? last : 12);
		last = at;
	}
	dnsb_end(&b);
	for (uint32_t i = 0; b.len < 65000; i++) {
		dnsb_pointer(&b, same ? last : last - 2 * (i % 20));
		dnsb_u16(&b, type);
		dnsb_mem(&b, "\0\1\0\0\0\0\0\2", 8);
		dnsb_pointer(&b, last - 2 * (i % 20));
		dnsb_count_one(&b, DNS_ANSWER);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (unsigned i = 0; i < 10; i++)
		dns_parse(&m, b.data, b.len, 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	int64_t ns = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
	cr_assert(lt(i64, ns / 10, INT64_C(20000000)), "64 KiB took %ld ns", (long)ns / 10);
	parse();
	consistent();
}

Test(message, hostile_compression)
{
	hostile(120, DNS_TYPE_CNAME, false);
	cr_assert(eq(int, m.at.damage, DNS_BAD_TAIL));
	cr_assert(gt(u16, m.at.answers, 100));
	/* One deep owner for all is looked at once. */
	hostile(120, 65000, true);
	cr_assert(eq(int, m.at.damage, DNS_SOUND));
	hostile(3, DNS_TYPE_CNAME, false);
	cr_assert(eq(int, m.at.damage, DNS_SOUND));
}

/* A transfer of a reverse zone under ip6.arpa, each name a label and a pointer to the one before, is
 * as deep as honest names get. */
Test(message, deep_but_honest)
{
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "8.b.d.0.1.0.0.2.ip6.arpa", DNS_TYPE_AXFR, 1);
	uint32_t tail = 12;
	for (unsigned i = 0; i < 24; i++) {
		uint32_t at = b.len + 12;
		dnsb_begin(&b, DNS_ANSWER, NULL, DNS_TYPE_PTR, 1, 0);
		dnsb_labels(&b, "0");
		dnsb_pointer(&b, tail);
		dnsb_end(&b);
		tail = at;
	}
	while (b.len < 65000) {
		dnsb_labels(&b, "f");
		dnsb_pointer(&b, tail);
		dnsb_mem(&b, "\0\xc\0\1\0\0\0\1\0\5\2ns", 13);
		dnsb_pointer(&b, 28);
		dnsb_count_one(&b, DNS_ANSWER);
	}
	cr_assert(eq(int, parse(), DNS_SOUND));
	cr_assert(eq(u16, m.at.answers, m.at.count[DNS_ANSWER]));
}

static uint64_t seed = 42;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

Test(message, consistent_under_mutation)
{
	for (unsigned round = 0; round < 60000; round++) {
		usual_response();
		for (uint32_t i = random_below(6); i > 0; i--)
			b.data[random_below(4) ? 4 + random_below(b.len - 4) : random_below(2) ? 5 : 7] =
				random_below(3) ? (uint8_t)random_below(256) : 0xc0;
		parse_bytes(b.data, 12 + random_below(b.len - 11), random_below(2) * random_below(300));
		if (dns_usable((enum dns_damage)m.at.damage))
			consistent();
	}
}

/* A layout that no parser made can't lead a walk or EDNS out of the message. */
Test(message, walk_with_untrusted_layout)
{
	usual_response();
	for (unsigned round = 0; round < 60000; round++) {
		uint32_t len = random_below(b.len + 1), n = 0;
		uint8_t *copy = malloc(len ? len : 1);
		struct dns_layout at;
		struct dns_rr rr;
		memcpy(copy, b.data, len);
		for (uint32_t i = 0; i < sizeof(at); i++)
			((uint8_t *)&at)[i] = (uint8_t)(random_below(2) ? 0 : random_below(256));
		for (int s = 0; s < DNS_SECTIONS; s++) {
			struct dns_walk w = dns_walk_init(copy, len, &at, (enum dns_section)s);
			while (dns_walk_next(&w, &rr) && n++ < 100000)
				dns_rdata_valid(copy, len, &rr);
		}
		cr_assert(lt(u32, n, 100000));
		struct dns_edns edns;
		struct dns_edns_option option;
		if (dns_edns_read(copy, len, &at, &edns))
			while (dns_edns_next(copy, len, &edns, &option))
				;
		free(copy);
	}
}
