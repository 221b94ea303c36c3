// SPDX-License-Identifier: BSD-3-Clause
#include "blocks.h"
#include "folder.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOPIC "dns"

/* A broker in the process: librdkafka's mock. */
static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *broker;
static struct sink_config config;
static const char *extra[8];

static void start_broker(int partitions)
{
	char text[256];

	host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof(text));
	cr_assert(host, "%s", text);
	broker = rd_kafka_mock_cluster_new(host, 1);
	cr_assert(broker);
	rd_kafka_mock_topic_create(broker, TOPIC, partitions, 1);
	config.kafka_brokers = rd_kafka_mock_cluster_bootstraps(broker);
	config.kafka_topic = TOPIC;
	config.kafka_config = extra;
	config.kafka_batch = 1;
	config.timeout = 500 * NSEC_PER_MSEC;
	config.tx_count = 1;
	config.spool_max = 64 << 20;
	extra[0] = "linger.ms=5";
	extra[1] = "reconnect.backoff.ms=20";
	extra[2] = "reconnect.backoff.max.ms=50";
}

static void stop_broker(void)
{
	rd_kafka_mock_cluster_destroy(broker);
	rd_kafka_destroy(host);
}

static void *open_sink(void)
{
	struct error e = { 0 };
	void *s = NULL;

	cr_assert_eq(sink_kafka.open(&config, &s, &e), 0, "%s", e.text);
	return s;
}

static uint32_t write_lines(void *s, struct block_pool *p, uint32_t first, uint32_t n, uint32_t pad, int ms)
{
	struct block *b = test_lines(p, first, n, pad);
	for (uint32_t i = 0; i < n; i++)
		b->key[i] = (first + i) % 100 * 2654435761u;
	uint32_t done = sink_kafka.write(s, b, 0, test_soon(ms));
	block_unref(b);
	return done;
}

static void flush(void *s)
{
	for (int64_t end = test_soon(10000); sink_kafka.flush(s, test_soon(50)) && clock_monotonic() < end;)
		;
}

/* What the topic holds: a bit a line number, and how often a line came twice. */
struct seen {
	uint32_t lines, messages, twice, disorder;
	int32_t partition[100]; /* of a key, -1 unknown, -2 several */
	uint8_t line[1 << 20];
};

static struct seen seen;

/* Reads the topic until `lines` lines were seen, or, so that a busy machine is no fault, fifteen seconds pass without any. */
static void consume(uint32_t lines, int partitions)
{
	char text[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
	int64_t last[16];

	memset(&seen, 0, sizeof(seen));
	memset(seen.partition, -1, sizeof(seen.partition));
	memset(last, -1, sizeof(last));
	rd_kafka_conf_set(conf, "bootstrap.servers", config.kafka_brokers, text, sizeof(text));
	rd_kafka_conf_set(conf, "group.id", "test", text, sizeof(text));
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	cr_assert(rk, "%s", text);
	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(all, TOPIC, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(rk, all);
	rd_kafka_topic_partition_list_destroy(all);
	for (int64_t until = test_soon(15000); seen.lines < lines && clock_monotonic() < until;) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 50);
		if (!m)
			continue;
		if (!m->err) {
			const char *at = m->payload, *end = at + m->len;
			seen.messages++;
			cr_assert_neq(end[-1], '\n');
			for (; at && at < end; at = memchr(at, '\n', (size_t)(end - at)), at = at ? at + 1 : NULL, seen.lines++) {
				uint32_t n = (uint32_t)atoi(at + 5);
				seen.twice += seen.line[n]++ > 0;
				seen.disorder += n <= last[m->partition];
				last[m->partition] = n;
				int32_t *p = &seen.partition[n % 100];
				*p = *p == -1 || *p == m->partition ? m->partition : -2;
			}
			until = test_soon(15000);
		}
		rd_kafka_message_destroy(m);
	}
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
}

static void close_sink(void *s, struct block_pool *p, struct sink_stats *st)
{
	sink_kafka.close(s, st);
	test_equation(st);
	cr_assert_eq(st->pending, 0);
	cr_assert_eq(block_pool_lent(p), 0, "every block came back");
}

