// SPDX-License-Identifier: BSD-3-Clause
#include "sink/rotate.h"
#include "core/clock.h"
#include "core/out.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define DAY_MS (INT64_C(86400) * 1000)
#define LOOK_EVERY_S 3600
#define TRIES 10000

/* A backup found in the folder. */
struct backup {
	char name[NAME_MAX + 1];
	char stamp[ROTATE_STAMP + 1];
	bool gz;
};

void rotate_stamp(char text[ROTATE_STAMP + 1], int64_t ms)
{
	struct out o = out_init(text, ROTATE_STAMP);
	time_t s = ms / 1000;
	struct tm tm;

	gmtime_r(&s, &tm);
	out_dec_pad(&o, (uint64_t)tm.tm_year + 1900, 4);
	const struct { char before; int value; unsigned width; } parts[] = {
		{ '-', tm.tm_mon + 1, 2 }, { '-', tm.tm_mday, 2 }, { 'T', tm.tm_hour, 2 },
		{ '-', tm.tm_min, 2 }, { '-', tm.tm_sec, 2 }, { '.', (int)(ms % 1000), 3 },
	};
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		out_u8(&o, (uint8_t)parts[i].before);
		out_dec_pad(&o, (uint64_t)parts[i].value, parts[i].width);
	}
	text[ROTATE_STAMP] = '\0';
}

/* True where the text has the form of a stamp; stamps of that form sort as their times do. */
static bool is_stamp(const char *p)
{
	static const char form[] = "dddd-dd-ddTdd-dd-dd.ddd";

	for (unsigned i = 0; i < ROTATE_STAMP; i++)
		if (form[i] == 'd' ? p[i] < '0' || p[i] > '9' : p[i] != form[i])
			return false;
	return true;
}

/* Takes a file name apart; false where it is no backup of ours. */
static bool parse(const struct rotate *r, const char *name, struct backup *b)
{
	size_t len = strlen(name), prefix = strlen(r->prefix), ext = strlen(r->ext);

	b->gz = len > 3 && !strcmp(name + len - 3, ".gz") && strcmp(r->ext, ".gz");
	if (len > NAME_MAX || len != prefix + ROTATE_STAMP + ext + (b->gz ? 3 : 0))
		return false;
	if (memcmp(name, r->prefix, prefix) || !is_stamp(name + prefix) || memcmp(name + prefix + ROTATE_STAMP, r->ext, ext))
		return false;
	memcpy(b->name, name, len + 1);
	memcpy(b->stamp, name + prefix, ROTATE_STAMP);
	b->stamp[ROTATE_STAMP] = '\0';
	return true;
}

static int newest_first(const void *a, const void *b)
{
	const struct backup *x = a, *y = b;
	int order = strcmp(y->stamp, x->stamp);
	return order ? order : (int)x->gz - (int)y->gz;
}

/* All backups, newest first; the caller frees them. */
static struct backup *list(const struct rotate *r, size_t *n)
{
	DIR *d = opendir(r->dir);
	struct backup *all = NULL, one;
	size_t room = 0;

	*n = 0;
	for (struct dirent *f; d && (f = readdir(d));) {
		if (!parse(r, f->d_name, &one))
			continue;
		if (*n == room) {
			struct backup *more = realloc(all, (room = room ? 2 * room : 64) * sizeof(*all));
			if (!more)
				break;
			all = more;
		}
		all[(*n)++] = one;
	}
	if (d)
		closedir(d);
	if (*n)
		qsort(all, *n, sizeof(*all), newest_first);
	return all;
}

static void full_path(const struct rotate *r, const char *name, const char *more, char out[2 * PATH_MAX])
{
	snprintf(out, 2 * PATH_MAX, "%s/%s%s", r->dir, name, more);
}

static void complain(struct rotate *r, const char *what, const char *path)
{
	int error = errno;

	log_warn_seldom(&r->limit, "can't %s %s: %s", what, path, strerror(error));
}

/* Copies `in` to a gzip stream; false on an error or when it is to hurry. */
static bool deflate_file(struct rotate *r, int in, gzFile out)
{
	static const unsigned chunk = 64 << 10;
	char *buf = malloc(chunk);
	ssize_t n = -1;

	while (buf && !atomic_load(&r->hurry) && (n = read(in, buf, chunk)) > 0)
		if (gzwrite(out, buf, (unsigned)n) != n) {
			n = -1;
			break;
		}
	free(buf);
	return n == 0;
}

