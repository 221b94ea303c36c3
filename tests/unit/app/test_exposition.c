// SPDX-License-Identifier: BSD-3-Clause
#include "app/exposition.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define LABELS(...) ((const struct metric_label[]){ __VA_ARGS__, { NULL, NULL } })

static char *text;
static size_t len;

static struct exposition begin(bool open_metrics)
{
	return (struct exposition){ .out = open_memstream(&text, &len), .open_metrics = open_metrics };
}

static void end(struct exposition *x, const char *want)
{
	exposition_end(x);
	fclose(x->out);
	cr_assert_str_eq(text, want);
	free(text);
}

Test(exposition, counters_and_gauges)
{
	struct exposition x = begin(false);

	exposition_family(&x, "a", METRIC_COUNTER, "what a is");
	exposition_count(&x, NULL, UINT64_MAX);
	exposition_count(&x, LABELS({ "k", "v" }, { "l", "w" }), 0);
	exposition_family(&x, "b", METRIC_GAUGE, "what b is");
	exposition_real(&x, NULL, 1795598210.25);
	end(&x, "# HELP a_total what a is\n# TYPE a_total counter\n"
		"a_total 18446744073709551615\na_total{k=\"v\",l=\"w\"} 0\n"
		"# HELP b what b is\n# TYPE b gauge\nb 1795598210.25\n");
}

/* OpenMetrics names a counter's family without its ending, and has a last line. */
Test(exposition, open_metrics)
{
	struct exposition x = begin(true);

	exposition_family(&x, "a", METRIC_COUNTER, "what a is");
	exposition_count(&x, NULL, 1);
	end(&x, "# HELP a what a is\n# TYPE a counter\na_total 1\n# EOF\n");
}

Test(exposition, labels_are_escaped)
{
	struct exposition x = begin(false);

	exposition_family(&x, "a", METRIC_GAUGE, "h");
	exposition_count(&x, LABELS({ "k", "a\"b\\c\nd" }), 1);
	end(&x, "# HELP a h\n# TYPE a gauge\na{k=\"a\\\"b\\\\c\\nd\"} 1\n");
}

Test(exposition, histograms_are_summed_up)
{
	static const double bound[] = { 0.001, 0.002, 0 };
	static const uint64_t bucket[] = { 3, 0, 4 };
	struct exposition x = begin(false);

	exposition_family(&x, "h", METRIC_HISTOGRAM, "h");
	exposition_histogram(&x, LABELS({ "k", "v" }), bound, bucket, 3, 0.5);
	exposition_histogram(&x, NULL, bound, bucket, 3, 0.5);
	end(&x, "# HELP h h\n# TYPE h histogram\n"
		"h_bucket{k=\"v\",le=\"0.001\"} 3\nh_bucket{k=\"v\",le=\"0.002\"} 3\nh_bucket{k=\"v\",le=\"+Inf\"} 7\n"
		"h_sum{k=\"v\"} 0.5\nh_count{k=\"v\"} 7\n"
		"h_bucket{le=\"0.001\"} 3\nh_bucket{le=\"0.002\"} 3\nh_bucket{le=\"+Inf\"} 7\nh_sum 0.5\nh_count 7\n");
}

Test(exposition, which_format)
{
	struct exposition plain = { 0 }, open = { .open_metrics = true };

	cr_assert(!exposition_wanted(""));
	cr_assert(!exposition_wanted("text/html,*/*;q=0.8"));
	cr_assert(exposition_wanted("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"));
	cr_assert(strstr(exposition_type(&plain), "version=0.0.4"));
	cr_assert(strstr(exposition_type(&open), "openmetrics-text; version=1.0.0"));
}