Test(kafka, each_record_is_a_message_once_and_in_order)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	void *s;
	uint32_t n = 0;

	start_broker(1);
	config.lossless = true;
	s = open_sink();
	/* Small blocks are copied, great ones lent. */
	for (uint32_t size = 1; n < 20000; size = size % 1000 + 37) {
		uint32_t count = n + size > 20000 ? 20000 - n : size;
		cr_assert_eq(write_lines(s, p, n, count, 200, 5000), count);
		n += count;
	}
	sink_kafka.stats(s, &st);
	test_equation(&st);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 20000);
	consume(20000, 1);
	cr_assert_eq(seen.lines, 20000);
	cr_assert_eq(seen.messages, 20000);
	cr_assert_eq(seen.twice, 0);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
}

Test(kafka, several_lines_a_message)
{
	struct block_pool *p = test_pool(8);
	struct sink_stats st;
	void *s;

	start_broker(1);
	config.kafka_batch = 10;
	s = open_sink();
	cr_assert_eq(write_lines(s, p, 0, 1005, 100, 5000), 1005);
	cr_assert_eq(write_lines(s, p, 1005, 7, 100, 5000), 7);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 1012);
	consume(1012, 1);
	cr_assert_eq(seen.lines, 1012);
	cr_assert_eq(seen.messages, 102);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
}

Test(kafka, a_key_has_one_partition)
{
	struct block_pool *p = test_pool(8);
	struct sink_stats st;
	unsigned partitions = 0;
	void *s;

	start_broker(4);
	config.kafka_key = KEY_CLIENT;
	s = open_sink();
	for (uint32_t i = 0; i < 5; i++)
		cr_assert_eq(write_lines(s, p, i * 1000, 1000, 20, 5000), 1000);
	flush(s);
	close_sink(s, p, &st);
	consume(5000, 4);
	cr_assert_eq(seen.lines, 5000);
	for (int i = 0; i < 100; i++) {
		cr_assert_geq(seen.partition[i], 0);
		partitions |= 1u << seen.partition[i];
	}
	cr_assert_eq(partitions, 15, "keys spread over all");
	block_pool_free(p);
	stop_broker();
}

/* While the broker is away, live: all goes to the spool, and comes in order, once, when it is back. */
Test(kafka, an_outage_goes_through_the_spool)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	uint32_t n = 0;
	void *s;

	start_broker(1);
	config.spool_dir = test_path("spool");
	s = open_sink();
	for (; n < 3000; n += 300)
		cr_assert_eq(write_lines(s, p, n, 300, 100, 50), 300);
	flush(s);
	rd_kafka_mock_broker_set_down(broker, 1);
	for (int64_t end = test_soon(600); clock_monotonic() < end; n += 300) {
		cr_assert_eq(write_lines(s, p, n, 300, 100, 5), 300);
		sink_kafka.stats(s, &st);
		test_equation(&st);
		usleep(10000);
	}
	cr_assert_gt(st.spooled, 1000);
	cr_assert_eq(st.delivered, 3000);
	rd_kafka_mock_broker_set_up(broker, 1);
	for (int64_t end = test_soon(10000); st.delivered < n && clock_monotonic() < end;) {
		sink_kafka.poll(s);
		sink_kafka.stats(s, &st);
		test_equation(&st);
		usleep(1000);
	}
	cr_assert_eq(st.spooled, 0);
	cr_assert_geq(st.reconnects, 1);
	for (int i = 0; i < 10; i++, n += 300)
		cr_assert_eq(write_lines(s, p, n, 300, 100, 5), 300);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, n);
	consume(n, 1);
	cr_assert_eq(seen.lines, n);
	cr_assert_eq(seen.twice, 0);
	cr_assert_eq(seen.disorder, 0);
	cr_assert_eq(test_list("spool").n, 1);
	block_pool_free(p);
	stop_broker();
	test_remove();
}

