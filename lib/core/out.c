// SPDX-License-Identifier: BSD-3-Clause
#include "core/out.h"

static const char digit_pairs[] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

void out_dec(struct out *o, uint64_t value)
{
	char text[20];
	unsigned at = sizeof(text);

	while (value >= 100) {
		memcpy(text + (at -= 2), digit_pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10)
		memcpy(text + (at -= 2), digit_pairs + 2 * value, 2);
	else
		text[--at] = (char)('0' + value);
	out_mem(o, text + at, (uint32_t)sizeof(text) - at);
}

void out_sdec(struct out *o, int64_t value)
{
	if (value >= 0) {
		out_dec(o, (uint64_t)value);
		return;
	}
	if (!out_need(o, 21))
		return;
	out_u8(o, '-');
	out_dec(o, -(uint64_t)value);
}

void out_dec_pad(struct out *o, uint64_t value, unsigned width)
{
	char text[20];

	if (width > sizeof(text))
		width = sizeof(text);
	for (unsigned i = width; i-- > 0; value /= 10)
		text[i] = (char)('0' + value % 10);
	out_mem(o, text, width);
}

static void hex(struct out *o, const uint8_t *p, uint32_t n, const char digits[16])
{
	if (n > UINT32_MAX / 2 || !out_need(o, 2 * n))
		return;
	for (uint32_t i = 0; i < n; i++) {
		*o->at++ = (uint8_t)digits[p[i] >> 4];
		*o->at++ = (uint8_t)digits[p[i] & 15];
	}
}

void out_hex(struct out *o, const uint8_t *p, uint32_t n)
{
	hex(o, p, n, "0123456789abcdef");
}

void out_hex_upper(struct out *o, const uint8_t *p, uint32_t n)
{
	hex(o, p, n, "0123456789ABCDEF");
}

void out_base64(struct out *o, const uint8_t *p, uint32_t n)
{
	static const char code[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (n > UINT32_MAX / 2 || !out_need(o, (n + 2) / 3 * 4))
		return;
	for (; n >= 3; n -= 3, p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*o->at++ = (uint8_t)code[v >> 18];
		*o->at++ = (uint8_t)code[v >> 12 & 63];
		*o->at++ = (uint8_t)code[v >> 6 & 63];
		*o->at++ = (uint8_t)code[v & 63];
	}
	if (!n)
		return;
	uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
	*o->at++ = (uint8_t)code[v >> 18];
	*o->at++ = (uint8_t)code[v >> 12 & 63];
	*o->at++ = n == 2 ? (uint8_t)code[v >> 6 & 63] : '=';
	*o->at++ = '=';
}

/* Writes 0 … 255 at p (three bytes of room); where it ended. */
static uint8_t *octet(uint8_t *p, unsigned v)
{
	if (v >= 100) {
		*p++ = (uint8_t)('0' + v / 100);
		memcpy(p, digit_pairs + 2 * (v % 100), 2);
		return p + 2;
	}
	if (v >= 10) {
		memcpy(p, digit_pairs + 2 * v, 2);
		return p + 2;
	}
	*p = (uint8_t)('0' + v);
	return p + 1;
}

void out_ipv4(struct out *o, const uint8_t *addr)
{
	uint8_t text[16], *p = text;

	for (unsigned i = 0; i < 4; i++) {
		p = octet(p, addr[i]);
		*p++ = '.';
	}
	out_mem(o, text, (uint32_t)(p - 1 - text));
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2); its length in *run, its start returned. */
static unsigned longest_zeros(const uint16_t group[8], unsigned *run)
{
	unsigned start = 8;

	*run = 1;
	for (unsigned i = 0; i < 8;) {
		unsigned n = 0;
		while (i + n < 8 && !group[i + n])
			n++;
		if (n > *run) {
			*run = n;
			start = i;
		}
		i += n + 1;
	}
	return start;
}

void out_ipv6(struct out *o, const uint8_t *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const char digits[] = "0123456789abcdef";
	uint16_t group[8];
	uint8_t text[40], *p = text;
	unsigned run, start;

	if (!memcmp(addr, mapped, 12)) {
		if (out_need(o, 7 + 15)) {
			out_mem(o, "::ffff:", 7);
			out_ipv4(o, addr + 12);
		}
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		group[i] = (uint16_t)(addr[2 * i] << 8 | addr[2 * i + 1]);
	start = longest_zeros(group, &run);
	for (unsigned i = 0; i < 8; i++) {
		if (i == start) {
			*p++ = ':';
			if (!i)
				*p++ = ':';
			i += run - 1;
			continue;
		}
		unsigned v = group[i];
		if (v >= 0x1000)
			*p++ = (uint8_t)digits[v >> 12];
		if (v >= 0x100)
			*p++ = (uint8_t)digits[v >> 8 & 15];
		if (v >= 0x10)
			*p++ = (uint8_t)digits[v >> 4 & 15];
		*p++ = (uint8_t)digits[v & 15];
		if (i < 7)
			*p++ = ':';
	}
	out_mem(o, text, (uint32_t)(p - text));
}
