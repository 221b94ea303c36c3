// SPDX-License-Identifier: BSD-3-Clause
#include "app/statsd.h"

#include "core/clock.h"
#include "core/log.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKUP_AGAIN (60 * NSEC_PER_SEC)
#define LOOKUP_WAIT NSEC_PER_SEC
#define ADDRESSES 8

/* A look-up of a name; shared by the client and a thread, and freed by the last of the two. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned users;
	bool done;
	int problem;		/* of getaddrinfo() */
	struct addrinfo *found; /* the client's once it is done */
	char host[256], port[6];
};

struct statsd {
	char host[256], port[6];
	char prefix[STATSD_PREFIX];
	struct lookup *lookup; /* under way, or NULL */
	int64_t lookup_at;     /* monotonic ns of the last one's start */
	struct sockaddr_storage address[ADDRESSES];
	socklen_t address_len[ADDRESSES];
	unsigned addresses, current;
	int fd; /* connected to the current address; -1: none */
	uint64_t lost;
	struct log_limit limit;
	struct statsd_values last;
};

int statsd_parse_host(const char *text, char host[256], char port[6], struct error *e)
{
	const char *end = text + strlen(text), *colon = strrchr(text, ':'), *after;
	size_t len = (size_t)(end - text);
	long number = 8125;

	if (*text == '[') {
		after = strchr(text, ']');
		if (!after || (after[1] && after[1] != ':'))
			return error_set(e, "\"%.80s\" is no HOST[:PORT]", text);
		colon = after[1] ? after + 1 : NULL;
		text++;
		len = (size_t)(after - text);
	} else if (colon && colon == strchr(text, ':')) {
		len = (size_t)(colon - text);
	} else {
		colon = NULL; /* an IPv6 address without brackets has many, and no port */
	}
	if (colon) {
		char *stop;
		number = strtol(colon + 1, &stop, 10);
		if (*stop || stop == colon + 1 || colon[1] == '+' || number < 1 || number > 65535)
			return error_set(e, "\"%.80s\" is no port; allowed: 1 to 65535", colon + 1);
	}
	if (len > 255)
		return error_set(e, "the host's name is longer than 255 bytes");
	memcpy(host, text, len);
	host[len] = '\0';
	snprintf(port, 6, "%u", (unsigned)number & 0xffff);
	return 0;
}

static int look_up(const char *host, const char *port, int flags, struct addrinfo **found)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = flags | AI_NUMERICSERV };

	return getaddrinfo(*host ? host : NULL, port, &hints, found);
}

/* One user less; the last one frees it. Called with the lock held. */
static void lookup_leave(struct lookup *l)
{
	bool last = !--l->users;

	pthread_mutex_unlock(&l->lock);
	if (!last)
		return;
	if (l->found)
		freeaddrinfo(l->found);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *lookup_run(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo *found = NULL;
	int problem = look_up(l->host, l->port, 0, &found);

	pthread_mutex_lock(&l->lock);
	l->problem = problem;
	l->found = problem ? NULL : found;
	l->done = true;
	pthread_cond_broadcast(&l->changed);
	lookup_leave(l);
	return NULL;
}

static void lookup_start(struct statsd *s)
{
	struct lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t monotonic;
	pthread_attr_t detached;
	pthread_t thread;

	s->lookup_at = clock_monotonic();
	if (!l)
		return;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	memcpy(l->host, s->host, sizeof(l->host));
	memcpy(l->port, s->port, sizeof(l->port));
	l->users = 2;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, lookup_run, l)) {
		l->users = 1;
		pthread_mutex_lock(&l->lock);
		lookup_leave(l);
	} else {
		s->lookup = l;
	}
	pthread_attr_destroy(&detached);
}

static void take_addresses(struct statsd *s, const struct addrinfo *found, int family)
{
	for (const struct addrinfo *a = found; a && s->addresses < ADDRESSES; a = a->ai_next) {
		if (a->ai_family != family || a->ai_addrlen > sizeof(s->address[0]))
			continue;
		memcpy(&s->address[s->addresses], a->ai_addr, a->ai_addrlen);
		s->address_len[s->addresses++] = a->ai_addrlen;
	}
}

