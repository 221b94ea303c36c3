// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * As much of Criterion as the tests with threads use, for ThreadSanitizer, under which Criterion's own memory can't be mapped.
 * Each test is run in a process of its own; one that takes a minute or longer has failed.
 */
#ifndef LINT_CRITERION_H
#define LINT_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lint_test {
	const char *name;
	void (*run)(void);
} lint_tests[256];
static unsigned lint_n;

#define Test(suite, name, ...)                                                 \
	static void test_##suite##_##name(void);                                    \
	__attribute__((constructor)) static void add_##suite##_##name(void)    \
	{                                                                      \
		lint_tests[lint_n++] = (struct lint_test){ #suite "::" #name, test_##suite##_##name }; \
	}                                                                      \
	static void test_##suite##_##name(void)
#define TestSuite(...) _Static_assert(1, "")

#define cr_assert(condition, ...)                                              \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                              \
		}                                                              \
	} while (0)
#define cr_expect cr_assert
#define cr_assert_eq(a, b, ...) cr_assert((a) == (b))
#define cr_assert_neq(a, b, ...) cr_assert((a) != (b))
#define cr_assert_lt(a, b, ...) cr_assert((a) < (b))
#define cr_assert_leq(a, b, ...) cr_assert((a) <= (b))
#define cr_assert_gt(a, b, ...) cr_assert((a) > (b))
#define cr_assert_geq(a, b, ...) cr_assert((a) >= (b))
#define cr_assert_not(a, ...) cr_assert(!(a))
#define cr_assert_null(a, ...) cr_assert(!(a))
#define cr_assert_not_null(a, ...) cr_assert((a) != NULL)
#define cr_assert_str_eq(a, b, ...) cr_assert(!strcmp(a, b))
#define cr_assert_arr_eq(a, b, size, ...) cr_assert(!memcmp(a, b, size))

int main(void)
{
	unsigned failed = 0;

	for (unsigned i = 0; i < lint_n; i++) {
		int status = 0;
		pid_t child = fork();

		if (!child) {
			alarm(60);
			lint_tests[i].run();
			exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status) {
			fprintf(stderr, "%s failed (%d)\n", lint_tests[i].name, status);
			failed++;
		}
	}
	return failed != 0;
}

#endif
