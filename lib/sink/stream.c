// SPDX-License-Identifier: BSD-3-Clause
#include "sink/stream.h"
#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 5

void stream_init(struct stream *s, int fd, const char *name)
{
	struct stat st;
	char path[32];

	*s = (struct stream){ .fd = fd, .name = name, .kind = STREAM_SLICED };
	signal(SIGPIPE, SIG_IGN);
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISREG(st.st_mode)) {
		s->kind = STREAM_PLAIN;
	} else if (S_ISSOCK(st.st_mode)) {
		s->kind = STREAM_SOCKET;
	} else {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		int again = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (again >= 0) {
			s->fd = again;
			s->own_fd = true;
			s->kind = STREAM_NONBLOCK;
		}
	}
}

void stream_close(struct stream *s)
{
	if (s->own_fd)
		close(s->fd);
	s->own_fd = false;
	s->fd = -1;
}

/* Sleeps or polls until something may have changed, a few ms at most; false at the deadline. */
static bool wait_some(struct stream *s, bool for_room, int64_t deadline)
{
	int64_t left = deadline - clock_monotonic();

	if (left <= 0)
		return false;
	if (for_room && s->kind != STREAM_PLAIN) {
		struct pollfd p = { .fd = s->fd, .events = POLLOUT };
		int64_t ms = (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
		poll(&p, 1, ms < WAIT_MS ? (int)ms : WAIT_MS);
	} else {
		int64_t ns = left < NSEC_PER_MSEC / 2 ? left : NSEC_PER_MSEC / 2;
		nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
	}
	return true;
}

static bool acquire(struct stream_client *c, int64_t deadline)
{
	do {
		void *nobody = NULL;
		if (atomic_load(&c->stream->owner) == c || atomic_compare_exchange_strong(&c->stream->owner, &nobody, c))
			return true;
	} while (wait_some(c->stream, false, deadline));
	return false;
}

static void release(struct stream_client *c)
{
	if (!c->held)
		atomic_store(&c->stream->owner, NULL);
}

/* Bytes that went out now; 0 where there is no room, -1 where there never will be. */
static ssize_t put(struct stream *s, const uint8_t *p, uint32_t len)
{
	ssize_t n;

	if (s->kind == STREAM_SOCKET) {
		n = send(s->fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		if (s->kind == STREAM_SLICED) {
			struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };
			if (poll(&pfd, 1, 0) == 0)
				return 0;
			len = len < PIPE_BUF ? len : PIPE_BUF;
		}
		n = write(s->fd, p, len);
	}
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR || errno == ENOSPC || errno == EDQUOT || errno == ENOBUFS ? 0 : -1;
}

static void tell_broken(struct stream_client *c)
{
	counts_add(&c->counts.s.errors, 1);
	if (!atomic_exchange(&c->stream->broken, true))
		log_error("%s: %s; its records are dropped from now on", c->stream->name, strerror(errno));
}

/* Writes [*at, end) of a block's bytes until the deadline; true when all is out. */
static bool put_all(struct stream_client *c, const struct block *b, uint32_t *at, uint32_t end, int64_t deadline)
{
	while (*at < end) {
		if (atomic_load(&c->stream->broken))
			return false;
		ssize_t n = put(c->stream, b->data + *at, end - *at);
		if (n < 0) {
			tell_broken(c);
			return false;
		}
		*at += (uint32_t)n;
		if (!n) {
			if (c->stream->kind == STREAM_PLAIN)
				counts_add(&c->counts.s.errors, 1);
			if (!wait_some(c->stream, true, deadline))
				return false;
		}
	}
	return true;
}

static void drop_held(struct stream_client *c)
{
	block_unref(c->held);
	c->held = NULL;
	counts_drop(&c->counts, SINK_DROP_CLOSED, 1);
}

/* The rest of a cut item first; false while it isn't out. */
static bool finish_held(struct stream_client *c, int64_t deadline)
{
	struct block *b = c->held;

	if (!b)
		return true;
	if (put_all(c, b, &c->held_at, b->end[c->held_item], deadline)) {
		counts_deliver(&c->counts, 1, b->end[c->held_item] - block_start(b, c->held_item));
		block_unref(b);
		c->held = NULL;
		return true;
	}
	if (!atomic_load(&c->stream->broken))
		return false;
	drop_held(c);
	return true;
}

/* What is left of a block when no more can be written: waits for the caller (lossless) or is dropped. How
 * many were taken. */
static uint32_t refuse(struct stream_client *c, const struct block *b, uint32_t from)
{
	bool broken = atomic_load(&c->stream->broken);
	uint32_t n = b->items - from;

	if (c->lossless && !broken)
		return 0;
	counts_offer(&c->counts, n);
	counts_drop(&c->counts, broken ? SINK_DROP_CLOSED : SINK_DROP_FULL, n);
	return n;
}

uint32_t stream_write(struct stream_client *c, struct block *b, uint32_t from, int64_t deadline)
{
	uint32_t at = block_start(b, from), first = at, done;

	if (from >= b->items)
		return 0;
	if (!acquire(c, deadline))
		return refuse(c, b, from);
	if (!finish_held(c, deadline))
		return refuse(c, b, from);
	put_all(c, b, &at, b->len, deadline);
	done = block_item_at(b, from, at);
	counts_offer(&c->counts, done - from);
	counts_deliver(&c->counts, done - from, block_start(b, done) - first);
	if (done < b->items && at > block_start(b, done)) {
		counts_offer(&c->counts, 1);
		block_ref(b);
		c->held = b;
		c->held_item = done++;
		c->held_at = at;
		if (atomic_load(&c->stream->broken))
			drop_held(c);
	}
	if (done < b->items)
		done += refuse(c, b, done);
	release(c);
	return done - from;
}

int stream_flush(struct stream_client *c, int64_t deadline)
{
	if (!c->held)
		return 0;
	if (!finish_held(c, deadline))
		return -1;
	release(c);
	return 0;
}

/* A regular file keeps no half of a line, as long as it ends where we stopped. */
static void take_back(const struct stream *s, uint32_t bytes)
{
	struct stat st;
	off_t at = lseek(s->fd, 0, SEEK_CUR);

	if (at < (off_t)bytes || fstat(s->fd, &st) < 0 || st.st_size != at || ftruncate(s->fd, at - bytes) < 0)
		return;
	lseek(s->fd, at - bytes, SEEK_SET);
}

void stream_leave(struct stream_client *c, struct sink_stats *s)
{
	if (c->held) {
		if (c->stream->kind == STREAM_PLAIN)
			take_back(c->stream, c->held_at - block_start(c->held, c->held_item));
		drop_held(c);
		release(c);
	}
	counts_read(&c->counts, s);
}
