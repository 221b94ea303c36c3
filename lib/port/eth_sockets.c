// SPDX-License-Identifier: BSD-3-Clause
#include "port/eth_sockets.h"

#include "core/clock.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool is_packet_socket(int fd)
{
	int domain;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_PACKET;
}

void eth_sockets_find(struct eth_sockets *l)
{
	DIR *d = opendir("/proc/self/fd");

	l->n = 0;
	for (struct dirent *entry; d && (entry = readdir(d)) && l->n < ETH_SOCKETS_MAX; ) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && is_packet_socket(fd))
			l->fd[l->n++] = fd;
	}
	if (d)
		closedir(d);
}

void eth_sockets_promiscuous(const struct eth_sockets *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct sockaddr_ll address = { .sll_ifindex = 0 };
		socklen_t len = sizeof(address);
		struct packet_mreq wish = { .mr_type = PACKET_MR_PROMISC };

		if (getsockname(l->fd[i], (struct sockaddr *)&address, &len) || !address.sll_ifindex)
			continue;
		wish.mr_ifindex = address.sll_ifindex;
		setsockopt(l->fd[i], SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wish, sizeof(wish));
	}
}

void eth_sockets_wait(const struct eth_sockets *l, int ms)
{
	struct pollfd fds[ETH_SOCKETS_MAX];
	bool sound = l->n > 0;

	for (unsigned i = 0; i < l->n; i++)
		fds[i] = (struct pollfd){ .fd = l->fd[i], .events = POLLIN };
	poll(fds, l->n, ms);
	for (unsigned i = 0; i < l->n; i++) {
		int problem;
		socklen_t len = sizeof(problem);

		/* A link that goes down is told once, as an error; without that being read, each poll() ends at once. */
		if (fds[i].revents & ~POLLIN)
			sound = getsockopt(l->fd[i], SOL_SOCKET, SO_ERROR, &problem, &len) == 0 && sound;
	}
	if (!sound)
		nanosleep(&(struct timespec){ .tv_nsec = NSEC_PER_MSEC }, NULL);
}

uint64_t eth_sockets_drops(struct eth_sockets *l)
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
