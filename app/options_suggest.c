// SPDX-License-Identifier: BSD-3-Clause
/* What a misspelt option or variable was meant to be. */
#include "app/options_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 63

/* Letters as they are compared: without case, and - is _. */
static char folded(char c)
{
	return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

/* Letters to insert, drop or replace until a is b (Levenshtein), in one row of memory. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1], n = (unsigned)strlen(b);

	if (n > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 0; a[i]; i++) {
		unsigned diagonal = row[0];
		row[0] = i + 1;
		for (unsigned j = 0; j < n; j++) {
			unsigned same = diagonal + (folded(a[i]) != folded(b[j]));
			diagonal = row[j + 1];
			row[j + 1] = least(same, row[j] + 1, diagonal + 1);
		}
	}
	return row[n];
}

void option_suggest(const char *name, bool variables, char *text, size_t size)
{
	const char *best = NULL;
	unsigned len = (unsigned)strlen(name), limit = len < 4 ? 1 : 2;

	*text = '\0';
	if (len > NAME_MAX_LEN)
		return;
	for (unsigned i = 0; i < option_row_count; i++) {
		const char *candidate = variables ? option_rows[i].variable : option_rows[i].name;
		if (!candidate || option_rows[i].group == GROUP_HIDDEN)
			continue;
		unsigned d = distance(name, candidate);
		if (d <= limit) {
			best = candidate;
			limit = d ? d - 1 : 0;
			if (!d)
				break;
		}
	}
	if (best)
		snprintf(text, size, " (did you mean %s%s?)", variables ? "" : "-", best);
}
