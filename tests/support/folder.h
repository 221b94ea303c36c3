// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A folder of the test's own, gone when the test says so.
 */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** The folder, made at the first call. */
static inline const char *test_folder(void)
{
	static char folder[64];
	if (!folder[0]) {
		strcpy(folder, "/tmp/dnsweir-test-XXXXXX");
		cr_assert(mkdtemp(folder));
	}
	return folder;
}

/** Path of a name in it; valid for the next 31 calls. */
static inline char *test_path(const char *name)
{
	static char path[32][PATH_MAX];
	static unsigned at;
	char *p = path[at++ % 32];
	snprintf(p, PATH_MAX, "%s/%s", test_folder(), name);
	return p;
}

static inline int test_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

/** Removes the folder and all in it. */
static inline void test_remove(void)
{
	nftw(test_folder(), test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/** A whole file with a NUL behind it, for the caller to free; its length in *len if asked for. */
static inline char *test_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text;
	long n;

	cr_assert(f, "%s", path);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	text = malloc((size_t)n + 1);
	cr_assert_eq(fread(text, 1, (size_t)n, f), (size_t)n);
	text[n] = '\0';
	fclose(f);
	if (len)
		*len = (size_t)n;
	return text;
}

/** File names, sorted. */
struct test_names {
	unsigned n;
	char name[64][NAME_MAX + 1];
};

static inline int test_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/** What lies in a folder below the test's ("" is the test's own). */
static inline struct test_names test_list(const char *below)
{
	struct test_names all = { 0 };
	DIR *d = opendir(test_path(below));

	cr_assert(d);
	for (struct dirent *f; (f = readdir(d));)
		if (f->d_name[0] != '.' && all.n < 64)
			strcpy(all.name[all.n++], f->d_name);
	closedir(d);
	qsort(all.name, all.n, sizeof(all.name[0]), test_compare);
	return all;
}

#endif
