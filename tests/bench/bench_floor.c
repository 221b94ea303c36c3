// SPDX-License-Identifier: BSD-3-Clause
/*
 * What others' figures are compared with: libpcap's bare read loop over a capture, and a memcpy() of as many bytes as are written.
 *
 *	bench_floor loop FILE | copy BYTES
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int loop(const char *file)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(file, error);
	struct pcap_pkthdr *header;
	const unsigned char *data;
	unsigned long packets = 0, sum = 0;

	if (!p) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	for (; pcap_next_ex(p, &header, &data) == 1; packets++)
		sum += data[12];
	printf("%lu packets (%lu)\n", packets, sum);
	return 0;
}

/* By blocks as a TX has them. */
static int copy(size_t bytes)
{
	enum { BLOCK = 256 << 10 };
	static char from[BLOCK], to[BLOCK];

	memset(from, 'x', BLOCK);
	for (size_t n = 0; n < bytes; n += BLOCK) {
		memcpy(to, from, BLOCK);
		__asm__ volatile("" ::"r"(to) : "memory");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "loop"))
		return loop(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "copy"))
		return copy(strtoull(argv[2], NULL, 0));
	fprintf(stderr, "usage: bench_floor loop FILE | copy BYTES\n");
	return 2;
}
