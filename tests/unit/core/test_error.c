// SPDX-License-Identifier: BSD-3-Clause
#include "core/error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(error, says_what_it_is_told)
{
	struct error e;

	cr_assert_eq(error_set(&e, "%s: %d is not 1 … %d", "-numprocs", 0, 64), -1);
	cr_assert_str_eq(e.text, "-numprocs: 0 is not 1 … 64");
	error_set(&e, "second");
	cr_assert_str_eq(e.text, "second");
}

Test(error, is_cut_to_fit)
{
	struct error e;
	char lots[2000];

	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = 0;
	error_set(&e, "%s", lots);
	cr_assert_eq(strlen(e.text), sizeof(e.text) - 1);
}

/* A file's name may hold anything: the text stays one line and can't drive a terminal. */
Test(error, has_no_control_bytes)
{
	struct error e;

	error_set(&e, "a\nb\r\x1b[31m\x7f\tc é");
	cr_assert_str_eq(e.text, "a?b??[31m??c é");
}
