// SPDX-License-Identifier: BSD-3-Clause
#include "core/clock.h"
#include "core/log.h"
#include "sink/counts.h"
#include "sink/forward.h"
#include "sink/peer.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define HELD 256                    /* blocks that wait for the server at most: 64 MiB */
#define SMALL_BYTES (64u << 10)
#define ACK_NS (30 * NSEC_PER_SEC)

/* Items that wait for the server, oldest first. */
struct held {
	struct block *block;
	uint32_t from, to;        /* its items */
	bool own;                 /* a block of the sink's, that takes more items until it is sent */
	bool sent;
	int64_t sent_at;          /* monotonic */
	uint64_t mark;            /* without acks: the connection's bytes when its last one was sent */
	char chunk[FORWARD_CHUNK + 1];
};

/* An instance: a connection of its own to the server. What was sent is held until the server has acknowledged
 * it or, without acks, until it has read it from the socket, as far as the kernel tells. */
struct fluentd {
	struct peer peer;
	bool lossless;
	bool ack;
	int64_t timeout;
	int64_t progress;         /* monotonic; when something was delivered last, or nothing was held */
	struct block_pool *pool;
	struct held held[HELD];
	uint32_t first, n;        /* ring of `held` */
	uint32_t sending;         /* of the n: the one that is being sent */
	const uint8_t *out;       /* its bytes */
	uint32_t out_len, out_at;
	uint64_t sent;            /* bytes sent over this connection */
	uint64_t connections;
	struct forward_chunks chunks;
	struct forward_acks acks;
	uint8_t *scratch;         /* a chunk being sent */
	struct log_limit limit;
	struct log_limit away_limit;
	struct log_limit drop_limit;
	struct sink_counts counts;
};

static bool fluentd_wanted(const struct sink_config *c)
{
	return c->fluentd_socket && *c->fluentd_socket;
}

static const struct encoder *fluentd_encoder(const struct sink_config *c, const char *format, struct error *e)
{
	if (!strcmp(format, "flat"))
		return &encoder_msgpack;
	error_set(e, "fluentd: its events are flat records: not with format '%s' (-sink_format fluentd=flat)", format);
	return NULL;
}

static struct held *held_at(struct fluentd *f, uint32_t i)
{
	return &f->held[(f->first + i) % HELD];
}

static uint32_t held_bytes(const struct held *h)
{
	return block_start(h->block, h->to) - block_start(h->block, h->from);
}

static int fluentd_open(const struct sink_config *c, void **state, struct error *e)
{
	static const char tcp[] = "tcp://";
	struct fluentd *f = calloc(1, sizeof(*f));
	struct error why;

	if (!f)
		return error_set(e, "fluentd: no memory");
	peer_init(&f->peer);
	if (!strncmp(c->fluentd_socket, tcp, sizeof(tcp) - 1)) {
		if (peer_add_tcp(&f->peer, c->fluentd_socket + sizeof(tcp) - 1, &why) < 0)
			error_set(e, "fluentd_socket %s", why.text);
	} else if (!peer_add_unix(&f->peer, c->fluentd_socket, SOCK_STREAM)) {
		error_set(e, "fluentd_socket %s: path too long", c->fluentd_socket);
	}
	if (f->peer.n && !(f->scratch = forward_scratch()))
		error_set(e, "fluentd: no memory");
	f->pool = f->scratch ? block_pool_new(HELD, e) : NULL;
	if (!f->pool) {
		forward_scratch_free(f->scratch);
		free(f);
		return -1;
	}
	f->lossless = c->lossless;
	f->ack = c->fluentd_ack;
	f->timeout = c->timeout;
	f->progress = clock_monotonic();
	forward_chunks_init(&f->chunks);
	*state = f;
	return 0;
}

/* ---- delivered ---- */

static void deliver_items(struct fluentd *f, struct held *h, uint32_t to)
{
	uint32_t n = to - h->from, bytes = block_start(h->block, to) - block_start(h->block, h->from);

	counts_deliver(&f->counts, n, bytes);
	h->from = to;
	f->progress = clock_monotonic();
	peer_works(&f->peer);
}

/* Gives the blocks of the oldest entries back whose items are all delivered. */
static void retire(struct fluentd *f)
{
	while (f->n && f->sending && held_at(f, 0)->from == held_at(f, 0)->to) {
		block_unref(held_at(f, 0)->block);
		f->first = (f->first + 1) % HELD;
		f->n--;
		f->sending--;
	}
}

