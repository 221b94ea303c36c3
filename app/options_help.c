// SPDX-License-Identifier: BSD-3-Clause
/* The table of options as a help, a page of the docs, a man page and a shell's completion. */
#include "app/options_table.h"

#include "encode/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HELP_WIDTH 79

static const char summary[] =
	"Watches DNS on the wire: pairs every query with its response and writes a record for each answer.";

/* A row's default as people read it; NULL where it has none. */
static const char *default_text(const struct option_row *row)
{
	return row->fallback_text ? row->fallback_text : row->fallback;
}

/* What follows a row's help: variable, default, allowed choices. */
static void describe_row(const struct option_row *row, char *text, size_t size)
{
	size_t at = (size_t)snprintf(text, size, "%s", row->help);

	if (row->choices) {
		at += (size_t)snprintf(text + at, size - at, " One of");
		for (unsigned i = 0; row->choices[i] && at < size; i++)
			at += (size_t)snprintf(text + at, size - at, "%s %s", i ? "," : "", row->choices[i]);
		at += (size_t)snprintf(text + at, size - at, ".");
	}
	if (row->pending)
		snprintf(text + at, size - at, " Not in this version yet.");
}

/* Prints words at an indentation, broken at HELP_WIDTH. */
static void print_wrapped(const char *text, unsigned indent)
{
	unsigned column = 0;

	while (*text) {
		unsigned len = (unsigned)strcspn(text, " ");
		if (column && column + 1 + len > HELP_WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += (unsigned)printf("%*s%.*s", column ? 1 : (int)indent, "", (int)len, text);
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void print_row(const struct option_row *row)
{
	char text[512];

	printf("  -%s%s%s\n", row->name, row->value ? " " : "", row->value ? row->value : "");
	describe_row(row, text, sizeof(text));
	print_wrapped(text, 6);
	if (row->variable && default_text(row))
		printf("      (%s; default: %s)\n", row->variable, default_text(row));
	else if (row->variable)
		printf("      (%s)\n", row->variable);
}

void options_print_help(void)
{
	puts("usage: dnsweir -pcap FILE [options]\n"
	     "       dnsweir -dev DEVICE[,DEVICE] [options] [-- EAL arguments]\n");
	print_wrapped(summary, 0);
	for (unsigned group = 0; group < GROUP_HIDDEN; group++) {
		printf("\n%s:\n", option_group_titles[group]);
		for (unsigned i = 0; i < option_row_count; i++)
			if (option_rows[i].group == group)
				print_row(&option_rows[i]);
	}
	puts("\nOptions may have one dash or two, and their value behind a blank or a =.\n"
	     "What isn't given is taken from ./.env, then the environment, then the file of\n"
	     "-config. A boolean's value needs a = (-quiet=false).\n"
	     "Exit codes: 0; 1 a capture or a running part failed; 2 wrong options.");
}

void options_print_version(void)
{
	puts("dnsweir " DNSWEIR_VERSION);
}

void options_print_avro_schema(void)
{
	puts(avro_schema);
}

void options_print_avro_fingerprint(void)
{
	printf("0x%016" PRIX64 "\n", AVRO_FINGERPRINT);
}

/* Text in a cell of a table: a | would end it. */
static void print_cell(const char *text)
{
	for (; *text; text++)
		printf(*text == '|' ? "\\|" : "%c", *text);
}

void options_print_markdown(void)
{
	char text[512];

	puts("# Options\n\n"
	     "<!-- Made by `dnsweir -help_markdown`; a test compares them. -->\n\n"
	     "An option has one dash or two, and its value behind a blank or a `=` (`-name x`, `--name=x`).\n"
	     "A boolean takes its value only behind a `=` (`-quiet`, `-quiet=false`). A duration has its\n"
	     "unit: `90s`, `-1m`, `1h30m`. What is not given as a flag is taken from `.env` in the working\n"
	     "folder, then from the environment, then from the JSON file of\n"
	     "`-config`, whose keys are the names below. What follows `--` goes to DPDK's EAL.");
	for (unsigned group = 0; group < GROUP_HIDDEN; group++) {
		printf("\n## %s\n\n| option | variable | default | what it does |\n|---|---|---|---|\n",
			option_group_titles[group]);
		for (unsigned i = 0; i < option_row_count; i++) {
			const struct option_row *row = &option_rows[i];
			if (row->group != group)
				continue;
			printf("| `-%s`", row->name);
			if (row->value) {
				putchar(' ');
				print_cell(row->value);
			}
			printf(" | %s%s%s | %s | ", row->variable ? "`" : "",
				row->variable ? row->variable : "", row->variable ? "`" : "",
				default_text(row) ? default_text(row) : "");
			describe_row(row, text, sizeof(text));
			print_cell(text);
			puts(" |");
		}
	}
}

/* Text for troff: a - or \ in it is itself, and no line begins with a dot. */
static void print_troff(const char *text)
{
	for (; *text; text++)
		printf(*text == '-' ? "\\-" : *text == '\\' ? "\\e" : "%c", *text);
}

static void print_man_row(const struct option_row *row)
{
	char text[512];

	printf(".TP\n\\fB\\-%s\\fR", row->name);
	if (row->value) {
		printf(" \\fI");
		print_troff(row->value);
		printf("\\fR");
	}
	putchar('\n');
	describe_row(row, text, sizeof(text));
	print_troff(text);
	if (row->variable)
		printf("\n.br\nVariable %s.", row->variable);
	if (default_text(row)) {
		printf(" Default: ");
		print_troff(default_text(row));
		putchar('.');
	}
	putchar('\n');
}

void options_print_man(void)
{
	puts(".\\\" Made by `dnsweir -help_man`; a test compares them.\n"
	     ".TH DNSWEIR 1 \"\" \"dnsweir\" \"User Commands\"\n"
	     ".SH NAME\ndnsweir \\- record DNS transactions seen on the wire\n"
	     ".SH SYNOPSIS\n"
	     "\\fBdnsweir\\fR \\fB\\-pcap\\fR \\fIFILE\\fR [\\fIoptions\\fR]\n.br\n"
	     "\\fBdnsweir\\fR \\fB\\-dev\\fR \\fIDEVICE\\fR[,\\fIDEVICE\\fR] [\\fIoptions\\fR] "
	     "[\\fB\\-\\-\\fR \\fIEAL arguments\\fR]\n"
	     ".SH DESCRIPTION");
	puts(summary);
	puts(".PP\nOptions may have one dash or two, and their value behind a blank or a =.\n"
	     "What isn't given is taken from .env in the working folder, then from the environment,\n"
	     "then from the JSON file of \\fB\\-config\\fR.\n.SH OPTIONS");
	for (unsigned group = 0; group < GROUP_HIDDEN; group++) {
		printf(".SS %s\n", option_group_titles[group]);
		for (unsigned i = 0; i < option_row_count; i++)
			if (option_rows[i].group == group)
				print_man_row(&option_rows[i]);
	}
	puts(".SH SIGNALS\nSIGTERM and SIGINT stop reading, drain and end; a second one ends at once.\n"
	     "SIGHUP reopens the log file.\n"
	     ".SH EXIT STATUS\n0 success; 1 a capture or a running part failed; 2 wrong options.");
}

/* Files (`f`) or folders (`d`). */
static void print_completion_files(const struct option_row *row, char kind)
{
	printf("\t-%s)\n\t\tcompopt -o filenames\n", row->name);
	printf("\t\tCOMPREPLY=($(compgen -%c -- \"$cur\"))\n\t\treturn ;;\n", kind);
}

/* The words that a shell offers behind a row's name; files where the row names one. */
static void print_completion_case(const struct option_row *row)
{
	if (row->choices) {
		printf("\t-%s)\n\t\tCOMPREPLY=($(compgen -W \"", row->name);
		for (unsigned i = 0; row->choices[i]; i++)
			printf("%s%s", i ? " " : "", row->choices[i]);
		printf("\" -- \"$cur\"))\n\t\treturn ;;\n");
	} else if (row->value && (!strcmp(row->value, "FILE") || !strcmp(row->value, "PATH"))) {
		print_completion_files(row, 'f');
	} else if (row->value && !strcmp(row->value, "FOLDER")) {
		print_completion_files(row, 'd');
	} else if (row->value) {
		printf("\t-%s)\n\t\treturn ;;\n", row->name);
	}
}

void options_print_completion(void)
{
	puts("# bash completion of dnsweir. Made by `dnsweir -help_completion`; a test compares them.\n"
	     "_dnsweir()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tprev=${prev/#--/-}\n\tCOMPREPLY=()\n\tcase $prev in");
	for (unsigned i = 0; i < option_row_count; i++)
		if (option_rows[i].group != GROUP_HIDDEN && option_rows[i].kind != OPTION_SWITCH)
			print_completion_case(&option_rows[i]);
	printf("\tesac\n\tlocal dash=-\n\t[[ $cur == --* ]] && dash=--\n\tCOMPREPLY=($(compgen -P \"$dash\" "
	       "-W \"");
	for (unsigned i = 0, n = 0; i < option_row_count; i++)
		if (option_rows[i].group != GROUP_HIDDEN)
			printf("%s%s", n++ ? " " : "", option_rows[i].name);
	puts("\" -- \"${cur##*-}\"))\n}\ncomplete -F _dnsweir dnsweir");
}
