// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Writes capture files: pcap with nanoseconds, in this machine's byte order.
 */
#ifndef TESTS_PCAPOUT_H
#define TESTS_PCAPOUT_H

#include <stdint.h>
#include <stdio.h>

/** The file's header. */
static inline void pcap_out_start(FILE *out, uint32_t linktype)
{
	const uint32_t words[] = { 0xa1b23c4d, 4 << 16 | 2, 0, 0, 262144, linktype };

	fwrite(words, sizeof(words), 1, out);
}

/** A packet of time `ns` (since the Unix epoch). */
static inline void pcap_out(FILE *out, int64_t ns, const void *frame, uint32_t len)
{
	const uint32_t words[] = { (uint32_t)(ns / 1000000000), (uint32_t)(ns % 1000000000), len, len };

	fwrite(words, sizeof(words), 1, out);
	fwrite(frame, 1, len, out);
}

#endif
