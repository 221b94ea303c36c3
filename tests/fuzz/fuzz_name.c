// SPDX-License-Identifier: BSD-3-Clause
/* A name at a place of a message: all that read it agree. */
#include "fuzz.h"

#include "dns/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct wire in = wire_init(bytes, (uint32_t)size);
	uint32_t pos = wire_u8(&in), len, work = 0;
	uint8_t *m = fuzz_take(&in, 65535, &len), whole[DNS_NAME_MAX], text[1100], again[1100];
	uint32_t n = dns_name_size(m, len, pos), plain = dns_name_plain_size(m, len, pos);
	uint32_t copied = dns_name_copy(whole, m, len, pos);
	struct out o = out_init(text, sizeof(text)), o2 = out_init(again, sizeof(again));

	ALWAYS((dns_name_scan(m, len, pos, &work) > 0) == (n > 0) && work <= 2 * DNS_HOPS_MAX);
	ALWAYS((copied > 0) == (n > 0) && dns_name_text(&o, m, len, pos) == (n > 0) &&
	       copied <= DNS_NAME_MAX);
	ALWAYS(n ? dns_name_skip(m, len, pos) == n && pos + n <= len && out_len(&o) <= 1016
		 : !out_len(&o) && !plain);
	if (n) {
		ALWAYS(dns_name_text(&o2, whole, copied, 0) && out_len(&o) == out_len(&o2));
		ALWAYS(!memcmp(text, again, out_len(&o)) && dns_name_plain_size(whole, copied, 0) == copied);
		ALWAYS(plain ? plain == n && dns_name_equal(m + pos, n, whole, copied) : copied > 0);
	}
	free(m);
	return 0;
}
