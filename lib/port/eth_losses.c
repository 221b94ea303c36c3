// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_losses.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool is_packet_socket(int fd)
{
	int domain;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_PACKET;
}

void eth_losses_find(struct eth_losses *l)
{
	DIR *d = opendir("/proc/self/fd");

	l->n = 0;
	for (struct dirent *entry; d && (entry = readdir(d)) && l->n < ETH_LOSSES_SOCKETS; ) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && is_packet_socket(fd))
			l->fd[l->n++] = fd;
	}
	if (d)
		closedir(d);
}

uint64_t eth_losses_read(struct eth_losses *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct tpacket_stats stats;
		socklen_t len = sizeof(stats);

		/* Reading sets the kernel's counter back to 0. */
		if (!getsockopt(l->fd[i], SOL_PACKET, PACKET_STATISTICS, &stats, &len))
			__atomic_fetch_add(&l->dropped, stats.tp_drops, __ATOMIC_RELAXED);
	}
	return __atomic_load_n(&l->dropped, __ATOMIC_RELAXED);
}
