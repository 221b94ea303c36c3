// SPDX-License-Identifier: BSD-3-Clause
#include "app/top_layout.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_MAX 400
#define LABEL 7       /* columns of a line's label */
#define NARROW 60     /* columns below which one space is enough between two things */
#define LIST_WIDTH 38 /* columns that a list takes at least where several stand beside each other */
#define LIST_LINES 3  /* a list's title and two rows: less isn't worth its place */
#define ITEMS 32      /* of a line */
#define PROBLEMS 3    /* that are told */

/* ---- reading the overview ---- */

static double at(const json_t *j, const char *key)
{
	return json_number_value(json_object_get(j, key));
}

static double cell(const json_t *row, size_t i)
{
	return json_number_value(json_array_get(row, i));
}

static const char *text_of(const json_t *j)
{
	return json_is_string(j) ? json_string_value(j) : "";
}

static double counter(const json_t *j, const char *name)
{
	return at(json_object_get(j, "counters"), name);
}

/* ---- figures as people read them ---- */

struct figure {
	char text[24];
};

/* Three digits and a letter. */
static struct figure count(double n)
{
	static const char letters[] = " kMGTP";
	struct figure f;
	unsigned i = 0;

	while (n >= 999.5 && letters[i + 1]) {
		n /= 1000;
		i++;
	}
	snprintf(f.text, sizeof(f.text), "%.*f%.*s", i && n < 99.95 ? n < 9.995 ? 2 : 1 : 0, n, i > 0, letters + i);
	return f;
}

static struct figure percent(double part, double all)
{
	struct figure f = { "-" };

	if (all > 0)
		snprintf(f.text, sizeof(f.text), "%.1f%%", 100 * part / all);
	return f;
}

static struct figure duration(double ms)
{
	struct figure f = { "-" };

	if (ms >= 1000)
		snprintf(f.text, sizeof(f.text), "%.3gs", ms / 1000);
	else if (ms > 0)
		snprintf(f.text, sizeof(f.text), ms >= 1 ? "%.3gms" : "%.3gus", ms >= 1 ? ms : ms * 1000);
	return f;
}

static struct figure clock_text(double seconds)
{
	unsigned long s = seconds > 0 && seconds < 1e12 ? (unsigned long)seconds : 0;
	struct figure f;

