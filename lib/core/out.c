// SPDX-License-Identifier: BSD-3-Clause
#include "core/out.h"
#include "core/put.h"

void out_dec(struct out *o, uint64_t value)
{
	uint8_t text[PUT_DEC_ROOM];

	out_mem(o, text, (uint32_t)(put_dec(text, value) - text));
}

void out_sdec(struct out *o, int64_t value)
{
	uint8_t text[PUT_DEC_ROOM];

	out_mem(o, text, (uint32_t)(put_sdec(text, value) - text));
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
	if (!out_need(o, n > UINT32_MAX / 2 ? UINT32_MAX : 2 * n))
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

	if (!out_need(o, n > UINT32_MAX / 2 ? UINT32_MAX : (n + 2) / 3 * 4))
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

void out_ipv4(struct out *o, const uint8_t *addr)
{
	uint8_t text[PUT_IPV4_ROOM];

	out_mem(o, text, (uint32_t)(put_ipv4(text, addr) - text));
}

void out_ipv6(struct out *o, const uint8_t *addr)
{
	uint8_t text[PUT_IPV6_ROOM];

	out_mem(o, text, (uint32_t)(put_ipv6(text, addr) - text));
}
