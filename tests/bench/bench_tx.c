// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a record costs a TX lcore: records from memory through its ring, encoded, to a sink.
 *
 *	bench_tx ring|file PATH|kafka [records [batch]]
 *
 * `ring` stops behind the ring. `kafka` is librdkafka's mock broker, in a process of its own, so that its work isn't counted; with
 * `batch` lines a message. CPU time is that of all threads of the process.
 */
#include "app/tx.h"
#include "core/clock.h"
#include "recordbuild.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define KINDS 512
#define RING (4u << 20)

static struct record *records[KINDS];
static uint32_t sizes[KINDS];
static struct worker producer;
static struct byte_ring *ring;

static void make_records(void)
{
	static struct dnsbuild m;

	for (unsigned i = 0; i < KINDS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "host%u.zone%u.example.com", i, i % 7);
		dnsb_start(&m, (uint16_t)(i * 97), DNS_QR | DNS_RD | DNS_RA);
		dnsb_question(&m, name, DNS_TYPE_A, 1);
		dnsb_a(&m, DNS_ANSWER, NULL, 60 + i, "192.0.2.55");
		struct recordbuild b = recordb(PAIR_ANSWERED, &m);
		b.origin.time += 1000003 * (int64_t)i;
		records[i] = recordb_make(&b);
		sizes[i] = (uint32_t)sizeof(struct record) + records[i]->qname_len + records[i]->msg_len;
	}
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* A mock broker in a child; its address. It ends with us. */
static const char *broker_start(pid_t *pid)
{
	static char address[256];
	int fds[2];
	ssize_t n;

	if (pipe(fds))
		exit(1);
	*pid = fork();
	if (!*pid) {
		char error[256];
		rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof(error));
		rd_kafka_mock_cluster_t *mock = rd_kafka_mock_cluster_new(host, 1);
		rd_kafka_mock_topic_create(mock, "dns", 4, 1);
		const char *at = rd_kafka_mock_cluster_bootstraps(mock);
		if (write(fds[1], at, strlen(at)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	n = read(fds[0], address, sizeof(address) - 1);
	if (n <= 0)
		exit(1);
	address[n] = '\0';
	return address;
}

/* A burst of records, as a worker puts them into its ring. */
static unsigned produce(uint64_t *made, uint64_t all)
{
	unsigned n = 0;

	for (; n < 64 && *made < all; n++, (*made)++) {
		void *to = ring_reserve(ring, sizes[*made % KINDS]);
		if (!to)
			break;
		memcpy(to, records[*made % KINDS], sizes[*made % KINDS]);
	}
	ring_publish(ring);
	return n;
}

static void ring_alone(uint64_t all)
{
	double start = cpu_seconds();
	uint32_t size;

	for (uint64_t made = 0; made < all;) {
		produce(&made, all);
		while (ring_next(ring, &size))
			;
		ring_release(ring);
	}
	printf("ring: %.1f ns a record\n", (cpu_seconds() - start) * 1e9 / (double)all);
}

static void through_tx(const struct sink_config *config, const char *name, uint64_t all)
{
	static const _Atomic bool never;
	struct sink_stats stats[TX_SINKS];
	struct error e = { "" };
	const char *const formats[TX_SINKS] = { [0 ... TX_SINKS - 1] = "flat" };
	struct tx *tx = tx_new(config, formats, "", &e);
	uint64_t made = 0;

	if (!tx) {
		fprintf(stderr, "bench_tx: %s\n", e.text);
		exit(1);
	}
	memset(stats, 0, sizeof(stats));
	tx->ring[0] = ring;
	tx->worker[0] = &producer;
	tx->rings = 1;
	tx->abort = tx->stopping = &never;
	double start = cpu_seconds();
	int64_t from = clock_monotonic();
	while (made < all) {
		produce(&made, all);
		tx_poll(tx);
	}
	producer.done = true;
	while (!tx_input_ended(tx))
		tx_poll(tx);
	tx_finish(tx, clock_monotonic() + 60 * NSEC_PER_SEC);
	double cpu = cpu_seconds() - start, wall = (double)(clock_monotonic() - from) / 1e9;
	tx_free(tx, stats);
	printf("%s: %.1f ns of CPU a record, %.0f records/s, %lu of %lu delivered\n", name, cpu * 1e9 / (double)all, (double)all / wall,
	       stats[0].delivered, all);
	if (stats[0].delivered != all)
		exit(1);
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	bool file = !strcmp(kind, "file");
	int at = file ? 3 : 2;
	uint64_t all = argc > at ? strtoull(argv[at], NULL, 0) : 1000000;
	struct sink_config config = { .lossless = true, .quiet = true, .tx_count = 1, .sensor = "bench", .timeout = 60 * NSEC_PER_SEC,
				      .log_max_size = 100000, .kafka_batch = argc > at + 1 ? (uint32_t)atoi(argv[at + 1]) : 1 };
	struct error e = { "" };
	pid_t broker = 0;

	make_records();
	ring = ring_new(RING, &e);
	if (!ring)
		return 1;
	if (!strcmp(kind, "ring")) {
		ring_alone(all);
	} else if (file && argc > 2) {
		config.logfile = argv[2];
		through_tx(&config, argv[2], all);
	} else if (!strcmp(kind, "kafka")) {
		config.kafka_brokers = broker_start(&broker);
		config.kafka_topic = "dns";
		through_tx(&config, "kafka", all);
		kill(broker, SIGKILL);
		waitpid(broker, NULL, 0);
	} else {
		fprintf(stderr, "usage: bench_tx ring|file PATH|kafka [records [batch]]\n");
		return 2;
	}
	return 0;
}
