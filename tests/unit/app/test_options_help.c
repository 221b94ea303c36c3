// SPDX-License-Identifier: BSD-3-Clause
#include "docs.h"
#include "options_support.h"

TestSuite(options_help, .init = enter_folder, .fini = leave_folder);

/* What an action prints; the caller frees it. */
static char *printed(void (*action)(void))
{
	int out = dup(STDOUT_FILENO);

	divert(STDOUT_FILENO, "out");
	action();
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return get_file("out");
}

static void assert_committed(const char *name, void (*action)(void))
{
	char path[4096];
	const char *root = getenv("TEST_ROOT");

	if (!root)
		cr_skip_test("TEST_ROOT is not set");
	snprintf(path, sizeof(path), "%s/%s", root, name);
	char *want = printed(action), *is = get_file(path);
	cr_assert(!strcmp(want, is), "%s is not what the table of options says: run scripts/docs", name);
	free(want);
	free(is);
}

Test(options_help, the_committed_pages_are_current)
{
	assert_committed("docs/options.md", options_print_markdown);
	assert_committed("docs/dnsweir.1", options_print_man);
	assert_committed("config/dnsweir.bash-completion", options_print_completion);
}

Test(options_help, every_option_is_in_every_text_in_its_group)
{
	static void (*const actions[])(void) = { options_print_help, options_print_markdown,
		options_print_man, options_print_completion };

	for (unsigned a = 0; a < 4; a++) {
		char *text = printed(actions[a]);
		for (unsigned i = 0; i < option_row_count; i++) {
			const struct option_row *row = &option_rows[i];
			if (row->group == GROUP_HIDDEN)
				continue;
			cr_assert(strstr(text, row->name), "%s", row->name);
			if (a < 3 && row->variable)
				cr_assert(strstr(text, row->variable), "%s", row->variable);
		}
		free(text);
	}
}

Test(options_help, lines_fit_a_terminal)
{
	char *text = printed(options_print_help);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_assert_leq(strlen(line), 80, "%s", line);
	free(text);
}

Test(options_help, every_row_is_sound)
{
	for (unsigned i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];
		bool valued = row->kind != OPTION_BOOL && row->kind != OPTION_ACTION;
		cr_assert_eq(row->value != NULL, valued, "%s", row->name);
		cr_assert(row->kind == OPTION_ACTION || row->variable, "%s", row->name);
		cr_assert(row->kind != OPTION_ACTION || row->action || row->pending, "%s", row->name);
		cr_assert(
			row->group == GROUP_HIDDEN || (row->help && row->help[strlen(row->help) - 1] == '.'),
			"%s", row->name);
		if (row->kind == OPTION_INT || row->kind == OPTION_DURATION || row->kind == OPTION_SIZE)
			cr_assert_lt(row->min, row->max, "%s", row->name);
		if (row->kind == OPTION_CHOICE)
			cr_assert(row->choices && row->fallback, "%s", row->name);
	}
}

Test(options_help, the_completion_is_a_shell_script)
{
	char *text = printed(options_print_completion);

	free(text);
	cr_assert_eq(system("bash -n out"), 0);
	cr_assert_eq(system("bash -c '. ./out; COMP_WORDS=(dnsweir -format n); COMP_CWORD=2; _dnsweir; "
			    "[ \"${COMPREPLY[*]}\" = nested ]'"),
		0);
	cr_assert_eq(system("bash -c '. ./out; COMP_WORDS=(dnsweir --num); COMP_CWORD=1; _dnsweir; "
			    "[ \"${COMPREPLY[*]}\" = --numprocs ]'"),
		0);
	cr_assert_eq(system("bash -c '. ./out; COMP_WORDS=(dnsweir -pca); COMP_CWORD=1; _dnsweir; "
			    "[ \"${COMPREPLY[*]}\" = -pcap ]'"),
		0);
}

Test(options_help, the_avro_schema_is_printed_alone)
{
	char *text = printed(options_print_avro_schema);

	cr_assert(!strncmp(text, "{\"name\":\"DnsLogEntry\",\"type\":\"record\",", 38), "%s", text);
	cr_assert_str_eq(strchr(text, '\n'), "\n");
	free(text);
}

/* What consumers are given is what is printed; test_avro.c computes it from the schema. */
Test(options_help, the_avro_fingerprint_is_printed_alone)
{
	char *text = printed(options_print_avro_fingerprint), *file = docs_read("config/dnsweir.avsc.fingerprint");

	cr_assert_str_eq(text, file);
	free(text);
	free(file);
}
