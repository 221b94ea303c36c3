// SPDX-License-Identifier: BSD-3-Clause
/* The file of -config: one JSON object whose keys are names of options. */
#include "app/options_table.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file's text, NUL-terminated, owned by the caller; NULL and the reason where it can't be read. */
static char *read_text(const char *path, struct error *e)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!f) {
		error_set(e, "-config: %s can't be read: %m", path);
		return NULL;
	}
	if (getdelim(&text, &size, '\0', f) < 0 && ferror(f)) {
		error_set(e, "-config: %s can't be read: %m", path);
		free(text);
		text = NULL;
	} else if (!text) {
		text = strdup("");
	}
	fclose(f);
	return text;
}

/* The line where a key of the outer object stands. Keys are told from texts by the colon behind them. */
static unsigned line_of(const char *text, const char *key)
{
	size_t len = strlen(key);
	unsigned line = 1;

	for (const char *p = text; *p; p++) {
		line += *p == '\n';
		if (*p != '"' || strncmp(p + 1, key, len) || p[1 + len] != '"')
			continue;
		if (p[2 + len + strspn(p + 2 + len, " \t\r\n")] == ':')
			break;
	}
	return line;
}

/* A scalar as the text that a flag would have. False for objects, arrays and null. */
static bool scalar_text(const json_t *value, char *number, size_t size, const char **text)
{
	if (json_is_string(value)) {
		*text = json_string_value(value);
		return true;
	}
	*text = number;
	if (json_is_boolean(value))
		snprintf(number, size, "%s", json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		snprintf(number, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(number, size, "%.17g", json_real_value(value));
	else
		return false;
	return true;
}

static int give_array(struct options *o, const struct option_row *row, const json_t *array, const char *where,
	bool *given, struct error *e)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));
		if (!text)
			return error_set(e, "-%s (%s): an array of texts is allowed", row->name, where);
		if (option_give(o, row, text, where, given, e))
			return -1;
	}
	return 0;
}

static int give(struct options *o, const struct option_row *row, const json_t *value, const char *where,
	bool *given, struct error *e)
{
	char number[48];
	const char *text;

	if (json_is_null(value))
		return 0;
	if (json_is_array(value) && row->kind == OPTION_LIST)
		return give_array(o, row, value, where, given, e);
	if (!scalar_text(value, number, sizeof(number), &text))
		return error_set(e, "-%s (%s): %s is not allowed; allowed: %s", row->name, where,
			json_is_array(value) ? "an array" : "an object",
			row->kind == OPTION_LIST ? "a text or an array of texts" : "one value");
	return option_give(o, row, text, where, given, e);
}

static int give_all(
	struct options *o, json_t *root, const char *text, const char *path, bool *given, struct error *e)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value) {
		const struct option_row *row = option_find(key, strlen(key));
		unsigned line = line_of(text, key);
		char where[160], hint[96];

		if (!row || row->kind == OPTION_ACTION || row->offset == offsetof(struct options, config)) {
			option_suggest(key, false, hint, sizeof(hint));
			return error_set(e, "%.100s:%u: unknown option \"%.60s\"%s; see -help", path, line,
				key, row ? "" : hint);
		}
		snprintf(where, sizeof(where), "%.100s:%u", path, line);
		if (!given[row - option_rows] && give(o, row, value, where, given, e))
			return -1;
	}
	return 0;
}

int options_read_config(struct options *o, bool *given, const char *path, struct error *e)
{
	json_error_t problem;
	char *text = read_text(path, e);
	int result;

	if (!text)
		return -1;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
	if (!root)
		result = error_set(e, "%.100s:%d: %s", path, problem.line, problem.text);
	else if (!json_is_object(root))
		result = error_set(e, "%.100s: an object of option names is allowed", path);
	else
		result = give_all(o, root, text, path, given, e);
	json_decref(root);
	free(text);
	return result;
}