/* What neither the queue nor the spool could deliver waits on disk, in order, for the next start. */
Test(kafka, what_is_left_at_the_end_is_delivered_by_the_next_run)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	uint32_t n = 0, first;
	void *s;

	start_broker(1);
	extra[0] = "linger.ms=500";
	config.spool_dir = test_path("spool");
	s = open_sink();
	for (; n < 6000; n += 200) {
		if (n == 1000)
			rd_kafka_mock_broker_set_down(broker, 1);
		cr_assert_eq(write_lines(s, p, n, 200, 100, 5), 200);
		usleep(3000);
	}
	sink_kafka.stats(s, &st);
	cr_assert_gt(st.pending, 0);
	cr_assert_gt(st.spooled, 0);
	cr_assert_eq(sink_kafka.flush(s, test_soon(20)), -1);
	close_sink(s, p, &st);
	cr_assert_eq(st.spooled, 6000);
	first = n;
	rd_kafka_mock_broker_set_up(broker, 1);
	s = open_sink();
	sink_kafka.stats(s, &st);
	cr_assert_eq(st.recovered, 6000);
	test_equation(&st);
	for (; n < first + 1000; n += 200)
		cr_assert_eq(write_lines(s, p, n, 200, 100, 5), 200);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 7000);
	consume(7000, 1);
	cr_assert_eq(seen.lines, 7000);
	cr_assert_eq(seen.twice, 0);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
	test_remove();
}

static void full_spool(bool oldest)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	uint32_t n = 0;
	void *s;

	start_broker(1);
	rd_kafka_mock_broker_set_down(broker, 1);
	config.spool_dir = test_path("spool");
	config.spool_max = 1 << 20;
	config.spool_drop_oldest = oldest;
	config.lossless = false;
	s = open_sink();
	for (; n < 40000; n += 400) {
		int64_t before = clock_monotonic();
		cr_assert_eq(write_lines(s, p, n, 400, 100, 1000), 400);
		cr_assert_lt(clock_monotonic() - before, 500 * NSEC_PER_MSEC, "live, nothing is waited for");
		usleep(n < 8000 ? 5000 : 0);
	}
	sink_kafka.stats(s, &st);
	test_equation(&st);
	cr_assert_gt(st.dropped[SINK_DROP_FULL], 10000);
	rd_kafka_mock_broker_set_up(broker, 1);
	for (int64_t end = test_soon(10000); st.spooled && clock_monotonic() < end; usleep(1000)) {
		sink_kafka.poll(s);
		sink_kafka.stats(s, &st);
	}
	flush(s);
	sink_kafka.stats(s, &st);
	close_sink(s, p, &st);
	consume((uint32_t)st.delivered, 1);
	cr_assert_eq(seen.lines, st.delivered);
	cr_assert_eq(seen.line[n - 1], oldest);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
	test_remove();
}

Test(kafka, a_full_spool_drops_the_newest)
{
	full_spool(false);
}

Test(kafka, a_full_spool_drops_the_oldest)
{
	full_spool(true);
}

/* A replay without a spool waits for a broker that is away for a while, and gives up one that is dead. */
Test(kafka, lossless_waits_and_gives_a_dead_broker_up)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	struct block *b;
	uint32_t done;
	void *s;

	start_broker(1);
	extra[3] = "queue.buffering.max.messages=100";
	config.lossless = true;
	/* Longer than librdkafka takes to come back to a broker, whose pauses are random. */
	config.timeout = 10 * NSEC_PER_SEC;
	rd_kafka_mock_broker_set_down(broker, 1);
	s = open_sink();
	b = test_lines(p, 0, 1000, 300);
	done = sink_kafka.write(s, b, 0, test_soon(100));
	cr_assert_eq(done, 100);
	rd_kafka_mock_broker_set_up(broker, 1);
	for (int64_t end = test_soon(10000); done < 1000 && clock_monotonic() < end;)
		done += sink_kafka.write(s, b, done, test_soon(20));
	cr_assert_eq(done, 1000);
	flush(s);
	sink_kafka.stats(s, &st);
	cr_assert_eq(st.delivered, 1000);
	cr_assert_eq(st.dropped[SINK_DROP_FULL], 0);
	config.timeout = 500 * NSEC_PER_MSEC;
	rd_kafka_mock_broker_set_down(broker, 1);
	for (int64_t end = test_soon(3000), start = clock_monotonic(); clock_monotonic() < end;) {
		done = sink_kafka.write(s, b, 500, test_soon(20));
		if (done == 500 || (done = sink_kafka.write(s, b, 500 + done, test_soon(20))) >= 400) {
			cr_assert_geq(clock_monotonic() - start, config.timeout);
			break;
		}
	}
	block_unref(b);
	close_sink(s, p, &st);
	cr_assert_geq(st.dropped[SINK_DROP_FULL], 400);
	cr_assert_eq(st.dropped[SINK_DROP_CLOSED], 100);
	block_pool_free(p);
	stop_broker();
}

