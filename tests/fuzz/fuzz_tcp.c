// SPDX-License-Identifier: BSD-3-Clause
/* Segments of a few flows: seven bytes say whose, which flags, numbers, time and size, then come the data. */
#include "fuzz.h"

#include "l4/tcp.h"

static void emit(void *ctx, const struct packet *p, const uint8_t *msg, uint32_t len, uint32_t missing,
		 bool from_buffer)
{
	ALWAYS(len + missing >= 12);
	fuzz_touch(msg, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error e;
	struct counters c = { 0 };
	struct tcp_config config = { .max_flows = 3, .max_bytes = 2 * TCP_FLOW_BYTES_MIN, .idle = 1000000000 };
	config.max_flow_bytes = TCP_FLOW_BYTES_MIN;
	config.counters = &c;
	struct tcp *t = tcp_new(&config, &e);
	struct wire in = wire_init(bytes, (uint32_t)size);

	while (wire_left(&in)) {
		uint32_t len;
		uint8_t *data = fuzz_segment(&in, &len), who = data[0], flags = data[13];
		struct packet p = { .time = (int64_t)data[7] << (who & 31), .payload = 20, .payload_len = len - 20 };
		p.missing = flags & 0x40 ? data[7] : 0;
		p.flow = (struct flow_key){ .sport = who >> 6, .dport = who >> 4 & 3, .proto = 6, .family = 4 };
		tcp_segment(t, &p, data, emit, NULL);
		if (flags & 0x80)
			tcp_expire(t, 0, p.time, emit, NULL);
		free(data);
	}
	tcp_finish(t, emit, NULL);
	ALWAYS(!tcp_usage(t).bytes);
	tcp_free(t);
	return 0;
}
