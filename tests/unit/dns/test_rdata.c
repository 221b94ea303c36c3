// SPDX-License-Identifier: BSD-3-Clause
#include "rdatatest.h"

#include "dns/types.h"

/* Types without a presentation form. */
static const struct rdata_row rows[] = {
	ROW(10, "", "\\# 0"),
	ROW(10, "\0\377a", "\\# 3 00ff61"),
	ROW(100, "x", "\\# 1 78"),
	ROW(128, "", "\\# 0"),
	ROW(65280, "\0\377", "\\# 2 00ff"),
	ROW(0, "", "\\# 0"),
	ROW(69, "\1", "\\# 1 01"),
	ROW(70, "\1", "\\# 1 01"),
};

Test(rdata, types_without_a_form)
{
	rdata_check_rows(rows, sizeof(rows) / sizeof(rows[0]));
	rdata_hurt_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* The classes that give a type another meaning. */
Test(rdata, classes)
{
	/* A Chaosnet address: the network's name and 16 bits in octal (RFC 1034 §3.6). */
	rdata_answer(DNS_TYPE_A, 3, "\2ai\300\21\13\21", 7);
	cr_assert(eq(str, (char *)rdata_text(), "ai.example.net 5421"));
	rdata_answer(DNS_TYPE_A, 3, "\0\0\0", 3);
	cr_assert(eq(str, (char *)rdata_text(), ". 0"));
	rdata_answer(DNS_TYPE_A, 3, "\0\377\377", 3);
	cr_assert(eq(str, (char *)rdata_text(), ". 177777"));
	rdata_answer(DNS_TYPE_A, 3, "\300\0\2\1", 4);
	cr_assert(rdata_text() == NULL);
	rdata_answer(DNS_TYPE_TXT, 3, "\4text", 5);
	cr_assert(eq(str, (char *)rdata_text(), "text"));
	/* No data where a dynamic update speaks of whole sets (RFC 2136 §2.4, §2.5). */
	for (unsigned type = 0; type < 300; type++) {
		rdata_answer((uint16_t)type, 255, "", 0);
		cr_assert(eq(str, (char *)rdata_text(), ""));
		rdata_answer((uint16_t)type, 254, "", 0);
		cr_assert(eq(str, (char *)rdata_text(), ""));
	}
	rdata_answer(DNS_TYPE_A, 254, "\300\0\2\1", 4);
	cr_assert(eq(str, (char *)rdata_text(), "192.0.2.1"));
	rdata_answer(DNS_TYPE_A, 255, "\300\0\2", 3);
	cr_assert(rdata_text() == NULL);
}

/* Random data of every type, of fitting and unfitting lengths. */
Test(rdata, random_data_of_every_type)
{
	uint32_t seed = 7;

	for (unsigned type = 0; type < 300; type++)
		for (unsigned round = 0; round < 250; round++) {
			uint8_t data[80];
			for (unsigned i = 0; i < sizeof(data); i++) {
				seed = seed * 1664525 + 1013904223;
				uint32_t small = seed >> 29 ? seed >> 29 : seed >> 16;
				data[i] = (uint8_t)(round & 1 ? seed >> 24 : small);
			}
			uint16_t wire = (uint16_t)(type < 270 ? type : 32500 + type);
			rdata_answer(wire, round % 7 ? 1 : 3, data, round % 80);
			rdata_text();
		}
}

/* The longest data of the types whose text grows most. */
Test(rdata, longest)
{
	static uint8_t data[65000];
	static const uint16_t types[] = { 10, 16, 43, 46, 47, 48, 55, 64, 256, 257, 42, 11 };

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memset(data, 0xff, sizeof(data));
		if (types[i] == DNS_TYPE_TXT)
			for (unsigned at = 0; at < sizeof(data); at += 256)
				data[at] = at + 255 < sizeof(data) ? 255 : (uint8_t)(sizeof(data) - at - 1);
		else if (types[i] == 42)
			memset(data, 0, sizeof(data));
		else if (types[i] == 55)
			memcpy(memset(data, 0, sizeof(data)), "\1\1\0\1", 4);
		else
			memcpy(data, "\0\5issue\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21);
		rdata_answer(types[i], 1, data, sizeof(data));
		const char *got = rdata_text();
		if (types[i] == DNS_TYPE_TXT)
			cr_assert(eq(sz, strlen(got), 4 * (sizeof(data) - (sizeof(data) + 255) / 256)));
		if (types[i] == 256 || types[i] == 257)
			cr_assert(gt(sz, strlen(got), 4 * (sizeof(data) - 30)));
	}
}
