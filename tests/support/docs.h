// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * What the docs show must be what the program writes.
 */
#ifndef SUPPORT_DOCS_H
#define SUPPORT_DOCS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The text of a file of the project's; free() it. */
static inline char *docs_read(const char *name)
{
	const char *root = getenv("TEST_ROOT");
	char path[4096], *text = malloc(1 << 20);

	snprintf(path, sizeof(path), "%s/%s", root ? root : ".", name);
	FILE *f = fopen(path, "r");
	cr_assert(f, "%s", path);
	text[fread(text, 1, (1 << 20) - 1, f)] = 0;
	fclose(f);
	return text;
}

/** Fails the test unless the file shows the text. */
static inline void docs_show(const char *name, const char *text)
{
	char *all = docs_read(name);

	cr_assert(strstr(all, text), "%s doesn't show %s", name, text);
	free(all);
}

#endif