Test(kafka, too_long_a_record_is_dropped_alone)
{
	struct block_pool *p = test_pool(8);
	struct sink_stats st;
	struct block *b = test_lines(p, 0, 3, 10);
	void *s;

	start_broker(1);
	memset(b->data + b->len, 'x', 2000000);
	b->len += 2000000;
	b->end[b->items++] = b->len;
	b->len += test_line((char *)b->data + b->len, 3, 10);
	b->end[b->items++] = b->len;
	s = open_sink();
	cr_assert_eq(sink_kafka.write(s, b, 0, test_soon(1000)), 5);
	block_unref(b);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 4);
	cr_assert_eq(st.dropped[SINK_DROP_TOO_LONG], 1);
	block_pool_free(p);
	stop_broker();
}

/* The broker answers with errors that are retried, and with one that ends the producer. */
Test(kafka, errors_of_the_broker_lose_nothing)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	uint32_t n = 0;
	void *s;

	start_broker(1);
	extra[3] = "retry.backoff.ms=10";
	config.lossless = true;
	s = open_sink();
	for (; n < 1000; n += 100)
		write_lines(s, p, n, 100, 50, 5000);
	rd_kafka_mock_push_request_errors(broker, 0, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
	for (; n < 3000; n += 100)
		cr_assert_eq(write_lines(s, p, n, 100, 50, 5000), 100);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 3000);
	consume(3000, 1);
	cr_assert_eq(seen.lines, 3000);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
}

/* A topic that is closed to us for a while: its messages wait, and go out once it is open. */
Test(kafka, what_a_topic_refuses_waits)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st = { 0 };
	void *s;

	start_broker(1);
	config.timeout = 30 * NSEC_PER_SEC;
	s = open_sink();
	rd_kafka_mock_push_request_errors(broker, 0, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	cr_assert_eq(write_lines(s, p, 0, 100, 50, 1000), 100);
	for (int64_t end = test_soon(10000); !st.errors && clock_monotonic() < end;) {
		sink_kafka.poll(s);
		sink_kafka.stats(s, &st);
	}
	cr_assert(st.errors && st.pending == 100 && !st.delivered);
	test_equation(&st);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 100);
	consume(100, 1);
	cr_assert(seen.lines == 100 && !seen.twice);
	block_pool_free(p);
	stop_broker();
}

Test(kafka, a_fatal_error_makes_a_new_producer)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	void *s;

	start_broker(1);
	config.lossless = true;
	/* The answer to InitProducerId. */
	rd_kafka_mock_push_request_errors(broker, 22, 1, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
	s = open_sink();
	for (uint32_t n = 0; n < 1000; n += 100)
		cr_assert_eq(write_lines(s, p, n, 100, 50, 5000), 100);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, 1000);
	cr_assert_geq(st.errors, 1);
	consume(1000, 1);
	cr_assert_eq(seen.lines, 1000);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
}

Test(kafka, its_threads_run_where_they_are_told)
{
	struct block_pool *p = test_pool(1);
	struct sink_stats st;
	cpu_set_t one, before, after;
	void *s;

	sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	start_broker(1);
	config.cpus = &one;
	s = open_sink();
	sched_getaffinity(0, sizeof(after), &after);
	cr_assert(CPU_EQUAL(&before, &after), "the caller's own stays");
	close_sink(s, p, &st);
	block_pool_free(p);
	stop_broker();
}

