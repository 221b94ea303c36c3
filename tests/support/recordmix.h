// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Records of every kind for tests that compare one format with another.
 */
#ifndef SUPPORT_RECORDMIX_H
#define SUPPORT_RECORDMIX_H

#include "recordbuild.h"

#include <jansson.h>

/** Record n of a fixed series: every kind, many types, codes, flags, sizes and times, some of it unsound.
 * free() it. */
static inline struct record *recordmix(unsigned n)
{
	static struct dnsbuild m;
	static const char *const names[] = { "www.example.com", ".", "a\\034b\\\\c\\000.Example", "x.y",
		"long-label-of-some-length.and.many.more.labels.example.net" };
	char text[256];

	srandom(n + 1);
	dnsb_start(&m, (uint16_t)random(), (uint16_t)(DNS_QR | (random() & 0x7f0)));
	if (random() % 4 == 0)
		m.data[3] |= (uint8_t)(random() % 16);
	if (random() % 16)
		dnsb_question(&m, names[random() % 5], random() % 4 ? DNS_TYPE_A : (uint16_t)random(), 1);
	for (unsigned k = (unsigned)random() % 6; k > 0; k--) {
		uint32_t ttl = random() % 3 ? (uint32_t)random() % 1000 : (uint32_t)random() * 2u;
		uint32_t len = (uint32_t)random() % sizeof(text);
		for (uint32_t i = 0; i < len; i++)
			text[i] = (char)(random() % 4 ? 'a' + random() % 26 : random() % 256);
		switch (random() % 6) {
		case 0:
			dnsb_a(&m, DNS_ANSWER, ".", ttl, "203.0.113.200");
			break;
		case 1:
			dnsb_aaaa(&m, DNS_ANSWER, ".", ttl, "2001:db8::abcd:1");
			break;
		case 2:
			dnsb_rr_name(&m, DNS_ANSWER, ".", DNS_TYPE_CNAME, ttl, names[random() % 5]);
			break;
		case 3:
			dnsb_begin(&m, DNS_ANSWER, ".", DNS_TYPE_TXT, 1, ttl);
			for (unsigned strings = (unsigned)random() % 5 + 1; strings > 0; strings--) {
				dnsb_u8(&m, len);
				dnsb_mem(&m, text, len);
			}
			dnsb_end(&m);
			break;
		default:
			/* Of any type: most of it is unsound. */
			dnsb_rr(&m, DNS_ANSWER, ".", (uint16_t)(random() % 2 ? random() % 70 : random()), ttl,
				text, len);
			break;
		}
	}
	if (random() % 2)
		dnsb_opt(&m, 1232, random() % 4 ? 0 : (unsigned)random() % 4096, 0x8000);
	struct recordbuild b = recordb((enum pair_kind)(random() % 3), &m);
	b.origin.time = (int64_t)((uint64_t)random() << 32 ^ (uint64_t)random()) * (random() % 4 ? 1 : -1);
	b.query.time = b.origin.time - random() % 3 * random();
	b.origin.wire_bytes = random() % 3 ? (uint32_t)random() % 2000 : (uint32_t)random() % 70000;
	b.origin.flow.proto = random() % 2 ? 6 : 17;
	b.origin.flow.family = random() % 2 ? 4 : 6;
	b.query.flags = (uint16_t)random();
	return recordb_make(&b);
}

/** The flat record's lines as an array of JSON objects; json_decref() it. */
static inline json_t *recordmix_flat(struct encode_context *cx, const struct record *r)
{
	char *text = recordb_encode(&encoder_flat, cx, r, NULL, NULL);
	json_t *all = json_array();

	for (char *p = text; *p;) {
		char *end = strchr(p, '\n');
		json_error_t error;
		json_array_append_new(all, json_loadb(p, (size_t)(end - p), 0, &error));
		p = end + 1;
	}
	free(text);
	return all;
}

#endif