	snprintf(f.text, sizeof(f.text), "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	return f;
}

/* ---- a line ---- */

struct line {
	char text[WIDTH_MAX + 1];
	unsigned len, width;
	bool full; /* something didn't fit: what is less important doesn't come after it */
	bool bad;
};

/* At most `width` columns of it; what is cut ends with `~`. */
static void put_cut(struct line *l, const char *text, unsigned width)
{
	size_t len = strlen(text);
	unsigned room = l->width - l->len, n = width < room ? width : room;

	for (unsigned i = 0; i < n && i < len; i++)
		l->text[l->len++] = i == n - 1 && len > n ? '~' : text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?';
}

static void pad(struct line *l, unsigned column)
{
	while (l->len < column && l->len < l->width)
		l->text[l->len++] = ' ';
}

/* One more thing of a line, whole, or none; the first one is cut. */
__attribute__((format(printf, 2, 3))) static void put(struct line *l, const char *format, ...)
{
	char text[WIDTH_MAX + 1];
	unsigned gap = l->len <= LABEL ? 0 : l->width < NARROW ? 1 : 2;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (l->full || (gap && l->len + gap + strlen(text) > l->width)) {
		l->full = true;
		return;
	}
	pad(l, l->len + gap);
	put_cut(l, text, WIDTH_MAX);
}

/* The first `bold` columns stand out, or all of what is bad. */
static void end_line(struct line *l, FILE *out, unsigned bold)
{
	unsigned mark = l->bad || bold > l->len ? l->len : bold;

	while (l->len > mark && l->text[l->len - 1] == ' ')
		l->len--;
	if (mark)
		fprintf(out, "%s%.*s\033[0m", l->bad ? "\033[7m" : "\033[1m", (int)mark, l->text);
	fprintf(out, "%.*s\n", (int)(l->len - mark), l->text + mark);
	*l = (struct line){ .width = l->width };
}

/* ---- what stands on a line each ---- */

struct part {
	const char *name;
	double n;
};

static int by_count(const void *a, const void *b)
{
	double x = ((const struct part *)a)->n, y = ((const struct part *)b)->n;

	return (x < y) - (x > y);
}

/* The parts of a whole, the greatest first. */
static void shares(struct line *l, const json_t *list)
{
	struct part parts[ITEMS];
	unsigned n = 0;
	double all = 0;
	size_t i;
	json_t *row;

	json_array_foreach(list, i, row) {
		all += at(row, "count");
		if (n < ITEMS)
			parts[n++] = (struct part){ text_of(json_object_get(row, "name")), at(row, "count") };
	}
	qsort(parts, n, sizeof(parts[0]), by_count);
	for (i = 0; i < n; i++)
		put(l, "%s %s", parts[i].name, percent(parts[i].n, all).text);
}

static void rates(struct line *l, const json_t *now, const json_t *before)
{
	static const char *const what[][2] = {
		{ "packets_in", "packets" }, { "records_out", "records" }, { "records_in", "transactions" },
	};
	double s = at(now, "now") - (before ? at(before, "now") : at(now, "started"));

	if (s < 0.001)
		s = 0.001;
	for (unsigned i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		put(l, "%s %s/s", count((counter(now, what[i][0]) - counter(before, what[i][0])) / s).text, what[i][1]);
	put(l, "%s packets", count(counter(now, "packets_in")).text);
}

static void quantiles(struct line *l, const json_t *row, size_t first)
{
	put(l, "p50 %s", duration(cell(row, first)).text);
	put(l, "p95 %s", duration(cell(row, first + 1)).text);
	put(l, "p99 %s", duration(cell(row, first + 2)).text);
}

static void times(struct line *l, const json_t *now, const json_t *before)
{
	double answered = counter(now, "queries_answered");

	quantiles(l, json_object_get(json_object_get(now, "latency"), "quantiles"), 0);
	put(l, "%s of queries answered", percent(answered, answered + counter(now, "queries_unanswered")).text);
}

static void minute(struct line *l, const json_t *now, const json_t *before)
{
	const json_t *rows = json_object_get(json_object_get(now, "minutes"), "rows");

	quantiles(l, json_array_get(rows, json_array_size(rows) - 1), 6);
	put(l, "in the newest minute");
}

static void codes(struct line *l, const json_t *now, const json_t *before)
{
	shares(l, json_object_get(now, "rcodes"));
}

static void types(struct line *l, const json_t *now, const json_t *before)
{
	shares(l, json_object_get(now, "qtypes"));
}

/* Rows of one owner follow each other. */
static void lost(struct line *l, const json_t *now, const json_t *before)
{
	const json_t *rows = json_object_get(now, "losses");
	double n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *owner = text_of(json_array_get(json_array_get(rows, i), 0));
		const char *next = text_of(json_array_get(json_array_get(rows, i + 1), 0));

		n += cell(json_array_get(rows, i), 3);
		if (!strcmp(owner, next))
			continue;
		if (n > 0)
			put(l, "%s %s", owner, count(n).text);
		l->bad |= n > 0;
		n = 0;
	}
	if (!l->bad)
		put(l, "nothing");
}

/* Why it has a problem is told below. */
static void sink(struct line *l, const json_t *s)
{
	const char *state = *text_of(json_object_get(s, "problem")) ? "FAILS" : "ok";
	double waiting = at(s, "pending") + at(s, "spooled"), dropped = at(s, "dropped");
	char rest[80] = "";

	if (waiting > 0 || dropped > 0)
		snprintf(rest, sizeof(rest), ", %s waiting, %s dropped", count(waiting).text, count(dropped).text);
	put(l, "%s %s, %s delivered%s", text_of(json_object_get(s, "name")), state, count(at(s, "delivered")).text, rest);
}

/* Those with a problem first. */
static void sinks(struct line *l, const json_t *now, const json_t *before)
{
	const json_t *list = json_object_get(now, "sinks");

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *s = json_array_get(list, i);
			bool bad = *text_of(json_object_get(s, "problem"));

			if (bad == !pass)
				sink(l, s);
			l->bad |= bad;
		}
	if (!json_array_size(list))
		put(l, "none: records go nowhere");
}

static const struct section {
	const char *label;
	unsigned height; /* lines of the terminal from which on it has a place */
	void (*fill)(struct line *l, const json_t *now, const json_t *before);
} sections[] = {
	{ "Rate", 0, rates },	{ "Times", 0, times }, { "Minute", 12, minute }, { "Codes", 0, codes },
	{ "Types", 20, types }, { "Lost", 0, lost },   { "Sinks", 0, sinks },
};

