// SPDX-License-Identifier: BSD-3-Clause
/* A DNS message as libknot reads it: what both read is the same, and we read all that it does. Only messages
 * of one question: it takes no others. Data outside of the answers may be unsound for us, who show none of
 * it. */
#include "fuzz_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	struct dns_message m;
	uint32_t len = (wire_skip(&in, 1), 0);
	uint8_t *copy = fuzz_take(&in, 65535, &len), *twin = fuzz_copy(copy, len);
	bool usable = dns_usable(dns_parse(&m, copy, len, 0));
	knot_pkt_t *pkt = knot_pkt_new(twin, (uint16_t)len, NULL);
	int theirs = knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON);
	bool all = theirs == KNOT_EOK || theirs == KNOT_ETRAIL, stopped = not_compared(&m);

	ALWAYS(usable || !all || stopped);
	for (int s = DNS_ANSWER; s < DNS_SECTIONS && usable && !stopped; s++) {
		struct dns_walk w = dns_walk_init(m.data, m.len, &m.at, (enum dns_section)s);
		const knot_pktsection_t *section = knot_pkt_section(pkt, (knot_section_t)(s - 1));
		struct dns_rr rr;
		ALWAYS(m.at.found[s] >= section->count && (!all || m.at.found[s] == m.at.count[s]));
		for (uint16_t i = 0, before = 0; !stopped && dns_walk_next(&w, &rr); i++, before = rr.type)
			if (!(stopped = i >= section->count))
				compare_rr(&m, &rr, knot_pkt_rr(section, i));
			else
				compare_stop(&m, &rr, (enum dns_section)s, before);
	}
	knot_pkt_free(pkt);
	free(twin);
	free(copy);
	return 0;
}