Test(kafka, bad_settings_are_refused_with_the_librarys_text)
{
	const struct { const char *setting, *text; } bad[] = {
		{ "no.such.setting=1", "No such configuration property" }, { "linger.ms=x", "linger.ms" },
		{ "acks=1", "acks" }, { "nonsense", "KEY=VALUE" }, { "=x", "KEY=VALUE" },
	};
	struct error e = { 0 };
	void *s;

	config.kafka_brokers = "127.0.0.1:1";
	config.kafka_topic = TOPIC;
	config.kafka_config = extra;
	for (unsigned i = 0; i < 5; i++) {
		extra[0] = bad[i].setting;
		cr_assert_eq(sink_kafka.open(&config, &s, &e), -1, "%s", bad[i].setting);
		cr_assert(strstr(e.text, bad[i].text), "%s", e.text);
	}
	extra[0] = NULL;
	config.kafka_batch = 2;
	config.kafka_avro = true;
	cr_assert_eq(sink_kafka.open(&config, &s, &e), -1);
	config.kafka_avro = false;
	config.kafka_key = KEY_QNAME;
	cr_assert_eq(sink_kafka.open(&config, &s, &e), -1);
	config.kafka_batch = 1;
	config.kafka_topic = "";
	cr_assert(sink_kafka.wanted(&config));
	cr_assert_eq(sink_kafka.open(&config, &s, &e), -1);
	cr_assert(strstr(e.text, "kafka_topic"), "%s", e.text);
	config.kafka_brokers = NULL;
	cr_assert_not(sink_kafka.wanted(&config));
	cr_assert_eq(sink_kafka.encoder(&config, "nested", &e), &encoder_nested);
	config.kafka_avro = true;
	cr_assert_eq(sink_kafka.encoder(&config, "flat", &e), &encoder_avro);
	cr_assert_null(sink_kafka.encoder(&config, "nested", &e));
	config.kafka_brokers = "127.0.0.1:1";
	config.kafka_topic = TOPIC;
	config.spool_dir = "/proc/nowhere";
	cr_assert_eq(sink_kafka.open(&config, &s, &e), -1);
	cr_assert(strstr(e.text, "spool_dir"), "%s", e.text);
}

/* Killed while the broker is away: what was spooled is there for the next run. */
Test(kafka, killed_with_a_spool)
{
	struct block_pool *p = test_pool(64);
	struct sink_stats st;
	int fd[2], status;
	uint64_t spooled = 0;
	void *s;

	test_folder();
	config.spool_dir = test_path("spool");
	cr_assert_eq(pipe(fd), 0);
	pid_t child = fork();
	if (!child) {
		config.kafka_brokers = "127.0.0.1:1";
		config.kafka_topic = TOPIC;
		config.kafka_batch = config.tx_count = 1;
		config.spool_max = 64 << 20;
		s = open_sink();
		for (uint32_t n = 0;; n += 100) {
			write_lines(s, p, n, 100, 100, 5);
			usleep(1000);
			sink_kafka.stats(s, &st);
			if (write(fd[1], &st.spooled, 8) != 8)
				_exit(1);
		}
	}
	close(fd[1]);
	while (spooled < 5000 && read(fd[0], &spooled, 8) == 8)
		;
	kill(child, SIGKILL);
	wait(&status);
	while (read(fd[0], &spooled, 8) == 8)
		;
	start_broker(1);
	s = open_sink();
	sink_kafka.stats(s, &st);
	cr_assert_geq(st.recovered, spooled);
	flush(s);
	close_sink(s, p, &st);
	cr_assert_eq(st.delivered, st.recovered);
	consume((uint32_t)st.delivered, 1);
	cr_assert_eq(seen.lines, st.delivered);
	cr_assert_eq(seen.disorder, 0);
	block_pool_free(p);
	stop_broker();
	test_remove();
}
