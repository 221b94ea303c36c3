// SPDX-License-Identifier: BSD-3-Clause
/* Frames of any link type: the first two bytes say which, each next one how long a frame is. */
#include "packet/ingress.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error e;
	struct counters c = { 0 };
	struct ingress_config config = { .filter = "", .max_datagrams = 16, .counters = &c };
	struct ingress *in = ingress_new(&config, &e);
	struct arena arena = { .base = malloc(INGRESS_ARENA_ROOM), .cap = INGRESS_ARENA_ROOM };

	for (size_t at = 3; in && arena.base && at < size;) {
		size_t len = bytes[at - 1] < size - at ? bytes[at - 1] : size - at;
		struct packet p = { .linktype = (uint16_t)(bytes[0] << 8 | bytes[1]), .wire_len = (uint32_t)len };
		uint8_t *frame = malloc(len ? len : 1);
		const uint8_t *data;

		memcpy(frame, bytes + at, len);
		arena_reset(&arena);
		if (ingress_packet(in, frame, (uint32_t)len, &p, &arena, &data) == INGRESS_PASS && p.payload_len)
			c.n[0] += data[p.payload + p.payload_len - 1];
		free(frame);
		at += len + 1;
	}
	free(arena.base);
	ingress_free(in);
	return 0;
}
