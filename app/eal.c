// SPDX-License-Identifier: BSD-3-Clause
#include "app/eal.h"
#include "app/drivers.h"
#include "app/eal_said.h"
#include "core/log.h"

#include <dirent.h>
#include <errno.h>
#include <rte_alarm.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ARGS 128
#define LCORES_TEXT 4096

/* There is something to clean up. */
static bool started;
/* Each lane has a processor of its own. */
static bool pinned;

/* What the process may run on; EAL moves its threads. */
static cpu_set_t processors;

unsigned eal_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

int eal_node(const char *address)
{
	char path[96];
	int node = -1;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", address);
	FILE *f = fopen(path, "re");

	if (!f)
		return -1;
	if (fscanf(f, "%d", &node) != 1)
		node = -1;
	fclose(f);
	return node;
}

static bool on_node(unsigned cpu, int node)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/node%d", cpu, node);
	return !access(path, F_OK);
}

void eal_order(unsigned *cpu, unsigned n, bool (*is_on)(unsigned cpu, int node), int node)
{
	unsigned near[CPU_SETSIZE], nears = 0, others = 0;

	for (unsigned i = 0; i < n; i++) {
		if (is_on(cpu[i], node))
			near[nears++] = cpu[i];
		else
			cpu[others++] = cpu[i];
	}
	memcpy(cpu + others, near, nears * sizeof(*near));
}

int eal_lane_node(unsigned lane)
{
	return pinned ? (int)rte_lcore_to_socket_id(lane + 1) : -1;
}

/* `(0-4)@(0,1)`: lcores that share the processors; or `0@(0,1),1@0,2@1`: a processor for each lane, the main lcore anywhere. */
static void lcores_text(const struct eal_needs *needs, char text[LCORES_TEXT])
{
	unsigned cpu[CPU_SETSIZE], cpus = 0;
	char all[LCORES_TEXT / 2] = "";
	size_t len = 0, at;
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		cpu[cpus++] = i;
		if (len < sizeof(all) - 8)
			len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%u", len ? "," : "", i);
	}
	if (!needs->pin || cpus < needs->lanes || !cpus) {
		snprintf(text, LCORES_TEXT, "(0-%u)@(%s)", needs->lanes, all);
		return;
	}
	pinned = true;
	if (needs->node >= 0)
		eal_order(cpu, cpus, on_node, needs->node);
	at = (size_t)snprintf(text, LCORES_TEXT, "0@(%s)", all);
	/* The last processors first: processor 0 has the system's own work. */
	for (unsigned i = 0; i < needs->lanes && at < LCORES_TEXT; i++)
		at += (size_t)snprintf(text + at, LCORES_TEXT - at, ",%u@%u", i + 1, cpu[cpus - 1 - i]);
}

