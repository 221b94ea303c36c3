// SPDX-License-Identifier: BSD-3-Clause
/* Values as texts: Go's forms of numbers, booleans and durations, and what to say of wrong ones. */
#include "app/options_table.h"

#include "core/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* True where underscores stand as in Go's literals: between digits, or between base prefix and digit. */
static bool underscores_right(const char *s, bool prefix)
{
	char before = prefix ? '0' : '_';

	for (; *s; before = *s++)
		if (*s == '_' && (before == '_' || !s[1] || s[1] == '_'))
			return false;
	return true;
}

/* The base that a prefix tells; moves behind the prefix. */
static unsigned number_base(const char **s, bool *prefix)
{
	const char *p = *s;
	unsigned base = 10;

	if (p[0] == '0' && p[1]) {
		char c = (char)tolower((unsigned char)p[1]);
		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		*s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
		*prefix = true;
	}
	return base;
}

/* A whole number as Go's strconv.ParseInt reads it with base 0: sign, 0x, 0o, 0b or 0, underscores. */
static bool parse_int(const char *s, int64_t *value)
{
	bool negative = *s == '-', prefix = false;
	uint64_t v = 0, limit = INT64_MAX;

	if (*s == '-' || *s == '+')
		s++;
	unsigned base = number_base(&s, &prefix);
	if (!*s || !underscores_right(s, prefix))
		return false;
	for (; *s; s++) {
		if (*s == '_')
			continue;
		if (!isxdigit((unsigned char)*s))
			return false;
		char c = (char)tolower((unsigned char)*s);
		unsigned digit = (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
		if (digit >= base || v > (limit - digit) / base)
			return false;
		v = v * base + digit;
	}
	*value = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool parse_bool(const char *s, bool *value)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (unsigned i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		*value = !strcmp(s, yes[i]);
		if (*value || !strcmp(s, no[i]))
			return true;
	}
	return false;
}

/* Length of a unit's name at s and its ns; 0 where there is none. */
static size_t duration_unit(const char *s, int64_t *ns)
{
	/* Longer names first. The two spellings of µ are U+00B5 and U+03BC. */
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", NSEC_PER_USEC },
		{ "\xc2\xb5s", NSEC_PER_USEC },
		{ "\xce\xbcs", NSEC_PER_USEC },
		{ "ms", NSEC_PER_MSEC },
		{ "s", NSEC_PER_SEC },
		{ "m", 60 * NSEC_PER_SEC },
		{ "h", 3600 * NSEC_PER_SEC },
	};
	size_t letters = strcspn(s, "0123456789.");

	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == letters && !strncmp(s, units[i].name, letters)) {
			*ns = units[i].ns;
			return letters;
		}
	return 0;
}

/* One number with its unit, such as 1.5h; moves behind it. */
static bool duration_part(const char **s, __int128 *sum)
{
	const char *p = *s;
	__int128 whole = 0, fraction = 0, scale = 1;
	int64_t unit;
	bool digits = false;

	for (; isdigit((unsigned char)*p); p++, digits = true) {
		whole = whole * 10 + (*p - '0');
		if (whole > INT64_MAX)
			return false;
	}
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, digits = true)
			if (scale < INT64_MAX / 10) {
				fraction = fraction * 10 + (*p - '0');
				scale *= 10;
			}
	size_t len = duration_unit(p, &unit);
	if (!digits || !len)
		return false;
	*s = p + len;
	*sum += whole * unit + fraction * unit / scale;
	return *sum <= INT64_MAX;
}

/* A duration as Go's time.ParseDuration reads it. */
static bool parse_duration(const char *s, int64_t *value)
{
	bool negative = *s == '-';
	__int128 sum = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (!strcmp(s, "0")) {
		*value = 0;
		return true;
	}
	if (!*s)
		return false;
	while (*s)
		if (!duration_part(&s, &sum))
			return false;
	*value = negative ? -(int64_t)sum : (int64_t)sum;
	return true;
}

/* Bytes: a number with K, M, G or T, also written KB or KiB, in either case. */
static bool parse_size(const char *s, int64_t *value)
{
	static const char units[] = "KMGT";
	uint64_t v = 0;
	unsigned shift = 0;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		unsigned digit = (unsigned)(*s - '0');
		if (v > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	const char *unit = *s ? strchr(units, toupper((unsigned char)*s)) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		s++;
		if (!strcasecmp(s, "ib") || !strcasecmp(s, "b"))
			s += strlen(s);
	}
	if (*s || v > (uint64_t)INT64_MAX >> shift)
		return false;
	*value = (int64_t)(v << shift);
	return true;
}

static int choice_index(const char *const *choices, const char *text)
{
	for (int i = 0; choices[i]; i++)
		if (!strcasecmp(choices[i], text))
			return i;
	return -1;
}

static void describe_choices(const char *const *choices, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; choices[i] && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? choices[i + 1] ? ", " : " or " : "",
			choices[i]);
}

