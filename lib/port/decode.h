// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Unpacking of compressed captures: gzip (RFC 1952), Zstandard (RFC 8878), LZ4 frames.
 */
#ifndef PORT_DECODE_H
#define PORT_DECODE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Packed bytes on their way in and plain ones on their way out. */
struct decode_io {
	const uint8_t *in; /**< next packed byte */
	size_t in_len;     /**< how many are there */
	uint8_t *out;      /**< where the next plain byte goes */
	size_t out_len;    /**< how many fit */
};

/** A kind of compression. */
struct decode_ops {
	const char *name;
	uint8_t magic[4];
	uint8_t magic_len;
	/** A fresh state; NULL where memory lacks. */
	void *(*open)(void);
	/** Unpacks what it can and moves `io` along. 1: between two frames, 0: within one, -1: corrupt, and `e` says how. */
	int (*run)(void *state, struct decode_io *io, struct error *e);
	void (*close)(void *state);
};

/** The compression whose magic stands at `p` (`n` bytes), or NULL. */
const struct decode_ops *decode_find(const uint8_t *p, size_t n);

#endif
