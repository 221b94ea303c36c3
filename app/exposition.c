// SPDX-License-Identifier: BSD-3-Clause
#include "app/exposition.h"

#include <inttypes.h>
#include <string.h>

#define LABELS 4

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

void exposition_family(struct exposition *x, const char *name, enum metric_type type, const char *help)
{
	const char *total = type == METRIC_COUNTER && !x->open_metrics ? "_total" : "";

	x->family = name;
	x->type = type;
	fprintf(x->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, total, help, name, total, type_names[type]);
}

/* A label's value: `\`, `"` and line feeds are escaped. */
static void write_value(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void write_name(struct exposition *x, const char *suffix, const struct metric_label *labels)
{
	char before = '{';

	fprintf(x->out, "%s%s", x->family, suffix);
	for (; labels && labels->name; labels++) {
		fprintf(x->out, "%c%s=\"", before, labels->name);
		write_value(x->out, labels->value);
		fputc('"', x->out);
		before = ',';
	}
	if (before == ',')
		fputc('}', x->out);
}

static const char *suffix_of(const struct exposition *x)
{
	return x->type == METRIC_COUNTER ? "_total" : "";
}

void exposition_count(struct exposition *x, const struct metric_label *labels, uint64_t value)
{
	write_name(x, suffix_of(x), labels);
	fprintf(x->out, " %" PRIu64 "\n", value);
}

void exposition_real(struct exposition *x, const struct metric_label *labels, double value)
{
	write_name(x, suffix_of(x), labels);
	fprintf(x->out, " %.15g\n", value);
}

void exposition_histogram(struct exposition *x, const struct metric_label *labels, const double *bound,
			  const uint64_t *bucket, unsigned n, double sum)
{
	struct metric_label with[LABELS + 2] = { { NULL, NULL } };
	unsigned own = 0;
	uint64_t count = 0;
	char text[32];

	while (labels && labels[own].name && own < LABELS) {
		with[own] = labels[own];
		own++;
	}
	with[own] = (struct metric_label){ "le", text };
	for (unsigned i = 0; i < n; i++) {
		count += bucket[i];
		if (i + 1 < n)
			snprintf(text, sizeof(text), "%.9g", bound[i]);
		else
			strcpy(text, "+Inf");
		write_name(x, "_bucket", with);
		fprintf(x->out, " %" PRIu64 "\n", count);
	}
	write_name(x, "_sum", labels);
	fprintf(x->out, " %.9g\n", sum);
	write_name(x, "_count", labels);
	fprintf(x->out, " %" PRIu64 "\n", count);
}

void exposition_end(struct exposition *x)
{
	if (x->open_metrics)
		fputs("# EOF\n", x->out);
}

const char *exposition_type(const struct exposition *x)
{
	return x->open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
			       : "text/plain; version=0.0.4; charset=utf-8";
}

bool exposition_wanted(const char *accept)
{
	return strstr(accept, "application/openmetrics-text") != NULL;
}
