// SPDX-License-Identifier: BSD-3-Clause
/* Packets by script through a whole worker: link layer to record, and each record through every encoder. Five
 * bytes say what comes, from whom, when, and how long it is. */
#include "fuzz_worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct counters *c = start(wire_u8(&in));
	int64_t now = INT64_C(1700000000000000000);

	while (wire_left(&in)) {
		uint8_t bits = wire_u8(&in), who = wire_u8(&in), when = wire_u8(&in);
		uint32_t told = wire_u16(&in), n, len;
		uint8_t *payload = fuzz_take(&in, told, &n), *frame = payload;
		if (bits & FUZZ_FRAME)
			len = n;
		else
			frame = fuzz_packet(bits, who, payload, n, &len);
		now += when & 0x80 ? -((int64_t)when << (who & 31)) : (int64_t)when << (who & 31);
		feed(frame, len, bits & FUZZ_FRAME ? LINKTYPE_ETHERNET : LINKTYPE_RAW, now, bits & 64);
		if (frame != payload)
			free(frame);
		free(payload);
	}
	finish();
	fuzz_conserved(c);
	return 0;
}
