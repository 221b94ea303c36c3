// SPDX-License-Identifier: BSD-3-Clause
#include "sink/spool.h"
#include "core/folders.h"
#include "core/log.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#define MAGIC 0x50535744u /* "DWSP" */
#define DONE 0x454e4f44u
#define FIRST_SEQUENCE (UINT64_C(1) << 40)
#define PREPEND_GAP (UINT64_C(1) << 20)
#define SEGMENTS 16
#define SEGMENT_MIN (UINT64_C(64) << 10)
#define ALIGN 8

/* Head of a frame, in the machine's byte order: a spool stays where it was written. */
struct frame {
	uint32_t magic;
	uint32_t done;        /* DONE: not to be read again; outside the checksum */
	uint64_t sequence;
	uint32_t items;
	uint32_t bytes;       /* of their data */
	uint32_t text;
	uint32_t payload_crc; /* ends, keys, data */
	uint32_t head_crc;    /* the four fields before it and the sequence */
	uint32_t zero;
};

static_assert(sizeof(struct frame) == 40, "the layout on disk");

struct spool_segment {
	struct spool_segment *next; /* newer */
	uint64_t first;             /* its name's sequence number: all of its frames have at least that */
	uint64_t size;
	uint64_t read_at;           /* next frame to read */
	uint32_t open_frames;       /* not done */
	uint64_t open_items;
	uint32_t flying_frames;     /* of these: read */
	uint64_t flying_items;
	int fd;
	uint32_t owner;             /* TX lcore in its name */
};

/* The process's hold on a folder, of all its TX lcores. */
struct spool_lock {
	struct spool_lock *next;
	unsigned users;
	int fd;
	char dir[];
};

struct spool {
	struct spool_lock *lock;
	uint32_t tx;
	uint64_t max;
	uint64_t segment_max;
	uint64_t sequence;          /* of the next frame */
	uint64_t bytes;
	uint64_t items;
	struct spool_segment *oldest;
	struct spool_segment *writing; /* the newest, if made by this run */
	struct spool_segment *front;   /* of spool_prepend() */
	uint64_t front_sequence;
	uint32_t ends[BLOCK_ITEMS];
	struct log_limit limit;
};

static pthread_mutex_t locks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct spool_lock *locks;

