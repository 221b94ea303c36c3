// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "core/log.h"
#include "core/out.h"
#include "sink/counts.h"
#include "sink/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define BURST 64
#define HEAD 512

enum form { FORM_GO, FORM_RFC3164, FORM_RFC5424 };

/* Names and codes (RFC 5424, section 6.2.1). */
struct code {
	const char *name;
	unsigned value;
};

static const struct code facilities[] = {
	{ "KERN", 0 }, { "USER", 1 }, { "MAIL", 2 }, { "DAEMON", 3 }, { "AUTH", 4 }, { "SYSLOG", 5 }, { "LPR", 6 },
	{ "NEWS", 7 }, { "UUCP", 8 }, { "CRON", 9 }, { "AUTHPRIV", 10 }, { "FTP", 11 }, { "LOCAL0", 16 }, { "LOCAL1", 17 },
	{ "LOCAL2", 18 }, { "LOCAL3", 19 }, { "LOCAL4", 20 }, { "LOCAL5", 21 }, { "LOCAL6", 22 }, { "LOCAL7", 23 },
	{ NULL, 0 },
};

static const struct code priorities[] = {
	{ "EMERG", 0 }, { "ALERT", 1 }, { "CRIT", 2 }, { "ERR", 3 }, { "WARNING", 4 }, { "NOTICE", 5 }, { "INFO", 6 },
	{ "DEBUG", 7 }, { NULL, 0 },
};

static const struct code forms[] = {
	{ "go", FORM_GO }, { "rfc3164", FORM_RFC3164 }, { "rfc5424", FORM_RFC5424 }, { NULL, 0 },
};

static const char *const paths[] = { "/dev/log", "/var/run/log", "/var/run/syslog" };

/* An instance: a connection of its own to the daemon. */
struct syslog_sink {
	struct peer peer;
	bool lossless;
	enum form form;
	unsigned pri;
	int64_t timeout;
	int64_t stuck;           /* monotonic; since when nothing has gone through; 0: it does */
	int64_t second;          /* whose text is in `head` */
	char host[256];
	char head[HEAD];
	uint32_t head_len;
	char *line;              /* memory of a line for a stream */
	uint32_t line_room;
	uint32_t line_len;       /* 0: none; else it is only partly out */
	uint32_t line_at;
	uint32_t line_bytes;     /* of its item */
	struct log_limit limit;
	struct log_limit drop_limit;
	struct sink_counts counts;
};

static bool given(const char *s)
{
	return s && *s;
}

static bool syslog_wanted(const struct sink_config *c)
{
	static _Atomic bool told;
	bool facility = given(c->syslog_facility), priority = given(c->syslog_priority);

	if (facility != priority && !atomic_exchange(&told, true))
		log_warn("syslog needs both syslog_facility and syslog_priority: no record goes there");
	return facility && priority;
}

static const struct encoder *syslog_encoder(const struct sink_config *c, const char *format, struct error *e)
{
	return sink_text_encoder("syslog", format, e);
}

/* The value of a name in any case; -1 and the reason where there is none. */
static int lookup(const struct code *codes, const char *option, const char *name, struct error *e)
{
	char all[256];
	struct out o = out_init(all, sizeof(all) - 1);

	for (const struct code *c = codes; c->name; c++) {
		if (!strcasecmp(c->name, name))
			return (int)c->value;
		out_str(&o, c == codes ? "" : " ");
		out_str(&o, c->name);
	}
	all[out_len(&o)] = '\0';
	return error_set(e, "%s '%s': one of %s", option, name, all);
}

/* The sensor's name as a HOSTNAME: printable, no spaces. */
static void set_host(struct syslog_sink *s, const char *sensor)
{
	size_t n = given(sensor) ? strlen(sensor) : 0;

	n = n < sizeof(s->host) - 1 ? n : sizeof(s->host) - 1;
	for (size_t i = 0; i < n; i++)
		s->host[i] = sensor[i] > 0x20 && sensor[i] < 0x7f ? sensor[i] : '-';
	if (!n)
		strcpy(s->host, "-");
}

static void set_addresses(struct syslog_sink *s, const char *path)
{
	peer_init(&s->peer);
	for (unsigned i = 0; i < (given(path) ? 1 : sizeof(paths) / sizeof(paths[0])); i++) {
		peer_add_unix(&s->peer, given(path) ? path : paths[i], SOCK_DGRAM);
		peer_add_unix(&s->peer, given(path) ? path : paths[i], SOCK_STREAM);
	}
}

