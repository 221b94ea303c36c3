// SPDX-License-Identifier: BSD-3-Clause
#include "app/control.h"
#include "app/statsd.h"
#include "app/summary.h"
#include "core/clock.h"
#include "core/log.h"
#include "record/record.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Raised by the lanes as they end. */
static int ended_fd = -1;

static void signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void control_block_signals(void)
{
	sigset_t set;

	signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void lane_ended(void)
{
	if (write(ended_fd, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
		log_debug("a lane's end could not be told");
}

/* The first SIGINT or SIGTERM drains, the second exits at once. */
static void serve_signal(struct topology *t, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		for (unsigned i = 0; i < t->txs; i++)
			atomic_fetch_add(&t->tx[i]->reopen, 1);
		return;
	}
	if (atomic_load(&t->stop)) {
		log_warn("second signal: ending at once, what was not written is lost");
		_exit(1);
	}
	log_info("%s: reading no more, writing what is there", strsignal((int)info.ssi_signo));
	atomic_store(&t->stop, true);
}

static int start_timer(void)
{
	struct itimerspec every = { .it_interval.tv_sec = 1, .it_value.tv_sec = 1 };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

/* What statsd is told: the counters of every part by worker, the source's losses, what waits in the sinks. */
static void statsd_gather(const struct topology *t, struct statsd_values *v)
{
	struct source_stats source = { 0 };

	memset(v, 0, sizeof(*v));
	t->ops->stats(t->source, &source);
	v->received = source.packets;
	v->dropped = source.dropped + source.nombuf;
	v->if_dropped = source.if_dropped;
	v->workers = t->workers;
	for (unsigned i = 0; i < t->intakes; i++)
		statsd_add(v, i, &t->intake[i]->counters);
	for (unsigned i = 0; i < t->workers; i++) {
		statsd_add(v, i, &t->worker[i]->counters);
		for (unsigned j = 0; j < t->worker[i]->rings; j++)
			v->incoming_depth += ring_used(t->worker[i]->ring[j]) / sizeof(struct record);
	}
	for (unsigned i = 0; i < t->txs; i++) {
		v->sinks = t->tx[i]->sinks;
		for (unsigned j = 0; j < t->tx[i]->sinks; j++) {
			struct sink_stats s;

			tx_sink_stats(t->tx[i], j, &s);
			v->depth[j] += s.pending + s.spooled;
		}
	}
}

/* Statistics for statsd, where they are asked for. */
struct statistics {
	struct statsd *client;
	struct statsd_values values;
	uint32_t interval; /* s */
	uint32_t seconds;  /* since the last send */
};

/* Once a second. */
static void tick(struct topology *t, struct progress *progress, struct statistics *statistics)
{
	progress_show(progress, t);
	if (!statistics->client || ++statistics->seconds < statistics->interval)
		return;
	statistics->seconds = 0;
	statsd_gather(t, &statistics->values);
	statsd_send(statistics->client, &statistics->values);
}

static void drain_fd(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0)
		return;
}

/* A client where one is asked for; a host that can't be is told and left out: it was checked with the options. */
static void statistics_start(struct statistics *s, const struct options *o)
{
	struct statsd_config c = { .host = o->statsd_host, .prefix = o->statsd_prefix, .name = o->name };
	struct error e;

	s->interval = o->statsd_interval;
	if (!o->statsd_host)
		return;
	s->client = statsd_new(&c, &e);
	if (!s->client)
		log_error("-statsd_host: %s", e.text);
}

/* The last figures, which hold the whole run. */
static void statistics_end(struct statistics *s, const struct topology *t)
{
	if (!s->client)
		return;
	statsd_gather(t, &s->values);
	statsd_send_last(s->client, &s->values);
	statsd_free(s->client);
}

void control_run(struct topology *t, const struct options *o)
{
	static struct statistics statistics;
	struct progress progress = { 0 };
	struct pollfd fds[3];
	sigset_t set;

	signals(&set);
	ended_fd = eventfd(0, EFD_CLOEXEC);
	fds[0] = (struct pollfd){ .fd = ended_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = start_timer(), .events = POLLIN };
	progress_start(&progress);
	statistics_start(&statistics, o);
	topology_launch(t, lane_ended);
	while (!topology_ended(t)) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[0].revents)
			drain_fd(fds[0].fd);
		if (fds[1].revents)
			serve_signal(t, fds[1].fd);
		if (fds[2].revents) {
			drain_fd(fds[2].fd);
			tick(t, &progress, &statistics);
		}
	}
	progress_end(&progress);
	statistics_end(&statistics, t);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i].fd);
}
