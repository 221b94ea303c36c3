// SPDX-License-Identifier: BSD-3-Clause
#include "encode/encode.h"
#include "encode/json.h"

#include <stdio.h>

/* Bytes of the UTF-8 character at `s` (RFC 3629 §4), or 0 where there is none. */
static unsigned utf8_size(const uint8_t *s)
{
	/* The first byte tells the size and which second bytes are allowed: no overlong forms, surrogates
	 * or code points past U+10FFFF. */
	static const struct { uint8_t from, to, size, low, high; } forms[] = {
		{ 0x20, 0x7e, 1, 0, 0xff },    { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf },
		{ 0xe1, 0xec, 3, 0x80, 0xbf }, { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
		{ 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
	};

	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].from || s[0] > forms[i].to)
			continue;
		if (forms[i].size > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (unsigned k = 2; k < forms[i].size; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].size;
	}
	return 0;
}

/* Copies a text into `cap` bytes, whole characters of UTF-8 only. */
static void copy_text(char *to, size_t cap, const char *from)
{
	const uint8_t *s = (const uint8_t *)from;
	size_t len = 0;

	while (*s) {
		unsigned n = utf8_size(s);
		if (len + (n ? n : 1) >= cap)
			break;
		if (n)
			memcpy(to + len, s, n);
		else
			to[len] = '?';
		len += n ? n : 1;
		s += n ? n : 1;
	}
	to[len] = 0;
}

void encode_context_init(struct encode_context *cx, const char *level, const char *sensor)
{
	memset(cx, 0, sizeof(*cx));
	copy_text(cx->level, sizeof(cx->level), level ? level : "");
	copy_text(cx->sensor, sizeof(cx->sensor), sensor ? sensor : "");
	snprintf(cx->tag, sizeof(cx->tag), "%s.service", cx->sensor);
	cx->stamp_second = INT64_MIN;
	struct out o = out_init(cx->level_json, sizeof(cx->level_json));
	json_text(&o, cx->level);
	cx->level_json_len = out_len(&o);
}

const struct encoder *encoder_find(const char *name)
{
	static const struct encoder *const all[] = {
		&encoder_flat, &encoder_nested, &encoder_avro, &encoder_msgpack,
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}
