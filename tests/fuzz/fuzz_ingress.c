// SPDX-License-Identifier: BSD-3-Clause
/* Frames of any link type, which the first two bytes tell; two bytes say how long a frame is. */
#include "fuzz.h"

#include "packet/ingress.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t room[INGRESS_ARENA_ROOM];
	struct error e;
	struct counters c = { 0 };
	struct ingress_config config = {
		.filter = "", .max_datagrams = 16, .max_fragment_bytes = 8192, .counters = &c
	};
	struct ingress *in = ingress_new(&config, &e);
	struct wire w = wire_init(bytes, (uint32_t)size);
	uint16_t linktype = wire_u16(&w);

	while (wire_left(&w)) {
		uint32_t told = wire_u16(&w), len;
		uint8_t *frame = fuzz_take(&w, told, &len);
		struct packet p = { .linktype = linktype, .wire_len = told };
		struct arena arena = { .base = room, .cap = sizeof(room) };
		const uint8_t *data;
		if (ingress_packet(in, frame, len, &p, &arena, &data) == INGRESS_PASS)
			fuzz_touch(data + p.l3, p.payload + p.payload_len - p.l3);
		free(frame);
	}
	ingress_finish(in);
	fuzz_conserved(&c);
	ingress_free(in);
	return 0;
}