/* Bytes that still lie in the socket, or more; all that was sent where that isn't known. */
static uint64_t unread(const struct fluentd *f)
{
	int queued = 0;

	return ioctl(f->peer.fd, SIOCOUTQ, &queued) < 0 || (uint64_t)queued > f->sent ? f->sent : (uint64_t)queued;
}

/* Without acks: what the server has read counts as delivered. */
static void read_by_server(struct fluentd *f, uint64_t got)
{
	for (uint32_t i = 0; i < f->sending; i++) {
		struct held *h = held_at(f, i);
		uint64_t begin = h->mark - held_bytes(h);
		if (got <= begin)
			break;
		uint32_t at = block_start(h->block, h->from) + (uint32_t)(got - begin);
		uint32_t to = got >= h->mark ? h->to : block_item_at(h->block, h->from, at);
		if (to > h->from)
			deliver_items(f, h, to);
	}
	retire(f);
}

/* An acknowledgement: the chunk of that name has arrived. */
static void acknowledged(struct fluentd *f, const char *chunk)
{
	for (uint32_t i = 0; i < f->sending; i++) {
		struct held *h = held_at(f, i);
		if (h->sent && h->from != h->to && !strcmp(h->chunk, chunk)) {
			deliver_items(f, h, h->to);
			break;
		}
	}
	retire(f);
}

/* ---- the connection ---- */

/* The connection is gone: all that isn't delivered is sent anew over the next one. */
static void lost(struct fluentd *f, int error)
{
	peer_down(&f->peer);
	counts_add(&f->counts.s.errors, 1);
	log_error_seldom(&f->limit, "fluentd: %s", error ? strerror(error) : "the server closed the connection");
	f->sending = 0;
	f->out = NULL;
}

/* Reads what the server says: acknowledgements, or its end. False where the connection is gone. */
static bool listen_to(struct fluentd *f)
{
	char chunk[FORWARD_CHUNK + 1];
	uint8_t *at;
	uint32_t room;

	for (;;) {
		at = forward_acks_room(&f->acks, &room);
		ssize_t n = recv(f->peer.fd, at, room, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0) {
			lost(f, n < 0 ? errno : 0);
			return false;
		}
		forward_acks_add(&f->acks, (uint32_t)n);
		while (forward_acks_next(&f->acks, chunk))
			acknowledged(f, chunk);
	}
}

/* The next entry is to be sent: its bytes as they are, or as a chunk that is to be acknowledged. */
static void begin_sending(struct fluentd *f)
{
	struct held *h = held_at(f, f->sending);
	uint32_t start = block_start(h->block, h->from);

	h->own = false;
	if (f->ack) {
		forward_chunks_next(&f->chunks, h->chunk);
		f->out_len = forward_pack(f->scratch, h->block, h->from, h->to, h->chunk);
		f->out = f->scratch;
	} else {
		f->out = h->block->data + start;
		f->out_len = block_start(h->block, h->to) - start;
	}
	f->out_at = 0;
}

/* Sends as much as the socket takes. */
static void send_some(struct fluentd *f)
{
	while (f->sending < f->n) {
		struct held *h = held_at(f, f->sending);
		if (h->from == h->to) {
			/* Acknowledged over the connection before. */
			f->sending++;
			retire(f);
			continue;
		}
		if (!f->out)
			begin_sending(f);
		ssize_t n = send(f->peer.fd, f->out + f->out_at, f->out_len - f->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
				lost(f, errno);
			return;
		}
		f->sent += (uint64_t)n;
		f->out_at += (uint32_t)n;
		if (f->out_at < f->out_len)
			return;
		h->sent = true;
		h->sent_at = clock_monotonic();
		h->mark = f->sent;
		f->sending++;
		f->out = NULL;
	}
}

/* A chunk that is not acknowledged for too long: the server has lost it, or hangs. */
static void check_acks(struct fluentd *f)
{
	const struct held *h = f->sending ? held_at(f, 0) : NULL;

	if (f->ack && h && clock_monotonic() - h->sent_at > (f->timeout < ACK_NS ? f->timeout : ACK_NS))
		lost(f, ETIMEDOUT);
}

/* No connection, and why; what has begun to connect has no reason yet. */
static void tell_away(struct fluentd *f)
{
	if (f->peer.error)
		log_error_seldom(&f->away_limit, "fluentd: can't connect: %s; trying again", strerror(f->peer.error));
}

/* Does all that can be done now. */
static void serve(struct fluentd *f)
{
	if (!peer_up(&f->peer)) {
		tell_away(f);
		return;
	}
	if (f->peer.connections != f->connections) {
		f->connections = f->peer.connections;
		if (f->connections > 1)
			counts_add(&f->counts.s.reconnects, 1);
		f->sent = 0;
		f->acks.len = 0;
	}
	/* A server that closes takes what it hasn't read out of the socket: what was seen before counts if it is
	 * still there. */
	uint64_t got = f->sent - unread(f);
	if (!listen_to(f))
		return;
	if (!f->ack)
		read_by_server(f, got);
	send_some(f);
	if (f->peer.fd >= 0)
		check_acks(f);
}

