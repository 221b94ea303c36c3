// SPDX-License-Identifier: BSD-3-Clause
/** @file Service parameters of SVCB and HTTPS (RFC 9460). */
#include "dns/rdata_kinds.h"
#include "dns/text.h"

#include <stddef.h>

/** Checks a parameter's value (the whole of `w`), and writes it where `o` isn't NULL. */
typedef void (*value_fn)(struct wire *w, struct out *o);

static void key_text(struct out *o, unsigned key);

/* A blank, comma or quote in a value: it needs quotes around it (RFC 9460 §2.1, appendix A). */
static bool needs_quotes(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] == ' ' || p[i] == '"' || p[i] == '(' || p[i] == ')' || p[i] == ';')
			return true;
	return false;
}

/* Unquoted values have no quotes to escape: the same escapes do for both. */
static void escaped(struct out *o, const uint8_t *p, uint32_t n)
{
	text_write(o, p, n, n, TEXT_IN_QUOTES);
}

/* Any bytes as one string. */
static void value_string(struct wire *w, struct out *o)
{
	uint32_t n = wire_left(w);
	const uint8_t *p = wire_take(w, n);

	if (o)
		escaped(o, p, n);
}

/* One item of a list: commas and backslashes are escaped within it, then the whole as a string (RFC
 * 9460 appendix A.1). */
static void item_text(struct out *o, const uint8_t *p, uint32_t n)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (p[i] != ',' && p[i] != '\\')
			continue;
		escaped(o, p + from, i - from);
		out_str(o, p[i] == ',' ? "\\\\," : "\\\\\\\\");
		from = i + 1;
	}
	escaped(o, p + from, n - from);
}

/* Strings with a length byte, as a list. */
static void value_list(struct wire *w, struct out *o)
{
	for (bool more = false; wire_left(w); more = true) {
		uint32_t n = wire_u8(w);
		const uint8_t *p = wire_take(w, n);
		if (!o || !p)
			continue;
		if (more)
			out_u8(o, ',');
		item_text(o, p, n);
	}
}

/* Likewise, but neither the list nor an item may be empty (RFC 9460 §7.1.1). */
static void value_alpn(struct wire *w, struct out *o)
{
	struct wire look = *w;

	do {
		uint32_t n = wire_u8(&look);
		if (!n || !wire_take(&look, n))
			w->error = true;
	} while (wire_left(&look));
	value_list(w, o);
}

static void value_port(struct wire *w, struct out *o)
{
	uint32_t port = wire_u16(w);

	if (o)
		out_dec(o, port);
}

/* At least one field of `size` bytes, written by `text`. */
static void fields(struct wire *w, struct out *o, uint32_t size, void (*text)(struct out *, const uint8_t *))
{
	bool more = false;

	do {
		const uint8_t *p = wire_take(w, size);
		if (o && p) {
			if (more)
				out_u8(o, ',');
			text(o, p);
		}
		more = true;
	} while (wire_left(w));
}

static void value_ipv4hint(struct wire *w, struct out *o)
{
	fields(w, o, 4, out_ipv4);
}

static void value_ipv6hint(struct wire *w, struct out *o)
{
	fields(w, o, 16, out_ipv6);
}

static void mandatory_text(struct out *o, const uint8_t *p)
{
	key_text(o, (unsigned)p[0] << 8 | p[1]);
}

static void value_mandatory(struct wire *w, struct out *o)
{
	fields(w, o, 2, mandatory_text);
}

static void group_text(struct out *o, const uint8_t *p)
{
	out_dec(o, (unsigned)p[0] << 8 | p[1]);
}

static void value_groups(struct wire *w, struct out *o)
{
	fields(w, o, 2, group_text);
}

static void value_ech(struct wire *w, struct out *o)
{
	uint32_t n = wire_left(w);
	const uint8_t *p = wire_take(w, n);

	if (!n)
		w->error = true;
	if (o && p)
		out_base64(o, p, n);
}

/** A key: without `value` it has none; `text` where the value's bytes are written as they are, so that
 * quotes may be needed. */
struct key {
	const char *name;
	value_fn value;
	bool text;
};

/* IANA, "Service Parameter Keys (SvcParamKeys)". */
static const struct key keys[] = {
	{ "mandatory", value_mandatory, false },
	{ "alpn", value_alpn, true },
	{ "no-default-alpn", NULL, false },
	{ "port", value_port, false },
	{ "ipv4hint", value_ipv4hint, false },
	{ "ech", value_ech, false },
	{ "ipv6hint", value_ipv6hint, false },
	{ "dohpath", value_string, true },
	{ "ohttp", NULL, false },
	{ "tls-supported-groups", value_groups, false },
	{ "docpath", value_list, true },
};
static const struct key other_key = { NULL, value_string, true };
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static void key_text(struct out *o, unsigned key)
{
	if (key < KEYS) {
		out_str(o, keys[key].name);
		return;
	}
	out_str(o, "key");
	out_dec(o, key);
}

/* Key and value, n bytes of which are in `w`. */
static void parameter(struct rdata *r, unsigned key, uint32_t n)
{
	struct wire value = wire_sub(&r->w, n);
	const struct key *k = key < KEYS ? &keys[key] : &other_key;
	struct out *o = rdata_field(r);

	if (r->w.error)
		return;
	if (o)
		key_text(o, key);
	if (k->value && (n || k->name)) {
		bool quotes = o && k->text && needs_quotes(value.data, n);
		if (o)
			out_u8(o, '=');
		if (quotes)
			out_u8(o, '"');
		k->value(&value, o);
		if (quotes)
			out_u8(o, '"');
	}
	if (value.error || wire_left(&value))
		rdata_malformed(r);
}

/* In ascending order of their keys, each at most once (RFC 9460 §2.2). */
void rdata_svc_params(struct rdata *r)
{
	int32_t last = -1;

	while (wire_left(&r->w)) {
		uint16_t key = wire_u16(&r->w), n = wire_u16(&r->w);
		if (key <= last)
			rdata_malformed(r);
		last = key;
		parameter(r, key, n);
	}
}