/* IPv4 first: statsd servers listen there by default, and `localhost` is both. */
static void take_found(struct statsd *s, const struct addrinfo *found)
{
	take_addresses(s, found, AF_INET);
	take_addresses(s, found, AF_INET6);
}

/* Takes a look-up's result where there is one; waits for it until `deadline` (monotonic ns; 0: no wait). */
static void lookup_poll(struct statsd *s, int64_t deadline)
{
	struct lookup *l = s->lookup;
	struct timespec until = { .tv_sec = deadline / NSEC_PER_SEC, .tv_nsec = deadline % NSEC_PER_SEC };

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	while (!l->done && deadline && !pthread_cond_timedwait(&l->changed, &l->lock, &until))
		;
	if (!l->done) {
		pthread_mutex_unlock(&l->lock);
		return;
	}
	if (l->problem)
		log_warn_seldom(&s->limit, "statsd: %s: %s; trying again", s->host, gai_strerror(l->problem));
	take_found(s, l->found);
	s->lookup = NULL;
	lookup_leave(l);
}

struct statsd *statsd_new(const struct statsd_config *config, struct error *e)
{
	struct statsd *s = calloc(1, sizeof(*s));
	struct addrinfo *found = NULL;
	char host[256] = "";

	if (!s || statsd_parse_host(config->host, s->host, s->port, e)) {
		if (!s)
			error_set(e, "out of memory");
		free(s);
		return NULL;
	}
	s->fd = -1;
	gethostname(host, sizeof(host) - 1);
	statsd_prefix(s->prefix, config->prefix, config->name, host);
	if (!look_up(s->host, s->port, AI_NUMERICHOST, &found)) {
		take_found(s, found);
		freeaddrinfo(found);
	} else {
		lookup_start(s);
	}
	return s;
}

static bool connect_current(struct statsd *s)
{
	const struct sockaddr *address = (const struct sockaddr *)&s->address[s->current];

	if (s->fd >= 0)
		return true;
	s->fd = socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return false;
	if (!connect(s->fd, address, s->address_len[s->current]))
		return true;
	close(s->fd);
	s->fd = -1;
	return false;
}

static void next_address(struct statsd *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->current = (s->current + 1) % s->addresses;
}

/* Sends to the current address. False where nobody listens there, which a host nearby tells at once. */
static bool send_current(struct statsd *s, const char *text, uint32_t len)
{
	int problem = 0;
	socklen_t size = sizeof(problem);
	ssize_t sent = send(s->fd, text, len, MSG_NOSIGNAL);

	/* An error of the datagram before is told by this send, which then sends nothing: once more. */
	if (sent < 0 && errno == ECONNREFUSED)
		sent = send(s->fd, text, len, MSG_NOSIGNAL);
	if (sent < 0)
		return false;
	return !getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &problem, &size) && !problem;
}

static void send_datagram(void *ctx, const char *text, uint32_t len)
{
	struct statsd *s = ctx;

	for (unsigned i = 0; i < s->addresses; i++) {
		if (connect_current(s) && send_current(s, text, len))
			return;
		next_address(s);
	}
	s->lost++;
	log_warn_seldom(&s->limit, "statsd: %s port %s takes no datagrams (%llu lost)", s->host, s->port,
			(unsigned long long)s->lost);
}

static void send_changes(struct statsd *s, const struct statsd_values *now)
{
	if (!s->addresses)
		return;
	statsd_lines(s->prefix, now, &s->last, send_datagram, s);
	s->last = *now;
}

void statsd_send(struct statsd *s, const struct statsd_values *now)
{
	lookup_poll(s, 0);
	if (!s->addresses && !s->lookup && clock_monotonic() - s->lookup_at > LOOKUP_AGAIN)
		lookup_start(s);
	send_changes(s, now);
}

void statsd_send_last(struct statsd *s, const struct statsd_values *now)
{
	lookup_poll(s, clock_monotonic() + LOOKUP_WAIT);
	send_changes(s, now);
}

uint64_t statsd_lost(const struct statsd *s)
{
	return s->lost;
}

void statsd_free(struct statsd *s)
{
	if (!s)
		return;
	if (s->lookup) {
		pthread_mutex_lock(&s->lookup->lock);
		lookup_leave(s->lookup);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
