// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Whole items into a descriptor that several TX lcores share: standard output, a pipe, a terminal.
 *
 * Who writes owns the stream; whoever's write ended within an item keeps it until the rest is out, so that
 * lines never mix.
 */
#ifndef SINK_STREAM_H
#define SINK_STREAM_H

#include "core/log.h"
#include "sink/counts.h"

/** How a descriptor is written without ever waiting inside write(). */
enum stream_kind {
	STREAM_PLAIN,    /**< a regular file: takes what it has room for */
	STREAM_NONBLOCK, /**< reopened with O_NONBLOCK, so that others' view of the descriptor stays as it was */
	STREAM_SOCKET,   /**< send() with MSG_DONTWAIT */
	STREAM_SLICED,   /**< a pipe or terminal that can't be reopened: PIPE_BUF bytes once poll() says so */
};

/** The shared descriptor. */
struct stream {
	_Atomic(void *) owner;  /**< struct stream_client that may write now; NULL: nobody */
	_Atomic bool broken;    /**< nobody reads it any more */
	int fd;
	bool own_fd;            /**< closed with the stream */
	enum stream_kind kind;
	const char *name;       /**< for messages */
};

/** A sink instance on it; used by one TX lcore. */
struct stream_client {
	struct stream *stream;
	bool lossless;
	struct block *held;     /**< block of the item that is only partly out */
	uint32_t held_item;
	uint32_t held_at;       /**< bytes of the block that are out */
	struct log_limit limit;
	struct sink_counts counts;
};

/** Sets a stream up on `fd` (borrowed). SIGPIPE is ignored from then on: a reader that goes is an error to
 * count. */
void stream_init(struct stream *s, int fd, const char *name);

/** Closes what stream_init() opened. No client may use it any more. */
void stream_close(struct stream *s);

/** As sink_ops.write. */
uint32_t stream_write(struct stream_client *c, struct block *b, uint32_t from, int64_t deadline);

/** As sink_ops.flush. */
int stream_flush(struct stream_client *c, int64_t deadline);

/** Drops what is left of a cut item and leaves the stream to others; `s` gets the last figures. */
void stream_leave(struct stream_client *c, struct sink_stats *s);

#endif
