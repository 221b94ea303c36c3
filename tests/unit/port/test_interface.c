// SPDX-License-Identifier: BSD-3-Clause
#include "network.h"
#include "port/interface.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(interface, a_loopback_interface)
{
	uint32_t drops;

	if (!network_enter())
		cr_skip_test("no rights for a network namespace");
	cr_expect(eq(i32, interface_runs("lo"), false));
	network_lo(true);
	cr_expect(interface_runs("lo"));
	cr_expect(eq(u32, interface_mtu("lo"), 65536));
	cr_expect(ge(u32, interface_queues("lo"), 1));
	cr_assert(interface_drops("lo", &drops));
	cr_expect(eq(u32, drops, 0));
}

Test(interface, none_of_this_name)
{
	uint32_t drops;

	cr_expect(eq(i32, interface_runs("nosuch0"), false));
	cr_expect(eq(u32, interface_mtu("nosuch0"), 1500));
	cr_expect(eq(u32, interface_queues("nosuch0"), 1));
	cr_expect(eq(i32, interface_drops("nosuch0", &drops), false));
	cr_expect(eq(i32, interface_joins_segments("nosuch0"), false));
}

Test(interface, they_are_listed_within_bounds)
{
	char text[256] = "", tiny[4] = "xyz";

	interface_list(text, sizeof(text));
	cr_expect(strstr(text, "lo") != NULL || strstr(text, "none") != NULL, "%s", text);
	interface_list(tiny, sizeof(tiny));
	cr_expect(tiny[3] == 0);
}
