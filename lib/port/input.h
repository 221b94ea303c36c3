// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The bytes of a file or pipe, uncompressed, through a window of fixed size.
 *
 * Plain files are read() in large pieces rather than mapped: it costs the same CPU time, works alike for pipes and compressed
 * files, and a file that shrinks meanwhile is merely cut instead of a SIGBUS.
 */
#ifndef PORT_INPUT_H
#define PORT_INPUT_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The most bytes that input_need() can be asked for. */
#define INPUT_NEED_MAX ((uint32_t)512 << 10)

/** What became of a wish for bytes. */
enum input_result {
	INPUT_OK,     /**< they are there, at `at` */
	INPUT_AGAIN,  /**< not yet: a pipe has none for now */
	INPUT_END,    /**< the stream ends before them; what is left lies between `at` and `end` */
	INPUT_FAILED, /**< reading or unpacking failed; input_reason() says why */
};

struct decoder;

/** A stream; used by one thread. */
struct input {
	const uint8_t *at;     /**< next byte */
	const uint8_t *end;    /**< one past the last byte that is there */
	uint8_t *window;       /**< memory of mem_reserve() */
	uint64_t behind;       /**< uncompressed bytes from the start to `end` */
	uint64_t skip;         /**< bytes still to be passed over */
	uint64_t *progress;    /**< bytes of the file that were read are added here; borrowed, may be NULL */
	struct decoder *decoder; /**< unpacks; NULL for plain bytes */
	int fd;                /**< owned */
	bool pipe;             /**< no regular file: asked by poll() before each read */
	bool started;          /**< the first bytes were looked at */
	bool ended;            /**< no more bytes will come */
	bool failed;           /**< nor can they, for `error` */
	struct error error;    /**< why it failed, without the file's name */
};

/** Opens `path` (`-` is standard input, which is not closed in the end). -1 and the reason in `e` where it can't be read.
 * Doesn't wait for a pipe's other end. */
int input_open(struct input *s, const char *path, uint64_t *progress, struct error *e);

/** Closes it. */
void input_close(struct input *s);

/** The slow way of input_need(). */
enum input_result input_fill(struct input *s, uint32_t n);

/** Sees to it that `n` ≤ INPUT_NEED_MAX contiguous bytes lie at `at`, valid until the next call. On a pipe it waits a few
 * milliseconds at most. */
static inline enum input_result input_need(struct input *s, uint32_t n)
{
	if (__builtin_expect((size_t)(s->end - s->at) >= n && !s->skip, 1))
		return INPUT_OK;
	return input_fill(s, n);
}

/** Moves behind `n` bytes that input_need() showed. */
static inline void input_take(struct input *s, uint32_t n)
{
	s->at += n;
}

/** Moves behind any number of bytes; those that are not there yet are passed over as they come. */
void input_skip(struct input *s, uint64_t n);

/** Bytes at `at`. */
static inline size_t input_left(const struct input *s)
{
	return (size_t)(s->end - s->at);
}

/** Offset of `at` from the start of the uncompressed bytes. */
static inline uint64_t input_offset(const struct input *s)
{
	return s->behind - input_left(s);
}

/** Name of the compression, "" where there is none. */
const char *input_compression(const struct input *s);

#endif
