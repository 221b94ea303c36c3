// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Capture files built in code, in a folder that goes with the test.
 */
#ifndef SUPPORT_CAPTURES_H
#define SUPPORT_CAPTURES_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Bytes of a file, in its byte order. */
struct bytes {
	uint8_t *p;
	size_t n, max;
	bool big; /**< big-endian */
};

static inline void put(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->max) {
		b->max = 2 * (b->n + n);
		b->p = realloc(b->p, b->max);
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void put_u(struct bytes *b, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		uint8_t c = (uint8_t)(v >> 8 * (b->big ? size - 1 - i : i));
		put(b, &c, 1);
	}
}

static inline void put16(struct bytes *b, uint32_t v) { put_u(b, v, 2); }
static inline void put32(struct bytes *b, uint32_t v) { put_u(b, v, 4); }

static inline void put_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){ 0 };
}

/** A pcap file's header. */
static inline void pcap_header(struct bytes *b, uint32_t magic, uint32_t linktype)
{
	put32(b, magic);
	put16(b, 2);
	put16(b, 4);
	put32(b, 0);
	put32(b, 0);
	put32(b, 262144);
	put32(b, linktype);
}

/** Byte `i` of the packet number `k`, so that content can be checked. */
static inline uint8_t pattern(uint32_t k, uint32_t i)
{
	return (uint8_t)(k * 131 + i * 7 + (i >> 8));
}

static inline void put_pattern(struct bytes *b, uint32_t k, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint8_t c = pattern(k, i);
		put(b, &c, 1);
	}
}

/** A pcap record of `len` bytes of pattern `k`. */
static inline void pcap_record(struct bytes *b, uint32_t seconds, uint32_t fraction, uint32_t k, uint32_t len, uint32_t wire_len)
{
	put32(b, seconds);
	put32(b, fraction);
	put32(b, len);
	put32(b, wire_len);
	put_pattern(b, k, len);
}

/** Starts a pcapng block; returns where, for block_end(). */
static inline size_t block_begin(struct bytes *b, uint32_t type)
{
	size_t start = b->n;
	put32(b, type);
	put32(b, 0);
	return start;
}

/** Pads a block and writes its two lengths. */
static inline void block_end(struct bytes *b, size_t start)
{
	while (b->n % 4 != start % 4)
		put_u(b, 0, 1);
	uint32_t total = (uint32_t)(b->n - start + 4);
	size_t end = b->n;
	b->n = start + 4;
	put32(b, total);
	b->n = end;
	put32(b, total);
}

static inline void ng_section(struct bytes *b)
{
	size_t s = block_begin(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4d);
	put16(b, 1);
	put16(b, 0);
	put_u(b, UINT64_MAX, 8);
	block_end(b, s);
}

/** An interface; `tsresol` < 0 and `offset` 0 leave their options out. */
static inline void ng_interface(struct bytes *b, uint32_t linktype, uint32_t snaplen, int tsresol, int64_t offset)
{
	size_t s = block_begin(b, 1);
	put16(b, linktype);
	put16(b, 0);
	put32(b, snaplen);
	put16(b, 2); /* if_name, to be passed over */
	put16(b, 3);
	put(b, "eth\0", 4);
	if (tsresol >= 0) {
		put16(b, 9);
		put16(b, 1);
		uint8_t value[4] = { (uint8_t)tsresol };
		put(b, value, 4);
	}
	if (offset) {
		put16(b, 14);
		put16(b, 8);
		put_u(b, (uint64_t)offset, 8);
	}
	put32(b, 0);
	block_end(b, s);
}

static inline void ng_enhanced(struct bytes *b, uint32_t id, uint64_t time, uint32_t k, uint32_t len, uint32_t wire_len)
{
	size_t s = block_begin(b, 6);
	put32(b, id);
	put32(b, (uint32_t)(time >> 32));
	put32(b, (uint32_t)time);
	put32(b, len);
	put32(b, wire_len);
	put_pattern(b, k, len);
	block_end(b, s);
}

static inline void ng_obsolete(struct bytes *b, uint32_t id, uint64_t time, uint32_t k, uint32_t len, uint32_t wire_len)
{
	size_t s = block_begin(b, 2);
	put16(b, id);
	put16(b, 7);
	put32(b, (uint32_t)(time >> 32));
	put32(b, (uint32_t)time);
	put32(b, len);
	put32(b, wire_len);
	put_pattern(b, k, len);
	block_end(b, s);
}

static inline void ng_simple(struct bytes *b, uint32_t k, uint32_t len, uint32_t wire_len)
{
	size_t s = block_begin(b, 3);
	put32(b, wire_len);
	put_pattern(b, k, len);
	block_end(b, s);
}

static inline void ng_unknown(struct bytes *b, uint32_t type, uint32_t len)
{
	size_t s = block_begin(b, type);
	put_pattern(b, 99, len);
	block_end(b, s);
}

/** The test's folder; gone when the test's process ends. */
static char folder[64];

static inline int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static inline void folder_remove(void)
{
	nftw(folder, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_make(void)
{
	strcpy(folder, "/tmp/dnsweir-test-XXXXXX");
	if (!mkdtemp(folder))
		abort();
}

/** A path in the folder, in one of eight buffers that take turns. */
static inline char *in_folder(const char *name)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

/** Writes a file into the folder; returns its path as in_folder() does. */
static inline char *file_write(const char *name, const void *p, size_t n)
{
	char *path = in_folder(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
	return path;
}

#endif
