// SPDX-License-Identifier: BSD-3-Clause
#include "port/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(sniff, names)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *name;
	} cases[] = {
		{ "snoop\0\0\0xxxx", 12, "snoop" }, { "BZh91AY", 7, "bzip2" }, { "\xfd" "7zXZ\0\0", 7, "xz" },
		{ "PK\3\4", 4, "zip" }, { "\x7f" "ELF", 4, "program" }, { "GMBU", 4, "Network Monitor" },
		{ "TRSNIFF data    \x1a", 17, "Sniffer" }, { "iptrace 2.0", 11, "iptrace" }, { "\xab\x01\x00\x1c", 4, "Ixia" },
		{ "hello", 5, "text" }, { "gr\xc3\xbc\xc3\x9f" "e\n", 8, "text" }, { "", 0, "text" },
		{ "\0\1\2\3", 4, "unknown" }, { "sno", 3, "text" },
		{ "\x12\x34\x56\x78\x00\x00\x00\x66\x02\x04\x00\x50\x00\x00\x00\x40", 16, "ERF" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect(strstr(sniff_name((const uint8_t *)cases[i].bytes, cases[i].n), cases[i].name) != NULL, "%zu: %s", i,
			  sniff_name((const uint8_t *)cases[i].bytes, cases[i].n));
}

Test(sniff, any_bytes)
{
	uint64_t state = 99;
	uint8_t *p;

	for (unsigned i = 0; i < 100000; i++) {
		size_t n = i % 20;

		p = malloc(n ? n : 1); /* of exact size, for the sanitizers */
		for (size_t k = 0; k < n; k++)
			p[k] = (uint8_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 33 & (i & 1 ? 0xff : 3));
		cr_assert(sniff_name(p, n) != NULL);
		free(p);
	}
}