/* Compresses a backup under a passing name, so that a `.gz` is always whole; its mode and owner stay. */
static void compress_backup(struct rotate *r, const struct backup *b)
{
	char from[2 * PATH_MAX], to[2 * PATH_MAX], part[2 * PATH_MAX];
	struct stat st;
	bool done = false;

	full_path(r, b->name, "", from);
	full_path(r, b->name, ".gz", to);
	full_path(r, b->name, ".gz.part", part);
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 || fstat(in, &st) < 0 ? -1 : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	gzFile gz = out < 0 ? NULL : gzdopen(out, "wb6");
	if (gz) {
		if (fchmod(out, st.st_mode & 07777) < 0 || fchown(out, st.st_uid, st.st_gid) < 0)
			log_debug("%s keeps its own mode or owner", to);
		done = deflate_file(r, in, gz);
		done = gzclose(gz) == Z_OK && done && rename(part, to) == 0;
	} else if (out >= 0) {
		close(out);
	}
	if (in >= 0)
		close(in);
	if (done) {
		unlink(from);
		return;
	}
	if (!atomic_load(&r->hurry))
		complain(r, "compress", from);
	unlink(part);
}

/* Deletes what is too many or too old, compresses the others. */
static void look_after(struct rotate *r)
{
	char oldest[ROTATE_STAMP + 1], path[2 * PATH_MAX];
	size_t n, kept = 0;
	struct backup *all = list(r, &n);

	rotate_stamp(oldest, clock_realtime() / NSEC_PER_MSEC - r->max_age * DAY_MS);
	for (size_t i = 0; i < n; i++) {
		bool twin = i && !strcmp(all[i].stamp, all[i - 1].stamp);
		kept += !twin;
		if ((r->max_backups && kept > r->max_backups) || (r->max_age && strcmp(all[i].stamp, oldest) < 0)) {
			full_path(r, all[i].name, "", path);
			if (unlink(path) < 0 && errno != ENOENT)
				complain(r, "delete", path);
		} else if (r->compress && !all[i].gz && !atomic_load(&r->hurry)) {
			compress_backup(r, &all[i]);
		}
	}
	free(all);
}

static void *work(void *arg)
{
	struct rotate *r = arg;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		bool stop = r->stop;
		r->due = false;
		pthread_mutex_unlock(&r->lock);
		look_after(r);
		pthread_mutex_lock(&r->lock);
		if (stop)
			break;
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += LOOK_EVERY_S;
		while (!r->due && !r->stop && pthread_cond_clockwait(&r->wake, &r->lock, CLOCK_MONOTONIC, &until) == 0)
			;
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Signals are for the main thread. */
static int start(struct rotate *r, const cpu_set_t *cpus)
{
	sigset_t all, old;
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	if (cpus)
		pthread_attr_setaffinity_np(&attr, sizeof(*cpus), cpus);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&r->thread, &attr, work, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

int rotate_init(struct rotate *r, const char *path, uint32_t max_backups, uint32_t max_age, bool compress,
	const cpu_set_t *cpus, struct error *e)
{
	char copy[PATH_MAX];
	const char *base, *dot;
	int error;

	memset(r, 0, sizeof(*r));
	if (strlen(path) >= PATH_MAX)
		return error_set(e, "logfile: path too long");
	base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	dot = strrchr(base, '.') ? strrchr(base, '.') : base + strlen(base);
	if (!*base || strlen(base) + ROTATE_STAMP + sizeof("-.gz.part") > NAME_MAX)
		return error_set(e, "logfile %s: name empty or too long", path);
	strcpy(copy, path);
	strcpy(r->path, path);
	strcpy(r->dir, dirname(copy));
	snprintf(r->prefix, sizeof(r->prefix), "%.*s-", (int)(dot - base), base);
	snprintf(r->ext, sizeof(r->ext), "%s", dot);
	r->max_backups = max_backups;
	r->max_age = max_age;
	r->compress = compress;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	error = start(r, cpus);
	return error ? error_set(e, "logfile %s: no thread for its backups: %s", path, strerror(error)) : 0;
}

static bool taken(const char *path)
{
	char gz[2 * PATH_MAX + 4];

	snprintf(gz, sizeof(gz), "%s.gz", path);
	return access(path, F_OK) == 0 || access(gz, F_OK) == 0;
}

int rotate_backup(struct rotate *r)
{
	int64_t ms = clock_realtime() / NSEC_PER_MSEC;
	char stamp[ROTATE_STAMP + 1], path[2 * PATH_MAX];
	int tries = 0;

	/* Two rotations within a millisecond, or a clock that was set back, must not overwrite a backup. */
	if (ms <= r->last_ms && r->last_ms - ms < DAY_MS)
		ms = r->last_ms + 1;
	do {
		rotate_stamp(stamp, ms++);
		snprintf(path, sizeof(path), "%s/%s%s%s", r->dir, r->prefix, stamp, r->ext);
	} while (taken(path) && ++tries < TRIES);
	if (tries == TRIES) {
		errno = EEXIST;
		return -1;
	}
	if (rename(r->path, path) < 0)
		return -1;
	r->last_ms = ms - 1;
	pthread_mutex_lock(&r->lock);
	r->due = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	return 0;
}

void rotate_stop(struct rotate *r, bool hurry)
{
	atomic_store(&r->hurry, hurry);
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
}
