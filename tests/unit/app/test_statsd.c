// SPDX-License-Identifier: BSD-3-Clause
#include "app/statsd.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server on a loopback address; its port in *port. -1 where the address isn't there. */
static int serve(int family, uint16_t *port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	struct timeval patience = { .tv_sec = 2 };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, address, len)) {
		close(fd);
		return -1;
	}
	getsockname(fd, address, &len);
	*port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

static struct statsd *client(const char *format, uint16_t port)
{
	char host[64];
	struct error e;
	struct statsd_config config = { .host = host, .prefix = "p", .name = "n" };

	snprintf(host, sizeof(host), format, port);
	struct statsd *s = statsd_new(&config, &e);
	cr_assert(s, "%s", e.text);
	return s;
}

static void assert_got(int fd, const char *want)
{
	char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	cr_assert_geq(n, 0, "nothing came");
	text[n] = '\0';
	cr_assert_str_eq(text, want);
}

/* Sends twice to a server of a family by a host's form. */
static void exchange(int family, const char *format)
{
	uint16_t port = 0;
	int fd = serve(family, &port);

	if (fd < 0)
		cr_skip_test("no such loopback address");
	struct statsd *s = client(format, port);
	struct statsd_values v = { .packets = 3 };
	statsd_send_last(s, &v);
	assert_got(fd, "p.n.packets:3|c\np.n.incoming_log_depth:0|g");
	v.packets = 5;
	statsd_send(s, &v);
	assert_got(fd, "p.n.packets:2|c\np.n.incoming_log_depth:0|g");
	cr_assert_eq(statsd_lost(s), 0);
	statsd_free(s);
	close(fd);
}

Test(statsd, ipv4)
{
	exchange(AF_INET, "127.0.0.1:%u");
}

Test(statsd, ipv6)
{
	exchange(AF_INET6, "[::1]:%u");
}

Test(statsd, a_host_name_and_no_host)
{
	exchange(AF_INET, "localhost:%u");
	exchange(AF_INET, ":%u");
}

/* No host is two addresses, of which only the second has a server. */
Test(statsd, the_next_address_is_tried_where_nobody_listens)
{
	exchange(AF_INET6, ":%u");
}

Test(statsd, a_server_that_is_away_is_counted_and_comes_back)
{
	uint16_t port = 0;
	int fd = serve(AF_INET, &port);
	struct statsd_values v = { .packets = 1 };

	cr_assert_geq(fd, 0);
	struct statsd *s = client("127.0.0.1:%u", port);
	close(fd);
	statsd_send(s, &v);
	statsd_send(s, &v);
	cr_assert_gt(statsd_lost(s), 0);
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	struct timeval patience = { .tv_sec = 2 };
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		cr_skip_test("somebody took the port");
	v.packets = 2;
	statsd_send(s, &v);
	assert_got(fd, "p.n.packets:1|c\np.n.incoming_log_depth:0|g");
	statsd_free(s);
	close(fd);
}

/* What a name's look-up costs is not paid by the caller, and freeing doesn't wait for it. */
Test(statsd, an_unknown_name_does_not_block)
{
	struct statsd *s = client("name.invalid:%u", 1);
	struct statsd_values v = { .packets = 1 };

	statsd_send(s, &v);
	statsd_free(s);
	usleep(50000);
}

Test(statsd, hosts_are_split)
{
	static const struct {
		const char *text, *host, *port; /* host NULL: refused */
	} cases[] = {
		{ "localhost:8125", "localhost", "8125" },
		{ "stats.example", "stats.example", "8125" },
		{ "192.0.2.1:1", "192.0.2.1", "1" },
		{ "2001:db8::1", "2001:db8::1", "8125" },
		{ "[2001:db8::1]:65535", "2001:db8::1", "65535" },
		{ "[::1]", "::1", "8125" },
		{ ":99", "", "99" },
		{ "h:", NULL, NULL },
		{ "h:0", NULL, NULL },
		{ "h:65536", NULL, NULL },
		{ "h:x", NULL, NULL },
		{ "h:1x", NULL, NULL },
		{ "h:-1", NULL, NULL },
		{ "h:+1", NULL, NULL },
		{ "[::1", NULL, NULL },
		{ "[::1]x", NULL, NULL },
		{ "[::1]:", NULL, NULL },
		{ "h:99999999999999999999", NULL, NULL },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char host[256] = "", port[6] = "";
		struct error e = { "" };
		int bad = statsd_parse_host(cases[i].text, host, port, &e);
		cr_assert_eq(bad != 0, !cases[i].host, "%s", cases[i].text);
		cr_assert_eq(bad != 0, e.text[0] != '\0', "%s", cases[i].text);
		if (bad)
			continue;
		cr_assert_str_eq(host, cases[i].host);
		cr_assert_str_eq(port, cases[i].port);
	}
}

Test(statsd, a_wrong_host_is_refused)
{
	struct error e;
	char host[400];
	struct statsd_config config = { .host = "h:x", .prefix = "p", .name = "n" };

	cr_assert_null(statsd_new(&config, &e));
	memset(host, 'h', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	config.host = host;
	cr_assert_null(statsd_new(&config, &e));
	statsd_free(NULL);
}
