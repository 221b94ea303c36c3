// SPDX-License-Identifier: BSD-3-Clause
/* What parsing and writing cost: the usual messages, and one of 64 KiB that was made to cost much. */
#include "dnsbuild.h"
#include "dns/name.h"
#include "dns/rdata.h"

#include <stdio.h>
#include <time.h>

static struct dnsbuild b;
static struct dns_message m;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of three rounds. */
#define MEASURE(name, times, code) \
	do { \
		double best = 1e18; \
		for (int round = 0; round < 3; round++) { \
			double from = now(); \
			for (uint32_t i = 0; i < (times); i++) { \
				code; \
				__asm__ volatile("" ::: "memory"); \
			} \
			double took = (now() - from) / (times); \
			best = took < best ? took : best; \
		} \
		printf("%-32s %10.1f ns\n", name, best); \
	} while (0)

static void response(unsigned cnames, unsigned addresses)
{
	dnsb_start(&b, 1, DNS_QR | DNS_RD | DNS_RA);
	dnsb_question(&b, "www.example.com", DNS_TYPE_A, DNSB_IN);
	uint32_t owner = DNS_HEADER_SIZE;
	for (unsigned i = 0; i < cnames + addresses; i++) {
		dnsb_begin(&b, DNS_ANSWER, NULL, i < cnames ? DNS_TYPE_CNAME : DNS_TYPE_A, DNSB_IN, 300);
		dnsb_set16(&b, b.len - 12, 0xc000 | owner);
		if (i < cnames) {
			owner = b.len;
			dnsb_labels(&b, "cdn");
			dnsb_pointer(&b, 16);
		} else {
			dnsb_u32(&b, 0xc0000200 + i);
		}
		dnsb_end(&b);
	}
	dnsb_opt(&b, 1232, 0, 0);
}

/* The first answer's text. */
static void text(const char *name, uint32_t times)
{
	static uint8_t buf[4096];
	struct dns_rr rr;

	dns_parse(&m, b.data, b.len, 0);
	struct dns_walk w = dns_walk_init(m.data, m.len, &m.at, DNS_ANSWER);
	if (!dns_walk_next(&w, &rr))
		return;
	MEASURE(name, times, struct out o = out_init(buf, sizeof(buf));
		dns_rdata_text(&o, m.data, m.len, &rr));
}

/* Owners and data that lead through 120 pointers each. */
static void hostile(void)
{
	uint32_t last = DNS_HEADER_SIZE;

	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "a.example", DNS_TYPE_A, DNSB_IN);
	dnsb_begin(&b, DNS_ANSWER, NULL, 65000, DNSB_IN, 0);
	for (unsigned i = 0; i < 2400; i++) {
		uint32_t at = b.len;
		dnsb_pointer(&b, i % 120 ? last : DNS_HEADER_SIZE);
		last = at;
	}
	dnsb_end(&b);
	for (unsigned i = 0; b.len < 65000; i++) {
		dnsb_begin(&b, DNS_ANSWER, NULL, DNS_TYPE_CNAME, DNSB_IN, 0);
		dnsb_set16(&b, b.len - 12, 0xc000 | (last - 2 * (i % 20)));
		dnsb_pointer(&b, last - 2 * (i % 20));
		dnsb_end(&b);
	}
}

int main(void)
{
	static uint8_t buf[4096];

	for (unsigned n = 0; n <= 8; n = n ? 2 * n : 1) {
		char name[40];
		snprintf(name, sizeof(name), "parse %u A and OPT", n);
		response(0, n);
		MEASURE(name, 3000000, dns_parse(&m, b.data, b.len, 0));
	}
	response(2, 2);
	MEASURE("parse 2 CNAME, 2 A and OPT", 3000000, dns_parse(&m, b.data, b.len, 0));
	MEASURE("name", 3000000, struct out o = out_init(buf, sizeof(buf));
		dns_name_text(&o, b.data, b.len, 12));
	text("CNAME", 3000000);
	response(0, 1);
	text("A", 3000000);
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "www.example.com", DNS_TYPE_AAAA, DNSB_IN);
	dnsb_aaaa(&b, DNS_ANSWER, NULL, 300, "2001:db8::1:53");
	text("AAAA", 3000000);
	dnsb_start(&b, 1, DNS_QR);
	dnsb_question(&b, "www.example.com", DNS_TYPE_TXT, DNSB_IN);
	dnsb_txt(&b, DNS_ANSWER, NULL, 300, "v=spf1 include:_spf.example.com ip4:192.0.2.0/24 ~all");
	text("TXT of 53 bytes", 3000000);
	hostile();
	MEASURE("parse 64 KiB of deep names", 100, dns_parse(&m, b.data, b.len, 0));
	return 0;
}
