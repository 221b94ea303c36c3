// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * One line of text that says what went wrong, where, and what is allowed.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

/** An error's text; empty while there is none. Owned by the caller, who prints it once. */
struct error {
	char text[512];
};

/** Sets the text (printf form, cut to fit, control bytes replaced by `?`). Returns -1, so that `return error_set(…)` reads well. */
int error_set(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
