// SPDX-License-Identifier: BSD-3-Clause
#include "app/losses.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** What was told on standard error until now. */
static const char *told(void)
{
	static char text[2000];
	ssize_t n;

	fflush(stderr);
	n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = 0;
	return text;
}

static void to_file(void)
{
	FILE *f = tmpfile();

	cr_assert(f != NULL);
	dup2(fileno(f), STDERR_FILENO);
}

TestSuite(losses, .init = to_file);

Test(losses, what_grows_is_told_and_not_too_often)
{
	static struct losses l;

	losses_note(&l, 0, 0, "ring", "packets");
	cr_expect_str_eq(told(), "");
	losses_note(&l, 0, 5, "ring", "packets");
	cr_expect_str_eq(told(), "dnsweir: warning: ring: lost 5 packets (5 in all)\n");
	losses_note(&l, 0, 9, "ring", "packets"); /* within a minute */
	cr_expect_str_eq(told(), "dnsweir: warning: ring: lost 5 packets (5 in all)\n");
	l.limit[0].last -= INT64_C(61000000000);
	losses_note(&l, 0, 9, "ring", "packets");
	cr_expect(strstr(told(), "ring: lost 4 packets (9 in all)\n") != NULL, "%s", told());
	l.limit[0].last -= INT64_C(61000000000);
	losses_note(&l, 0, 9, "ring", "packets"); /* nothing new */
	cr_expect(eq(i32, (int)strlen(told()), (int)(strlen("dnsweir: warning: ring: lost 5 packets (5 in all)\n") * 2)));
}

Test(losses, owners_have_limits_of_their_own)
{
	static struct losses l;

	losses_note(&l, 0, 1, "ring", "packets");
	losses_note(&l, LOSSES_OWNERS, 1, "file", "records");
	cr_expect(strstr(told(), "ring: lost 1 packets") && strstr(told(), "file: lost 1 records"), "%s", told());
}
