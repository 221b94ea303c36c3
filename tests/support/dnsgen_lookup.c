// SPDX-License-Identifier: BSD-3-Clause
/* Chance, names and messages. */
#include "dnsgen.h"

#include <math.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

void gen_seed(struct gen_random *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		r->s[i] = z ^ z >> 31;
	}
}

static uint64_t rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

/* xoshiro256**: public domain algorithm of Blackman and Vigna. */
uint64_t gen_u64(struct gen_random *r)
{
	uint64_t result = rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rotl(r->s[3], 45);
	return result;
}

uint32_t gen_below(struct gen_random *r, uint32_t n)
{
	return (uint32_t)(((gen_u64(r) >> 32) * n) >> 32);
}

double gen_double(struct gen_random *r)
{
	return (double)(gen_u64(r) >> 11) * 0x1p-53;
}

double gen_exponential(struct gen_random *r, double mean)
{
	return -mean * log(1 - gen_double(r));
}

void gen_names_init(struct gen_names *names, struct gen_random *r, uint32_t n)
{
	static const char *const hosts[] = { "www.", "api.", "cdn.", "mail.", "", "img%u.", "e%x.edge." };
	static const char *const tlds[] = { "com", "com", "com", "com", "com", "net",
					    "net", "org", "io",  "de",  "cz",  "nl" };
	static const char sounds[] = "babebidadedofafigahahikakelalemaminanepaporarisasitatevawizazo";
	double total = 0;

	names->n = n;
	names->text = calloc(n, sizeof(*names->text));
	names->cumulative = calloc(n, sizeof(*names->cumulative));
	if (!names->text || !names->cumulative)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		char *at = names->text[i], *end = at + sizeof(names->text[i]);
		at += snprintf(at, (size_t)(end - at), hosts[gen_below(r, LENGTH(hosts))], i % 1000);
		for (uint32_t k = 2 + gen_below(r, 4); k; k--) {
			memcpy(at, sounds + 2 * gen_below(r, (LENGTH(sounds) - 1) / 2), 2);
			at += 2;
		}
		snprintf(at, (size_t)(end - at), "%u.%s", i % 1000, tlds[gen_below(r, LENGTH(tlds))]);
		total += 1.0 / (i + 1);
		names->cumulative[i] = total;
	}
}

