// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Reads a capture file built in code to its end.
 */
#ifndef SUPPORT_CAPREAD_H
#define SUPPORT_CAPREAD_H

#include "captures.h"
#include "port/capture.h"

/** A packet that was read. */
struct read_packet {
	int64_t time;
	uint32_t len, wire_len;
	uint16_t linktype;
	bool sound; /**< its bytes are the pattern of some number */
};

/** What came of it. */
struct read_all {
	enum capture_result end;
	struct error e;
	unsigned n;
	struct read_packet packet[512];
};

static inline bool is_pattern(const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 1; i < len; i++)
		if ((uint8_t)(p[i] - p[0]) != (uint8_t)(pattern(0, i) - pattern(0, 0)))
			return false;
	return true;
}

/** Reads `path`, up to `batch` packets a call. */
static inline struct read_all *read_path(const char *path, unsigned batch)
{
	static struct read_all all;
	struct capture_packet p[64];
	struct capture c;
	unsigned got;

	all = (struct read_all){ .end = CAPTURE_BAD };
	if (capture_open(&c, path, NULL, &all.e))
		return &all;
	while ((all.end = capture_next(&c, p, batch, &got, &all.e)) == CAPTURE_PACKET && all.n + got <= 512)
		for (unsigned i = 0; i < got; i++)
			all.packet[all.n++] = (struct read_packet){ p[i].time, p[i].len, p[i].wire_len, p[i].linktype,
								    is_pattern(p[i].data, p[i].len) };
	capture_close(&c);
	return &all;
}

/** Writes the bytes into the test's folder and reads them. */
static inline struct read_all *read_bytes(const struct bytes *b, unsigned batch)
{
	return read_path(file_write("capture", b->p, b->n), batch);
}

/** Every packet is whole and its bytes are right. */
static inline bool all_sound(const struct read_all *all)
{
	for (unsigned i = 0; i < all->n; i++)
		if (!all->packet[i].sound || all->packet[i].wire_len < all->packet[i].len)
			return false;
	return true;
}

/** A xorshift generator: the tests' mutations are the same each time. */
static inline uint32_t mutate_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 16);
}

#endif
