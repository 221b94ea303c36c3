// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * For fuzz_spool: a folder, a block, and a mutator that mends checksums.
 */
#ifndef FUZZ_FUZZ_SPOOL_H
#define FUZZ_FUZZ_SPOOL_H

#include "fuzz.h"

#include "sink/spool.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

/** The spool's folder; made at first, gone at the end. */
static char folder[] = "/tmp/fuzz_spool_XXXXXX";

static inline void remove_folder(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/lock", folder);
	unlink(path);
	rmdir(folder);
}

/** What is left of the input is the only segment. */
static inline void put_segment(struct wire *in)
{
	static char path[64];

	if (!path[0]) {
		ALWAYS(mkdtemp(folder));
		snprintf(path, sizeof(path), "%s/000-0000010000000000.spool", folder);
		atexit(remove_folder);
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ALWAYS(write(fd, in->data + in->pos, wire_left(in)) == (ssize_t)wire_left(in) && !close(fd));
}

/** The only block, with nothing in it. */
static inline struct block *empty_block(void)
{
	static struct block_pool *pool;
	static struct block *b;
	struct error e;

	pool = pool ? pool : block_pool_new(1, &e);
	b = b ? b : block_get(pool);
	b->items = b->len = 0;
	return b;
}

/** Mends what a frame's head says of itself, wherever the magic number is met; sometimes. See struct frame in
 * spool.c: magic, done, sequence (8), items, bytes, text, checksum of the payload, checksum of the head,
 * zero. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
	size = LLVMFuzzerMutate ? LLVMFuzzerMutate(bytes, size, max) : size;
	for (size_t at = 1; at + 40 <= size; at += 8) {
		uint32_t items, n, crc;
		uint8_t *f = bytes + at;
		if (memcmp(f, "DWSP", 4) && memcmp(f, "PSWD", 4) && memcmp(f, "WTSP", 4))
			continue;
		memcpy(&items, f + 16, 4);
		memcpy(&n, f + 20, 4);
		uint64_t payload = 8 * (uint64_t)items + n;
		crc = payload <= size - at - 40 ? (uint32_t)crc32(0, f + 40, (uInt)payload) : 0;
		if (seed & 3)
			memcpy(f + 28, &crc, 4);
		crc = (uint32_t)crc32(0, f + 8, 24);
		if (seed & 12)
			memcpy(f + 32, &crc, 4);
	}
	return size;
}

#endif
