// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "folder.h"
#include "server.h"
#include "sink/peer.h"

#include <errno.h>

Test(peer, takes_the_first_address_that_answers)
{
	struct peer p;
	int server = test_listen(test_path("b"), SOCK_STREAM), client;

	peer_init(&p);
	cr_assert(peer_add_unix(&p, test_path("a"), SOCK_DGRAM));
	cr_assert(peer_add_unix(&p, test_path("b"), SOCK_DGRAM));
	cr_assert(peer_add_unix(&p, test_path("b"), SOCK_STREAM));
	cr_assert(peer_up(&p));
	cr_assert_eq(p.type, SOCK_STREAM);
	cr_assert_eq(p.connections, 1);
	client = accept(server, NULL, NULL);
	cr_assert_geq(client, 0);
	close(client);
	close(server);
	p.error = EPIPE;
	peer_down(&p);
	cr_assert_not(peer_up(&p));
	cr_assert_eq(p.error, ECONNREFUSED);
	/* Back off: not at once again. */
	cr_assert_not(peer_up(&p));
	cr_assert_gt(p.retry_at, clock_monotonic());
	unlink(test_path("b"));
	server = test_listen(test_path("b"), SOCK_DGRAM);
	for (int64_t end = clock_monotonic() + NSEC_PER_SEC; !peer_up(&p) && clock_monotonic() < end;)
		peer_wait(&p, false, end);
	cr_assert_eq(p.type, SOCK_DGRAM);
	peer_works(&p);
	cr_assert_eq(p.backoff, 0);
	peer_down(&p);
	close(server);
	test_remove();
}

Test(peer, a_tcp_server)
{
	struct peer p;
	struct error e;
	char host_port[32];
	uint16_t port;
	int server = test_listen_tcp(&port);

	peer_init(&p);
	snprintf(host_port, sizeof(host_port), "127.0.0.1:%u", port);
	cr_assert_eq(peer_add_tcp(&p, host_port, &e), 0, "%s", e.text);
	for (int64_t end = clock_monotonic() + NSEC_PER_SEC; !peer_up(&p) && clock_monotonic() < end;)
		peer_wait(&p, false, end);
	cr_assert(peer_up(&p));
	close(server);
	peer_down(&p);
	/* Refused: comes out later, and is tried ever more rarely. */
	for (int64_t end = clock_monotonic() + 200 * NSEC_PER_MSEC; clock_monotonic() < end;) {
		cr_assert_not(peer_up(&p));
		peer_wait(&p, false, end);
	}
	cr_assert_eq(p.error, ECONNREFUSED);
	cr_assert_geq(p.backoff, 80 * NSEC_PER_MSEC);
	peer_init(&p);
	snprintf(host_port, sizeof(host_port), "[::1]:%u", port);
	cr_assert_eq(peer_add_tcp(&p, host_port, &e), 0, "%s", e.text);
}

Test(peer, bad_addresses_are_refused)
{
	const char *bad[] = { "host", ":1", "host:", "[::1]", "no such host:24224", "127.0.0.1:http-x" };
	static char longer[300];
	struct peer p;
	struct error e = { 0 };

	peer_init(&p);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(peer_add_tcp(&p, bad[i], &e), -1, "%s", bad[i]);
	memset(longer, 'x', sizeof(longer) - 1);
	cr_assert_not(peer_add_unix(&p, longer, SOCK_STREAM));
	memcpy(longer + 290, ":1", 3);
	cr_assert_eq(peer_add_tcp(&p, longer, &e), -1);
	for (unsigned i = 0; i < PEER_ADDRESSES; i++)
		cr_assert(peer_add_unix(&p, "/x", SOCK_STREAM));
	cr_assert_not(peer_add_unix(&p, "/x", SOCK_STREAM));
}
