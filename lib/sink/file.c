// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "core/folders.h"
#include "sink/rotate.h"
#include "sink/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MB (UINT64_C(1) << 20)
#define DEFAULT_MB 100
#define RETRY_NS (2 * NSEC_PER_MSEC)
#define ROTATE_AGAIN_NS NSEC_PER_SEC
#define RESERVE_MIN MB
#define RESERVE_MAX (64 * MB)
#define RESERVE_SLACK (64u << 10) /* a file's last block and the file system's own are no reserve */

/* One log file, of all instances that name it. */
struct log_file {
	struct log_file *next;     /* of `files`, under `files_lock` */
	unsigned users;            /* likewise */
	bool special;              /* a pipe or device: a stream, never rotated */
	struct stream stream;
	pthread_mutex_t lock;      /* of all that follows */
	int fd;                    /* -1: to be opened */
	uint64_t size;
	uint64_t start;            /* its size when it was opened */
	uint64_t reserved;         /* up to here it has its blocks on disk, about; UINT64_MAX: the file system can't */
	uint64_t max;
	uint32_t torn;             /* bytes at its end that are no whole line: could not be cut off yet */
	mode_t mode;
	uid_t uid;                 /* with gid: (uid_t)-1 while no file was there before */
	gid_t gid;
	int64_t rotate_after;      /* monotonic; a rotation that failed is not tried again before */
	_Atomic bool reopen;
	struct log_limit limit;
	struct rotate rotate;
};

/* An instance. */
struct file_sink {
	struct log_file *file;
	bool lossless;
	int64_t timeout;
	int64_t stuck;             /* monotonic; since when writes have failed, but not for space; 0: they work */
	struct stream_client client; /* its figures serve in both cases */
};

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_file *files;

static bool file_wanted(const struct sink_config *c)
{
	return c->logfile && *c->logfile;
}

static const struct encoder *file_encoder(const struct sink_config *c, const char *format, struct error *e)
{
	return sink_text_encoder("logfile", format, e);
}

/* A file whose last line was torn by a crash gets its line end, so that the next line is whole. */
static int close_torn_line(struct log_file *f)
{
	char last = '\n';
	int fd = f->size ? open(f->rotate.path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		if (pread(fd, &last, 1, (off_t)f->size - 1) != 1)
			last = '\n';
		close(fd);
	}
	if (last == '\n')
		return 0;
	if (write(f->fd, "\n", 1) != 1)
		return -1;
	f->size++;
	return 0;
}

/* Remembers what its successor shall be like. */
static void note_mode(struct log_file *f)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return;
	f->mode = st.st_mode & 07777;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	f->size = (uint64_t)st.st_size;
	f->reserved = (uint64_t)st.st_blocks * 512;
}

/* Reserves space for as much again as a file has grown by, so that the file system needn't look up where each page goes: on
 * ext4 that halves what a write costs. Its size stays what is in it. */
static void reserve(struct log_file *f, size_t len)
{
	uint64_t more = f->size - f->start, room = f->max - f->size;

	if (f->size + len <= f->reserved)
		return;
	more = more < RESERVE_MAX ? more : RESERVE_MAX;
	more = more < room ? more : room;
	if (more < RESERVE_MIN)
		return;
	f->reserved = fallocate(f->fd, FALLOC_FL_KEEP_SIZE, (off_t)f->size, (off_t)more) == 0 ? f->size + more : UINT64_MAX;
}

/* Gives back what was reserved beyond the end, by this run or by one that has crashed. */
static void file_leave(struct log_file *f)
{
	if (f->fd < 0)
		return;
	note_mode(f);
	if (!f->special && f->reserved > f->size + RESERVE_SLACK && ftruncate(f->fd, (off_t)f->size) < 0)
		log_debug("%s: can't give back what was reserved: %s", f->rotate.path, strerror(errno));
	close(f->fd);
	f->fd = -1;
}