static void title(struct line *l, const json_t *now)
{
	const json_t *source = json_object_get(now, "source"), *problems = json_object_get(now, "problems");
	double done = at(source, "done"), total = at(source, "total"), ran = at(now, "now") - at(now, "started");
	char left[WIDTH_MAX], right[128], part[48] = "";

	snprintf(left, sizeof(left), "dnsweir %s  %s  %s", text_of(json_object_get(now, "version")),
		 text_of(json_object_get(now, "sensor")),
		 text_of(json_array_get(json_object_get(source, "names"), 0)));
	if (total > 0 && done > 0 && done <= total)
		snprintf(part, sizeof(part), " %.0f%%, %s left", 100 * done / total,
			 clock_text(ran * (total / done - 1)).text);
	snprintf(right, sizeof(right), "%s%s %s", text_of(json_object_get(now, "state")), part, clock_text(ran).text);
	l->bad = json_array_size(problems);
	put_cut(l, left, l->width > strlen(right) + 1 ? l->width - (unsigned)strlen(right) - 1 : 0);
	pad(l, l->width - (unsigned)strlen(right));
	put_cut(l, right, WIDTH_MAX);
}

/* ---- the lists ---- */

static const struct list {
	const char *name, *title;
} lists[] = {
	{ "names", "Names" },	  { "domains", "Registered domains" },	    { "clients", "Clients" },
	{ "servers", "Servers" }, { "nxdomain", "Names that don't exist" },
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

/* Row `n` of those that are more than error, as the page has them; NULL: there are less. */
static const json_t *list_nth(const json_t *list, unsigned n)
{
	const json_t *rows = json_object_get(list, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (cell(row, 1) > cell(row, 2) && !n--)
			return row;
	}
	return NULL;
}

static void list_row(struct line *l, const json_t *list, unsigned n, unsigned width)
{
	const json_t *row = list_nth(list, n);
	unsigned end = l->len + width, figures = 17;
	char text[64];

	if (!row && !n)
		put_cut(l, at(list, "of") > 0 ? "all are rare" : "none yet", width);
	if (!row)
		return;
	snprintf(text, sizeof(text), "%2s%6s %6s", cell(row, 2) > 0 ? ">=" : "", count(cell(row, 1)).text,
		 percent(cell(row, 1), at(list, "of")).text);
	put_cut(l, text_of(json_array_get(row, 0)), width > figures ? width - figures : 0);
	pad(l, end - (unsigned)strlen(text));
	put_cut(l, text, WIDTH_MAX);
}

/* As many lists beside each other as have room, and the next ones below, in `height` lines. */
static void put_lists(FILE *out, struct line *l, const json_t *now, unsigned height)
{
	const json_t *top = json_object_get(now, "top");
	unsigned across = l->width / LIST_WIDTH, bands, lines, width;

	across = across < 1 ? 1 : across > LISTS ? LISTS : across;
	bands = (LISTS + across - 1) / across;
	while (bands && height / bands < LIST_LINES)
		bands--;
	if (!bands)
		return;
	lines = height / bands;
	width = (l->width - 2 * (across - 1)) / across;
	for (unsigned y = 0; y < bands * lines; y++) {
		for (unsigned x = 0; x < across; x++) {
			unsigned i = y / lines * across + x;

			pad(l, x * (width + 2));
			if (i < LISTS && y % lines)
				list_row(l, json_object_get(top, lists[i].name), y % lines - 1, width);
			else if (i < LISTS)
				put_cut(l, lists[i].title, width);
		}
		end_line(l, out, y % lines ? 0 : WIDTH_MAX);
	}
}

void top_layout(FILE *out, const json_t *now, const json_t *before, const char *news, unsigned width, unsigned height)
{
	/* The last column stays free: what is written there makes terminals differ. */
	struct line l = { .width = width > WIDTH_MAX ? WIDTH_MAX : width > 1 ? width - 1 : 1 };
	const json_t *problems = json_object_get(now, "problems");
	bool told = *news && height > 1;
	unsigned used = 1;

	if (!height)
		return;
	height -= told;
	title(&l, now);
	end_line(&l, out, WIDTH_MAX);
	for (unsigned i = 0; i < sizeof(sections) / sizeof(sections[0]) && used < height; i++) {
		if (height < sections[i].height)
			continue;
		put_cut(&l, sections[i].label, LABEL);
		pad(&l, LABEL);
		sections[i].fill(&l, now, before);
		end_line(&l, out, LABEL);
		used++;
	}
	for (size_t i = 0; i < json_array_size(problems) && i < PROBLEMS && used < height; i++, used++) {
		l.bad = true;
		put_cut(&l, text_of(json_array_get(problems, i)), WIDTH_MAX);
		end_line(&l, out, 0);
	}
	put_lists(out, &l, now, height - used);
	if (told) {
		put_cut(&l, news, WIDTH_MAX);
		end_line(&l, out, 0);
	}
}