static unsigned long read_number(const char *path)
{
	unsigned long n = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	if (fscanf(f, "%lu", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* True where the system has free huge pages, for so many MB, that this user can map. */
static bool have_hugepages(unsigned mb)
{
	DIR *dir = opendir("/sys/kernel/mm/hugepages");
	unsigned long kb = 0;
	struct dirent *d;

	if (!dir)
		return false;
	while ((d = readdir(dir))) {
		char path[512];

		if (strncmp(d->d_name, "hugepages-", 10))
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/free_hugepages", d->d_name);
		kb += read_number(path) * strtoul(d->d_name + 10, NULL, 10);
	}
	closedir(dir);
	return kb && kb / 1024 >= mb && !access("/dev/hugepages", W_OK);
}

/* What the user gave after `--` is passed on as it is; ours is left out where he chose for himself. */
static bool user_has(const struct eal_needs *needs, const char *argument)
{
	for (const char *const *u = needs->user; u && *u; u++)
		if (!strncmp(*u, argument, strlen(argument)))
			return true;
	return false;
}

bool eal_reads_files(const char *const *user, const char *dev)
{
	size_t len = strlen(dev);
	bool next = false;

	for (; user && *user; user++) {
		const char *text = !strncmp(*user, "--vdev=", 7) ? *user + 7 : *user;
		bool vdev = next || text != *user;

		next = !vdev && !strcmp(*user, "--vdev");
		if (vdev && !strncmp(text, dev, len) && text[len] == ',')
			return strstr(text + len, ",rx_pcap=") && !strstr(text + len, ",infinite_rx=1");
	}
	return false;
}

/* What is ours to say. */
#define LCORES_REASON "-numprocs and -txprocs say how many lcores there are, and `taskset` on which processors"
static const struct {
	const char *name, *reason;
} ours_alone[] = {
	{ "-c", LCORES_REASON },       { "-l", LCORES_REASON },           { "-s", LCORES_REASON },
	{ "-S", LCORES_REASON },       { "--lcores", LCORES_REASON },     { "--main-lcore", LCORES_REASON },
	{ "--proc-type", "dnsweir is a primary process, and waits for no other" },
};

int eal_check(const char *const *user, struct error *e)
{
	for (; user && *user; user++)
		for (unsigned i = 0; i < RTE_DIM(ours_alone); i++) {
			size_t len = strlen(ours_alone[i].name);
			if (!strncmp(*user, ours_alone[i].name, len) && (len == 2 || !(*user)[len] || (*user)[len] == '='))
				return error_set(e, "-- %.100s: %s", *user, ours_alone[i].reason);
		}
	return 0;
}

/* Arguments for EAL, under construction. */
struct arguments {
	char *list[ARGS + 1];
	int n;
	bool full;
};

static void add(struct arguments *a, const char *text)
{
	if (a->n < ARGS)
		a->list[a->n++] = (char *)(uintptr_t)text;
	else
		a->full = true;
}

/* Unless the user has an argument that begins like it. */
static void add_ours(struct arguments *a, const struct eal_needs *needs, const char *text, const char *value)
{
	if (user_has(needs, text))
		return;
	add(a, text);
	if (value)
		add(a, value);
}

/* Hugepages, or ordinary pages of the size that is needed. */
static void add_memory(struct arguments *a, const struct eal_needs *needs)
{
	static char megabytes[16];
	/* A NIC's driver is worth a try with few; all others can do without. */
	bool huge = needs->hugepages && !user_has(needs, "--no-huge") && have_hugepages(needs->pci ? 0 : needs->memory_mb);

	if (huge) {
		add(a, "--in-memory");
		return;
	}
	if (needs->pci && !needs->user)
		log_warn("no free hugepages: the NIC's packets lie in small pages, which is slow and needs an IOMMU; type: "
			 "scripts/bind hugepages %u --do", needs->memory_mb / 2 + 64);
	if (user_has(needs, "--in-memory") || user_has(needs, "--huge") || user_has(needs, "--socket-mem"))
		return;
	snprintf(megabytes, sizeof(megabytes), "%u", needs->memory_mb);
	add_ours(a, needs, "--no-huge", NULL);
	add_ours(a, needs, "-m", megabytes);
	add_ours(a, needs, "--no-shconf", NULL);
}

/* What the user has for EAL is most often why. */
static int not_started(const struct eal_needs *needs, int error, const char *said, struct error *e)
{
	error_set(e, "%sDPDK's EAL can't start: %s; `-debug` and `-- --log-level=debug` tell more", needs->user ? "-- …: " : "",
		  said ? said : rte_strerror(error));
	return needs->user && error == EINVAL ? EAL_REFUSED : -1;
}

int eal_start(const struct eal_needs *needs, struct error *e)
{
	static char lcores[LCORES_TEXT], prefix[48];
	struct arguments a = { .list = { "dnsweir" }, .n = 1 };

	sched_getaffinity(0, sizeof(processors), &processors);
	lcores_text(needs, lcores);
	snprintf(prefix, sizeof(prefix), "--file-prefix=dnsweir%d", (int)getpid());
	add(&a, "--lcores");
	add(&a, lcores);
	add_memory(&a, needs);
	if (!needs->pci && !user_has(needs, "-a") && !user_has(needs, "-b"))
		add_ours(&a, needs, "--no-pci", NULL);
	if (!user_has(needs, "--telemetry"))
		add_ours(&a, needs, "--no-telemetry", NULL);
	if (!user_has(needs, "--log-level"))
		add(&a, log_debug_on() ? "--log-level=notice" : "--log-level=error");
	if (!user_has(needs, "--file-prefix"))
		add(&a, prefix);
	for (const char *const *allow = needs->allow; allow && *allow; allow++) {
		add(&a, "-a");
		add(&a, *allow);
	}
	for (const char *const *u = needs->user; u && *u; u++)
		add(&a, *u);
	if (a.full) {
		error_set(e, "-- …: more than %d arguments for EAL, ours among them", ARGS);
		return EAL_REFUSED;
	}
	bool show = log_debug_on() || user_has(needs, "--log-level");
	drivers_skip(needs->no_drivers && !needs->user);
	eal_said_begin(show);
	int failed = rte_eal_init(a.n, a.list) < 0, error = rte_errno;
	const char *said = eal_said_end();
	drivers_skip(false);
	if (failed)
		return not_started(needs, error, said, e);
	if (!show)
		rte_log_set_global_level(RTE_LOG_CRIT);
	if (said && needs->user)
		log_warn("-- …: DPDK says: %s", said);
	started = true;
	return 0;
}

bool eal_other_processors(unsigned lanes, cpu_set_t *set)
{
	unsigned lcore, lane = 0;

	*set = processors;
	RTE_LCORE_FOREACH_WORKER(lcore) {
		rte_cpuset_t theirs = rte_lcore_cpuset(lcore), both;

		if (lane++ == lanes)
			break;
		CPU_AND(&both, set, &theirs);
		CPU_XOR(set, set, &both);
	}
	return CPU_COUNT(set) > 0;
}

bool eal_pinned(void)
{
	return pinned;
}

/* A function on its way through the threads. */
struct errand {
	void (*run)(void *);
	void *arg;
	_Atomic bool done; /* by the interrupt thread */
};

static int on_lcore(void *arg)
{
	struct errand *errand = arg;

	errand->run(errand->arg);
	return 0;
}

static void on_alarm(void *arg)
{
	struct errand *errand = arg;

	errand->run(errand->arg);
	atomic_store(&errand->done, true);
}

int eal_everywhere(void (*run)(void *), void *arg)
{
	/* Static: an alarm that comes too late must find it. */
	static struct errand errand;

	run(arg);
	if (!started)
		return 0;
	errand = (struct errand){ .run = run, .arg = arg };
	if (rte_eal_mp_remote_launch(on_lcore, &errand, SKIP_MAIN))
		return -1;
	rte_eal_mp_wait_lcore();
	if (rte_eal_alarm_set(1, on_alarm, &errand))
		return -1;
	for (unsigned ms = 0; !atomic_load(&errand.done) && ms < 2000; ms++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return atomic_load(&errand.done) ? 0 : -1;
}

void eal_stop(void)
{
	if (started)
		rte_eal_cleanup();
}
