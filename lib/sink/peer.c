// SPDX-License-Identifier: BSD-3-Clause
#include "sink/peer.h"
#include "core/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKOFF_MIN (20 * NSEC_PER_MSEC)
#define BACKOFF_MAX NSEC_PER_SEC
#define CONNECT_NS (5 * NSEC_PER_SEC)
#define SEND_BUFFER (1 << 20)
#define WAIT_MS 5

void peer_init(struct peer *p)
{
	*p = (struct peer){ .fd = -1 };
}

bool peer_add_unix(struct peer *p, const char *path, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (p->n == PEER_ADDRESSES || strlen(path) >= sizeof(a.sun_path))
		return false;
	strcpy(a.sun_path, path);
	memcpy(&p->at[p->n].addr, &a, sizeof(a));
	p->at[p->n].len = sizeof(a);
	p->at[p->n++].type = type;
	return true;
}

int peer_add_tcp(struct peer *p, const char *host_port, struct error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *all;
	const char *colon = strrchr(host_port, ':');
	char host[256];
	int error;

	if (!colon || colon == host_port || !colon[1] || (size_t)(colon - host_port) >= sizeof(host))
		return error_set(e, "'%s': HOST:PORT is wanted", host_port);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - host_port), host_port);
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		memmove(host, host + 1, strlen(host));
		host[strlen(host) - 1] = '\0';
	}
	error = getaddrinfo(host, colon + 1, &hints, &all);
	if (error)
		return error_set(e, "'%s': %s", host_port, gai_strerror(error));
	for (const struct addrinfo *a = all; a && p->n < PEER_ADDRESSES; a = a->ai_next) {
		memcpy(&p->at[p->n].addr, a->ai_addr, a->ai_addrlen);
		p->at[p->n].len = a->ai_addrlen;
		p->at[p->n++].type = SOCK_STREAM;
	}
	freeaddrinfo(all);
	return 0;
}

static void opened(struct peer *p)
{
	static const int one = 1, size = SEND_BUFFER;

	p->connecting = false;
	p->connections++;
	/* Both are wishes. */
	setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (p->type == SOCK_STREAM)
		setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void drop_socket(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->connecting = false;
}

/* One address; true where the connection is made or under way. */
static bool try_next(struct peer *p)
{
	unsigned i = p->next++ % p->n;

	p->type = p->at[i].type;
	p->fd = socket(p->at[i].addr.ss_family, p->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0) {
		p->error = errno;
		return false;
	}
	if (connect(p->fd, (const struct sockaddr *)&p->at[i].addr, p->at[i].len) == 0) {
		opened(p);
		return true;
	}
	if (errno == EINPROGRESS) {
		p->connecting = true;
		p->since = clock_monotonic();
		return true;
	}
	/* A path that doesn't exist says less than one whose daemon doesn't answer. */
	if (errno != ENOENT || !p->error)
		p->error = errno;
	drop_socket(p);
	return false;
}

static void later(struct peer *p)
{
	p->retry_at = clock_monotonic() + p->backoff;
	p->backoff = !p->backoff ? BACKOFF_MIN : p->backoff * 2 < BACKOFF_MAX ? p->backoff * 2 : BACKOFF_MAX;
}

/* How the connection under way has come out, if it has. */
static bool finish(struct peer *p)
{
	struct pollfd f = { .fd = p->fd, .events = POLLOUT };
	socklen_t len = sizeof(p->error);

	if (poll(&f, 1, 0) == 0) {
		if (clock_monotonic() - p->since < CONNECT_NS)
			return false;
		p->error = ETIMEDOUT;
	} else if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &p->error, &len) == 0 && !p->error) {
		opened(p);
		return true;
	}
	drop_socket(p);
	if (p->next % p->n == 0)
		later(p);
	return false;
}

bool peer_up(struct peer *p)
{
	if (p->fd >= 0)
		return p->connecting ? finish(p) : true;
	if (clock_monotonic() < p->retry_at)
		return false;
	do {
		if (try_next(p))
			return !p->connecting;
	} while (p->next % p->n);
	later(p);
	return false;
}

void peer_down(struct peer *p)
{
	drop_socket(p);
	p->next = 0;
	later(p);
}

void peer_works(struct peer *p)
{
	p->backoff = 0;
	p->error = 0;
}

void peer_wait(const struct peer *p, bool in, int64_t deadline)
{
	struct pollfd f = { .fd = p->fd, .events = in ? POLLIN : POLLOUT };
	int64_t left = deadline - clock_monotonic();

	if (left <= 0)
		return;
	if (p->fd >= 0)
		poll(&f, 1, left < WAIT_MS * NSEC_PER_MSEC ? (int)(left / NSEC_PER_MSEC) + 1 : WAIT_MS);
	else
		nanosleep(&(struct timespec){ .tv_nsec = left < NSEC_PER_MSEC ? left : NSEC_PER_MSEC }, NULL);
}
