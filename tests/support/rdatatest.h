// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Record data and its text as rows, and what holds for any data: checking and writing agree, the text is
 * printable ASCII, a buffer that is too small is told and never left, nothing outside the message is
 * read.
 */
#ifndef SUPPORT_RDATATEST_H
#define SUPPORT_RDATATEST_H

#include "dnsbuild.h"
#include "dns/rdata.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

/** Data of a type and its text; NULL: malformed. The question's name is host.example.net at offset 12:
 * `\300\14` points to it, `\300\21` to example.net. */
struct rdata_row {
	uint16_t type;
	uint16_t len;
	const char *data;
	const char *text;
};

#define ROW(type, data, text) { type, sizeof(data) - 1, data, text }
#define EXAMPLE "\7example\3com\0"
#define WWW "\3www\7example\3com\0"

static struct dnsbuild rdata_msg;
static struct dns_rr rdata_rr;

/** Builds a message with one answer, whose data this is. */
static inline void rdata_answer(uint16_t type, uint16_t rclass, const void *data, uint32_t len)
{
	struct dnsbuild *b = &rdata_msg;

	dnsb_start(b, 1, DNS_QR);
	dnsb_question(b, "host.example.net", type, rclass);
	uint32_t owner = b->len;
	dnsb_begin(b, DNS_ANSWER, NULL, type, rclass, 60);
	rdata_rr = (struct dns_rr){ .owner = (uint16_t)owner, .type = type, .rclass = rclass, .ttl = 60,
				    .rdata = (uint16_t)b->len, .rdlen = (uint16_t)len };
	dnsb_mem(b, data, len);
	dnsb_end(b);
}

/** The text of the answer's data, NULL where it is malformed. The bytes lie in memory of their own size. */
static inline const char *rdata_text(void)
{
	static char buf[270000], again[1200];
	uint8_t *copy = malloc(rdata_msg.len);
	struct out o = out_init(buf, sizeof(buf) - 1);

	memcpy(copy, rdata_msg.data, rdata_msg.len);
	bool valid = dns_rdata_valid(copy, rdata_msg.len, &rdata_rr);
	bool written = dns_rdata_text(&o, copy, rdata_msg.len, &rdata_rr);
	uint32_t len = out_len(&o);
	if (valid != written || o.full || (!written && len))
		cr_assert(false, "type %u: valid %d, written %d, %u", rdata_rr.type, valid, written, len);
	for (uint32_t i = 0; i < len; i++)
		if (buf[i] < 0x20 || buf[i] > 0x7e)
			cr_assert(false, "type %u: byte %02x in the text", rdata_rr.type, buf[i]);
	buf[len] = 0;
	for (uint32_t room = 0; written && len < 1000 && room < len; room += room < 40 ? 1 : 17) {
		memset(again, '#', len + 8);
		o = out_init(again, room);
		if (!dns_rdata_text(&o, copy, rdata_msg.len, &rdata_rr) || !o.full || again[room] != '#')
			cr_assert(false, "type %u: %u bytes of %u", rdata_rr.type, room, len);
	}
	free(copy);
	return written ? buf : NULL;
}

/** The text of malformed data: types above 41 are shown as unknown ones (RFC 3597 §5), the others left
 * out. */
static inline const char *rdata_malformed_text(const struct rdata_row *row)
{
	static char text[1200];
	int at = sprintf(text, row->len ? "\\# %u " : "\\# %u", row->len);

	for (unsigned i = 0; i < row->len; i++)
		at += sprintf(text + at, "%02x", (uint8_t)row->data[i]);
	return row->type > 41 ? text : "left out";
}

/** Each row's text is as told. */
static inline void rdata_check_rows(const struct rdata_row *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		rdata_answer(rows[i].type, 1, rows[i].data, rows[i].len);
		const char *got = rdata_text();
		cr_expect(eq(str, (char *)(got ? got : "left out"),
			     (char *)(rows[i].text ? rows[i].text : rdata_malformed_text(&rows[i]))),
			  "row %u, type %u", i, rows[i].type);
	}
}

/** Each row cut at each byte, with bytes behind it, with bytes changed: checking and writing agree
 * (rdata_text() looks). */
static inline void rdata_hurt_rows(const struct rdata_row *rows, unsigned n)
{
	uint32_t seed = 1;

	for (unsigned i = 0; i < n; i++) {
		uint8_t data[300];
		for (uint32_t len = 0; len <= rows[i].len; len++) {
			rdata_answer(rows[i].type, 1, rows[i].data, len);
			rdata_text();
		}
		rdata_answer(rows[i].type, 1, rows[i].data, rows[i].len);
		rdata_rr.rdlen++;
		cr_assert(rdata_text() == NULL, "data beyond the message");
		for (unsigned round = 0; round < 1000; round++) {
			memset(data, 0, sizeof(data));
			memcpy(data, rows[i].data, rows[i].len);
			for (unsigned k = 0; k <= round % 4; k++) {
				seed = seed * 1664525 + 1013904223;
				uint32_t value = seed >> 30 ? seed >> 22 : seed >> 26;
				data[(seed >> 8) % (rows[i].len + 1u)] = (uint8_t)value;
			}
			rdata_answer(rows[i].type, 1, data, rows[i].len + round % 3);
			rdata_text();
		}
	}
}

#endif
