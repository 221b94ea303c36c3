// SPDX-License-Identifier: BSD-3-Clause
#include "app/notify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fd = -1;
static char path[64];
static struct topology t;

/* systemd's end of the socket. */
static void listen_as_systemd(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(path, sizeof(path), "/tmp/dnsweir-notify-%d", (int)getpid());
	unlink(path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cr_assert(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	setenv("NOTIFY_SOCKET", path, 1);
}

static void leave(void)
{
	close(fd);
	unlink(path);
}

/* What was told since the last call; "" for nothing. */
static const char *told(void)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

TestSuite(notify, .init = listen_as_systemd, .fini = leave);

Test(notify, start_and_end_are_told)
{
	notify_ready();
	cr_expect(!strcmp(told(), "READY=1"));
	notify_stopping();
	cr_expect(!strcmp(told(), "STOPPING=1"));
}

Test(notify, a_lane_that_stands_still_gives_no_sign_of_life)
{
	static struct intake intake;
	static struct worker worker;

	t.lanes = 2;
	t.lane[0].intake = &intake;
	t.lane[1].worker = &worker;
	for (unsigned lane = 0; lane < 2; lane++) {
		t.lane[0].rounds++;
		t.lane[1].rounds++;
		notify_alive(&t);
		cr_expect(strstr(told(), "WATCHDOG=1\nSTATUS=0 packets, 0 records"));
		t.lane[lane].rounds++;
		notify_alive(&t);
		cr_expect(!strstr(told(), "WATCHDOG"), "lane %u went on, the other not", lane);
	}
	t.lane[0].through = true; /* a lane that has ended doesn't count */
	t.lane[1].rounds++;
	notify_alive(&t);
	cr_expect(strstr(told(), "WATCHDOG=1"));
}

Test(notify, a_lane_that_only_writes_may_stand)
{
	static struct tx tx;

	t.lanes = 1;
	t.lane[0].tx = &tx;
	for (unsigned i = 0; i < 3; i++) {
		notify_alive(&t);
		cr_expect(strstr(told(), "WATCHDOG=1"));
	}
}

Test(notify, nothing_happens_without_systemd)
{
	unsetenv("NOTIFY_SOCKET");
	notify_ready();
	notify_alive(&t);
	cr_expect(!*told());
}
