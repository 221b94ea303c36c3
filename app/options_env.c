// SPDX-License-Identifier: BSD-3-Clause
/* Variables: those of the environment, overridden by those of the working folder's .env. */
#include "app/options_table.h"

#include "core/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

extern char **environ;

static const char file_name[] = ".env";
static const char prefix[] = "PDNS_";

/* A row's variable in .env; text NULL where it has none. */
struct assignment {
	char *text;
	unsigned line;
};

static const struct option_row *row_of_variable(const char *key)
{
	for (unsigned i = 0; i < option_row_count; i++)
		if (option_rows[i].variable && !strcmp(option_rows[i].variable, key))
			return &option_rows[i];
	return NULL;
}

static char *skip_space(char *s)
{
	return s + strspn(s, " \t");
}

static void trim_end(char *s)
{
	size_t n = strlen(s);

	while (n && strchr(" \t\r\n", s[n - 1]))
		s[--n] = '\0';
}

/* Takes the quotes off a value in place. Between double quotes \n, \" and \\ are known, as other readers of
 * such files do. */
static bool unquote(char *s)
{
	char quote = *s, *to = s;

	for (s++; *s && *s != quote; s++) {
		if (quote == '"' && *s == '\\' && s[1] && strchr("n\"\\", s[1])) {
			s++;
			*to++ = *s == 'n' ? '\n' : *s;
		} else {
			*to++ = *s;
		}
	}
	bool closed = *s == quote;
	if (closed) {
		char *rest = skip_space(s + 1);
		closed = !*rest || *rest == '#';
	}
	*to = '\0';
	return closed;
}

/* Ends a bare value at its comment: a # with white space before it. */
static void cut_comment(char *s)
{
	for (char *p = s; *p; p++)
		if (*p == '#' && (p == s || p[-1] == ' ' || p[-1] == '\t'))
			*p = '\0';
	trim_end(s);
}

/* Reads one line into its row's assignment. Lines that set none of ours are left alone, whatever they are. */
static int read_line(struct assignment *set, char *line, unsigned number, struct error *e)
{
	char *key = skip_space(line), hint[96];

	trim_end(line);
	if (!strncmp(key, "export", 6) && strchr(" \t", key[6]) && key[6])
		key = skip_space(key + 6);
	if (strncmp(key, prefix, sizeof(prefix) - 1))
		return 0;
	char *value = strchr(key, '=');
	if (!value)
		return error_set(
			e, "%s:%u: \"%.60s\" is not allowed; allowed: KEY=VALUE", file_name, number, key);
	*value++ = '\0';
	trim_end(key);
	const struct option_row *row = row_of_variable(key);
	if (!row) {
		option_suggest(key, true, hint, sizeof(hint));
		return error_set(
			e, "%s:%u: unknown variable %.60s%s; see -help", file_name, number, key, hint);
	}
	value = skip_space(value);
	if (*value == '"' || *value == '\'') {
		if (!unquote(value))
			return error_set(e, "%s:%u: %s: the quotes don't match", file_name, number, key);
	} else {
		cut_comment(value);
	}
	struct assignment *a = &set[row - option_rows];
	free(a->text);
	a->text = strdup(value);
	a->line = number;
	return a->text ? 0 : error_set(e, "out of memory");
}

static int read_file(struct assignment *set, struct error *e)
{
	FILE *f = fopen(file_name, "re");
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	if (!f) {
		if (errno != ENOENT)
			log_warn("%s can't be read: %s", file_name, strerror(errno));
		return 0;
	}
	for (unsigned number = 1; !result && getline(&line, &size, f) >= 0; number++)
		result = read_line(set, line, number, e);
	free(line);
	fclose(f);
	return result;
}

/* A misspelt variable of the environment may be somebody else's: only a near miss is told. */
static void warn_unknown(void)
{
	for (char **v = environ; v && *v; v++) {
		char key[64], hint[96];
		size_t len = strcspn(*v, "=");
		if (strncmp(*v, prefix, sizeof(prefix) - 1) || len >= sizeof(key))
			continue;
		memcpy(key, *v, len);
		key[len] = '\0';
		if (row_of_variable(key))
			continue;
		option_suggest(key, true, hint, sizeof(hint));
		if (*hint)
			log_warn("variable %s is unknown%s", key, hint);
	}
}

/* Applies a row's variable, .env's before the environment's. An empty one counts as unset, save for texts. */
static int apply(struct options *o, const struct option_row *row, const struct assignment *a, bool *given,
	struct error *e)
{
	const char *text = a->text ? a->text : getenv(row->variable);
	char where[96];

	if (!text || (!*text && row->kind != OPTION_STRING))
		return 0;
	if (a->text)
		snprintf(where, sizeof(where), "%s:%u, %s", file_name, a->line, row->variable);
	else
		snprintf(where, sizeof(where), "variable %s", row->variable);
	if (!*text && row->pending)
		return 0;
	return option_give(o, row, text, where, given, e);
}

int options_read_variables(struct options *o, bool *given, struct error *e)
{
	struct assignment *set = calloc(option_row_count, sizeof(*set));
	int result;

	if (!set)
		return error_set(e, "out of memory");
	result = read_file(set, e);
	for (unsigned i = 0; !result && i < option_row_count; i++)
		if (option_rows[i].variable && !given[i])
			result = apply(o, &option_rows[i], &set[i], given, e);
	if (!result)
		warn_unknown();
	for (unsigned i = 0; i < option_row_count; i++)
		free(set[i].text);
	free(set);
	return result;
}
