// SPDX-License-Identifier: BSD-3-Clause
/* A capture file: pcap or pcapng, plain or packed. */
#include "fuzz.h"

#include "port/capture.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct capture c = { 0 };
	struct capture_packet p[16];
	struct error e = { "" };
	unsigned got;
	int fd = memfd_create("capture", 0);
	char path[32];

	ALWAYS(write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ALWAYS(!capture_open(&c, path, NULL, &e));
	enum capture_result r;
	while ((r = capture_next(&c, p, 16, &got, &e)) == CAPTURE_PACKET)
		for (unsigned i = 0; i < got; i++) {
			ALWAYS(p[i].len <= p[i].wire_len && p[i].len <= CAPTURE_PACKET_MAX);
			fuzz_touch(p[i].data, p[i].len);
		}
	ALWAYS(r == CAPTURE_END || (r == CAPTURE_BAD && e.text[0]));
	capture_close(&c);
	close(fd);
	return 0;
}