static int syslog_open(const struct sink_config *c, void **state, struct error *e)
{
	const char *format = given(c->syslog_format) ? c->syslog_format : "go";
	int facility = lookup(facilities, "syslog_facility", c->syslog_facility, e);
	int priority = facility < 0 ? -1 : lookup(priorities, "syslog_priority", c->syslog_priority, e);
	int form = priority < 0 ? -1 : lookup(forms, "syslog_format", format, e);
	struct syslog_sink *s;

	if (form < 0)
		return -1;
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(e, "syslog: no memory");
	s->lossless = c->lossless;
	s->form = (enum form)form;
	s->pri = (unsigned)(facility * 8 + priority);
	s->timeout = c->timeout;
	s->second = INT64_MIN;
	set_host(s, c->sensor);
	set_addresses(s, c->syslog_socket);
	if (!s->peer.n) {
		free(s);
		return error_set(e, "syslog_socket %s: path too long", c->syslog_socket);
	}
	*state = s;
	return 0;
}

/* What stands before a record: RFC 3164 (section 4.1; without HOSTNAME as Go's log/syslog writes it), RFC
 * 5424 (section 6). */
static void refresh_head(struct syslog_sink *s)
{
	struct out o = out_init(s->head, sizeof(s->head));
	time_t now = time(NULL);
	char stamp[40];
	struct tm tm;

	if (now == s->second)
		return;
	s->second = now;
	out_u8(&o, '<');
	out_dec(&o, s->pri);
	out_u8(&o, '>');
	if (s->form == FORM_RFC5424) {
		gmtime_r(&now, &tm);
		strftime(stamp, sizeof(stamp), "1 %Y-%m-%dT%H:%M:%SZ ", &tm);
	} else {
		localtime_r(&now, &tm);
		strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S ", &tm);
	}
	out_str(&o, stamp);
	if (s->form != FORM_GO) {
		out_str(&o, s->host);
		out_u8(&o, ' ');
	}
	out_str(&o, s->form == FORM_RFC5424 ? "dnsweir " : "dnsweir[");
	out_dec(&o, (uint64_t)getpid());
	out_str(&o, s->form == FORM_RFC5424 ? " - - " : "]: ");
	s->head_len = out_len(&o);
}

static void complain(struct syslog_sink *s, int error)
{
	counts_add(&s->counts.s.errors, 1);
	log_error_seldom(&s->limit, "syslog: %s", strerror(error));
}

/* The connection is gone; a line that was cut by that is sent anew over the next one. */
static void failed(struct syslog_sink *s, int error)
{
	s->line_at = 0;
	s->peer.error = error;
	peer_down(&s->peer);
	complain(s, error);
}

static bool no_room(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == EINTR;
}

/* Datagrams, a burst of them in a call. How many items were dealt with; 0: no room, -1: the connection is
 * gone. */
static int send_datagrams(struct syslog_sink *s, const struct block *b, uint32_t from)
{
	struct mmsghdr messages[BURST];
	struct iovec parts[BURST][2];
	uint32_t n = b->items - from < BURST ? b->items - from : BURST;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t start = block_start(b, from + i), len = b->end[from + i] - start;
		/* Go's form ends with a line feed, the others' messages with the datagram. */
		if (s->form != FORM_GO && len && b->data[start + len - 1] == '\n')
			len--;
		parts[i][0] = (struct iovec){ s->head, s->head_len };
		parts[i][1] = (struct iovec){ b->data + start, len };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = parts[i], .msg_iovlen = 2 } };
	}
	int sent = sendmmsg(s->peer.fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0) {
		uint32_t end = from + (uint32_t)sent;
		counts_deliver(&s->counts, (uint64_t)sent, block_start(b, end) - block_start(b, from));
		return sent;
	}
	if (errno == EMSGSIZE) {
		counts_drop(&s->counts, SINK_DROP_TOO_LONG, 1);
		return 1;
	}
	return no_room(errno) ? 0 : -1;
}

/* The rest of a line that a stream took only partly. 1 when all of it is out; 0: no room, -1: the connection
 * is gone. */
