// SPDX-License-Identifier: BSD-3-Clause
#include "analytics/domain.h"
#include "analytics/punycode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define RULE_LABELS 8  /* of a rule at most; longer ones are left out */
#define LINE 512

/* What the list says of a suffix. */
enum {
	SUFFIX = 1,    /* it is a rule */
	WILDCARD = 2,  /* `*.` and it is a rule: whatever label is before it is part of the suffix */
	EXCEPTION = 4, /* `!` and it is a rule: it isn't a suffix though a wildcard says so */
	DEEPER = 8,    /* it is the end of a longer rule */
};

#define FLAGS UINT64_C(15)
#define MAYBE_BITS 131072u

/* Suffixes by hash alone: of 60 bits under a secret, so that none is taken for another. A slot is a hash and
 * its flags; 0: free. */
struct domains {
	uint64_t secret;
	uint32_t rules, used, mask;
	uint64_t *slot;
	uint64_t maybe[MAYBE_BITS / 64]; /* a bit a suffix: most names are no rules, and this stays in the cache */
};

static uint64_t word_at(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static uint32_t half_at(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static uint64_t stir(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Hashes grow leftwards, label by label, so that one pass over a name gives those of all its suffixes. In
 * words, of which the last two may overlap. */
static uint64_t hash_label(uint64_t hash, const uint8_t *label, uint32_t len)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i + 8 < len; i += 8)
		hash = stir(hash, word_at(label + i));
	if (len >= 8)
		last = word_at(label + len - 8);
	else if (len >= 4)
		last = (uint64_t)half_at(label) << 32 | half_at(label + len - 4);
	else if (len)
		last = (uint64_t)label[0] << 16 | (uint64_t)label[len / 2] << 8 | label[len - 1];
	return stir(stir(hash, last), len) | FLAGS;
}

static uint64_t *slot_of(const struct domains *d, uint64_t hash)
{
	uint32_t at = (uint32_t)(hash >> 32) & d->mask;

	while (d->slot[at] && (d->slot[at] | FLAGS) != hash)
		at = (at + 1) & d->mask;
	return &d->slot[at];
}

/* Doubles the table where it would be more than half full. */
static bool grow(struct domains *d)
{
	uint64_t *old = d->slot;
	uint32_t n = old ? d->mask + 1 : 0;

	if (old && 2 * d->used < n)
		return true;
	d->slot = calloc(n ? 2 * n : 1024, sizeof(*old));
	if (!d->slot) {
		d->slot = old;
		return false;
	}
	d->mask = (n ? 2 * n : 1024) - 1;
	for (uint32_t i = 0; i < n; i++)
		if (old[i])
			*slot_of(d, old[i] | FLAGS) = old[i];
	free(old);
	return true;
}

static bool mark(struct domains *d, uint64_t hash, uint64_t flag)
{
	uint64_t *s;

	if (!grow(d))
		return false;
	d->maybe[hash >> 32 & (MAYBE_BITS / 64 - 1)] |= UINT64_C(1) << (hash >> 58);
	s = slot_of(d, hash);
	d->used += !*s;
	*s = (*s ? *s : hash & ~FLAGS) | flag;
	return true;
}

/* Adds a rule: labels with dots between, in UTF-8. False where memory lacks. */
static bool add_rule(struct domains *d, char *rule)
{
	char *label[RULE_LABELS], *at = rule;
	uint64_t hash = d->secret, flag = SUFFIX;
	int n = 0;

	if (*at == '!') {
		flag = EXCEPTION;
		at++;
	} else if (!strncmp(at, "*.", 2)) {
		flag = WILDCARD;
		at += 2;
	}
	for (char *next; at; at = next) {
		next = strchr(at, '.');
		if (next)
			*next++ = '\0';
		if (n == RULE_LABELS)
			return true;
		label[n++] = at;
	}
	while (n--) {
		char ascii[PUNYCODE_LABEL];
		uint32_t len = punycode_label(ascii, label[n]);

		if (!len)
			return true;
		hash = hash_label(hash, (const uint8_t *)ascii, len);
		if (!mark(d, hash, n ? DEEPER : flag))
			return false;
	}
	d->rules++;
	return true;
}

struct domains *domains_load(const char *path, struct error *e)
{
	struct domains *d = calloc(1, sizeof(*d));
	FILE *f = path ? fopen(path, "re") : NULL;
	bool sound = d && grow(d);
	char line[LINE];

	if (path && !f)
		error_set(e, "%.300s: %s", path, strerror(errno));
	else if (!sound || getrandom(&d->secret, sizeof(d->secret), 0) != sizeof(d->secret))
		error_set(e, "no memory for the public suffixes");
	while (f && sound && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (line[0] && strncmp(line, "//", 2))
			sound = add_rule(d, line);
	}
	if (f)
		fclose(f);
	if (sound && (f || !path))
		return d;
	domains_free(d);
	return NULL;
}

void domains_free(struct domains *d)
{
	if (!d)
		return;
	free(d->slot);
	free(d);
}

uint32_t domains_rules(const struct domains *d)
{
	return d->rules;
}

static uint64_t flags_of(const struct domains *d, uint64_t hash)
{
	if (!(d->maybe[hash >> 32 & (MAYBE_BITS / 64 - 1)] >> (hash >> 58) & 1))
		return 0;
	return *slot_of(d, hash) & FLAGS;
}

uint32_t domain_find(const struct domains *d, const uint8_t *name, uint32_t len)
{
	uint8_t start[128];
	uint32_t labels = 0, suffix = 1;
	uint64_t hash = d->secret;

	for (uint32_t at = 0; at < len && name[at] && labels < sizeof(start); at += name[at] + 1u)
		start[labels++] = (uint8_t)at;
	for (uint32_t i = 1; i <= labels; i++) {
		const uint8_t *label = name + start[labels - i];

		hash = hash_label(hash, label + 1, label[0]);
		uint64_t flags = flags_of(d, hash);
		if (flags & EXCEPTION) {
			suffix = i - 1;
			break;
		}
		if (flags & SUFFIX)
			suffix = i;
		if (flags & WILDCARD)
			suffix = i + 1;
		if (!(flags & (DEEPER | WILDCARD)))
			break;
	}
	return labels > suffix ? start[labels - suffix - 1] : len;
}
