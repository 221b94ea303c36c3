// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/state.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/siphash.h"

#include <stdlib.h>
#include <string.h>

#define TIME_MAX                                                                                               \
	(INT64_C(1) << 61) /* further from 1970 is no time: the difference of two is one that can be told */
#define JUMP (3600 * NSEC_PER_SEC) /* a time that is further from the others … */
#define JUMP_RECORDS 32            /* … has to come so often in a row to be believed */
#define ADMIT_LEAST 64             /* a server gets an entry for its times once it was seen so often … */

const struct list_size analytics_list_sizes[LISTS] = {
	[LIST_NAMES] = { 1024, DNS_NAME_MAX },
	[LIST_DOMAINS] = { 512, DNS_NAME_MAX },
	[LIST_NXDOMAIN] = { 512, DNS_NAME_MAX },
	[LIST_CLIENTS] = { 1024, 16 },
	[LIST_SERVERS] = { 512, 16 },
};

/* Lays the lists out behind the struct; the whole size. */
static size_t lay_out(struct analytics *a)
{
	size_t at = (sizeof(*a) + 63) & ~(size_t)63;

	for (unsigned w = 0; w < WINDOWS; w++) {
		for (unsigned i = 0; i < LISTS; i++) {
			if (a)
				a->window[w].at[i] = at;
			at += heavy_size(analytics_list_sizes[i].keys, analytics_list_sizes[i].key_max);
		}
	}
	return at;
}

struct analytics *analytics_new(const struct analytics_config *config, struct error *e)
{
	size_t size = lay_out(NULL);
	struct analytics *a = mem_reserve(size);

	if (!a) {
		error_set(e, "no memory for analytics");
		return NULL;
	}
	lay_out(a);
	a->size = size;
	a->config = *config;
	timeline_init(&a->minutes, 60 * NSEC_PER_SEC, false);
	timeline_init(&a->all, NSEC_PER_SEC, true);
	for (unsigned w = 0; w < WINDOWS; w++)
		for (unsigned i = 0; i < LISTS; i++)
			heavy_init((uint8_t *)a + a->window[w].at[i], analytics_list_sizes[i].keys,
				   analytics_list_sizes[i].key_max);
	return a;
}

void analytics_free(struct analytics *a)
{
	if (a)
		mem_free(a, a->size);
}

size_t analytics_memory(const struct analytics *a)
{
	return a->size;
}

void analytics_copy(struct analytics *to, const struct analytics *from)
{
	memcpy(to, from, from->size);
}

/* ---- names ---- */

/* A name in words, lower case, zeros behind it; length octets are below 'A'. */
struct name_key {
	uint64_t word[DNS_NAME_MAX / 8 + 1];
	uint32_t len;
	uint64_t hash;
};

static uint64_t lower(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), low7 = w & ~(ones << 7);
	uint64_t from_a = low7 + ones * (0x80 - 'A'), past_z = low7 + ones * (0x7f - 'Z');

	return w | ((from_a & ~past_z & ~w & (ones << 7)) >> 2);
}

static uint64_t hash_bytes(const struct analytics *a, const uint8_t *p, uint32_t len)
{
	uint64_t word[DNS_NAME_MAX / 8 + 2];
	uint32_t n = (len + 7) / 8;

	word[n - 1] = 0;
	memcpy(word, p, len);
	return siphash_words(a->config.key, word, n);
}

static void name_key(const struct analytics *a, const struct record *r, struct name_key *k)
{
	uint32_t n = (r->qname_len + 7u) / 8;

	k->len = r->qname_len;
	k->word[n - 1] = 0;
	memcpy(k->word, record_qname(r), r->qname_len);
	for (uint32_t i = 0; i < n; i++)
		k->word[i] = lower(k->word[i]);
	k->hash = siphash_words(a->config.key, k->word, n);
}

static void add_domain(struct analytics *a, struct analytics_window *w, const struct name_key *k, uint32_t at)
{
	const uint8_t *name = (const uint8_t *)k->word;
	uint64_t hash;
	int fresh;

	if (at == k->len)
		return;
	hash = at ? hash_bytes(a, name + at, k->len - at) : k->hash;
	heavy_add(window_list(a, w, LIST_DOMAINS), hash, name + at, k->len - at, &fresh);
	hll_add(&w->set[SET_DOMAINS], hash);
}

/* The name, its registered domain (which the name's entry remembers), and the name again where it doesn't exist. */
static void add_name(struct analytics *a, struct analytics_window *w, const struct record *r)
{
	struct name_key k;
	uint8_t *domain_at;
	int fresh;

	if (!r->qname_len || r->qname_len > DNS_NAME_MAX)
		return;
	name_key(a, r, &k);
	domain_at = heavy_add(window_list(a, w, LIST_NAMES), k.hash, k.word, k.len, &fresh);
	if (fresh) {
		*domain_at = (uint8_t)domain_find(a->config.domains, (const uint8_t *)k.word, k.len);
		hll_add(&w->set[SET_NAMES], k.hash);
	}
	add_domain(a, w, &k, *domain_at);
	if (r->kind != PAIR_UNANSWERED && r->at.rcode == 3)
		heavy_add(window_list(a, w, LIST_NXDOMAIN), k.hash, k.word, k.len, &fresh);
}

/* ---- servers ---- */

/* An entry for a server's times: the one it has; a new one once a fair part of all records are its; or none.
 * The tag of its entry in the list remembers: 0 unknown, 1 none so far, else the entry + 2. */
