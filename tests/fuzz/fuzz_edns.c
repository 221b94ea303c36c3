// SPDX-License-Identifier: BSD-3-Clause
/* The OPT record of a message and the text of each of its options, by a layout that nobody checked. */
#include "fuzz.h"

#include "dns/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t text[1 << 19];
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct dns_layout at = { .opt = wire_u8(&in) };
	struct dns_edns edns;
	struct dns_edns_option option;
	uint32_t len;
	uint8_t *m = fuzz_take(&in, 65535, &len);

	if (dns_edns_read(m, len, &at, &edns))
		while (dns_edns_next(m, len, &edns, &option)) {
			struct out o = out_init(text, sizeof(text));
			dns_edns_option_text(&o, &option);
			ALWAYS(!o.full);
			for (uint32_t i = 0; i < out_len(&o); i++)
				ALWAYS(text[i] >= 0x20 && text[i] < 0x7f);
		}
	free(m);
	return 0;
}
