// SPDX-License-Identifier: BSD-3-Clause
/* A DNS message, the first byte saying how much of it the snap length cut off: what the parser counts is
 * what the texts give. */
#include "dns/name.h"
#include "dns/rdata.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t text[1 << 20];
	struct dns_message m;
	uint32_t answers = 0, missing = size ? bytes[0] : 0;

	if (!dns_usable(dns_parse(&m, bytes + !!size, (uint32_t)(size - !!size), missing)))
		return 0;
	for (int s = DNS_ANSWER; s < DNS_SECTIONS; s++) {
		struct dns_walk w = dns_walk_init(m.data, m.len, &m.at, (enum dns_section)s);
		uint32_t n = 0;
		for (struct dns_rr rr; dns_walk_next(&w, &rr); n++) {
			struct out o = out_init(text, sizeof(text));
			bool written = dns_name_text(&o, m.data, m.len, rr.owner);
			written &= dns_rdata_text(&o, m.data, m.len, &rr);
			answers += written && s == DNS_ANSWER && rr.type != 41;
		}
		if (n != m.at.found[s])
			abort();
	}
	if (answers != m.at.answers)
		abort();
	struct dns_edns edns;
	struct dns_edns_option option;
	struct out o = out_init(text, sizeof(text));
	if (dns_edns_read(m.data, m.len, &m.at, &edns))
		while (dns_edns_next(m.data, m.len, &edns, &option))
			dns_edns_option_text(&o, &option);
	return 0;
}
