// SPDX-License-Identifier: BSD-3-Clause
#include "encode/row.h"

bool row_fixed(const struct record *r, const char **a)
{
	if (r->kind == PAIR_UNANSWERED) {
		*a = "No Response";
		return true;
	}
	if (r->at.rcode) {
		*a = dns_rcode_text(r->at.rcode);
		return true;
	}
	/* NODATA (RFC 2308 §2.2): only where nothing was lost that could have been an answer. */
	*a = "";
	return !r->at.count[DNS_ANSWER] && r->at.damage == DNS_SOUND;
}
