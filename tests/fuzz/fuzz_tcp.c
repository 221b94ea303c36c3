// SPDX-License-Identifier: BSD-3-Clause
/* Segments of a few flows: seven bytes say whose, which flags, numbers, time and size, then come the data. */
#include "l4/tcp.h"

#include <stdlib.h>
#include <string.h>

static void emit(void *ctx, const struct packet *p, const uint8_t *msg, uint32_t len,
		 uint32_t missing, bool from_buffer)
{
	*(uint64_t *)ctx += p->flow.sport + missing + (len ? msg[0] + msg[len - 1] : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error e;
	struct counters c = { 0 };
	struct tcp_config config = { .max_flows = 3, .max_bytes = 2 * TCP_FLOW_BYTES_MIN, .counters = &c,
				     .max_flow_bytes = TCP_FLOW_BYTES_MIN, .idle = 1000000000 };
	struct tcp *t = tcp_new(&config, &e);
	uint64_t sum = 0;

	for (size_t at = 0; t && at + 7 <= size;) {
		const uint8_t *b = bytes + at;
		uint32_t len = b[6] < size - at - 7 ? b[6] : (uint32_t)(size - at - 7);
		struct packet p = { .time = (int64_t)b[5] << (b[0] & 31), .payload = 20, .payload_len = len };
		uint8_t *data = calloc(1, 20 + len);

		p.flow = (struct flow_key){ .sport = b[0] >> 6, .dport = b[0] >> 4 & 3, .proto = 6, .family = 4 };
		p.missing = b[1] & 0x40 ? b[5] : 0;
		memcpy(data + 5, b + 2, 2);
		memcpy(data + 9, b + 3, 2);
		data[7] = b[5];
		data[13] = b[1];
		memcpy(data + 20, b + 7, len);
		tcp_segment(t, &p, data, emit, &sum);
		if (b[1] & 0x80)
			tcp_expire(t, 0, p.time, emit, &sum);
		free(data);
		at += 7 + len;
	}
	if (t)
		tcp_finish(t, emit, &sum);
	tcp_free(t);
	return 0;
}
