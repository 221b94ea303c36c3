// SPDX-License-Identifier: BSD-3-Clause
/* What an item costs: nanoseconds, bytes, gigabytes a second, for each encoder and mix of records. Each
 * figure is the best of several rounds. usage: bench_encode [encoder [mix [rounds]]] */
#include "cputime.h"
#include "recordbuild.h"

#include <stdio.h>

#define RECORDS 2000

static struct dnsbuild m;
static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static const char *name(void)
{
	static const char *const hosts[] = { "www", "api", "cdn", "mail", "img7", "static.assets" };
	static const char *const zones[] = { "com", "net", "org", "co.uk" };
	static char text[128];

	snprintf(text, sizeof(text), "%s.%.*s%u.%s", hosts[pick(6)], (int)(4 + pick(8)), "solarivometika",
		 pick(1000), zones[pick(4)]);
	return text;
}

static void question(uint16_t type, uint16_t flags)
{
	dnsb_start(&m, (uint16_t)pick(65536), DNS_QR | DNS_RD | DNS_RA | flags);
	dnsb_question(&m, name(), type, 1);
}

static void addresses(bool six, unsigned n)
{
	while (n-- > 0) {
		char text[64];
		if (six)
			snprintf(text, sizeof(text), "2001:db8:%x::%x:%x", pick(65536), pick(65536),
				pick(65536));
		else
			snprintf(text, sizeof(text), "%u.%u.%u.%u", pick(256), pick(256), pick(256),
				pick(256));
		if (six)
			dnsb_aaaa(&m, DNS_ANSWER, NULL, pick(3600), text);
		else
			dnsb_a(&m, DNS_ANSWER, NULL, pick(3600), text);
	}
}

static void soa(void)
{
	dnsb_begin(&m, DNS_AUTHORITY, "example.com", DNS_TYPE_SOA, 1, 900);
	dnsb_name(&m, "ns1.example.com");
	dnsb_name(&m, "hostmaster.example.com");
	for (unsigned i = 0; i < 5; i++)
		dnsb_u32(&m, pick(100000));
	dnsb_end(&m);
}

/* What resolvers see: mostly addresses, some aliases, names that don't exist, mail and texts. */
static void usual(void)
{
	static const uint8_t counts[] = { 1, 1, 1, 2, 2, 3, 4, 8 };
	unsigned kind = pick(100);

	if (kind < 78) {
		question(kind < 55 ? DNS_TYPE_A : DNS_TYPE_AAAA, 0);
		if (pick(3) == 0)
			dnsb_rr_name(&m, DNS_ANSWER, NULL, DNS_TYPE_CNAME, pick(3600), name());
		addresses(kind >= 55, counts[pick(8)]);
	} else if (kind < 90) {
		question(DNS_TYPE_A, 3);
		soa();
	} else if (kind < 95) {
		question(DNS_TYPE_HTTPS, 0);
		soa();
	} else {
		question(DNS_TYPE_PTR, 0);
		dnsb_rr_name(&m, DNS_ANSWER, NULL, DNS_TYPE_PTR, pick(3600), name());
	}
	dnsb_opt(&m, 1232, 0, 0);
}

static void one_address(void)
{
	question(DNS_TYPE_A, 0);
	addresses(false, 1);
}

static void one_ipv6_address(void)
{
	question(DNS_TYPE_AAAA, 0);
	addresses(true, 1);
}

static void no_such_name(void)
{
	question(DNS_TYPE_A, 3);
	soa();
}

static void long_text(void)
{
	char text[256];

	question(DNS_TYPE_TXT, 0);
	dnsb_begin(&m, DNS_ANSWER, NULL, DNS_TYPE_TXT, 1, 60);
	for (unsigned k = 0; k < 16; k++) {
		for (unsigned i = 0; i < 255; i++)
			text[i] = (char)('a' + pick(26));
		dnsb_u8(&m, 255);
		dnsb_mem(&m, text, 255);
	}
	dnsb_end(&m);
}

static const struct { const char *name; void (*build)(void); } mixes[] = {
	{ "usual mix", usual }, { "one A", one_address }, { "one AAAA", one_ipv6_address },
	{ "NXDOMAIN", no_such_name }, { "TXT of 4 KB", long_text },
};

static struct record *make(void (*build)(void), unsigned i)
{
	build();
	struct recordbuild b = recordb(PAIR_ANSWERED, &m);
	b.origin.time += 1000000 * (int64_t)i + pick(1000000);
	b.query.time = b.origin.time - 1000 * (int64_t)(100 + pick(50000));
	b.origin.flow.dport = (uint16_t)(1024 + pick(60000));
	for (unsigned k = 13; k < 16; k++)
		b.origin.flow.dst[k] = (uint8_t)pick(256);
	return recordb_make(&b);
}

/* Encodes all records once; items written. */
static uint64_t round_of(const struct encoder *e, struct record *const *r, uint8_t *buf, uint64_t *bytes)
{
	static struct encode_context cx;
	uint64_t items = 0;

	encode_context_init(&cx, "", "sensor");
	*bytes = 0;
	for (unsigned i = 0; i < RECORDS; i++) {
		struct encode_cursor c = { 0 };
		struct out o = out_init(buf, 1 << 20);
		while (e->step(&cx, r[i], &c, &o) == ENCODE_ITEM)
			items++;
		*bytes += out_len(&o);
	}
	return items;
}

static void run(const struct encoder *e, const char *mix, void (*build)(void), unsigned rounds)
{
	static uint8_t buf[1 << 20];
	static struct record *r[RECORDS];
	uint64_t bytes = 0, items = 0;
	int64_t best = INT64_MAX;

	seed = 1;
	for (unsigned i = 0; i < RECORDS; i++)
		r[i] = make(build, i);
	for (unsigned i = 0; i < rounds; i++) {
		int64_t start = cpu_time();
		items = round_of(e, r, buf, &bytes);
		int64_t took = cpu_time() - start;
		best = took < best ? took : best;
	}
	printf("%-8s %-12s %7.1f ns an item, %7.1f ns a record, %6.0f bytes an item, %5.2f GB/s\n", e->name,
	       mix, (double)best / (double)items,
	       (double)best / RECORDS, (double)bytes / (double)items, (double)bytes / (double)best);
	for (unsigned i = 0; i < RECORDS; i++)
		free(r[i]);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "flat", "avro", "msgpack", "nested" };
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 12;

	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < sizeof(mixes) / sizeof(mixes[0]); k++)
			if ((argc < 2 || !strcmp(argv[1], names[i])) &&
			    (argc < 3 || !strcmp(argv[2], mixes[k].name)))
				run(encoder_find(names[i]), mixes[k].name, mixes[k].build, rounds);
	return 0;
}
