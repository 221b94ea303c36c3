// SPDX-License-Identifier: BSD-3-Clause
#include "app/top.h"
#include "app/overview.h"
#include "app/top_layout.h"
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The alternate screen without a cursor, and back. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[0m\033[?25h\033[?1049l"

struct top {
	int fd;            /* the terminal, by an open file of its own, so that not to wait is no other program's affair */
	int log_in;        /* lines of the log on their way … */
	int log_out;       /* … to the ordinary screen; a pipe */
	json_t *before;    /* what was drawn last */
	char *text;        /* what the terminal is to take … */
	size_t len, taken; /* … and what it has taken */
	char news[256];    /* the log's newest line */
};

/* The alternate screen is on. */
static _Atomic bool shown;

static bool same_terminal(int a, int b)
{
	unsigned x = 0, y = 0;

	return !ioctl(a, TIOCGDEV, &x) && !ioctl(b, TIOCGDEV, &y) && x == y;
}

static int check(const struct options *o, int fd, struct error *e)
{
	const char *term = getenv("TERM");

	if (!isatty(STDERR_FILENO))
		return error_set(e, "-top: standard error is no terminal; it is shown there: leave out 2>, or -top");
	if (fd < 0 || !same_terminal(STDERR_FILENO, fd))
		return error_set(e, "-top: standard error is a terminal, but not this session's, which alone is drawn on");
	if (term && !strcmp(term, "dumb"))
		return error_set(e, "-top: this terminal can't be drawn on (TERM is dumb)");
	if (!o->quiet && same_terminal(STDOUT_FILENO, STDERR_FILENO))
		return error_set(e, "-top: records would go to the same terminal: add -quiet, or > FILE");
	return 0;
}

struct top *top_open(const struct options *o, int *code, struct error *e)
{
	struct top *t = calloc(1, sizeof(*t));
	int fd = open("/dev/tty", O_WRONLY | O_NONBLOCK | O_CLOEXEC), ends[2];

	if (check(o, fd, e)) {
		*code = 2;
	} else if (!t || pipe2(ends, O_NONBLOCK | O_CLOEXEC)) {
		error_set(e, "-top: %s", strerror(errno));
	} else {
		*t = (struct top){ .fd = fd, .log_out = ends[0], .log_in = ends[1] };
		return t;
	}
	if (fd >= 0)
		close(fd);
	free(t);
	return NULL;
}

/* False where it must come later. A terminal that is gone takes everything: its end isn't the run's. */
static bool flush(struct top *t)
{
	while (t->taken < t->len) {
		ssize_t n = write(t->fd, t->text + t->taken, t->len - t->taken);

		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0 && errno != EINTR)
			break;
		t->taken += n > 0 ? (size_t)n : 0;
	}
	free(t->text);
	t->text = NULL;
	t->len = t->taken = 0;
	return true;
}

/* The last whole line. */
static void note_news(struct top *t, const char *text, size_t len)
{
	const char *end = memrchr(text, '\n', len), *start;

	if (!end)
		return;
	start = memrchr(text, '\n', (size_t)(end - text));
	start = start ? start + 1 : text;
	snprintf(t->news, sizeof(t->news), "%.*s", (int)(end - start), start);
}

/* What was logged goes to the ordinary screen, where it stays; then the picture's screen is on. */
static void write_log(struct top *t, FILE *out)
{
	static char text[1 << 16];
	ssize_t n = read(t->log_out, text, sizeof(text));

	if (n > 0) {
		note_news(t, text, (size_t)n);
		if (shown)
			fputs(LEAVE, out);
		fwrite(text, 1, (size_t)n, out);
	}
	if (n > 0 || !shown)
		fputs(ENTER, out);
}

/* Over the old picture, line by line: nothing flickers. */
static void write_picture(struct top *t, const json_t *now, FILE *out)
{
	struct winsize size = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *lines = open_memstream(&text, &len);

	if (!lines)
		return;
	if (ioctl(t->fd, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	top_layout(lines, now, t->before, t->news, size.ws_col, size.ws_row);
	if (!fclose(lines)) {
		fputs("\033[H", out);
		for (const char *p = text; *p; p++)
			if (*p != '\n')
				fputc(*p, out);
			else
				fputs(p[1] ? "\033[K\r\n" : "\033[K", out);
		fputs("\033[J", out);
	}
	free(text);
}

void top_show(struct top *t, const struct metrics_source *m)
{
	json_t *now;
	FILE *out;

	/* In the background the terminal is somebody else's. */
	if (tcgetpgrp(t->fd) != getpgrp() || !flush(t))
		return;
	out = open_memstream(&t->text, &t->len);
	if (!out)
		return;
	now = overview_json(m);
	write_log(t, out);
	write_picture(t, now, out);
	json_decref(t->before);
	t->before = now;
	if (fclose(out))
		t->len = 0;
	log_to(t->log_in);
	shown = true;
	flush(t);
}

void top_restore(void)
{
	log_to(STDERR_FILENO);
	if (atomic_exchange(&shown, false) && write(STDERR_FILENO, LEAVE, sizeof(LEAVE) - 1) < 0)
		return;
}

void top_close(struct top *t)
{
	char text[4096];
	ssize_t n;

	if (!t)
		return;
	/* Half a picture is of no use now, but half a sequence would take the next one with it. */
	if (!flush(t) && write(STDERR_FILENO, t->text + t->taken, t->len - t->taken) < 0)
		log_debug("-top: the terminal takes nothing");
	top_restore();
	while ((n = read(t->log_out, text, sizeof(text))) > 0)
		if (write(STDERR_FILENO, text, (size_t)n) < 0)
			break;
	close(t->fd);
	close(t->log_in);
	close(t->log_out);
	json_decref(t->before);
	free(t->text);
	free(t);
}
