// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * Lines for people, on standard error or where log_to() leads them. Never called on the packet path.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/** How much is told: debug lines only with log_set_debug(true). */
void log_set_debug(bool on);

/** True where debug lines are told. */
bool log_debug_on(void);

/** Where lines go from now on, of every thread: a descriptor of the caller's; STDERR_FILENO at first. Async-signal-safe. */
void log_to(int fd);

/** `dnsweir: error: …` — something failed that the user has to know. One whole line a call, control bytes replaced. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `dnsweir: warning: …` */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `dnsweir: …` */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `dnsweir: debug: …`, only where debug is on. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** State of a message that may be told once a minute at most; zero-initialised, used by one thread. */
struct log_limit {
	int64_t last;        /**< monotonic ns when last told; 0 never */
	uint64_t suppressed; /**< times since then that it was not told */
};

/** True when it may be told now. `*missed` gets how often it was held back since the last time. */
bool log_allowed(struct log_limit *limit, uint64_t *missed);

/** log_error() once a minute at most; the line ends with how often it was held back since the last time. */
void log_error_seldom(struct log_limit *limit, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** log_warn(), likewise. */
void log_warn_seldom(struct log_limit *limit, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
