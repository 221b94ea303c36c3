// SPDX-License-Identifier: BSD-3-Clause
#include "dns/name.h"

#include "dns/message.h"
#include "dns/text.h"

/** No text is longer: at most 250 octets stand in labels, each of which takes up to four characters. */
#define TEXT_MAX 1016
/** Room for it, its last dot and what text_escape() may store behind. */
#define TEXT_ROOM_MAX (TEXT_MAX + 1 + TEXT_WORD)

int32_t dns_name_scan(const uint8_t *data, uint32_t len, uint32_t pos, uint32_t *work)
{
	uint32_t start = pos, size = 0, octets = 0, hops = 0, steps = 0;
	int32_t result = -1;

	/*@ loop invariant pos <= UINT16_MAX + 64 && octets <= DNS_NAME_MAX && hops <= DNS_HOPS_MAX;
	    loop invariant size ? start + size <= len : start <= pos;
	    loop invariant result == -1;
	    loop assigns pos, octets, hops, steps, size, result; */
	while (pos < len) {
		uint32_t c = data[pos];
		steps++;
		if (__builtin_expect(c < 64, 1)) {
			pos += c + 1;
			octets += c + 1;
			if (octets > DNS_NAME_MAX) {
				result = 0;
				break;
			}
			if (!c) {
				result = (int32_t)(size ? size : pos - start);
				break;
			}
			continue;
		}
		if (c >= 0xc0 && pos + 1 >= len)
			break;
		uint32_t target = c < 0xc0 ? UINT32_MAX : (c & 0x3f) << 8 | data[pos + 1];
		if (target >= pos || target < DNS_HEADER_SIZE || ++hops > DNS_HOPS_MAX) {
			result = 0;
			break;
		}
		if (!size)
			size = pos + 2 - start;
		pos = target;
	}
	*work += steps;
	return result;
}

uint32_t dns_name_size(const uint8_t *data, uint32_t len, uint32_t pos)
{
	uint32_t work = 0;
	int32_t size = dns_name_scan(data, len, pos, &work);

	return size < 0 ? 0 : (uint32_t)size;
}

uint32_t dns_name_skip(const uint8_t *data, uint32_t len, uint32_t pos)
{
	uint32_t at = pos;

	/*@ loop invariant pos <= at <= UINT16_MAX + 64;
	    loop assigns at; */
	while (at < len) {
		uint32_t c = data[at];
		if (c >= 64)
			return c >= 0xc0 && at + 1 < len ? at + 2 - pos : 0;
		at += c + 1;
		if (!c)
			return at - pos;
	}
	return 0;
}

uint32_t dns_name_plain_size(const uint8_t *data, uint32_t len, uint32_t pos)
{
	uint32_t at = pos;

	/*@ loop invariant pos <= at <= pos + DNS_NAME_MAX;
	    loop assigns at; */
	while (at < len && data[at] < 64) {
		uint32_t c = data[at];
		at += c + 1;
		if (at - pos > DNS_NAME_MAX)
			return 0;
		if (!c)
			return at - pos;
	}
	return 0;
}

/* Writes the text with the last dot at `to` (TEXT_ROOM_MAX bytes); where it ended, NULL where the name
 * is malformed. Checks as dns_name_scan() does: with as few tests as that takes, since the longest ladder of
 * pointers and labels of one letter may cost no more than three times what names usually do. */
static uint8_t *name_text(uint8_t *to, const uint8_t *data, uint32_t len, uint32_t pos)
{
	uint32_t octets = 0, hops = DNS_HOPS_MAX + 1;

	if (pos >= len)
		return NULL;
	/*@ loop invariant pos < len && octets <= DNS_NAME_MAX && 1 <= hops <= DNS_HOPS_MAX + 1;
	    loop invariant \base_addr(to) == \base_addr(\at(to, Pre)) && 0 <= to - \at(to, Pre) <= 4 * octets;
	    loop assigns to, pos, octets, hops, \at(to, Pre)[0 .. TEXT_ROOM_MAX - 1]; */
	for (;;) {
		uint32_t c = data[pos];
		if (__builtin_expect(c < 64, 1)) {
			octets += c + 1;
			if (octets > DNS_NAME_MAX)
				return NULL;
			if (!c)
				return to;
			pos++;
			/* Something has to follow: another label, or the root's. */
			if (c >= len - pos)
				return NULL;
			to = text_escape(to, data + pos, c, len - pos, TEXT_LABEL);
			*to++ = '.';
			pos += c;
			continue;
		}
		if (pos + 1 >= len)
			return NULL;
		/* What is no pointer gives a target beyond all messages. */
		uint32_t target = (c << 8 | data[pos + 1]) - 0xc000;
		if (target >= pos || target < DNS_HEADER_SIZE || !--hops)
			return NULL;
		pos = target;
	}
}