static const char *pick_name(const struct gen_names *names, struct gen_random *r)
{
	double at = gen_double(r) * names->cumulative[names->n - 1];
	uint32_t low = 0, high = names->n - 1;

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (names->cumulative[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return names->text[low];
}

/* Each writes the data of a record into `b` and returns its presentation form. */

static const char *data_a(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	uint8_t last = (uint8_t)gen_below(r, 256);

	dnsb_mem(b, (const uint8_t[]){ 198, 51, 100, last }, 4);
	snprintf(text, 128, "198.51.100.%u", last);
	return text;
}

static const char *data_aaaa(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint64_t random = gen_u64(r);

	memcpy(address + 6, &random, 8);
	address[15] = (uint8_t)gen_u64(r);
	dnsb_mem(b, address, 16);
	return inet_ntop(AF_INET6, address, text, 128);
}

static const char *data_https(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	static const uint8_t data[] = "\0\1\0" "\0\1\0\6\2h2\2h3" "\0\4\0\4\306\63\144\7";

	dnsb_mem(b, data, sizeof(data) - 1);
	return "1 . alpn=h2,h3 ipv4hint=198.51.100.7";
}

static const char *host(struct dnsbuild *b, char text[128], const char *format, uint32_t n)
{
	snprintf(text, 128, format, n);
	dnsb_name(b, text);
	return text;
}

static const char *data_ptr(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	return host(b, text, "host-%u.example.org", gen_below(r, 100000));
}

static const char *data_ns(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	return host(b, text, "ns%u.example.net", 1 + gen_below(r, 8));
}

static const char *data_mx(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	uint32_t preference = 10 + 10 * gen_below(r, 5);
	char name[128];

	dnsb_u16(b, preference);
	snprintf(text, 128, "%u %.100s", preference, host(b, name, "mx%u.example.net", gen_below(r, 9)));
	return text;
}

static const char *data_srv(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	char name[128];

	dnsb_u16(b, 1);
	dnsb_u16(b, 5);
	dnsb_u16(b, 5060);
	snprintf(text, 128, "1 5 5060 %.100s", host(b, name, "sip%u.example.net", gen_below(r, 9)));
	return text;
}

static const char *data_txt(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	snprintf(text, 128, "v=spf1 include:_spf%u.example.net ~all", gen_below(r, 99));
	dnsb_u8(b, (unsigned)strlen(text));
	dnsb_mem(b, text, (uint32_t)strlen(text));
	return text;
}

static const char *data_soa(struct dnsbuild *b, struct gen_random *r, char text[128])
{
	static const uint32_t numbers[] = { 2026112501, 7200, 900, 1209600, 300 };

	dnsb_name(b, "ns1.example.net");
	dnsb_name(b, "hostmaster.example.net");
	for (size_t i = 0; i < LENGTH(numbers); i++)
		dnsb_u32(b, numbers[i]);
	return "ns1.example.net hostmaster.example.net 2026112501 7200 900 1209600 300";
}

/* The types that are asked for, of 100 questions so many, and how many records an answer may have. */
static const struct kind {
	const char *name;
	uint16_t type;
	uint8_t share;
	bool many;
	bool chain; /* a CNAME may come first */
	const char *(*data)(struct dnsbuild *b, struct gen_random *r, char text[128]);
} kinds[] = {
	{ "A", 1, 55, true, true, data_a },
	{ "AAAA", 28, 22, true, true, data_aaaa },
	{ "HTTPS", 65, 8, false, false, data_https },
	{ "PTR", 12, 6, false, false, data_ptr },
	{ "TXT", 16, 3, false, false, data_txt },
	{ "MX", 15, 2, true, false, data_mx },
	{ "NS", 2, 2, true, false, data_ns },
	{ "SOA", 6, 1, false, false, data_soa },
	{ "SRV", 33, 1, false, false, data_srv },
};

static const struct kind *pick_kind(struct gen_random *r)
{
	uint32_t at = gen_below(r, 100), i = 0;

	while (at >= kinds[i].share)
		at -= kinds[i++].share;
	return &kinds[i];
}

static void answer_begin(struct dnsbuild *b, uint32_t owner, uint16_t type, uint32_t ttl)
{
	dnsb_pointer(b, owner);
	dnsb_u16(b, type);
	dnsb_u16(b, 1);
	dnsb_u32(b, ttl);
	b->rdlen_at = b->len;
	dnsb_u16(b, 0);
}

static void tell(struct gen_lookup *l, const char *type, uint32_t ttl, const char *text)
{
	size_t at = strlen(l->truth);

	snprintf(l->truth + at, sizeof(l->truth) - at, "%s%s %u %s", at ? "|" : "", type, ttl, text);
}

static void add_answers(struct gen_lookup *l, const struct kind *kind, struct gen_random *r)
{
	static const uint8_t counts[] = { 1, 1, 1, 2, 2, 3, 4, 8 };
	struct dnsbuild *b = &l->response;
	uint32_t n = kind->many ? counts[gen_below(r, LENGTH(counts))] : 1;
	uint32_t owner = DNS_HEADER_SIZE, cname = 0;
	char text[128];

	if (kind->chain && gen_below(r, 100) < 35) {
		uint32_t ttl = 20 + gen_below(r, 3580);
		answer_begin(b, owner, DNS_TYPE_CNAME, ttl);
		owner = b->len;
		tell(l, "CNAME", ttl, host(b, text, "edge%u.cdn-example.net", gen_below(r, 5000)));
		dnsb_end(b);
		cname = 1;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t ttl = 5 + gen_below(r, 86395);
		answer_begin(b, owner, kind->type, ttl);
		tell(l, kind->name, ttl, kind->data(b, r, text));
		dnsb_end(b);
	}
	l->answers = (uint8_t)(n + cname);
	dnsb_set_count(b, DNS_ANSWER, l->answers);
}

void gen_lookup_make(struct gen_lookup *l, struct gen_random *r, const struct gen_names *names,
		     const struct gen_options *o, uint16_t id)
{
	const struct kind *kind = pick_kind(r);
	bool edns = gen_below(r, 100) < 80;
	double dice = gen_double(r);
	char text[128];

	l->name = pick_name(names, r);
	l->type = kind->name;
	l->truth[0] = 0;
	l->answers = 0;
	l->rcode = 0;
	if (kind->type == DNS_TYPE_PTR) {
		uint32_t a = gen_below(r, UINT32_MAX);
		snprintf(l->pointer, sizeof(l->pointer), "%u.%u.%u.%u.in-addr.arpa", a & 255, a >> 8 & 255,
			 a >> 16 & 255, a >> 24);
		l->name = l->pointer;
	}
	dnsb_start(&l->query, id, DNS_RD);
	dnsb_question(&l->query, l->name, kind->type, 1);
	dnsb_start(&l->response, id, DNS_QR | DNS_RD | DNS_RA);
	dnsb_question(&l->response, l->name, kind->type, 1);
	if (dice < o->nxdomain)
		l->rcode = 3;
	else if (dice >= o->nxdomain + o->nodata && dice < o->nxdomain + o->nodata + 0.01)
		l->rcode = 2;
	l->response.data[3] |= l->rcode;
	if (dice < o->nxdomain + o->nodata) {
		dnsb_begin(&l->response, DNS_AUTHORITY, NULL, DNS_TYPE_SOA, 1, 300);
		data_soa(&l->response, r, text);
		dnsb_end(&l->response);
	} else if (!l->rcode) {
		add_answers(l, kind, r);
	}
	if (edns) {
		dnsb_opt(&l->query, 1232, 0, 0);
		dnsb_opt(&l->response, 1232, 0, 0);
	}
}
