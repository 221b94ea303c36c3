// SPDX-License-Identifier: BSD-3-Clause
#include "port/interface.h"

#include <dirent.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/** Asks for something of an interface. By a socket, not by /sys, which may be that of another network namespace. */
static bool ask(const char *name, unsigned long what, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
	bool answered = fd >= 0 && !ioctl(fd, what, request);

	if (fd >= 0)
		close(fd);
	return answered;
}

uint32_t interface_mtu(const char *name)
{
	struct ifreq request = { .ifr_mtu = 0 };

	return ask(name, SIOCGIFMTU, &request) ? (uint32_t)request.ifr_mtu : 1500;
}

bool interface_runs(const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };

	return ask(name, SIOCGIFFLAGS, &request) && request.ifr_flags & IFF_UP && request.ifr_flags & IFF_RUNNING;
}

bool interface_joins_segments(const char *name)
{
	struct ethtool_value gro = { .cmd = ETHTOOL_GGRO };
	struct ifreq request = { .ifr_data = (char *)&gro };

	return ask(name, SIOCETHTOOL, &request) && gro.data;
}

unsigned interface_queues(const char *name)
{
	char path[96];
	unsigned n = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", name);
	DIR *d = opendir(path);

	for (struct dirent *entry; d && (entry = readdir(d)); )
		n += !strncmp(entry->d_name, "rx-", 3);
	if (d)
		closedir(d);
	return n ? n : 1;
}

bool interface_drops(const char *name, uint32_t *drops)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		const struct rtnl_link_stats *stats = i->ifa_data;

		if (!stats || !i->ifa_addr || i->ifa_addr->sa_family != AF_PACKET || strcmp(i->ifa_name, name))
			continue;
		/* Not rx_dropped: frames are counted there that we have read, but that no protocol of the kernel's wants (QinQ). */
		*drops = stats->rx_missed_errors + stats->rx_fifo_errors;
		found = true;
	}
	freeifaddrs(all);
	return found;
}

void interface_list(char *text, size_t size)
{
	DIR *d = opendir("/sys/class/net");
	size_t n = 0;

	text[0] = 0;
	for (struct dirent *entry; d && (entry = readdir(d)) && n + 2 < size; )
		if (entry->d_name[0] != '.')
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", entry->d_name);
	if (d)
		closedir(d);
	if (!text[0])
		snprintf(text, size, "none");
}
