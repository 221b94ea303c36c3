// SPDX-License-Identifier: BSD-3-Clause
#include "app/sandbox.h"
#include "app/eal.h"
#include "app/sandbox_parts.h"
#include "core/log.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITY(name) (UINT64_C(1) << (name))
/** Who root becomes where no file of the run needs root. */
#define NOBODY "nobody"

/* What is on, for the log, and what every thread does for itself. Written by the main thread, but for `failed`. */
static struct {
	char user[64];
	uint64_t keep;          /* capabilities */
	bool restrict_files;
	int ruleset;
	int version;            /* of Landlock's ABI */
	int files_error;
	_Atomic int failed;     /* errno of a thread that could not be restricted */
} state;

static const struct {
	uint64_t bit;
	const char *name;
} capability_names[] = {
	{ CAPABILITY(CAP_NET_RAW), "net_raw" },
	{ CAPABILITY(CAP_NET_ADMIN), "net_admin" },
	{ CAPABILITY(CAP_IPC_LOCK), "ipc_lock" },
	{ CAPABILITY(CAP_BPF), "bpf" },
	{ CAPABILITY(CAP_SYS_ADMIN), "sys_admin" },
	{ CAPABILITY(CAP_DAC_OVERRIDE), "dac_override" },
};

uint32_t sandbox_needs(const struct options *o)
{
	uint32_t needs = 0;

	if (o->kafka_brokers || o->statsd_host || (o->fluentd_socket && !strncmp(o->fluentd_socket, "tcp:", 4)))
		needs |= NEED_NAMES;
	if (o->fluentd_socket || (o->syslog_facility && o->syslog_priority) || getenv("NOTIFY_SOCKET"))
		needs |= NEED_LOCAL;
	if (o->http)
		needs |= NEED_LISTEN;
	if (o->dev)
		needs |= NEED_DEVICE;
	for (char **d = o->dev; d && *d; d++)
		if (if_nametoindex(*d))
			needs |= o->driver == DRIVER_AF_XDP ? NEED_PACKET | NEED_XDP :
				 o->driver == DRIVER_AF_PACKET ? NEED_PACKET | NEED_RINGS : NEED_PACKET;
	/* Devices that the user has made for himself. */
	for (char **a = o->eal; o->dev && a && *a; a++) {
		if (strstr(*a, "net_af_packet"))
			needs |= NEED_PACKET | NEED_RINGS;
		if (strstr(*a, "net_af_xdp"))
			needs |= NEED_XDP;
		if (strstr(*a, "net_tap"))
			needs |= NEED_TAP;
	}
	return needs;
}

/* True where the run uses files or local sockets, which may be root's. */
static bool uses_files(const struct options *o)
{
	return (o->pcap && !o->dev) || o->logfile || o->spool_dir || o->cpuprofile || o->kafka_config ||
		(o->fluentd_socket && strncmp(o->fluentd_socket, "tcp:", 4)) || o->syslog_socket;
}

/* Capabilities that the run can't do without after start. */
static uint64_t capabilities(uint32_t needs, bool root)
{
	uint64_t keep = 0;

	if (needs & (NEED_PACKET | NEED_XDP))
		keep |= CAPABILITY(CAP_NET_RAW);
	/* The kernel's rings of af_packet are locked memory, and DPDK sets the interface's flags whenever it starts a port. */
	if (needs & NEED_RINGS)
		keep |= CAPABILITY(CAP_IPC_LOCK) | CAPABILITY(CAP_NET_ADMIN);
	if (needs & (NEED_XDP | NEED_TAP))
		keep |= CAPABILITY(CAP_NET_ADMIN);
	/* To find a program that is loaded. */
	if (needs & NEED_XDP)
		keep |= CAPABILITY(CAP_BPF) | CAPABILITY(CAP_SYS_ADMIN);
	/* Root that stays root may write to folders of others, as always; Landlock says to which. libxdp's lock is root's. */
	if (root || needs & NEED_XDP)
		keep |= CAPABILITY(CAP_DAC_OVERRIDE);
	return keep;
}

/* Who is to be become: the entry, or NULL where the user stays. -1 and the reason where that can't be. */
static int find_user(const struct options *o, const struct passwd **found, struct error *e)
{
	const struct passwd *p;
	unsigned long id;
	char *end;

	*found = NULL;
	if (!o->user) {
		if (o->sandbox && !geteuid() && !uses_files(o))
			*found = getpwnam(NOBODY);
		return 0;
	}
	p = getpwnam(o->user);
	id = strtoul(o->user, &end, 10);
	if (!p && *o->user && !*end)
		p = getpwuid((uid_t)id);
	if (!p)
		return error_set(e, "-user %s: there is no such user", o->user);
	if (p->pw_uid == getuid() && p->pw_uid == geteuid())
		return 0;
	if (geteuid())
		return error_set(e, "-user %s: only root can become another user", o->user);
	*found = p;
	return 0;
}

