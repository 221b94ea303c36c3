// SPDX-License-Identifier: BSD-3-Clause
/*
 * Names of what people take for a capture file, so that an error can say more than "bad magic".
 */
#include "port/capture.h"

#include <ctype.h>

static const struct {
	const char *magic;
	uint8_t len;
	const char *name;
} kinds[] = {
	{ "snoop\0\0\0", 8, "a snoop file (convert it with editcap or tcpdump)" },
	{ "BZh", 3, "bzip2 (unpack it first; gzip, zstd and lz4 are read as they are)" },
	{ "\xfd" "7zXZ\0", 6, "xz (unpack it first; gzip, zstd and lz4 are read as they are)" },
	{ "\x02\x21\x4c\x18", 4, "the legacy form of lz4 (unpack it first)" },
	{ "\x1f\x8b", 2, "gzip" },
	{ "\x28\xb5\x2f\xfd", 4, "zstd" },
	{ "\x04\x22\x4d\x18", 4, "lz4" },
	{ "PK\3\4", 4, "a zip archive" },
	{ "7z\xbc\xaf\x27\x1c", 6, "a 7-Zip archive" },
	{ "\x7f" "ELF", 4, "a program" },
	{ "RTSS", 4, "a Network Monitor file (convert it with editcap)" },
	{ "GMBU", 4, "a Network Monitor file (convert it with editcap)" },
	{ "TRSNIFF", 7, "a Sniffer file (convert it with editcap)" },
	{ "XCP\0", 4, "a NetXRay file (convert it with editcap)" },
	{ "iptrace ", 8, "an iptrace file (convert it with editcap)" },
	{ "\x00\x01\xa1\xa1", 4, "a pcap file that was damaged, perhaps by a transfer as text" },
	{ "\x1c\x00\x01\xac", 4, "an Ixia file (convert it with editcap)" },
	{ "\xac\x01\x00\x1c", 4, "an Ixia file (convert it with editcap)" },
	{ "\x1c\x00\x01\xab", 4, "an Ixia file (convert it with editcap)" },
	{ "\xab\x01\x00\x1c", 4, "an Ixia file (convert it with editcap)" },
};

/** ERF has no magic: a little-endian time, a type and lengths that fit each other must do. */
static bool looks_like_erf(const uint8_t *p, size_t n)
{
	if (n < 16)
		return false;
	unsigned type = p[8] & 0x7f, record = p[10] << 8 | p[11], wire = p[14] << 8 | p[15];
	uint32_t seconds = (uint32_t)p[7] << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[5] << 8 | p[4];

	return type >= 1 && type <= 48 && record >= 16 && wire && seconds > 600000000;
}

static bool looks_like_text(const uint8_t *p, size_t n)
{
	n = n > 256 ? 256 : n;
	for (size_t i = 0; i < n; i++)
		if (!isprint(p[i]) && !isspace(p[i]) && p[i] < 0x80)
			return false;
	return true;
}

const char *sniff_name(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n >= kinds[i].len && !memcmp(p, kinds[i].magic, kinds[i].len))
			return kinds[i].name;
	if (looks_like_text(p, n))
		return "text";
	return looks_like_erf(p, n) ? "perhaps an ERF file (convert it with editcap)" : "something unknown";
}
