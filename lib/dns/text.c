// SPDX-License-Identifier: BSD-3-Clause
#include "dns/text.h"

const uint8_t text_escaped[256] = {
	[0 ... 0x1f] = 7, [' '] = 1, ['"'] = 2, ['.'] = 1, ['\\'] = 7, [0x7f ... 0xff] = 7,
};

/* Pieces that a text is written in near the end of a buffer. */
#define PIECE 255

static inline uint8_t *escape(uint8_t *to, const uint8_t *p, uint32_t n, uint32_t left, enum text_form form)
{
	if (form == TEXT_IN_QUOTES)
		return text_escape(to, p, n, left, TEXT_QUOTED);
	return text_escape(to, p, n, left, TEXT_PLAIN);
}

void text_write(struct out *o, const uint8_t *p, uint32_t n, uint32_t left, enum text_form form)
{
	uint8_t text[TEXT_ROOM(PIECE)];

	if (n <= UINT16_MAX && out_left(o) >= TEXT_ROOM(n)) {
		o->at = escape(o->at, p, n, left, form);
		return;
	}
	for (uint32_t piece; n; n -= piece, left -= piece, p += piece) {
		piece = n < PIECE ? n : PIECE;
		out_mem(o, text, (uint32_t)(escape(text, p, piece, left, form) - text));
	}
}
