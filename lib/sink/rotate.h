// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Backups of a log file as lumberjack (Go) keeps them: `base-2006-01-02T15-04-05.000.ext` in UTC, some of
 * them, for some days, compressed if wanted. Deleting and compressing happen in a thread of their own.
 */
#ifndef SINK_ROTATE_H
#define SINK_ROTATE_H

#include "core/error.h"
#include "core/log.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Bytes of a stamp, `2006-01-02T15-04-05.000`. */
#define ROTATE_STAMP 23

/** What is kept of a log file. Set up by rotate_init(); the limits may be read by any thread. */
struct rotate {
	char path[PATH_MAX];
	char dir[PATH_MAX];
	char prefix[NAME_MAX + 2]; /**< base and `-` */
	char ext[NAME_MAX + 1];    /**< with its dot, or "" */
	uint32_t max_backups;      /**< 0: no limit */
	uint32_t max_age;          /**< days; 0: no limit */
	bool compress;
	int64_t last_ms;           /**< stamp of the newest backup; the renaming thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool due, stop;            /**< under `lock` */
	_Atomic bool hurry;        /**< leave compressing for the next start */
	struct log_limit limit;    /**< the thread's */
};

/** Takes the names apart and starts the thread on `cpus` (NULL: as the caller), which looks after old backups
 * at once. -1 and the reason where the path is too long or there is no thread. */
int rotate_init(struct rotate *r, const char *path, uint32_t max_backups, uint32_t max_age, bool compress,
	const cpu_set_t *cpus, struct error *e);

/** Renames the log file to a backup's name that nobody has, and wakes the thread. 0, or -1 with errno. One
 * thread at a time. */
int rotate_backup(struct rotate *r);

/** Ends the thread: what is to be deleted is; what is to be compressed too, unless `hurry`. */
void rotate_stop(struct rotate *r, bool hurry);

/** Writes the stamp of `ms` since the epoch. */
void rotate_stamp(char text[ROTATE_STAMP + 1], int64_t ms);

#endif
