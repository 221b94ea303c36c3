// SPDX-License-Identifier: BSD-3-Clause
/**
 * @file
 * A network namespace of the test's own, with its loopback interface.
 */
#ifndef SUPPORT_NETWORK_H
#define SUPPORT_NETWORK_H

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/** Leaves the machine's network; false where that isn't allowed. To be called before other threads are started (EAL). */
static inline bool network_enter(void)
{
	return !unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET);
}

/** Sets the loopback interface up or down. */
static inline bool network_lo(bool up)
{
	struct ifreq flags = { .ifr_flags = (short)(up ? IFF_UP | IFF_RUNNING : 0) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(flags.ifr_name, "lo");
	bool done = !ioctl(fd, SIOCSIFFLAGS, &flags);
	close(fd);
	return done;
}

/** Sends `n` UDP datagrams of `len` ≤ 60000 bytes over it, to ports from `port` on; how many went. */
static inline unsigned network_send(unsigned n, unsigned len, uint16_t port)
{
	static const char text[60000];
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned sent = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (unsigned i = 0; i < n; i++) {
		to.sin_port = htons((uint16_t)(port + i));
		sent += sendto(fd, text, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len;
	}
	close(fd);
	return sent;
}

#endif
