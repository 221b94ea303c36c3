// SPDX-License-Identifier: BSD-3-Clause
/* A segment of a spool as a crash, or somebody else, left it; its checksums are mended by the mutator. */
#include "fuzz_spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct error e;
	uint8_t how = wire_u8(&in);
	uint64_t lost = 0, first;
	struct spool_mark m;

	put_segment(&in);
	struct spool *s = spool_open(folder, 0, 1, 1 << 20, &e);
	ALWAYS(s);
	struct block *b = empty_block();
	for (first = spool_items(s); spool_next(s, b, &m, &lost); b = empty_block()) {
		ALWAYS(b->items == m.items && b->end[b->items - 1] == b->len);
		if (how & 1 && !spool_append(s, b, 0, b->items, m.text))
			how = 0;
		spool_done(s, &m);
		if (how & 2)
			first -= spool_drop_oldest(s);
	}
	ALWAYS(!spool_items(s) && !spool_unread(s) && !spool_bytes(s) && lost <= first);
	spool_close(s);
	return 0;
}
