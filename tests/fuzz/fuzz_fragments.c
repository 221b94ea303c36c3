// SPDX-License-Identifier: BSD-3-Clause
/* Fragments by script: five bytes say whose, when, where and how long; in IPv4 or IPv6. */
#include "fuzz.h"

#include "packet/ingress.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t room[INGRESS_ARENA_ROOM];
	struct error e;
	struct counters c = { 0 };
	struct ingress_config config = {
		.filter = "", .max_datagrams = 16, .max_fragment_bytes = 4096, .counters = &c
	};
	struct ingress *in = ingress_new(&config, &e);
	struct wire w = wire_init(bytes, (uint32_t)size);
	int64_t now = 0;

	while (wire_left(&w)) {
		uint8_t who = wire_u8(&w), when = wire_u8(&w), n = wire_u8(&w);
		uint16_t where = wire_u16(&w);
		uint32_t len;
		uint8_t *frame = fuzz_fragment(who, where, n, &w, &len);
		struct packet p = { .linktype = LINKTYPE_RAW, .wire_len = len };
		struct arena arena = { .base = room, .cap = sizeof(room) };
		const uint8_t *data;
		p.time = now += (int64_t)when << (who >> 3);
		if (ingress_packet(in, frame, len, &p, &arena, &data) == INGRESS_PASS)
			ALWAYS(!p.reassembled || p.l3_len <= 65535 + 40u);
		free(frame);
	}
	ingress_finish(in);
	fuzz_conserved(&c);
	ingress_free(in);
	return 0;
}
