// SPDX-License-Identifier: BSD-3-Clause
#include "app/eal.h"

#include <criterion/criterion.h>

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

Test(eal, a_pcap_device_that_reads_files_is_known)
{
	cr_expect(eal_reads_files(ARGS("--vdev", "net_pcap0,rx_pcap=x.pcap"), "net_pcap0"));
	cr_expect(eal_reads_files(ARGS("--vdev=net_pcap0,rx_pcap=x.pcap"), "net_pcap0"));
	cr_expect(eal_reads_files(ARGS("-l", "0", "--vdev", "net_pcap0,tx_pcap=y,rx_pcap=x"), "net_pcap0"));
	cr_expect(eal_reads_files(ARGS("--vdev", "net_pcap0,rx_iface=lo", "--vdev", "net_pcap1,rx_pcap=x"), "net_pcap1"));
}

Test(eal, every_other_device_is_live)
{
	cr_expect(!eal_reads_files(NULL, "net_pcap0"));
	cr_expect(!eal_reads_files(ARGS("--vdev"), "net_pcap0"));
	cr_expect(!eal_reads_files(ARGS("--vdev", "net_pcap0,rx_iface=lo"), "net_pcap0"));
	cr_expect(!eal_reads_files(ARGS("--vdev", "net_pcap0,rx_pcap=x,infinite_rx=1"), "net_pcap0"));
	cr_expect(!eal_reads_files(ARGS("--vdev", "net_pcap10,rx_pcap=x"), "net_pcap1"));
	cr_expect(!eal_reads_files(ARGS("--vdev", "net_pcap1,rx_pcap=x"), "net_pcap10"));
	cr_expect(!eal_reads_files(ARGS("--other", "net_pcap0,rx_pcap=x"), "net_pcap0"));
	cr_expect(!eal_reads_files(ARGS("--vdev", "net_af_packet0,iface=eth0"), "net_af_packet0"));
}

Test(eal, lcores_are_ours)
{
	struct error e;

	cr_expect(!eal_check(NULL, &e));
	cr_expect(!eal_check(ARGS("--log-level=debug", "--lcoresx", "--legacy-mem", "--vdev", "net_null0"), &e));
	cr_expect(eal_check(ARGS("--no-huge", "--lcores", "0-1"), &e));
	cr_expect(!strncmp(e.text, "-- --lcores: ", 13), "%s", e.text);
	cr_expect(eal_check(ARGS("--lcores=0"), &e));
	cr_expect(eal_check(ARGS("-l0-3"), &e));
	cr_expect(eal_check(ARGS("-c", "3"), &e));
	cr_expect(eal_check(ARGS("--main-lcore=1"), &e));
}

static bool odd_are_near(unsigned cpu, int node)
{
	return cpu % 2 == (unsigned)node;
}

Test(eal, processors_near_the_nic_are_taken_first)
{
	unsigned cpu[] = { 0, 1, 2, 3, 6, 7 };
	const unsigned want[] = { 0, 2, 6, 1, 3, 7 };

	eal_order(cpu, 6, odd_are_near, 1);
	cr_expect_arr_eq(cpu, want, sizeof(want));
	eal_order(cpu, 6, odd_are_near, 5); /* none is near */
	cr_expect_arr_eq(cpu, want, sizeof(want));
	cr_expect_eq(eal_node("ffff:ff:1f.7"), -1);
}
