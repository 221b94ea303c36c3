// SPDX-License-Identifier: BSD-3-Clause
#include "core/wire.h"
#include "dns/rdata.h"
#include "dns/text.h"
#include "dns/types.h"

#include <string.h>

enum { OPTION_NSID = 3, OPTION_ECS = 8, OPTION_EDE = 15 };

bool dns_edns_read(const uint8_t *data, uint32_t len, const struct dns_layout *at, struct dns_edns *edns)
{
	struct wire w = wire_init(data, len);

	if (!at->opt)
		return false;
	wire_seek(&w, at->opt);
	uint16_t type = wire_u16(&w), size = wire_u16(&w);
	wire_skip(&w, 1);
	uint8_t version = wire_u8(&w);
	uint16_t flags = wire_u16(&w), rdlen = wire_u16(&w);
	if (w.error || type != DNS_TYPE_OPT || rdlen > wire_left(&w))
		return false;
	*edns = (struct dns_edns){
		.udp_size = size,
		.version = version,
		.flags = flags,
		.pos = w.pos,
		.end = w.pos + rdlen,
	};
	return true;
}

bool dns_edns_next(const uint8_t *data, uint32_t len, struct dns_edns *edns, struct dns_edns_option *option)
{
	struct wire w = wire_init(data, edns->end < len ? edns->end : len);

	wire_seek(&w, edns->pos);
	if (!wire_left(&w))
		return false;
	option->code = wire_u16(&w);
	option->len = wire_u16(&w);
	option->data = wire_take(&w, option->len);
	if (w.error)
		return false;
	edns->pos = w.pos;
	return true;
}

static bool printable(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	return true;
}

/* `address/prefix/scope` (RFC 7871 §6); false where the option is malformed. */
static bool ecs_text(struct out *o, const struct dns_edns_option *option)
{
	struct wire w = wire_init(option->data, option->len);
	uint16_t family = wire_u16(&w);
	uint8_t source = wire_u8(&w), scope = wire_u8(&w), addr[16] = { 0 };
	uint32_t n = wire_left(&w), room = family == 1 ? 4 : 16;

	if (w.error || (family != 1 && family != 2) || n > room || source > 8 * room || n < (source + 7u) / 8)
		return false;
	if (n)
		memcpy(addr, option->data + w.pos, n);
	if (family == 1)
		out_ipv4(o, addr);
	else
		out_ipv6(o, addr);
	out_u8(o, '/');
	out_dec(o, source);
	out_u8(o, '/');
	out_dec(o, scope);
	return true;
}

/* The code and its EXTRA-TEXT, or IANA's purpose of the code where it has none (RFC 8914 §2). */
static bool ede_text(struct out *o, const struct dns_edns_option *option)
{
	struct wire w = wire_init(option->data, option->len);
	uint16_t code = wire_u16(&w);

	if (w.error)
		return false;
	out_dec(o, code);
	uint32_t n = wire_left(&w);
	if (n || *dns_ede_text(code))
		out_u8(o, ' ');
	if (!n)
		out_str(o, dns_ede_text(code));
	text_write(o, option->data + w.pos, n, n, TEXT_BARE);
	return true;
}

void dns_edns_option_text(struct out *o, const struct dns_edns_option *option)
{
	if (option->code == OPTION_ECS && ecs_text(o, option))
		return;
	if (option->code == OPTION_EDE && ede_text(o, option))
		return;
	if (option->code == OPTION_NSID && printable(option->data, option->len))
		out_mem(o, option->data, option->len);
	else
		out_hex(o, option->data, option->len);
}
