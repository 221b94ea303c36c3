// SPDX-License-Identifier: BSD-3-Clause
#include "core/folders.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

void folders_above(const char *path)
{
	char part[PATH_MAX];

	if (!*path || strlen(path) >= sizeof(part))
		return;
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = '\0';
		mkdir(part, 0755);
	}
}

void folder_make(const char *path)
{
	mkdir(path, 0700);
}
