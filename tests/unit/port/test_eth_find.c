// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_find.h"
#include "port/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(eth_find, pci_addresses)
{
	static const struct {
		const char *spec, *address;
	} cases[] = {
		{ "0000:01:00.0", "0000:01:00.0" }, { "01:00.1", "0000:01:00.1" }, { "81:1f.7", "0000:81:1f.7" },
		{ "1:81:0.2", "0001:81:00.2" }, { "eth0", NULL }, { "net_pcap0", NULL }, { "01:00", NULL }, { "01:00.0x", NULL },
		{ "", NULL }, { "0000:01:00.0,a=1", NULL }, { "enp1s0", NULL }, { "be:ef", NULL },
	};
	char address[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is = eth_pci_address(cases[i].spec, address, sizeof(address));

		cr_expect(eq(i32, is, cases[i].address != NULL), "%s", cases[i].spec);
		cr_expect(eq(i32, source_is_pci(cases[i].spec), is));
		if (is)
			cr_expect(eq(str, address, (char *)(uintptr_t)cases[i].address));
	}
}

Test(eth_find, slots_hold_a_whole_frame_and_divide_a_block)
{
	for (uint32_t mtu = 68; mtu < 32000; mtu += 100) {
		uint32_t size = eth_slot_size(mtu);

		cr_expect(ge(u32, eth_slot_frame(size), mtu + 22));
		cr_expect(eq(u32, 65536 % size, 0));
		cr_expect(size == 4096 || eth_slot_frame(size / 2) < mtu + 22);
	}
	cr_expect(eq(u32, eth_slot_size(9000), 16384));
	cr_expect(eq(u32, eth_slot_size(65536), 32768), "what an mbuf can hold");
	cr_expect(ge(u32, eth_slot_frame(4096), 4000));
}
