// SPDX-License-Identifier: BSD-3-Clause
/* A record as MessagePack, read by libmsgpack, says what the flat line says. */
#define FUZZ_DNS_AT 60
#include "fuzz_dns.h"
#include "fuzz_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct encode_context cx;
	struct wire in = wire_init(bytes, (uint32_t)size);
	const char *level = wire_u8(&in) & 1 ? "INFO" : "";
	struct record *r = fuzz_record(&in);
	uint32_t len, items;
	size_t at = 0;

	encode_context_init(&cx, level, "sensor");
	if (!r)
		return 0;
	const uint8_t *encoded = fuzz_encode(&encoder_msgpack, &cx, r, &len, &items);
	char *all = (char *)fuzz_copy(encoded, len);
	for (uint32_t i = 0; i < items; i++) {
		json_t *line = fuzz_flat(&cx, r, i, !level[0]), *got = msgpack_json(all, len, &at);
		ALWAYS(json_equal(line, got));
		json_decref(line);
		json_decref(got);
	}
	ALWAYS(at == len);
	free(all);
	free(r);
	return 0;
}
