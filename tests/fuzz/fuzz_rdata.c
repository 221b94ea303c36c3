// SPDX-License-Identifier: BSD-3-Clause
/* Data of a record of any type, behind some bytes that its names may point to: check and text agree, the text
 * is printable, and a buffer that is too small is not left. */
#include "fuzz.h"

#include "dns/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t text[1 << 19];
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct dns_rr rr = { .type = wire_u16(&in), .rclass = wire_u8(&in), .rdata = wire_u8(&in) };
	uint32_t room = wire_u8(&in), len;
	uint8_t *m = fuzz_take(&in, 65535, &len), *small = malloc(room);
	struct out o = out_init(text, sizeof(text)), o2 = out_init(small, room);

	rr.rdlen = (uint16_t)(rr.rdata < len ? len - rr.rdata : 0);
	bool sound = dns_rdata_valid(m, len, &rr);
	ALWAYS(dns_rdata_text(&o, m, len, &rr) == sound && !o.full && (sound || !out_len(&o)));
	for (uint32_t i = 0; i < out_len(&o); i++)
		ALWAYS(text[i] >= 0x20 && text[i] < 0x7f);
	dns_rdata_text(&o2, m, len, &rr);
	ALWAYS(o2.full || (out_len(&o2) == out_len(&o) && !memcmp(small, text, out_len(&o))));
	free(small);
	free(m);
	return 0;
}
