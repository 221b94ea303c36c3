// SPDX-License-Identifier: BSD-3-Clause
/* A DNS message, the first byte saying how much of it the snap length cut off: what the parser counts is what
 * the texts give. */
#include "fuzz_dns.h"

#include "dns/name.h"
#include "dns/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t text[1 << 20];
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct dns_message m;
	uint32_t answers = 0, missing = wire_u8(&in), len;
	uint8_t *copy = fuzz_take(&in, 65535, &len);

	for (int s = dns_usable(dns_parse(&m, copy, len, missing)) ? DNS_ANSWER : DNS_SECTIONS;
	     s < DNS_SECTIONS; s++) {
		struct dns_walk w = dns_walk_init(m.data, m.len, &m.at, (enum dns_section)s);
		uint32_t n = 0;
		for (struct dns_rr rr; dns_walk_next(&w, &rr); n++) {
			struct out o = out_init(text, sizeof(text));
			bool written = dns_name_text(&o, m.data, m.len, rr.owner);
			written &= dns_rdata_text(&o, m.data, m.len, &rr);
			answers += written && s == DNS_ANSWER && rr.type != 41;
		}
		ALWAYS(n == m.at.found[s]);
	}
	ALWAYS(!dns_usable(m.at.damage) || answers == m.at.answers);
	free(copy);
	return 0;
}
