// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A folder, an environment and a command line of their own for tests of options.
 */
#ifndef OPTIONS_SUPPORT_H
#define OPTIONS_SUPPORT_H

#include "app/options.h"
#include "app/options_table.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char support_folder[64];

/** Enters an empty folder, with no variable of ours set. */
static inline void enter_folder(void)
{
	strcpy(support_folder, "/tmp/options_XXXXXX");
	cr_assert(mkdtemp(support_folder));
	cr_assert_eq(chdir(support_folder), 0);
	for (unsigned i = 0; i < option_row_count; i++)
		if (option_rows[i].variable)
			unsetenv(option_rows[i].variable);
}

/** Removes the folder and the few files that tests write. */
static inline void leave_folder(void)
{
	static const char *const names[] = { ".env", "c.json", "out", "err" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	cr_assert_eq(chdir("/"), 0);
	rmdir(support_folder);
}

/** Writes a file of the folder. */
static inline void put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

/** A file's text; the caller frees it. */
static inline char *get_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text = NULL;
	size_t size = 0;

	cr_assert(f, "%s is not there", name);
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(f);
	return text;
}

/** What a file descriptor gets from now on goes to a file. */
static inline void divert(int fd, const char *name)
{
	int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_geq(file, 0);
	fflush(NULL);
	cr_assert_geq(dup2(file, fd), 0);
	close(file);
}

/** Reads options with these flags, up to a NULL. */
static inline enum options_result read_flags_list(struct options *o, struct error *e, ...)
{
	char *argv[64] = { (char *)"dnsweir" };
	int argc = 1;
	va_list args;

	va_start(args, e);
	for (char *a; (a = va_arg(args, char *));)
		argv[argc++] = a;
	va_end(args);
	return options_read(o, argc, argv, e);
}

/** Options of a command line that must be right. */
#define GOOD(o, ...)                                                                                         \
	do {                                                                                                 \
		struct error error_;                                                                         \
		cr_assert_eq(read_flags_list(o, &error_, __VA_ARGS__, NULL), OPTIONS_GO, "%s", error_.text); \
	} while (0)

/** A command line that must be wrong; the line that says so has each of the texts of BAD_TEXTS(…). */
#define BAD(expect, ...)                                                                                     \
	do {                                                                                                 \
		struct options bad_;                                                                         \
		struct error error_;                                                                         \
		cr_assert_eq(read_flags_list(&bad_, &error_, __VA_ARGS__, NULL), OPTIONS_ERROR);             \
		cr_assert(strstr(error_.text, expect), "\"%s\" is not in: %s", expect, error_.text);         \
		cr_assert_not(strchr(error_.text, '\n'));                                                    \
		options_free(&bad_);                                                                         \
	} while (0)

/** Leaves a test whose option has no part in this version yet. */
#define NEEDS(name)                                                                                          \
	do {                                                                                                 \
		if (option_find(name, strlen(name))->pending)                                                \
			cr_skip_test("-%s is pending", name);                                                \
	} while (0)

#endif