/* ---- taking items ---- */

/* Copies a few items behind those of the newest entry, if that is one that takes more; else into a block of
 * the sink's own. */
static bool gather(struct fluentd *f, const struct block *b, uint32_t from)
{
	uint32_t n = b->items - from, start = block_start(b, from), len = b->len - start;
	struct held *h = f->n ? held_at(f, f->n - 1) : NULL;
	struct block *to;

	if (!h || !h->own || h->to + n > BLOCK_ITEMS || h->block->len + len > BLOCK_FILL) {
		if (f->n == HELD || !(to = block_get(f->pool)))
			return false;
		h = held_at(f, f->n++);
		*h = (struct held){ .block = to, .own = true };
	}
	to = h->block;
	memcpy(to->data + to->len, b->data + start, len);
	for (uint32_t i = 0; i < n; i++)
		to->end[to->items + i] = b->end[from + i] - start + to->len;
	to->len += len;
	to->items += n;
	h->to = to->items;
	return true;
}

/* Takes the rest of a block, or nothing. */
static bool take(struct fluentd *f, struct block *b, uint32_t from)
{
	if (b->len - block_start(b, from) <= SMALL_BYTES)
		return gather(f, b, from);
	if (f->n == HELD)
		return false;
	block_ref(b);
	*held_at(f, f->n++) = (struct held){ .block = b, .from = from, .to = b->items };
	return true;
}

static void drop_all(struct fluentd *f, uint32_t n)
{
	counts_drop(&f->counts, SINK_DROP_FULL, n);
	log_error_seldom(&f->drop_limit, "fluentd: the server takes too little: records are dropped");
}

static uint32_t fluentd_write(void *state, struct block *b, uint32_t from, int64_t deadline)
{
	struct fluentd *f = state;
	uint32_t n = b->items - from;
	bool taken;

	if (from >= b->items)
		return 0;
	serve(f);
	if (!f->n)
		f->progress = clock_monotonic();
	while (!(taken = take(f, b, from))) {
		int64_t now = clock_monotonic();
		/* Live, a server that is away isn't waited for; nor is a dead one. */
		if (now >= deadline || (!f->lossless && f->peer.fd < 0) || now - f->progress > f->timeout)
			break;
		peer_wait(&f->peer, f->ack && !f->out, deadline);
		serve(f);
	}
	if (!taken && f->lossless && clock_monotonic() - f->progress <= f->timeout)
		return 0;
	counts_offer(&f->counts, n);
	if (taken)
		serve(f);
	else
		drop_all(f, n);
	return n;
}

static void fluentd_poll(void *state)
{
	serve(state);
}

static int fluentd_flush(void *state, int64_t deadline)
{
	struct fluentd *f = state;

	for (;;) {
		serve(f);
		if (!f->n)
			return 0;
		if (clock_monotonic() >= deadline)
			return -1;
		/* What the server reads wakes nobody; look again soon. */
		if (!f->ack && !f->out && f->peer.fd >= 0)
			nanosleep(&(struct timespec){ .tv_nsec = NSEC_PER_MSEC / 2 }, NULL);
		else
			peer_wait(&f->peer, f->ack && !f->out, deadline);
	}
}

static void fluentd_stats(void *state, struct sink_stats *s)
{
	const struct fluentd *f = state;
	counts_read(&f->counts, s);
}

static void fluentd_close(void *state, struct sink_stats *s)
{
	struct fluentd *f = state;

	for (uint32_t i = 0; i < f->n; i++) {
		counts_drop(&f->counts, SINK_DROP_CLOSED, held_at(f, i)->to - held_at(f, i)->from);
		block_unref(held_at(f, i)->block);
	}
	if (f->peer.fd >= 0)
		peer_down(&f->peer);
	counts_read(&f->counts, s);
	block_pool_free(f->pool);
	forward_scratch_free(f->scratch);
	free(f);
}

const struct sink_ops sink_fluentd = {
	.name = "fluentd",
	.help = "events to a fluentd forward server",
	.wanted = fluentd_wanted,
	.encoder = fluentd_encoder,
	.open = fluentd_open,
	.write = fluentd_write,
	.poll = fluentd_poll,
	.flush = fluentd_flush,
	.stats = fluentd_stats,
	.close = fluentd_close,
};
