// SPDX-License-Identifier: BSD-3-Clause
#include "app/report.h"
#include "app/overview.h"
#include "app/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

FILE *report_open(const char *path, struct error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f) {
		error_set(e, "-report: can't write %.300s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return f;
}

int report_write(FILE *f, const struct metrics_source *m, struct error *e)
{
	int failed;

	/* What is no regular file has nothing to cut off. */
	if (ftruncate(fileno(f), 0) && errno != EINVAL) {
		fclose(f);
		return error_set(e, "-report: %s", strerror(errno));
	}
	fputs(page_before, f);
	failed = overview_write(m, f);
	fputs(page_after, f);
	failed |= ferror(f);
	if (fclose(f) || failed)
		return error_set(e, "-report: %s", errno ? strerror(errno) : "no memory");
	return 0;
}