int sandbox_check(const struct options *o, struct error *e)
{
	const struct passwd *unused;

	return find_user(o, &unused, e);
}

/* ---- what each thread does ---- */

/* While it still has the right to: what it can't regain, and that a change of the user takes nothing more. */
static void bound_capabilities(void *unused)
{
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (!(state.keep & CAPABILITY(c)))
			prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

static int set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2], old[2];

	if (syscall(SYS_capget, &head, old))
		return -1;
	memset(data, 0, sizeof(data));
	for (unsigned i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = old[i].permitted & (uint32_t)(keep >> 32 * i);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return (int)syscall(SYS_capset, &head, data);
}

static void confine(void *unused)
{
	if (set_capabilities(state.keep))
		atomic_store(&state.failed, errno);
	if (!state.restrict_files)
		return;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (state.ruleset >= 0 && sandbox_restrict(state.ruleset))
		atomic_store(&state.failed, errno);
}

/* ---- the whole process ---- */

static int become(const struct passwd *p, struct error *e)
{
	struct rlimit pinned = { RLIM_INFINITY, RLIM_INFINITY };

	/* Memory that a NIC writes to is counted as its user's. */
	setrlimit(RLIMIT_MEMLOCK, &pinned);
	if (initgroups(p->pw_name, p->pw_gid) || setresgid(p->pw_gid, p->pw_gid, p->pw_gid) ||
	    setresuid(p->pw_uid, p->pw_uid, p->pw_uid))
		return error_set(e, "can't become user %s: %s", p->pw_name, strerror(errno));
	return 0;
}

static void note_user(const struct options *o)
{
	const struct passwd *p = getpwuid(geteuid());
	const char *more = geteuid() || !o->sandbox ? "" : " (-user NAME gives it up)";

	if (p)
		snprintf(state.user, sizeof(state.user), "%.30s%s", p->pw_name, more);
	else
		snprintf(state.user, sizeof(state.user), "%u%s", (unsigned)geteuid(), more);
}

int sandbox_enter(const struct options *o, struct error *e)
{
	uint32_t needs = sandbox_needs(o);
	const struct passwd *p;

	state.ruleset = -1;
	state.restrict_files = o->sandbox;
	if (find_user(o, &p, e))
		return -1;
	if (o->sandbox || p) {
		state.keep = capabilities(needs, p ? !p->pw_uid : !geteuid());
		eal_everywhere(bound_capabilities, NULL);
	}
	if (p && become(p, e))
		return -1;
	note_user(o);
	if (!o->sandbox && !p)
		return 0;
	if (o->sandbox)
		state.ruleset = sandbox_files(o, needs, &state.version);
	state.files_error = state.ruleset < 0 ? errno : 0;
	if (eal_everywhere(confine, NULL))
		log_warn("sandbox: a thread of DPDK's keeps its rights");
	if (state.ruleset >= 0)
		close(state.ruleset);
	return 0;
}

/* The capabilities that the process has, by name. */
static void capability_text(char *text, size_t size)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	size_t n = 0;

	syscall(SYS_capget, &head, data);
	uint64_t have = data[0].permitted | (uint64_t)data[1].permitted << 32;

	snprintf(text, size, have ? "all" : "none");
	for (unsigned i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++)
		if (have & capability_names[i].bit && !(have & ~state.keep))
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " " : "", capability_names[i].name);
}

void sandbox_seal(const struct options *o)
{
	char capability[64], files[64] = "on", calls[64] = "on";
	int error = SANDBOX_SANITIZER ? 0 : o->sandbox ? sandbox_calls(sandbox_needs(o)) : 0;

	capability_text(capability, sizeof(capability));
	if (!o->sandbox) {
		log_info("sandbox: off, as -sandbox=false says; user %s; capabilities: %s", state.user, capability);
		return;
	}
	if (state.files_error)
		snprintf(files, sizeof(files), "off (%s)", state.version < 1 ? "this kernel has none" : strerror(state.files_error));
	if (SANDBOX_SANITIZER)
		snprintf(calls, sizeof(calls), "off (a build with a sanitizer)");
	else if (error)
		snprintf(calls, sizeof(calls), "off (%s)", strerror(error));
	log_info("sandbox: user %s; capabilities: %s; no new privileges: %s; Landlock: %s; seccomp: %s", state.user, capability,
		 prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "on" : "off", files, calls);
	if (atomic_load(&state.failed))
		log_warn("sandbox: a thread keeps its rights: %s", strerror(atomic_load(&state.failed)));
}
