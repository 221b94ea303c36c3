// SPDX-License-Identifier: BSD-3-Clause
#include "core/log.h"
#include "core/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic bool debug;
static _Atomic int log_fd = STDERR_FILENO;

void log_set_debug(bool on)
{
	debug = on;
}

void log_to(int fd)
{
	log_fd = fd;
}

bool log_debug_on(void)
{
	return debug;
}

/* One write() a line, so that lines of several threads don't mix; with how often its like was held back before. */
static void log_line(const char *kind, uint64_t missed, const char *format, va_list args)
{
	char line[1024], tail[64] = "";
	int head = snprintf(line, sizeof(line), "dnsweir: %s", kind);
	int tail_len = missed ? snprintf(tail, sizeof(tail), " (%llu more times since last told)", (unsigned long long)missed) : 0;
	size_t room = sizeof(line) - (size_t)(head + tail_len) - 1;
	int body = vsnprintf(line + head, room, format, args);
	size_t len = (size_t)head + (body < 0 ? 0 : (size_t)body < room ? (size_t)body : room - 1);

	memcpy(line + len, tail, (size_t)tail_len);
	len += (size_t)tail_len;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	/* Standard error may be closed or full: there is nobody left to tell. */
	if (write(log_fd, line, len) < 0)
		return;
}

#define LOG_FUNCTION(name, kind, when)               \
	void name(const char *format, ...)           \
	{                                            \
		va_list args;                        \
		if (!(when))                         \
			return;                      \
		va_start(args, format);              \
		log_line(kind, 0, format, args);     \
		va_end(args);                        \
	}

LOG_FUNCTION(log_error, "error: ", true)
LOG_FUNCTION(log_warn, "warning: ", true)
LOG_FUNCTION(log_info, "", true)
LOG_FUNCTION(log_debug, "debug: ", debug)

bool log_allowed(struct log_limit *limit, uint64_t *missed)
{
	int64_t now = clock_monotonic();

	if (limit->last && now - limit->last < 60 * NSEC_PER_SEC) {
		limit->suppressed++;
		return false;
	}
	*missed = limit->suppressed;
	limit->suppressed = 0;
	limit->last = now;
	return true;
}

#define SELDOM_FUNCTION(name, kind)                                           \
	void name(struct log_limit *limit, const char *format, ...)           \
	{                                                                     \
		uint64_t missed;                                              \
		va_list args;                                                 \
		if (!log_allowed(limit, &missed))                             \
			return;                                               \
		va_start(args, format);                                       \
		log_line(kind, missed, format, args);                         \
		va_end(args);                                                 \
	}

SELDOM_FUNCTION(log_error_seldom, "error: ")
SELDOM_FUNCTION(log_warn_seldom, "warning: ")
