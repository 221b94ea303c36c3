// SPDX-License-Identifier: BSD-3-Clause
#include "core/log.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static int saved, ends[2];

/* Standard error goes into a pipe until caught(). */
static void catch_stderr(void)
{
	cr_assert_eq(pipe(ends), 0);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
}

static const char *caught(void)
{
	static char text[8192];
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	text[n > 0 ? n : 0] = 0;
	return text;
}

Test(log, kinds)
{
	catch_stderr();
	log_error("no %s", "disk");
	log_warn("slow");
	log_info("started");
	log_debug("hidden");
	log_set_debug(true);
	cr_assert(log_debug_on());
	log_debug("shown");
	log_set_debug(false);
	log_debug("hidden");
	cr_assert(!log_debug_on());
	cr_assert_str_eq(caught(),
		"dnsweir: error: no disk\ndnsweir: warning: slow\ndnsweir: started\ndnsweir: debug: shown\n");
}

Test(log, one_line_whatever_is_told)
{
	char lots[3000];
	const char *text;

	memset(lots, 'y', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = 0;
	catch_stderr();
	log_error("a\nb\x1b");
	log_warn("%s", lots);
	text = caught();
	cr_assert_eq(strncmp(text, "dnsweir: error: a?b?\ndnsweir: warning: yyy", 40), 0);
	cr_assert_eq(strchr(strchr(text, '\n') + 1, '\n') - text + 1, (long)strlen(text));
	cr_assert_leq(strlen(text), 21 + 1024);
}

Test(log, lines_go_where_they_are_led)
{
	char text[64] = "";
	int pipe_ends[2];

	cr_assert_eq(pipe(pipe_ends), 0);
	catch_stderr();
	log_to(pipe_ends[1]);
	log_info("elsewhere");
	log_to(STDERR_FILENO);
	log_info("here");
	cr_assert_str_eq(caught(), "dnsweir: here\n");
	cr_assert_gt(read(pipe_ends[0], text, sizeof(text) - 1), 0);
	cr_assert_str_eq(text, "dnsweir: elsewhere\n");
}

Test(log, closed_standard_error_is_no_trouble)
{
	int fd = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	log_error("nobody hears this");
	dup2(fd, STDERR_FILENO);
	close(fd);
}

Test(log, once_a_minute)
{
	struct log_limit limit = { 0 };
	uint64_t missed = 99;

	cr_assert(log_allowed(&limit, &missed));
	cr_assert_eq(missed, 0);
	for (unsigned i = 0; i < 5; i++)
		cr_assert(!log_allowed(&limit, &missed));
	cr_assert_eq(limit.suppressed, 5);
	limit.last -= 61 * NSEC_PER_SEC;
	/* A machine that was started less than a minute ago must not lose the first message after a wait. */
	cr_assert(log_allowed(&limit, &missed));
	cr_assert_eq(missed, 5);
	cr_assert(!log_allowed(&limit, &missed));
}

Test(log, seldom_tells_how_often_it_was_held_back)
{
	struct log_limit limit = { 0 };
	char lots[3000];

	memset(lots, 'y', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = 0;
	catch_stderr();
	for (unsigned i = 0; i < 4; i++)
		log_error_seldom(&limit, "no disk %u", i);
	limit.last -= 61 * NSEC_PER_SEC;
	log_warn_seldom(&limit, "slow");
	cr_assert_str_eq(caught(), "dnsweir: error: no disk 0\ndnsweir: warning: slow (3 more times since last told)\n");

	/* However long the line, the number stays. */
	catch_stderr();
	log_warn_seldom(&limit, "held back");
	limit.last -= 61 * NSEC_PER_SEC;
	log_warn_seldom(&limit, "%s", lots);
	const char *text = caught();

	cr_assert_leq(strlen(text), 1024);
	cr_assert(strstr(text, "yyy (1 more times since last told)\n"));
}
