// SPDX-License-Identifier: BSD-3-Clause
#include "core/folders.h"
#include "folder.h"

#include <sys/stat.h>

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) || !S_ISDIR(st.st_mode) ? 0 : st.st_mode & 0777;
}

Test(folders, makes_what_is_missing)
{
	umask(022);
	folders_above(test_path("a/b/c/file"));
	cr_assert_eq(mode_of(test_path("a/b/c")), 0755);
	cr_assert_eq(mode_of(test_path("a/b/c/file")), 0, "a file is left to its owner");
	chmod(test_path("a/b"), 0700);
	folders_above(test_path("a/b/c/file"));
	cr_assert_eq(mode_of(test_path("a/b")), 0700, "what is there stays as it is");
	folder_make(test_path("a/private"));
	cr_assert_eq(mode_of(test_path("a/private")), 0700);
	test_remove();
}

Test(folders, takes_any_path)
{
	char path[2 * PATH_MAX];

	memset(path, '/', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	folders_above(path);
	folders_above("");
	folders_above("/");
	folders_above("file");
}