static uint64_t frame_size(uint32_t items, uint32_t bytes)
{
	return (sizeof(struct frame) + 8 * (uint64_t)items + bytes + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

static uint32_t head_crc(const struct frame *f)
{
	uLong crc = crc32(0, (const Bytef *)&f->sequence, offsetof(struct frame, head_crc) - offsetof(struct frame, sequence));
	return (uint32_t)crc;
}

/* ---- the folder ---- */

static int lock_file(const char *dir, struct error *e)
{
	char path[PATH_MAX];
	int fd;

	folders_above(dir);
	folder_make(dir);
	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(e, "spool_dir %s: %s", dir, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return error_set(e, "spool_dir %s: another process uses it", dir);
}

static struct spool_lock *lock_folder(const char *dir, struct error *e)
{
	struct spool_lock *l;

	pthread_mutex_lock(&locks_lock);
	for (l = locks; l && strcmp(l->dir, dir); l = l->next)
		;
	if (!l && strlen(dir) < PATH_MAX - 64 && (l = calloc(1, sizeof(*l) + strlen(dir) + 1))) {
		strcpy(l->dir, dir);
		l->fd = lock_file(dir, e);
		if (l->fd < 0) {
			free(l);
			pthread_mutex_unlock(&locks_lock);
			return NULL;
		}
		l->next = locks;
		locks = l;
	}
	if (l)
		l->users++;
	else
		error_set(e, "spool_dir: path too long, or no memory");
	pthread_mutex_unlock(&locks_lock);
	return l;
}

static void unlock_folder(struct spool_lock *l)
{
	struct spool_lock **at = &locks;

	pthread_mutex_lock(&locks_lock);
	if (!--l->users) {
		while (*at != l)
			at = &(*at)->next;
		*at = l->next;
		close(l->fd);
		free(l);
	}
	pthread_mutex_unlock(&locks_lock);
}

/* ---- segments ---- */

static void segment_path(const struct spool *s, const struct spool_segment *g, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%03u-%016" PRIx64 ".spool", s->lock->dir, g->owner, g->first);
}

/* Oldest first; segments of several TX lcores of an earlier run lie by their numbers. */
static void segment_insert(struct spool *s, struct spool_segment *g)
{
	struct spool_segment **at = &s->oldest;

	while (*at && ((*at)->first < g->first || ((*at)->first == g->first && (*at)->owner < g->owner)))
		at = &(*at)->next;
	g->next = *at;
	*at = g;
}

static struct spool_segment *segment_make(struct spool *s, uint64_t first)
{
	struct spool_segment *g = calloc(1, sizeof(*g));
	char path[PATH_MAX];

	if (!g)
		return NULL;
	g->owner = s->tx;
	g->first = first;
	segment_path(s, g, path);
	g->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (g->fd < 0) {
		int error = errno;
		free(g);
		errno = error;
		return NULL;
	}
	segment_insert(s, g);
	return g;
}

static void segment_remove(struct spool *s, struct spool_segment *g)
{
	struct spool_segment **at = &s->oldest;
	char path[PATH_MAX];

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	segment_path(s, g, path);
	unlink(path);
	close(g->fd);
	s->bytes -= g->size;
	if (s->writing == g)
		s->writing = NULL;
	if (s->front == g)
		s->front = NULL;
	free(g);
}

static bool head_sound(const struct spool_segment *g, uint64_t at, const struct frame *f)
{
	return f->magic == MAGIC && f->head_crc == head_crc(f) && f->sequence >= g->first && f->items &&
		f->items <= BLOCK_ITEMS && f->bytes <= BLOCK_CAPACITY && at + frame_size(f->items, f->bytes) <= g->size;
}

/* The first sound head at or behind *at; false where there is none up to the end. */
static bool find_frame(const struct spool_segment *g, uint64_t *at, struct frame *f)
{
	uint64_t buf[8192];

	if (pread(g->fd, f, sizeof(*f), (off_t)*at) == sizeof(*f) && head_sound(g, *at, f))
		return true;
	for (uint64_t chunk = *at + ALIGN; chunk + sizeof(*f) <= g->size; chunk += sizeof(buf)) {
		ssize_t n = pread(g->fd, buf, sizeof(buf), (off_t)chunk);
		for (ssize_t i = 0; i < n / ALIGN; i++) {
			*at = chunk + (uint64_t)i * ALIGN;
			if ((uint32_t)buf[i] == MAGIC && pread(g->fd, f, sizeof(*f), (off_t)*at) == sizeof(*f) &&
			    head_sound(g, *at, f))
				return true;
		}
	}
	*at = g->size;
	return false;
}

/* Counts what a segment of an earlier run still holds; one that holds nothing is removed. What lies between
 * sound frames, or behind the last, is damaged, or was being written when the process was killed. */
static void segment_scan(struct spool *s, struct spool_segment *g)
{
	struct frame f;
	uint64_t at = 0, end = 0, damaged = 0;

	for (; find_frame(g, &at, &f); end = at += frame_size(f.items, f.bytes)) {
		damaged += at - end;
		if (f.sequence >= s->sequence)
			s->sequence = f.sequence + 1;
		if (f.done == DONE)
			continue;
		g->open_frames++;
		g->open_items += f.items;
	}
	damaged += g->size - end;
	if (damaged)
		log_warn("spool: %lu of %lu bytes of %s/%03u-%016" PRIx64 ".spool are damaged and left out", (unsigned long)damaged,
			(unsigned long)g->size, s->lock->dir, g->owner, g->first);
	s->items += g->open_items;
	s->bytes += g->size;
	segment_insert(s, g);
	if (!g->open_frames)
		segment_remove(s, g);
}

static void segment_adopt(struct spool *s, uint32_t owner, uint64_t first)
{
	struct spool_segment *g = calloc(1, sizeof(*g));
	char path[PATH_MAX];
	struct stat st;

	if (!g)
		return;
	g->owner = owner;
	g->first = first;
	segment_path(s, g, path);
	g->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (g->fd < 0 || fstat(g->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		log_warn("spool: can't read %s: %s", path, strerror(errno));
		if (g->fd >= 0)
			close(g->fd);
		free(g);
		return;
	}
	g->size = (uint64_t)st.st_size;
	segment_scan(s, g);
}

struct spool *spool_open(const char *dir, uint32_t tx, uint32_t tx_count, uint64_t max, struct error *e)
{
	struct spool *s = calloc(1, sizeof(*s));
	DIR *d;

	if (!s) {
		error_set(e, "spool: no memory");
		return NULL;
	}
	s->tx = tx;
	s->max = max;
	s->segment_max = max / SEGMENTS > SEGMENT_MIN ? max / SEGMENTS : SEGMENT_MIN;
	s->sequence = FIRST_SEQUENCE;
	s->lock = lock_folder(dir, e);
	if (!s->lock) {
		free(s);
		return NULL;
	}
	d = opendir(dir);
	for (struct dirent *f; d && (f = readdir(d));) {
		uint32_t owner;
		uint64_t first;
		int end = 0;
		if (sscanf(f->d_name, "%3" SCNu32 "-%16" SCNx64 ".spool%n", &owner, &first, &end) == 2 && end &&
		    !f->d_name[end] && owner % tx_count == tx)
			segment_adopt(s, owner, first);
	}
	if (d)
		closedir(d);
	return s;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	for (struct spool_segment *g = s->oldest, *next; g; g = next) {
		next = g->next;
		close(g->fd);
		free(g);
	}
	unlock_folder(s->lock);
	free(s);
}

uint64_t spool_items(const struct spool *s)
{
	return s->items;
}

uint64_t spool_bytes(const struct spool *s)
{
	return s->bytes;
}

/* ---- writing ---- */

/* A frame at the end of a segment; half of one is taken back. */
static int write_frame(struct spool *s, struct spool_segment *g, uint64_t sequence, const struct block *b,
	uint32_t from, uint32_t n, bool text)
{
	uint32_t start = block_start(b, from), bytes = block_start(b, from + n) - start;
	struct frame f = { .magic = MAGIC, .sequence = sequence, .items = n, .bytes = bytes, .text = text };
	uint64_t size = frame_size(n, bytes);
	static const uint8_t zeros[ALIGN];
	struct iovec v[] = {
		{ &f, sizeof(f) }, { s->ends, 4 * n }, { (void *)(uintptr_t)&b->key[from], 4 * n }, { b->data + start, bytes },
		{ (void *)(uintptr_t)zeros, size - sizeof(f) - 8 * n - bytes },
	};
	uLong crc = 0;

	for (uint32_t i = 0; i < n; i++)
		s->ends[i] = b->end[from + i] - start;
	for (int i = 1; i < 4; i++)
		crc = crc32(crc, v[i].iov_base, (uInt)v[i].iov_len);
	f.payload_crc = (uint32_t)crc;
	f.head_crc = head_crc(&f);
	ssize_t got = pwritev(g->fd, v, 5, (off_t)g->size);
	if (got != (ssize_t)size) {
		int error = got < 0 ? errno : ENOSPC;
		if (ftruncate(g->fd, (off_t)g->size) < 0)
			log_debug("spool: the torn frame stays");
		errno = error;
		return -1;
	}
	g->size += size;
	g->open_frames++;
	g->open_items += n;
	s->bytes += size;
	s->items += n;
	return 0;
}

int spool_append(struct spool *s, const struct block *b, uint32_t from, uint32_t n, bool text)
{
	uint64_t size = frame_size(n, block_start(b, from + n) - block_start(b, from));

	if (s->bytes + size > s->max) {
		errno = EDQUOT;
		return -1;
	}
	if (!s->writing || (s->writing->size && s->writing->size + size > s->segment_max))
		s->writing = segment_make(s, s->sequence);
	if (!s->writing || write_frame(s, s->writing, s->sequence, b, from, n, text) < 0)
		return -1;
	s->sequence++;
	return 0;
}

int spool_prepend(struct spool *s, const struct block *b, uint32_t from, uint32_t n, bool text)
{
	uint64_t size = frame_size(n, block_start(b, from + n) - block_start(b, from));

	if (s->bytes + size > s->max) {
		errno = EDQUOT;
		return -1;
	}
	if (!s->front) {
		s->front_sequence = (s->oldest ? s->oldest->first : s->sequence) - PREPEND_GAP;
		s->front = segment_make(s, s->front_sequence);
	}
	if (!s->front || write_frame(s, s->front, s->front_sequence, b, from, n, text) < 0)
		return -1;
	s->front_sequence++;
	return 0;
}

/* ---- reading ---- */

static struct spool_segment *reading(const struct spool *s)
{
	struct spool_segment *g = s->oldest;

	while (g && g->read_at >= g->size)
		g = g->next;
	return g;
}

bool spool_unread(const struct spool *s)
{
	return reading(s);
}

static void mark_done(struct spool *s, struct spool_segment *g, uint64_t offset, uint32_t items)
{
	static const uint32_t done = DONE;

	if (pwrite(g->fd, &done, sizeof(done), (off_t)(offset + offsetof(struct frame, done))) != sizeof(done))
		log_warn_seldom(&s->limit, "spool: can't mark what was delivered: %s; it may come twice after a restart", strerror(errno));
	g->open_frames--;
	g->open_items -= items;
	s->items -= items;
}

/* A segment goes when all of its frames are done and none is to come. */
static void settle(struct spool *s, struct spool_segment *g)
{
	if (!g->open_frames && g->read_at >= g->size)
		segment_remove(s, g);
}

/* The payload of a frame into a block; false where it is damaged. */
static bool read_payload(const struct spool_segment *g, uint64_t at, const struct frame *f, struct block *b)
{
	struct iovec v[] = { { b->end, 4 * f->items }, { b->key, 4 * f->items }, { b->data, f->bytes } };
	uLong crc = 0;
	uint32_t last = 0;

	if (preadv(g->fd, v, 3, (off_t)(at + sizeof(*f))) != (ssize_t)(8 * (uint64_t)f->items + f->bytes))
		return false;
	for (int i = 0; i < 3; i++)
		crc = crc32(crc, v[i].iov_base, (uInt)v[i].iov_len);
	if ((uint32_t)crc != f->payload_crc)
		return false;
	for (uint32_t i = 0; i < f->items; last = b->end[i++])
		if (b->end[i] < last || b->end[i] > f->bytes)
			return false;
	b->items = f->items;
	b->len = f->bytes;
	return last == f->bytes;
}

bool spool_next(struct spool *s, struct block *b, struct spool_mark *m, uint64_t *lost)
{
	for (struct spool_segment *g; (g = reading(s));) {
		struct frame f;
		uint64_t at = g->read_at;
		if (!find_frame(g, &at, &f)) {
			/* Frames that were there once. */
			uint64_t gone = g->open_items - g->flying_items;
			*lost += gone;
			s->items -= gone;
			g->open_items = g->flying_items;
			g->open_frames = g->flying_frames;
			g->read_at = g->size;
			settle(s, g);
			continue;
		}
		g->read_at = at + frame_size(f.items, f.bytes);
		if (f.done == DONE) {
			settle(s, g);
			continue;
		}
		if (read_payload(g, at, &f, b)) {
			g->flying_frames++;
			g->flying_items += f.items;
			*m = (struct spool_mark){ g, at, f.items, f.text };
			return true;
		}
		*lost += f.items;
		mark_done(s, g, at, f.items);
		settle(s, g);
	}
	return false;
}

void spool_done(struct spool *s, const struct spool_mark *m)
{
	struct spool_segment *g = m->segment;

	g->flying_frames--;
	g->flying_items -= m->items;
	mark_done(s, g, m->offset, m->items);
	settle(s, g);
}

uint64_t spool_drop_oldest(struct spool *s)
{
	struct spool_segment *g = reading(s);
	uint64_t dropped = 0;
	struct frame f;

	if (!g)
		return 0;
	for (uint64_t at = g->read_at; find_frame(g, &at, &f); at += frame_size(f.items, f.bytes)) {
		if (f.done == DONE)
			continue;
		dropped += f.items;
		mark_done(s, g, at, f.items);
	}
	g->read_at = g->size;
	settle(s, g);
	return dropped;
}