/* A duration with its largest whole unit. */
static void describe_duration(int64_t ns, char *text, size_t size)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = { { "h", 3600 * NSEC_PER_SEC }, { "m", 60 * NSEC_PER_SEC }, { "s", NSEC_PER_SEC },
		{ "ms", NSEC_PER_MSEC }, { "us", NSEC_PER_USEC }, { "ns", 1 } };
	unsigned i = 0;

	while (i < 5 && (!ns || ns % units[i].ns))
		i++;
	snprintf(text, size, "%lld%s", (long long)(ns / units[i].ns), units[i].name);
}

/* What a row allows, for people. */
static void describe(const struct option_row *row, char *text, size_t size)
{
	char min[32], max[32];

	switch (row->kind) {
	case OPTION_BOOL:
		snprintf(text, size, "true or false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)");
		break;
	case OPTION_SWITCH:
		snprintf(text, size, "auto, true or false");
		break;
	case OPTION_INT:
		snprintf(text, size, "a whole number from %lld to %lld", (long long)row->min,
			(long long)row->max);
		break;
	case OPTION_SIZE:
		snprintf(text, size, "bytes, at least %lld, or a number with K, M, G or T",
			(long long)row->min);
		break;
	case OPTION_DURATION:
		describe_duration(row->min, min, sizeof(min));
		describe_duration(row->max, max, sizeof(max));
		snprintf(text, size, "a duration with its unit, such as 500ms, 90s or 1h30m, from %s to %s",
			min, max);
		break;
	default:
		if (row->choices)
			describe_choices(row->choices, text, size);
		else
			snprintf(text, size, "KEY=VALUE");
	}
}

static int bad_value(const struct option_row *row, const char *text, const char *where, struct error *e)
{
	char allowed[256];

	describe(row, allowed, sizeof(allowed));
	return error_set(e, "-%s: \"%.80s\" (%s) is not allowed; allowed: %s", row->name, text, where,
		allowed);
}

static int set_string(char **field, const char *text, struct error *e)
{
	char *copy = strdup(text);

	if (!copy)
		return error_set(e, "out of memory");
	free(*field);
	*field = copy;
	return 0;
}

int option_list_append(char ***list, const char *item, size_t len)
{
	size_t n = 0;

	while (*list && (*list)[n])
		n++;
	char *copy = strndup(item, len);
	char **more = copy ? realloc(*list, (n + 2) * sizeof(**list)) : NULL;
	if (!more) {
		free(copy);
		return -1;
	}
	*list = more;
	more[n] = copy;
	more[n + 1] = NULL;
	return 0;
}

/* Appends the items of a value; empty ones don't count. */
static int set_list(char ***list, char separator, const char *text, struct error *e)
{
	char stop[] = { separator ? separator : '\n', '\0' };

	for (size_t len; *text; text += len + (text[len] != '\0')) {
		len = strcspn(text, stop);
		if (len && option_list_append(list, text, len))
			return error_set(e, "out of memory");
	}
	return 0;
}

/* Numbers of all kinds. False where the text isn't one or is out of range. */
static bool set_number(void *field, const struct option_row *row, const char *text)
{
	int64_t v;

	if (row->kind == OPTION_INT) {
		if (!parse_int(text, &v) || v < row->min || v > row->max)
			return false;
		*(uint32_t *)field = (uint32_t)v;
	} else if (row->kind == OPTION_SIZE) {
		if (!parse_size(text, &v) || v < row->min || v > row->max)
			return false;
		*(uint64_t *)field = (uint64_t)v;
	} else {
		if (!parse_duration(text, &v) || llabs(v) < row->min || llabs(v) > row->max)
			return false;
		*(int64_t *)field = v;
	}
	return true;
}

static bool set_switch(uint32_t *field, const char *text)
{
	bool on;

	if (!strcasecmp(text, option_switch_names[SWITCH_AUTO])) {
		*field = SWITCH_AUTO;
		return true;
	}
	if (!parse_bool(text, &on))
		return false;
	*field = on ? SWITCH_ON : SWITCH_OFF;
	return true;
}

int option_set(struct options *o, const struct option_row *row, const char *text, const char *where,
	struct error *e)
{
	void *field = (char *)o + row->offset;
	int index;

	switch (row->kind) {
	case OPTION_STRING:
		if (row->choices && *text && choice_index(row->choices, text) < 0)
			return bad_value(row, text, where, e);
		return set_string(field, text, e);
	case OPTION_LIST:
		return set_list(field, row->separator, text, e);
	case OPTION_BOOL:
		return parse_bool(text, field) ? 0 : bad_value(row, text, where, e);
	case OPTION_SWITCH:
		return set_switch(field, text) ? 0 : bad_value(row, text, where, e);
	case OPTION_CHOICE:
		index = choice_index(row->choices, text);
		if (index < 0)
			return bad_value(row, text, where, e);
		*(uint32_t *)field = (uint32_t)index;
		return 0;
	case OPTION_ACTION:
		return 0;
	default:
		return set_number(field, row, text) ? 0 : bad_value(row, text, where, e);
	}
}
