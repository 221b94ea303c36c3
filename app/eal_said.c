// SPDX-License-Identifier: BSD-3-Clause
#include "app/eal_said.h"

#include <fcntl.h>
#include <rte_log.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *kept;  /* stays open: DPDK's threads may be about to write to it */
static char *text;
static size_t size;
static FILE *usual; /* standard error while it is kept */
static int out = -1;

/* DPDK panics: what it said is why. */
static void tell(int number)
{
	if (write(STDERR_FILENO, text, size) < 0)
		_exit(1);
	signal(number, SIG_DFL);
	raise(number);
}

static void redirect_output(bool show)
{
	int to = show ? dup(STDERR_FILENO) : open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (out >= 0 && to >= 0)
		dup2(to, STDOUT_FILENO);
	if (to >= 0)
		close(to);
}

void eal_said_begin(bool show)
{
	redirect_output(show);
	kept = show ? NULL : open_memstream(&text, &size);
	if (!kept)
		return;
	signal(SIGABRT, tell);
	usual = stderr;
	stderr = kept; /* glibc's own functions write there, too */
	rte_openlog_stream(kept);
}

/* The first line, without whose it is. */
static const char *first_line(void)
{
	static const char *const whose[] = { "dnsweir: ", "EAL: " };
	char *line = text;

	line[strcspn(line, "\n")] = 0;
	for (unsigned i = 0; i < sizeof(whose) / sizeof(whose[0]); i++)
		if (!strncmp(line, whose[i], strlen(whose[i])))
			line += strlen(whose[i]);
	return *line ? line : NULL;
}

const char *eal_said_end(void)
{
	fflush(stdout);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		close(out);
	}
	out = -1;
	if (!kept)
		return NULL;
	rte_openlog_stream(NULL);
	stderr = usual;
	signal(SIGABRT, SIG_DFL);
	return fflush(kept) ? NULL : first_line();
}