static int send_rest(struct syslog_sink *s)
{
	ssize_t n = send(s->peer.fd, s->line + s->line_at, s->line_len - s->line_at, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return no_room(errno) ? 0 : -1;
	s->line_at += (uint32_t)n;
	if (s->line_at < s->line_len)
		return 0;
	s->line_len = 0;
	counts_deliver(&s->counts, 1, s->line_bytes);
	return 1;
}

/* Takes an item as a line for a stream (RFC 6587, section 3.4.2). */
static bool take_line(struct syslog_sink *s, const struct block *b, uint32_t i)
{
	uint32_t start = block_start(b, i), len = b->end[i] - start;

	if (s->head_len + len > s->line_room) {
		char *more = realloc(s->line, s->head_len + len);
		if (!more)
			return false;
		s->line = more;
		s->line_room = s->head_len + len;
	}
	memcpy(s->line, s->head, s->head_len);
	memcpy(s->line + s->head_len, b->data + start, len);
	s->line_len = s->head_len + len;
	s->line_bytes = len;
	s->line_at = 0;
	return true;
}

/* A line that was begun comes first. False while it isn't out. */
static bool finish_line(struct syslog_sink *s)
{
	int n = s->line_len ? send_rest(s) : 1;

	if (n < 0)
		failed(s, errno);
	return n > 0;
}

/* Some items; how many were dealt with. 0: no room or no daemon now. */
static uint32_t step(struct syslog_sink *s, const struct block *b, uint32_t from)
{
	if (!peer_up(&s->peer)) {
		if (!s->stuck)
			complain(s, s->peer.error);
		return 0;
	}
	if (!finish_line(s))
		return 0;
	if (s->peer.type == SOCK_STREAM) {
		if (!take_line(s, b, from))
			return 0;
		finish_line(s);
		return 1;
	}
	int n = send_datagrams(s, b, from);
	if (n < 0)
		failed(s, errno);
	return n > 0 ? (uint32_t)n : 0;
}

/* True where nothing has gone through for so long that nobody waits any more. */
static bool dead(const struct syslog_sink *s, int64_t now)
{
	return s->stuck && now - s->stuck > s->timeout;
}

/* What can't be sent until the deadline waits for the caller (lossless), or is dropped: live, or once the
 * daemon counts as dead. */
static uint32_t refuse(struct syslog_sink *s, uint32_t n)
{
	if (s->lossless && !dead(s, clock_monotonic())) {
		counts_begin(&s->counts);
		counts_add(&s->counts.s.offered, -(uint64_t)n);
		counts_add(&s->counts.s.pending, -(uint64_t)n);
		counts_end(&s->counts);
		return 0;
	}
	counts_drop(&s->counts, s->peer.fd < 0 ? SINK_DROP_ERROR : SINK_DROP_FULL, n);
	log_error_seldom(&s->drop_limit, "syslog: the daemon %s: records are dropped", s->peer.fd < 0 ? "is away" : "takes too little");
	return n;
}

static uint32_t syslog_write(void *state, struct block *b, uint32_t from, int64_t deadline)
{
	struct syslog_sink *s = state;
	uint64_t before = s->peer.connections;
	uint32_t at = from;

	if (from >= b->items)
		return 0;
	counts_offer(&s->counts, b->items - from);
	refresh_head(s);
	while (at < b->items) {
		uint32_t n = step(s, b, at);
		at += n;
		if (n) {
			s->stuck = 0;
			peer_works(&s->peer);
			continue;
		}
		int64_t now = clock_monotonic();
		if (!s->stuck)
			s->stuck = now;
		/* Live, a daemon that is away isn't waited for. */
		if (now >= deadline || dead(s, now) || (!s->lossless && s->peer.fd < 0 && now < s->peer.retry_at)) {
			at += refuse(s, b->items - at);
			break;
		}
		peer_wait(&s->peer, false, deadline);
	}
	if (s->peer.connections > 1 && s->peer.connections > before)
		counts_add(&s->counts.s.reconnects, s->peer.connections - (before ? before : 1));
	return at - from;
}

static int syslog_flush(void *state, int64_t deadline)
{
	struct syslog_sink *s = state;

	while (s->line_len && !(peer_up(&s->peer) && finish_line(s))) {
		if (clock_monotonic() >= deadline)
			return -1;
		peer_wait(&s->peer, false, deadline);
	}
	return 0;
}

static void syslog_poll(void *state)
{
	syslog_flush(state, 0);
}

static void syslog_stats(void *state, struct sink_stats *stats)
{
	const struct syslog_sink *s = state;
	counts_read(&s->counts, stats);
}

static void syslog_close(void *state, struct sink_stats *stats)
{
	struct syslog_sink *s = state;

	if (s->line_len)
		counts_drop(&s->counts, SINK_DROP_CLOSED, 1);
	free(s->line);
	if (s->peer.fd >= 0)
		peer_down(&s->peer);
	counts_read(&s->counts, stats);
	free(s);
}

const struct sink_ops sink_syslog = {
	.name = "syslog",
	.help = "a message a record to the local syslog daemon",
	.wanted = syslog_wanted,
	.encoder = syslog_encoder,
	.open = syslog_open,
	.write = syslog_write,
	.poll = syslog_poll,
	.flush = syslog_flush,
	.stats = syslog_stats,
	.close = syslog_close,
};
