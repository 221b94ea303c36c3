// SPDX-License-Identifier: BSD-3-Clause
#include "app/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <gperftools/profiler.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool running;

int profile_start(const char *file, struct error *e)
{
	int fd;

	if (!file)
		return 0;
	/* gperftools tells nobody why it failed. */
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(e, "-cpuprofile %s: %s", file, strerror(errno));
	close(fd);
	if (!ProfilerStart(file))
		return error_set(e, "-cpuprofile %s: the profiler can't start", file);
	running = true;
	return 0;
}

void profile_thread(void)
{
	if (running)
		ProfilerRegisterThread();
}

void profile_stop(void)
{
	if (running)
		ProfilerStop();
	running = false;
}
