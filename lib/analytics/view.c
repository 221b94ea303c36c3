// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/state.h"
#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

/* A window, and whose it is. */
struct used_window {
	const struct analytics *a;
	const struct analytics_window *w;
};

static void add_numbers(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

static void add_totals(struct analytics_totals *to, const struct analytics_totals *from)
{
	add_numbers((uint64_t *)to, (const uint64_t *)from, sizeof(*to) / sizeof(uint64_t));
}

/* A server of one of them: to its entry, a new one, or the others. Entries are kept for good: what once went to
 * the others does so from then on, and no figure ever falls. */
static void add_server(struct analytics_view *v, const struct analytics_server *s)
{
	uint32_t i = 0;

	while (i < v->servers && memcmp(v->server[i].address, s->address, 16))
		i++;
	if (i == v->servers) {
		if (v->servers == ANALYTICS_SERVERS) {
			add_numbers(v->totals.other, s->bucket, ANALYTICS_OCTAVES);
			v->totals.other_sum += s->sum;
			return;
		}
		memcpy(v->server[v->servers++].address, s->address, 16);
	}
	add_numbers(v->server[i].bucket, s->bucket, ANALYTICS_OCTAVES);
	v->server[i].sum += s->sum;
}

static void merge_figures(struct analytics_view *v, const struct analytics *const *from, unsigned n)
{
	memset(&v->totals, 0, sizeof(v->totals));
	timeline_init(&v->minutes, 60 * NSEC_PER_SEC, false);
	timeline_init(&v->all, NSEC_PER_SEC, true);
	v->seen = false;
	for (uint32_t i = 0; i < v->servers; i++) {
		memset(v->server[i].bucket, 0, sizeof(v->server[i].bucket));
		v->server[i].sum = 0;
	}
	for (unsigned i = 0; i < n; i++) {
		const struct analytics *a = from[i];

		add_totals(&v->totals, &a->totals);
		for (uint32_t k = 0; k < a->servers; k++)
			add_server(v, &a->server[k]);
		timeline_merge(&v->minutes, &a->minutes);
		timeline_merge(&v->all, &a->all);
		if (!a->seen)
			continue;
		if (!v->seen || a->first < v->first)
			v->first = a->first;
		if (!v->seen || a->newest > v->newest)
			v->newest = a->newest;
		v->seen = true;
	}
}

static int merge_list(struct analytics_view *v, const struct used_window *used, unsigned n, unsigned list)
{
	const struct heavy **sketch = malloc((n + 1) * sizeof(const struct heavy *));
	struct heavy_item top[ANALYTICS_TOP];
	int found;

	if (!sketch)
		return -1;
	v->listed[list] = 0;
	for (unsigned i = 0; i < n; i++) {
		sketch[i] = window_list(used[i].a, used[i].w, list);
		v->listed[list] += sketch[i]->total;
	}
	found = heavy_merge(sketch, n, top, ANALYTICS_TOP);
	free(sketch);
	for (int i = 0; i < found; i++) {
		struct analytics_item *to = &v->item[list][i];

		memcpy(to->key, top[i].key, top[i].len);
		to->len = top[i].len;
		to->count = top[i].count;
		to->error = top[i].error;
	}
	v->items[list] = found < 0 ? 0 : (uint32_t)found;
	return found < 0 ? -1 : 0;
}

static int merge_sets(struct analytics_view *v, const struct used_window *used, unsigned n)
{
	struct hll *sum = malloc(sizeof(*sum));

	if (!sum)
		return -1;
	for (unsigned k = 0; k < SETS; k++) {
		memset(sum, 0, sizeof(*sum));
		for (unsigned i = 0; i < n; i++)
			hll_merge(sum, &used[i].w->set[k]);
		v->distinct[k] = hll_estimate(sum);
	}
	free(sum);
	return 0;
}

int analytics_merge(struct analytics_view *v, const struct analytics *const *from, unsigned n)
{
	struct used_window *used = malloc((WINDOWS * n + 1) * sizeof(*used));
	unsigned windows = 0;
	int failed;

	if (!used)
		return -1;
	merge_figures(v, from, n);
	for (unsigned i = 0; i < WINDOWS * n; i++) {
		const struct analytics *a = from[i / WINDOWS];
		const struct analytics_window *w = &a->window[i % WINDOWS];

		if (!w->used)
			continue;
		used[windows++] = (struct used_window){ a, w };
		if (windows == 1 || w->since < v->since)
			v->since = w->since;
	}
	failed = merge_sets(v, used, windows);
	for (unsigned i = 0; i < LISTS; i++)
		failed |= merge_list(v, used, windows, i);
	free(used);
	return failed;
}
