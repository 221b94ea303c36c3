// SPDX-License-Identifier: BSD-3-Clause
#include "port/files.h"

#include "port/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void files_free(struct files *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].path);
	free(list->v);
	*list = (struct files){ 0 };
}

/** Appends a file, unless it is there already. */
static int add(struct files *list, const char *path, const struct stat *st, struct error *e)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].device == st->st_dev && list->v[i].inode == st->st_ino)
			return 0;
	if (list->n == list->max) {
		size_t max = list->max ? 2 * list->max : 16;
		struct file *v = realloc(list->v, max * sizeof(*v));

		if (!v)
			return error_set(e, "%s: no memory", path);
		list->v = v;
		list->max = max;
	}
	char *copy = strdup(path);

	if (!copy)
		return error_set(e, "%s: no memory", path);
	list->v[list->n] = (struct file){
		.path = copy, .device = st->st_dev, .inode = st->st_ino, .first = INT64_MIN, .index = (uint32_t)list->n,
		.linktype = -1, .pipe = !S_ISREG(st->st_mode) || !strcmp(path, "-"), .size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
	};
	list->n++;
	return 0;
}

/** True where a folder's file is a capture by its name (`x.pcap`, `x.pcapng.gz`, `x.cap.3`) or its first bytes. */
static bool is_capture(const char *path, const char *name)
{
	uint8_t magic[4];

	if (strstr(name, ".pcap") || strstr(name, ".cap"))
		return true;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, magic, sizeof(magic));

	close(fd);
	return n == sizeof(magic) && capture_find(magic);
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int add_folder(struct files *list, const char *folder, struct error *e)
{
	struct dirent **names;
	int n = scandir(folder, &names, not_hidden, alphasort);
	size_t before = list->n;
	int result = 0;

	if (n < 0)
		return error_set(e, "%s: %s", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *path = NULL;
		struct stat st;

		if (!result && asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
			result = error_set(e, "%s: no memory", folder);
		else if (!result && !stat(path, &st) && S_ISREG(st.st_mode) && is_capture(path, names[i]->d_name))
			result = add(list, path, &st, e);
		free(path);
		free(names[i]);
	}
	free(names);
	if (!result && list->n == before)
		return error_set(e, "%s: no captures in this folder", folder);
	return result;
}

/** A name that is there, be it a folder or a file. */
static int add_path(struct files *list, const char *path, struct error *e)
{
	struct stat st;

	if (strcmp(path, "-") ? stat(path, &st) : fstat(STDIN_FILENO, &st))
		return error_set(e, "%s: %s", capture_name(path), strerror(errno));
	return S_ISDIR(st.st_mode) && strcmp(path, "-") ? add_folder(list, path, e) : add(list, path, &st, e);
}

static int add_pattern(struct files *list, const char *pattern, struct error *e)
{
	glob_t found;
	int r = glob(pattern, 0, NULL, &found);

	if (r)
		return error_set(e, "%s: %s", pattern, r == GLOB_NOMATCH ? "no file matches" : strerror(errno));
	for (size_t i = 0; !r && i < found.gl_pathc; i++)
		r = add_path(list, found.gl_pathv[i], e);
	globfree(&found);
	return r;
}

int files_expand(struct files *list, const char *const *specs, struct error *e)
{
	*list = (struct files){ 0 };
	for (; *specs; specs++) {
		bool pattern = strpbrk(*specs, "*?[") && access(*specs, F_OK);

		if (pattern ? add_pattern(list, *specs, e) : add_path(list, *specs, e))
			return -1;
	}
	return list->n ? 0 : error_set(e, "no capture file given");
}