static struct analytics_server *server_entry(struct analytics *a, const struct heavy *list,
					     const uint8_t *address, uint8_t *tag)
{
	uint64_t count;

	if (*tag > 1)
		return &a->server[*tag - 2];
	for (uint32_t i = 0; !*tag && i < a->servers; i++) {
		if (memcmp(a->server[i].address, address, 16))
			continue;
		*tag = (uint8_t)(i + 2);
		return &a->server[i];
	}
	*tag = 1;
	if (a->servers == ANALYTICS_SERVERS)
		return NULL;
	count = heavy_count(list, tag);
	if (count < ADMIT_LEAST || count < list->total / ANALYTICS_SERVERS)
		return NULL;
	memcpy(a->server[a->servers].address, address, 16);
	*tag = (uint8_t)(a->servers + 2);
	return &a->server[a->servers++];
}

static void add_ends(struct analytics *a, struct analytics_window *w, const struct record *r)
{
	struct heavy *servers = window_list(a, w, LIST_SERVERS);
	uint64_t client = hash_bytes(a, r->client, 16), hash = hash_bytes(a, r->server, 16);
	uint64_t *bucket = a->totals.other, *sum = &a->totals.other_sum;
	struct analytics_server *s;
	uint8_t *tag;
	int fresh;

	heavy_add(window_list(a, w, LIST_CLIENTS), client, r->client, 16, &fresh);
	if (fresh)
		hll_add(&w->set[SET_CLIENTS], client);
	tag = heavy_add(servers, hash, r->server, 16, &fresh);
	if (fresh)
		hll_add(&w->set[SET_SERVERS], hash);
	s = server_entry(a, servers, r->server, tag);
	if (r->kind != PAIR_ANSWERED)
		return;
	if (s) {
		bucket = s->bucket;
		sum = &s->sum;
	}
	bucket[latency_octave(record_elapsed(r), ANALYTICS_OCTAVE, ANALYTICS_OCTAVES)]++;
	*sum += (uint64_t)record_elapsed(r);
}

/* ---- time ---- */

/* Follows packet time; false for a time that is far from all others and isn't believed (yet). */
static bool believe(struct analytics *a, int64_t time)
{
	int64_t step;

	if (!a->seen)
		a->first = a->newest = time;
	a->seen = true;
	step = time - a->newest;
	if (step > JUMP || step < -JUMP) {
		if (++a->strange < JUMP_RECORDS)
			return false;
		if (step < 0)
			timeline_clear(&a->minutes);
		a->newest = time;
	}
	a->strange = 0;
	if (time > a->newest)
		a->newest = time;
	if (time < a->first && step >= -JUMP)
		a->first = time;
	return true;
}

/* Begins anew with the lists, in place of the last but one; time that went back does it too. */
static struct analytics_window *turn_window(struct analytics *a, int64_t time)
{
	struct analytics_window *w = &a->window[a->current];

	if (w->used) {
		a->current = !a->current;
		w = &a->window[a->current];
		for (unsigned i = 0; i < LISTS; i++)
			heavy_clear(window_list(a, w, i));
		memset(w->set, 0, sizeof(w->set));
	}
	w->used = true;
	w->since = time;
	return w;
}

static struct analytics_window *window_of(struct analytics *a, int64_t time)
{
	struct analytics_window *w = &a->window[a->current];

	if (__builtin_expect(w->used && (!a->config.window || (time - w->since < a->config.window &&
							       w->since - time < a->config.window)),
			     1))
		return w;
	return turn_window(a, time);
}

static void add_time(struct analytics *a, const struct record *r, int64_t time)
{
	enum timeline_fate fate = TIMELINE_OTHER;
	struct timeline_slot *minute = timeline_slot(&a->minutes, time), *slot = timeline_slot(&a->all, time);

	if (r->kind == PAIR_UNANSWERED)
		fate = TIMELINE_UNANSWERED;
	else if (r->at.rcode == 0)
		fate = TIMELINE_NOERROR;
	else if (r->at.rcode == 3)
		fate = TIMELINE_NXDOMAIN;
	else if (r->at.rcode == 2)
		fate = TIMELINE_SERVFAIL;
	minute->fate[fate]++;
	slot->fate[fate]++;
	if (r->kind == PAIR_ANSWERED) {
		uint32_t bucket = latency_bucket(record_elapsed(r));

		minute->latency[bucket]++;
		slot->latency[bucket]++;
	}
}

static int64_t told_time(const struct record *r)
{
	int64_t time = record_time(r);

	return time > TIME_MAX ? TIME_MAX : time < -TIME_MAX ? -TIME_MAX : time;
}

void analytics_record(struct analytics *a, const struct record *r)
{
	struct analytics_totals *t = &a->totals;
	int64_t time = told_time(r);
	struct analytics_window *w;

	t->kind[r->kind]++;
	t->qtype[r->qtype < ANALYTICS_TYPES - 1 ? r->qtype : ANALYTICS_TYPES - 1]++;
	t->transport[r->proto == 6][r->family == 6]++;
	if (r->kind != PAIR_UNANSWERED)
		t->rcode[r->at.rcode < ANALYTICS_RCODES - 1 ? r->at.rcode : ANALYTICS_RCODES - 1]++;
	if (r->kind == PAIR_ANSWERED) {
		t->latency[latency_bucket(record_elapsed(r))]++;
		t->latency_sum += (uint64_t)record_elapsed(r);
	}
	if (believe(a, time)) {
		add_time(a, r, time);
		w = window_of(a, time);
	} else {
		w = window_of(a, a->newest);
	}
	add_name(a, w, r);
	add_ends(a, w, r);
}