/* For the end of a buffer, where the longest name wouldn't fit. */
static __attribute__((noinline)) bool name_text_tight(struct out *o, const uint8_t *data, uint32_t len,
						      uint32_t pos)
{
	uint8_t text[TEXT_ROOM_MAX];
	uint8_t *end = name_text(text, data, len, pos);

	if (!end)
		return false;
	if (end == text)
		out_u8(o, '.');
	else
		out_mem(o, text, (uint32_t)(end - text - 1));
	return true;
}

bool dns_name_text(struct out *o, const uint8_t *data, uint32_t len, uint32_t pos)
{
	if (__builtin_expect(out_left(o) < TEXT_ROOM_MAX, 0))
		return name_text_tight(o, data, len, pos);
	uint8_t *end = name_text(o->at, data, len, pos);
	if (__builtin_expect(!end, 0))
		return false;
	if (end == o->at)
		*o->at++ = '.';
	else
		o->at = end - 1;
	return true;
}

uint32_t dns_name_copy(uint8_t to[255], const uint8_t *data, uint32_t len, uint32_t pos)
{
	uint32_t octets = 0, hops = 0;

	/*@ loop invariant pos <= len && octets <= DNS_NAME_MAX && hops <= DNS_HOPS_MAX;
	    loop assigns pos, octets, hops, to[0 .. DNS_NAME_MAX - 1]; */
	while (pos < len) {
		uint32_t c = data[pos];
		if (c < 64) {
			if (octets + c + 1 > DNS_NAME_MAX || c + 1 > len - pos)
				return 0;
			memcpy(to + octets, data + pos, c + 1);
			octets += c + 1;
			pos += c + 1;
			if (!c)
				return octets;
			continue;
		}
		uint32_t target = c < 0xc0 || pos + 1 >= len ? UINT32_MAX : (c & 0x3f) << 8 | data[pos + 1];
		if (target >= pos || target < DNS_HEADER_SIZE || ++hops > DNS_HOPS_MAX)
			return 0;
		pos = target;
	}
	return 0;
}

/* Eight bytes with their ASCII capitals made small. */
static uint64_t fold(uint64_t w)
{
	uint64_t low = w & TEXT_EACH(0x7f);
	uint64_t from_a = low + TEXT_EACH(0x80 - 'A'), past_z = low + TEXT_EACH(0x7f - 'Z');

	return w | ((from_a & ~past_z & ~w & TEXT_EACH(0x80)) >> 2);
}

static bool same_word(const uint8_t *a, const uint8_t *b)
{
	uint64_t x = text_load(a), y = text_load(b);

	return x == y || fold(x) == fold(y);
}

static uint8_t fold_byte(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool dns_name_equal(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	uint32_t at = 0;

	if (a_len != b_len)
		return false;
	/*@ loop invariant at <= a_len;
	    loop assigns at; */
	for (; at + TEXT_WORD <= a_len; at += TEXT_WORD)
		if (!same_word(a + at, b + at))
			return false;
	/* What is left is shorter than a word: the last word of all has it, and bytes that are equal already. */
	if (a_len >= TEXT_WORD)
		return same_word(a + a_len - TEXT_WORD, b + a_len - TEXT_WORD);
	/*@ loop invariant at <= a_len;
	    loop assigns at; */
	for (; at < a_len; at++)
		if (fold_byte(a[at]) != fold_byte(b[at]))
			return false;
	return true;
}