/* Opens the file, at its end, or makes it as its predecessor was. 0, or -1 with errno. */
static int file_reach(struct log_file *f)
{
	bool fresh = false;

	if (f->fd >= 0)
		return 0;
	f->torn = 0;
	f->fd = open(f->rotate.path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0 && errno == ENOENT) {
		folders_above(f->rotate.path);
		f->fd = open(f->rotate.path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		fresh = true;
	}
	if (f->fd < 0)
		return -1;
	if (fresh && f->uid != (uid_t)-1 && (fchown(f->fd, f->uid, f->gid) < 0 || fchmod(f->fd, f->mode) < 0))
		log_debug("%s can't be as the one before", f->rotate.path);
	note_mode(f);
	f->start = f->size;
	if (close_torn_line(f) < 0) {
		int error = errno;
		close(f->fd);
		f->fd = -1;
		errno = error;
		return -1;
	}
	return 0;
}

static void complain(struct file_sink *s, const char *what)
{
	int error = errno;

	counts_add(&s->client.counts.s.errors, 1);
	log_error_seldom(&s->file->limit, "%s: can't %s: %s", s->file->rotate.path, what, strerror(error));
}

/* Moves a full file away. One that can't be moved is written on: nothing is lost, and it is tried again. */
static void file_rotate(struct file_sink *s)
{
	struct log_file *f = s->file;

	if (rotate_backup(&f->rotate) == 0 || errno == ENOENT) {
		file_leave(f);
		return;
	}
	complain(s, "rotate");
	f->rotate_after = clock_monotonic() + ROTATE_AGAIN_NS;
}

/* Cuts `torn` bytes off the file's end; -1 while that fails. */
static int cut_torn(struct log_file *f)
{
	struct stat st;

	if (!f->torn)
		return 0;
	if (fstat(f->fd, &st) < 0 || (st.st_size >= (off_t)f->torn && ftruncate(f->fd, st.st_size - f->torn) < 0))
		return -1;
	f->size -= f->torn;
	f->reserved = f->size;
	f->torn = 0;
	return 0;
}

/* How many items from `from` on fit before the file is full; all where it can't be rotated now. */
static uint32_t fitting(const struct log_file *f, const struct block *b, uint32_t from)
{
	uint64_t start = block_start(b, from), room = f->max - f->size;

	if (f->rotate_after && clock_monotonic() < f->rotate_after)
		return b->items - from;
	if (f->size >= f->max)
		return 0;
	return b->len - start <= room ? b->items - from : block_item_at(b, from, (uint32_t)(start + room)) - from;
}

/* Writes `n` items from `from` on as far as there is room, whole ones only. How many are in the file; -1 with
 * errno. */
static int append(struct file_sink *s, const struct block *b, uint32_t from, uint32_t n)
{
	struct log_file *f = s->file;
	uint32_t start = block_start(b, from), whole;
	size_t len = block_start(b, from + n) - start;
	ssize_t got;

	reserve(f, len);
	got = write(f->fd, b->data + start, len);
	if (got <= 0)
		return got < 0 ? -1 : 0;
	f->size += (uint64_t)got;
	whole = block_item_at(b, from, start + (uint32_t)got);
	f->torn = start + (uint32_t)got - block_start(b, whole);
	/* Where this fails, the next step tries again. */
	cut_torn(f);
	counts_deliver(&s->client.counts, whole - from, block_start(b, whole) - start);
	if (whole == from) {
		errno = ENOSPC;
		return -1;
	}
	return (int)(whole - from);
}

/* A step: some items written, the file rotated, or a line dropped that no file may hold. Items taken; -1 with
 * errno. */
static int step(struct file_sink *s, const struct block *b, uint32_t from)
{
	struct log_file *f = s->file;
	uint32_t n;

	if (atomic_exchange(&f->reopen, false))
		file_leave(f);
	if (block_start(b, from + 1) - block_start(b, from) > f->max) {
		counts_drop(&s->client.counts, SINK_DROP_TOO_LONG, 1);
		return 1;
	}
	if (file_reach(f) < 0 || cut_torn(f) < 0)
		return -1;
	n = fitting(f, b, from);
	if (n)
		return append(s, b, from, n);
	file_rotate(s);
	return 0;
}

static bool out_of_space(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EINTR || error == EAGAIN;
}

/* Waits a little after a failure; false when the rest is to be given up for now. */
static bool wait_again(struct file_sink *s, int64_t deadline)
{
	int64_t now = clock_monotonic(), left = deadline - now;

	if (left <= 0 || (s->stuck && now - s->stuck > s->timeout))
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = left < RETRY_NS ? left : RETRY_NS }, NULL);
	return true;
}

/* A write failed for good where a disk that is not merely full has failed for as long as a sink may. */
static bool given_up(struct file_sink *s, int error)
{
	int64_t now = clock_monotonic();

	if (out_of_space(error)) {
		s->stuck = 0;
		return !s->lossless;
	}
	if (!s->stuck)
		s->stuck = now;
	return !s->lossless || now - s->stuck > s->timeout;
}

/* The rest of a block when the deadline has come; returns what was taken of it all the same. */
static uint32_t refuse(struct file_sink *s, uint32_t n, int error)
{
	struct sink_counts *c = &s->client.counts;

	if (given_up(s, error)) {
		counts_drop(c, out_of_space(error) ? SINK_DROP_FULL : SINK_DROP_ERROR, n);
		return n;
	}
	counts_begin(c);
	counts_add(&c->s.offered, -(uint64_t)n);
	counts_add(&c->s.pending, -(uint64_t)n);
	counts_end(c);
	return 0;
}

