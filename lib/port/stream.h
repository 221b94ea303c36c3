// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * The bytes of a file or pipe, uncompressed, through a window of fixed size.
 *
 * Plain files are read() in large pieces rather than mapped: it costs the same CPU time, works alike for pipes and compressed
 * files, and a file that shrinks meanwhile is merely cut instead of a SIGBUS.
 */
#ifndef PORT_STREAM_H
#define PORT_STREAM_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The most bytes that stream_need() can be asked for. */
#define STREAM_NEED_MAX ((uint32_t)512 << 10)

/** What became of a wish for bytes. */
enum stream_result {
	STREAM_OK,     /**< they are there, at `at` */
	STREAM_AGAIN,  /**< not yet: a pipe has none for now */
	STREAM_END,    /**< the stream ends before them; what is left lies between `at` and `end` */
	STREAM_FAILED, /**< reading or unpacking failed; stream_reason() says why */
};

struct decoder;

/** A stream; used by one thread. */
struct stream {
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
int stream_open(struct stream *s, const char *path, uint64_t *progress, struct error *e);

/** Closes it. */
void stream_close(struct stream *s);

/** The slow way of stream_need(). */
enum stream_result stream_fill(struct stream *s, uint32_t n);

/** Sees to it that `n` ≤ STREAM_NEED_MAX contiguous bytes lie at `at`, valid until the next call. On a pipe it waits a few
 * milliseconds at most. */
static inline enum stream_result stream_need(struct stream *s, uint32_t n)
{
	if (__builtin_expect((size_t)(s->end - s->at) >= n && !s->skip, 1))
		return STREAM_OK;
	return stream_fill(s, n);
}

/** Moves behind `n` bytes that stream_need() showed. */
static inline void stream_take(struct stream *s, uint32_t n)
{
	s->at += n;
}

/** Moves behind any number of bytes; those that are not there yet are passed over as they come. */
void stream_skip(struct stream *s, uint64_t n);

/** Bytes at `at`. */
static inline size_t stream_left(const struct stream *s)
{
	return (size_t)(s->end - s->at);
}

/** Offset of `at` from the start of the uncompressed bytes. */
static inline uint64_t stream_offset(const struct stream *s)
{
	return s->behind - stream_left(s);
}

/** Name of the compression, "" where there is none. */
const char *stream_compression(const struct stream *s);

#endif
