// SPDX-License-Identifier: BSD-3-Clause
#include "app/control.h"
#include "app/notify.h"
#include "app/losses.h"
#include "app/statsd.h"
#include "app/summary.h"
#include "core/clock.h"
#include "core/log.h"
#include "record/record.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define GIVE_UP_S 4 /* after a second signal */
#define TRIM_S 10

/* Raised by the lanes as they end. */
static int ended_fd = -1;

/* A terminal that is drawn on is given back before the process stops. */
static void signals(sigset_t *set, const struct options *o)
{
	sigemptyset(set);
	if (o->top)
		sigaddset(set, SIGTSTP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void control_block_signals(const struct options *o)
{
	sigset_t set;

	signals(&set, o);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void lane_ended(void)
{
	if (write(ended_fd, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
		log_debug("a lane's end could not be told");
}

/* What is left to do after a second signal hangs. */
static void give_up(int number)
{
	static const char text[] = "dnsweir: error: it doesn't end: what was not written is lost\n";

	(void)number;
	/* NOLINTNEXTLINE(bugprone-signal-handler): it writes and sets flags that are atomic. */
	top_restore();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(1);
}

/* The first SIGINT or SIGTERM drains, the second waits for nobody: what sinks don't take at once is spooled or dropped, and counted.
 * The third, or a part that hangs, ends the process. */
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
	if (info.ssi_signo == SIGTSTP) {
		top_restore();
		kill(getpid(), SIGSTOP);
		return;
	}
	if (atomic_load(&t->abort))
		give_up(0);
	if (atomic_load(&t->stop)) {
		log_warn("second signal: waiting for nobody any more");
		atomic_store(&t->abort, true);
		signal(SIGALRM, give_up);
		alarm(GIVE_UP_S);
		return;
	}
	log_info("%s: reading no more, writing what is there", strsignal((int)info.ssi_signo));
	notify_stopping();
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
		v->records_dropped += t->tx[i]->counters.n[COUNT_records_too_long];
		v->sinks = t->tx[i]->sinks;
		for (unsigned j = 0; j < t->tx[i]->sinks; j++) {
			struct sink_stats s;

			tx_sink_stats(t->tx[i], j, &s);
			v->depth[j] += s.pending + s.spooled;
			for (unsigned k = 0; k < SINK_DROPS; k++)
				v->sink_dropped[j] += s.dropped[k];
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

/* Gives back what a sink's library has freed, such as the queue of a time when its peer was away: malloc would keep that for good
 * in the arena of the thread that asked for it. */
static void trim(void)
{
	static unsigned seconds;

	if (++seconds % TRIM_S == 0)
		malloc_trim(0);
}

/* Once a second. */
static void tick(struct topology *t, struct progress *progress, struct statistics *statistics)
{
	notify_alive(t);
	progress_show(progress, t);
	trim();
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

/* All that the loop waits for. */
enum { WAIT_ENDED, WAIT_SIGNAL, WAIT_TIMER, WAIT_MONITOR, WAITS };

struct loop {
	struct topology *topology;
	struct monitor *monitor;
	struct progress progress;
	struct statistics statistics;
	struct losses losses;
	struct pollfd fds[WAITS];
};

static void loop_open(struct loop *l)
{
	sigset_t set;

	signals(&set, l->monitor->options);
	ended_fd = eventfd(0, EFD_CLOEXEC);
	l->fds[WAIT_ENDED] = (struct pollfd){ .fd = ended_fd, .events = POLLIN };
	l->fds[WAIT_SIGNAL] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN };
	l->fds[WAIT_TIMER] = (struct pollfd){ .fd = start_timer(), .events = POLLIN };
	l->fds[WAIT_MONITOR] = (struct pollfd){ .fd = monitor_fd(l->monitor), .events = POLLIN };
}

/* Waits and does what is due. */
static void loop_once(struct loop *l)
{
	int n = poll(l->fds, WAITS, monitor_timeout(l->monitor));

	if (n < 0)
		return;
	if (l->fds[WAIT_ENDED].revents)
		drain_fd(l->fds[WAIT_ENDED].fd);
	if (l->fds[WAIT_SIGNAL].revents)
		serve_signal(l->topology, l->fds[WAIT_SIGNAL].fd);
	if (l->fds[WAIT_TIMER].revents) {
		drain_fd(l->fds[WAIT_TIMER].fd);
		if (l->topology->ops->tend && !atomic_load(&l->topology->stop))
			l->topology->ops->tend(l->topology->source);
		losses_tick(&l->losses, l->topology);
		tick(l->topology, &l->progress, &l->statistics);
		monitor_tick(l->monitor);
	}
	if (l->fds[WAIT_MONITOR].revents || !n)
		monitor_serve(l->monitor);
}

/* After the end of a replay: the pages stay for a while, or until a signal. */
static void linger(struct loop *l, int64_t ns)
{
	int64_t until = clock_monotonic() + ns;

	if (!l->monitor->http || !ns || atomic_load(&l->topology->stop))
		return;
	log_info("the capture has ended; serving on for %lld s, or until a signal", (long long)(ns / NSEC_PER_SEC));
	while (!atomic_load(&l->topology->stop) && clock_monotonic() < until)
		loop_once(l);
}

int control_run(struct topology *t, const struct options *o, struct monitor *m)
{
	static struct loop loop;
	struct error e;
	int failed;

	loop.topology = t;
	loop.monitor = m;
	loop_open(&loop);
	progress_start(&loop.progress, o->top);
	statistics_start(&loop.statistics, o);
	monitor_start(m, t);
	topology_launch(t, lane_ended);
	notify_ready();
	while (!topology_ended(t))
		loop_once(&loop);
	progress_end(&loop.progress);
	failed = monitor_ended(m, &e);
	if (failed)
		log_error("%s", e.text);
	linger(&loop, o->http_linger);
	statistics_end(&loop.statistics, t);
	for (unsigned i = 0; i < WAIT_MONITOR; i++)
		close(loop.fds[i].fd);
	return failed;
}
