// SPDX-License-Identifier: BSD-3-Clause
#include "core/counters.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

Test(counters, each_row_is_told)
{
	for (unsigned i = 0; i < COUNTERS; i++) {
		const struct counter_info *c = &counter_infos[i];
		cr_assert(c->name && *c->name);
		cr_assert(c->text && *c->text, "%s", c->name);
		for (const char *p = c->name; *p; p++)
			cr_assert(islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_', "%s",
				c->name);
		for (unsigned k = 0; k < i; k++) {
			cr_assert_str_neq(c->name, counter_infos[k].name);
			cr_assert_str_neq(c->text, counter_infos[k].text);
		}
	}
}

/* The name says the group where it can: nobody looks for a drop reason outside its equation. */
Test(counters, drop_reasons_belong_to_an_equation)
{
	for (unsigned i = 0; i < COUNTERS; i++) {
		const struct counter_info *c = &counter_infos[i];
		if (!strncmp(c->name, "drop_message_", 13))
			cr_assert_eq(c->group, GROUP_MESSAGE_DROP, "%s", c->name);
		else if (!strncmp(c->name, "drop_", 5))
			cr_assert_eq(c->group, GROUP_PACKET_DROP, "%s", c->name);
		else if (!strncmp(c->name, "fragments_", 10))
			cr_assert_eq(c->group, GROUP_FRAGMENT, "%s", c->name);
		else
			cr_assert(c->group != GROUP_MESSAGE_DROP && c->group != GROUP_PACKET_DROP &&
				c->group != GROUP_FRAGMENT);
	}
}

Test(counters, count_and_add)
{
	static struct counters a, b;

	COUNT(&a, packets_in);
	COUNT(&a, packets_in);
	COUNT_N(&b, packets_in, 5);
	COUNT_N(&b, records_out, UINT64_C(1) << 40);
	counters_add(&a, &b);
	cr_assert_eq(a.n[COUNT_packets_in], 7);
	cr_assert_eq(a.n[COUNT_records_out], UINT64_C(1) << 40);
	cr_assert_eq(b.n[COUNT_packets_in], 5);
	for (unsigned i = 0; i < COUNTERS; i++)
		cr_assert(a.n[i] == 0 || i == COUNT_packets_in || i == COUNT_records_out);
}

Test(counters, group_sums)
{
	static struct counters c;
	uint64_t want = 0;

	for (unsigned i = 0; i < COUNTERS; i++) {
		c.n[i] = i + 1;
		if (counter_infos[i].group == GROUP_RESPONSE)
			want += i + 1;
	}
	cr_assert_gt(want, 0);
	cr_assert_eq(counters_group(&c, GROUP_RESPONSE), want);
}