static uint32_t file_write(void *state, struct block *b, uint32_t from, int64_t deadline)
{
	struct file_sink *s = state;
	struct timespec until = { deadline / NSEC_PER_SEC, deadline % NSEC_PER_SEC };
	uint32_t at = from;
	int n, error = EAGAIN;

	if (s->file->special)
		return stream_write(&s->client, b, from, deadline);
	if (from >= b->items)
		return 0;
	counts_offer(&s->client.counts, b->items - from);
	if (pthread_mutex_clocklock(&s->file->lock, CLOCK_MONOTONIC, &until))
		return refuse(s, b->items - from, EAGAIN);
	while (at < b->items) {
		n = step(s, b, at);
		if (n > 0)
			s->stuck = 0;
		at += n > 0 ? (uint32_t)n : 0;
		if (n >= 0)
			continue;
		error = errno;
		complain(s, "write");
		if (!wait_again(s, deadline))
			break;
	}
	pthread_mutex_unlock(&s->file->lock);
	if (at < b->items)
		at += refuse(s, b->items - at, error);
	return at - from;
}

static void file_poll(void *state)
{
	struct file_sink *s = state;

	if (s->file->special) {
		stream_flush(&s->client, 0);
		return;
	}
	if (!atomic_load(&s->file->reopen) || pthread_mutex_trylock(&s->file->lock))
		return;
	if (atomic_exchange(&s->file->reopen, false)) {
		file_leave(s->file);
		if (file_reach(s->file) < 0)
			complain(s, "open");
	}
	pthread_mutex_unlock(&s->file->lock);
}

static int file_flush(void *state, int64_t deadline)
{
	struct file_sink *s = state;
	return s->file->special ? stream_flush(&s->client, deadline) : 0;
}

/* Another thread's call: the next write or poll does it. */
static void file_reopen(void *state)
{
	struct file_sink *s = state;
	atomic_store(&s->file->reopen, true);
}

static void file_stats(void *state, struct sink_stats *s)
{
	const struct file_sink *f = state;
	counts_read(&f->client.counts, s);
}

static void file_free(struct log_file *f, bool hurry)
{
	if (f->special) {
		stream_close(&f->stream);
		file_leave(f);
	} else {
		file_leave(f);
		rotate_stop(&f->rotate, hurry);
	}
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* A pipe or a device: no size, no backups. */
static int open_special(struct log_file *f, const char *path, struct error *e)
{
	f->fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0)
		return error_set(e, "logfile %s: %s", path, errno == ENXIO ? "nobody reads this pipe" : strerror(errno));
	f->special = true;
	strcpy(f->rotate.path, path);
	stream_init(&f->stream, f->fd, f->rotate.path);
	return 0;
}

static struct log_file *file_new(const struct sink_config *c, struct error *e)
{
	struct log_file *f = calloc(1, sizeof(*f));
	struct stat st;

	if (!f || strlen(c->logfile) >= PATH_MAX) {
		error_set(e, "logfile: %s", f ? "path too long" : "no memory");
		free(f);
		return NULL;
	}
	f->fd = -1;
	f->uid = (uid_t)-1;
	f->max = (c->log_max_size ? c->log_max_size : DEFAULT_MB) * MB;
	pthread_mutex_init(&f->lock, NULL);
	signal(SIGXFSZ, SIG_IGN);
	if (stat(c->logfile, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		if (open_special(f, c->logfile, e) == 0)
			return f;
		free(f);
		return NULL;
	}
	if (rotate_init(&f->rotate, c->logfile, c->log_max_backups, c->log_max_age, c->log_compress, c->cpus, e) < 0) {
		free(f);
		return NULL;
	}
	if (file_reach(f) < 0 && !out_of_space(errno)) {
		error_set(e, "logfile %s: %s", c->logfile, strerror(errno));
		file_free(f, true);
		return NULL;
	}
	return f;
}

static int file_open(const struct sink_config *c, void **state, struct error *e)
{
	struct file_sink *s = calloc(1, sizeof(*s));
	struct log_file *f;

	if (!s)
		return error_set(e, "logfile: no memory");
	pthread_mutex_lock(&files_lock);
	for (f = files; f && strcmp(f->rotate.path, c->logfile); f = f->next)
		;
	if (!f && (f = file_new(c, e))) {
		f->next = files;
		files = f;
	}
	if (f)
		f->users++;
	pthread_mutex_unlock(&files_lock);
	if (!f) {
		free(s);
		return -1;
	}
	s->file = f;
	s->lossless = c->lossless;
	s->timeout = c->timeout;
	s->client.stream = &f->stream;
	s->client.lossless = c->lossless;
	*state = s;
	return 0;
}

static void file_close(void *state, struct sink_stats *stats)
{
	struct file_sink *s = state;
	struct log_file *f = s->file, **at;

	stream_leave(&s->client, stats);
	pthread_mutex_lock(&files_lock);
	if (!--f->users) {
		for (at = &files; *at != f; at = &(*at)->next)
			;
		*at = f->next;
		file_free(f, !s->lossless);
	}
	pthread_mutex_unlock(&files_lock);
	free(s);
}

const struct sink_ops sink_file = {
	.name = "file",
	.help = "whole lines to a file that is rotated by size",
	.wanted = file_wanted,
	.encoder = file_encoder,
	.open = file_open,
	.write = file_write,
	.poll = file_poll,
	.flush = file_flush,
	.reopen = file_reopen,
	.stats = file_stats,
	.close = file_close,
};
