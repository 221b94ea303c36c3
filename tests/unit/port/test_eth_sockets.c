// SPDX-License-Identifier: BSD-3-Clause
#include "network.h"
#include "port/eth_sockets.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

Test(eth_sockets, none_without_packet_sockets)
{
	struct eth_sockets l;

	eth_sockets_find(&l);
	cr_expect(eq(u32, l.n, 0));
	cr_expect(eq(u64, eth_sockets_drops(&l), 0));
}

Test(eth_sockets, the_kernels_drops_are_added_up)
{
	struct eth_sockets l;
	int small = 2048;

	if (!network_enter() || !network_lo(true))
		cr_skip_test("no rights for a network namespace");
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	cr_assert(ge(i32, fd, 0));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	eth_sockets_find(&l);
	cr_assert(eq(u32, l.n, 1));
	cr_expect(eq(i32, l.fd[0], fd));
	network_send(100, 1000, 5000);
	uint64_t once = eth_sockets_drops(&l);
	cr_expect(gt(u64, once, 50));
	cr_expect(eq(u64, eth_sockets_drops(&l), once), "read twice, counted once");
	network_send(100, 1000, 5000);
	cr_expect(gt(u64, eth_sockets_drops(&l), once + 50));
	close(fd);
	cr_expect(gt(u64, eth_sockets_drops(&l), once), "a closed socket changes nothing");
}
