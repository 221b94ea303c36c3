// SPDX-License-Identifier: BSD-3-Clause
/* What a fluentd server answers, in pieces: each names a chunk or is passed over. */
#include "fuzz.h"

#include "sink/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct forward_acks *a = calloc(1, sizeof(*a));
	char *chunk = malloc(FORWARD_CHUNK + 1);

	while (wire_left(&in)) {
		uint32_t room, n, told = wire_u8(&in);
		uint8_t *to = forward_acks_room(a, &room),
			*piece = fuzz_take(&in, told < room ? told : room, &n);
		ALWAYS(room);
		memcpy(to, piece, n);
		forward_acks_add(a, n);
		while (forward_acks_next(a, chunk))
			ALWAYS(strlen(chunk) <= FORWARD_CHUNK);
		free(piece);
	}
	free(chunk);
	free(a);
	return 0;
}
