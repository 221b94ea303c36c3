// SPDX-License-Identifier: BSD-3-Clause
/*
 * The files that stay within reach: what a library may want to read of the system, and what the options name.
 *
 * Rules are given on folders wherever a file may be replaced by another of its name (rotation, certificates, resolv.conf):
 * Landlock knows a file by its inode.
 */
#include "app/sandbox_parts.h"
#include "core/folders.h"
#include "port/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the headers of Debian 12's kernel; each is known from a version of the ABI on. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
#define NET_BIND_TCP (UINT64_C(1) << 0)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define ACCESS_V1 (2 * LANDLOCK_ACCESS_FS_MAKE_SYM - 1)
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)
/* A folder in which files are made, renamed and deleted. */
#define KEEP (READ | WRITE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define FILE_ACCESS (LANDLOCK_ACCESS_FS_EXECUTE | WRITE)

struct attributes {
	uint64_t fs, net, scoped;
};

/* A ruleset under construction. */
struct rules {
	int fd;
	uint64_t handled;
};

/* Libraries (name service, TLS, SASL plugins), the resolver's and the time zone's files, figures of the system. */
static const char *const system_folders[] = {
	"/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev/urandom", "/dev/random", "/run/systemd/resolve", "/run/nscd",
};

static void allow(const struct rules *r, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access & r->handled };
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (!fstat(rule.parent_fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FILE_ACCESS;
	/* Fails for a pipe without a name, which needs no rule. */
	if (rule.allowed_access)
		syscall(SYS_landlock_add_rule, r->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* The folder that a file is in. */
static void allow_folder_of(const struct rules *r, const char *path, uint64_t access)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy))
		return;
	strcpy(copy, path);
	allow(r, dirname(copy), access);
}

static void allow_system(const struct rules *r)
{
	char *target = realpath("/etc/resolv.conf", NULL);

	for (unsigned i = 0; i < sizeof(system_folders) / sizeof(system_folders[0]); i++)
		allow(r, system_folders[i], READ);
	if (target)
		allow_folder_of(r, target, READ);
	free(target);
	allow(r, "/dev/null", WRITE);
}

/* A folder is listed, and those that a pattern may lead through. */
static void allow_listing(const struct rules *r, const char *spec)
{
	char folder[PATH_MAX];
	size_t n = access(spec, F_OK) ? strcspn(spec, "*?[") : strlen(spec);

	if (n + 2 >= sizeof(folder))
		return;
	if (spec[n])
		while (n && spec[n - 1] != '/')
			n--;
	snprintf(folder, sizeof(folder), "%.*s", (int)n, spec);
	allow(r, n ? folder : ".", LANDLOCK_ACCESS_FS_READ_DIR);
}

/* Capture files are opened when their time has come. */
static void allow_captures(const struct rules *r, char **specs)
{
	struct files list;
	struct error unused;

	for (char **spec = specs; *spec; spec++)
		allow_listing(r, *spec);
	if (!files_expand(&list, (const char *const *)specs, &unused))
		for (size_t i = 0; i < list.n; i++)
			allow(r, list.v[i].path, READ);
	files_free(&list);
}

static void allow_log(const struct rules *r, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		allow(r, path, WRITE);
		return;
	}
	folders_above(path);
	allow_folder_of(r, path, KEEP);
}

/* Certificates and keys: any value of librdkafka's settings that is a path. */
static void allow_kafka(const struct rules *r, char **settings)
{
	struct stat st;

	for (; settings && *settings; settings++) {
		const char *value = strchr(*settings, '=');

		if (!value++ || !strchr(value, '/') || stat(value, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			allow(r, value, READ);
		else
			allow_folder_of(r, value, READ);
	}
}

/* Profiles are written to one file. */
static void allow_profile(const struct rules *r, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0)
		close(fd);
	allow(r, path, WRITE);
}

static void allow_options(const struct rules *r, const struct options *o)
{
	if (o->pcap && !o->dev)
		allow_captures(r, o->pcap);
	if (o->logfile)
		allow_log(r, o->logfile);
	if (o->spool_dir) {
		folders_above(o->spool_dir);
		folder_make(o->spool_dir);
		allow(r, o->spool_dir, KEEP);
	}
	if (o->cpuprofile)
		allow_profile(r, o->cpuprofile);
	allow_kafka(r, o->kafka_config);
	/* Standard output is opened once more, so that it doesn't block. */
	allow(r, "/proc/self/fd/1", WRITE);
}

/* True where the service manager listens on a socket without a file. */
static bool abstract_notify(void)
{
	const char *address = getenv("NOTIFY_SOCKET");

	return address && *address == '@';
}

int sandbox_files(const struct options *o, uint32_t needs, int *version)
{
	struct attributes a = { .fs = ACCESS_V1 };
	struct rules r;

	*version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (*version < 1)
		return -1;
	if (*version >= 2)
		a.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (*version >= 3)
		a.fs |= ACCESS_TRUNCATE;
	/* Who serves has bound already. */
	if (*version >= 4)
		a.net |= NET_BIND_TCP;
	if (*version >= 6)
		a.scoped |= SCOPE_SIGNAL | (abstract_notify() ? 0 : SCOPE_ABSTRACT_UNIX);
	r.handled = a.fs;
	r.fd = (int)syscall(SYS_landlock_create_ruleset, &a,
			    *version >= 6 ? sizeof(a) : *version >= 4 ? offsetof(struct attributes, scoped) : sizeof(a.fs), 0);
	if (r.fd < 0)
		return -1;
	allow_system(&r);
	allow_options(&r, o);
	/* libxdp's lock, and the programs that it pins. */
	if (needs & NEED_XDP) {
		allow(&r, "/run", LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR);
		allow(&r, "/sys/fs/bpf", KEEP | LANDLOCK_ACCESS_FS_REMOVE_DIR);
	}
	return r.fd;
}

int sandbox_restrict(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}
