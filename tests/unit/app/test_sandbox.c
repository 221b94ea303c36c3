// SPDX-License-Identifier: BSD-3-Clause
/* Who has taken the process over tries to get out of it: each attempt in a process of its own, in each kind of thread. */
#include "app/eal.h"
#include "app/sandbox.h"
#include "app/sandbox_parts.h"
#include "folder.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <rte_alarm.h>
#include <rte_launch.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* Paths, made before the sandbox. */
static char inside[PATH_MAX], outside[PATH_MAX], capture[PATH_MAX];

/* An attempt gives 0 where it succeeded, or errno. */
static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int open_as(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	int error = result(fd);

	if (fd >= 0)
		close(fd);
	return error;
}

static const char *inside_file(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", inside, name);
	return path;
}

static const char *outside_file(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", outside, name);
	return path;
}

static int read_outside(void) { return open_as(outside_file("secret"), O_RDONLY); }
static int write_outside(void) { return open_as(outside_file("secret"), O_WRONLY | O_APPEND); }
static int make_outside(void) { return open_as(outside_file("new"), O_WRONLY | O_CREAT); }
static int list_outside(void) { return open_as(outside, O_RDONLY | O_DIRECTORY); }
static int delete_outside(void) { return result(unlink(outside_file("secret"))); }
static int truncate_outside(void) { return open_as(outside_file("secret"), O_WRONLY | O_TRUNC); }
static int write_passwords(void) { return open_as("/etc/passwd", O_WRONLY | O_APPEND); }
static int write_system(void) { return open_as("/proc/sys/kernel/core_pattern", O_WRONLY); }
static int write_capture(void) { return open_as(capture, O_WRONLY); }
static int read_capture(void) { return open_as(capture, O_RDONLY); }
static int read_resolver(void) { return open_as("/etc/nsswitch.conf", O_RDONLY); }
static int make_inside(void) { return open_as(inside_file("new"), O_WRONLY | O_CREAT); }

static int move_inside(void)
{
	char from[2 * PATH_MAX];

	strcpy(from, inside_file("log"));
	return result(rename(from, inside_file("log-1")));
}

static int move_out(void)
{
	char from[2 * PATH_MAX];

	strcpy(from, inside_file("log"));
	return result(rename(from, outside_file("log"))) == EXDEV ? EACCES : errno;
}

static int link_out(void)
{
	char to[2 * PATH_MAX];

	strcpy(to, inside_file("link"));
	return result(symlink(outside_file("secret"), to));
}

static int start_program(void)
{
	char *const argv[] = { "true", NULL };

	execv("/bin/true", argv);
	return errno;
}

static int new_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return result(pid);
}

static void *nothing(void *arg) { return arg; }

static int new_thread(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);

	return r ? r : pthread_join(t, NULL);
}

static int new_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	return result(fd);
}

static int socket_packet(void) { return new_socket(AF_PACKET, SOCK_RAW); }
static int socket_netlink(void) { return new_socket(AF_NETLINK, SOCK_RAW); }
static int socket_vsock(void) { return new_socket(AF_VSOCK, SOCK_STREAM); }
static int socket_alg(void) { return new_socket(AF_ALG, SOCK_SEQPACKET); }
static int socket_inet(void) { return new_socket(AF_INET, SOCK_STREAM); }
static int socket_unix(void) { return new_socket(AF_UNIX, SOCK_STREAM); }
static int socket_unknown(void) { return new_socket(200, SOCK_STREAM); }

/* Landlock's part. */
static int serve(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (struct sockaddr *)&any, sizeof(any)) ? errno : result(listen(fd, 1));
}

static int trace_parent(void) { return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)); }
static int read_parent(void) { return result(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)); }
static int signal_parent(void) { return result(kill(getppid(), 0)); }
static int signal_itself(void) { return result(kill(getpid(), 0)); }
static int mount_over(void) { return result(mount("none", inside, "tmpfs", 0, NULL)); }
static int change_root(void) { return result(chroot(inside)); }
static int new_namespace(void) { return result(unshare(CLONE_NEWUSER)); }
static int become_root(void) { return result(setuid(0)); }
static int load_bpf(void) { return result(syscall(SYS_bpf, 0, NULL, 0)); }
static int use_uring(void) { return result(syscall(SYS_io_uring_setup, 1, NULL)); }
static int add_key(void) { return result(syscall(SYS_add_key, "user", "x", "x", 1, -3)); }
static int watch_faults(void) { return result(syscall(SYS_userfaultfd, 0)); }
static int raise_limits(void) { return result(syscall(SYS_capset, NULL, NULL)); }
static int unknown_call(void) { return result(syscall(1000)); }
static int type_for_user(void) { return result(ioctl(0, TIOCSTI, "x")); }

static int writable_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int data_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

enum who { MAIN, LCORE, INTERRUPT };
enum with { FILES, PEERS, PACKETS };
enum { WORKS = 0, DIES = -1 };

struct attempt {
	const char *name;
	int (*act)(void);
	int outcome; /* WORKS, DIES, or the errno it fails with */
	enum with with;
	enum who who;
};

static const struct attempt attempts[] = {
	{ "read a file elsewhere", read_outside, EACCES },
	{ "read it from an lcore", read_outside, EACCES, FILES, LCORE },
	{ "read it from DPDK's own thread", read_outside, EACCES, FILES, INTERRUPT },
	{ "write a file elsewhere", write_outside, EACCES },
	{ "write it from an lcore", write_outside, EACCES, FILES, LCORE },
	{ "make a file elsewhere", make_outside, EACCES },
	{ "list a folder elsewhere", list_outside, EACCES },
	{ "delete a file elsewhere", delete_outside, EACCES },
	{ "empty a file elsewhere", truncate_outside, EACCES },
	{ "add a user", write_passwords, EACCES },
	{ "have the kernel start a program", write_system, EACCES },
	{ "change a capture", write_capture, EACCES },
	{ "move the log elsewhere", move_out, EACCES },
	{ "read a capture", read_capture, WORKS },
	{ "read it from an lcore", read_capture, WORKS, FILES, LCORE },
	{ "read what the resolver reads", read_resolver, WORKS },
	{ "make a log", make_inside, WORKS },
	{ "rotate a log", move_inside, WORKS },
	{ "link to a file elsewhere", link_out, DIES },
	{ "start a program", start_program, DIES },
	{ "start it from an lcore", start_program, DIES, FILES, LCORE },
	{ "start it from DPDK's own thread", start_program, DIES, FILES, INTERRUPT },
	{ "fork", new_process, DIES },
	{ "start a thread", new_thread, WORKS },
	{ "open a packet socket", socket_packet, DIES },
	{ "open it from an lcore", socket_packet, DIES, FILES, LCORE },
	{ "open a packet socket with peers", socket_packet, DIES, PEERS },
	{ "open a netlink socket", socket_netlink, DIES },
	{ "open a vsock socket", socket_vsock, DIES, PEERS },
	{ "open a crypto socket", socket_alg, DIES, PEERS },
	{ "open a socket of no family", socket_unknown, DIES, PEERS },
	{ "open a TCP socket without a peer", socket_inet, DIES },
	{ "open a TCP socket", socket_inet, WORKS, PEERS },
	{ "open a unix socket without a daemon", socket_unix, DIES },
	{ "open a unix socket", socket_unix, WORKS, PEERS },
	{ "listen", serve, EACCES, PEERS },
	{ "trace another process", trace_parent, DIES },
	{ "read another process", read_parent, DIES },
	{ "signal another process", signal_parent, DIES },
	{ "signal itself", signal_itself, WORKS },
	{ "mount", mount_over, DIES },
	{ "change the root folder", change_root, DIES },
	{ "make a namespace", new_namespace, DIES },
	{ "become root", become_root, DIES },
	{ "load a BPF program", load_bpf, DIES },
	{ "use io_uring", use_uring, DIES },
	{ "keep a key", add_key, DIES },
	{ "watch page faults", watch_faults, DIES },
	{ "regain capabilities", raise_limits, DIES },
	{ "make code that can be written", writable_code, DIES },
	{ "turn data into code", data_to_code, DIES },
	{ "type for the user", type_for_user, DIES },
	{ "make a call that no kernel has", unknown_call, ENOSYS },
};

/* ---- an attempt in its process ---- */

static int on_lcore(void *arg)
{
	return ((const struct attempt *)arg)->act();
}

static _Atomic int alarm_result;

static void on_alarm(void *arg)
{
	atomic_store(&alarm_result, ((const struct attempt *)arg)->act());
}

static int act(const struct attempt *a)
{
	if (a->who == MAIN)
		return a->act();
	if (a->who == LCORE) {
		rte_eal_remote_launch(on_lcore, (void *)(uintptr_t)a, 1);
		return rte_eal_wait_lcore(1);
	}
	atomic_store(&alarm_result, -2);
	rte_eal_alarm_set(1, on_alarm, (void *)(uintptr_t)a);
	while (atomic_load(&alarm_result) == -2)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return atomic_load(&alarm_result);
}

static struct options options(enum with with)
{
	static char *captures[] = { capture, NULL };
	static char log[2 * PATH_MAX];
	struct options o = { .sandbox = true, .pcap = captures, .logfile = log };

	strcpy(log, inside_file("log"));
	if (with == PEERS) {
		o.statsd_host = (char *)"127.0.0.1";
		o.fluentd_socket = (char *)"/nowhere";
	}
	return o;
}

/* In the child: 250 where the sandbox can't be set up. */
static int confined(const struct attempt *a)
{
	struct eal_needs needs = { .lanes = 1, .memory_mb = 64 };
	struct rlimit none = { 0, 0 };
	struct options o = options(a->with);
	struct error e;

	setrlimit(RLIMIT_CORE, &none);
	if ((a->who != MAIN && eal_start(&needs, &e)) || sandbox_enter(&o, &e))
		return 250;
	sandbox_seal(&o);
	return act(a);
}

static void make_files(void)
{
	static const char *const folders[] = { "in", "out" };

	for (unsigned i = 0; i < 2; i++)
		cr_assert(mkdir(test_path(folders[i]), 0755) == 0 || errno == EEXIST);
	strcpy(inside, test_path("in"));
	strcpy(outside, test_path("out"));
	strcpy(capture, outside_file("capture.pcap"));
	for (const char *const *f = (const char *const[]){ "in/log", "out/secret", "out/capture.pcap", NULL }; *f; f++)
		cr_assert_eq(open_as(test_path(*f), O_WRONLY | O_CREAT), 0);
}

static bool have_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 4;
}

Test(sandbox, lets_nobody_out, .timeout = 100)
{
	make_files();
	for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		const struct attempt *a = &attempts[i];
		int status;

		if ((a->outcome == EACCES && !have_landlock()) || (SANDBOX_SANITIZER && (a->outcome == DIES || a->outcome == ENOSYS)))
			continue;
		make_files();
		pid_t pid = fork();

		if (!pid)
			_exit(confined(a));
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		if (a->outcome == DIES)
			cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x", a->name, (unsigned)status);
		else
			cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == a->outcome, "%s: status %#x, wanted errno %d", a->name,
				  (unsigned)status, a->outcome);
	}
	test_remove();
}

/* ---- users and capabilities ---- */

/* Every thread's line of /proc says `want`. */
static bool threads_say(const char *key, const char *want)
{
	DIR *d = opendir("/proc/self/task");
	bool all = d;

	for (struct dirent *t; d && (t = readdir(d));) {
		char path[300], line[256];
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/status", t->d_name);
		if (t->d_name[0] == '.' || !(f = fopen(path, "r")))
			continue;
		while (fgets(line, sizeof(line), f))
			if (!strncmp(line, key, strlen(key)) && !strstr(line, want)) {
				fprintf(stderr, "thread %s: %s", t->d_name, line);
				all = false;
			}
		fclose(f);
	}
	if (d)
		closedir(d);
	return all;
}

struct rights {
	const char *user;
	bool device, log;
	const char *uid, *capabilities;
};

static const struct rights rights[] = {
	{ NULL, false, false, "65534\t65534\t65534\t65534", "0000000000000000" },
	{ "nobody", false, false, "65534\t65534\t65534\t65534", "0000000000000000" },
	{ "65534", false, true, "65534\t65534\t65534\t65534", "0000000000000000" },
	{ NULL, false, true, "0\t0\t0\t0", "0000000000000002" },  /* CAP_DAC_OVERRIDE */
	{ NULL, true, false, "65534\t65534\t65534\t65534", "0000000000002000" }, /* CAP_NET_RAW */
	{ "nobody", true, true, "65534\t65534\t65534\t65534", "0000000000002000" },
};

static int rights_left(const struct rights *r)
{
	static char *loopback[] = { "lo", NULL };
	struct eal_needs needs = { .lanes = 2, .memory_mb = 64 };
	struct options o = { .sandbox = true, .user = (char *)(uintptr_t)r->user };
	struct error e;

	if (r->device)
		o.dev = loopback;
	if (r->log)
		o.logfile = (char *)(uintptr_t)inside_file("log");
	if (eal_start(&needs, &e) || sandbox_enter(&o, &e))
		return 250;
	sandbox_seal(&o);
	if (!threads_say("Uid:", r->uid))
		return 1;
	if (!threads_say("CapPrm:", r->capabilities) || !threads_say("CapEff:", r->capabilities))
		return 2;
	if (!threads_say("CapBnd:", r->capabilities) || !threads_say("CapAmb:", "0000000000000000"))
		return 3;
	if (!threads_say("NoNewPrivs:", "1"))
		return 4;
	return SANDBOX_SANITIZER || threads_say("Seccomp:", "2") ? 0 : 5;
}

Test(sandbox, leaves_no_rights_to_any_thread, .timeout = 60)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() || !nobody || nobody->pw_uid != 65534)
		cr_skip_test("only root has rights to give up");
	make_files();
	for (unsigned i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(rights_left(&rights[i]));
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert(WIFEXITED(status) && !WEXITSTATUS(status), "row %u: status %#x", i, (unsigned)status);
	}
	test_remove();
}

Test(sandbox, knows_the_user_before_anything_is_opened)
{
	struct options o = { .sandbox = true, .user = (char *)"no such user" };
	struct error e;

	cr_assert_eq(sandbox_check(&o, &e), -1);
	cr_assert_str_eq(e.text, "-user no such user: there is no such user");
	o.user = (char *)"";
	cr_assert_eq(sandbox_check(&o, &e), -1);
	o.user = (char *)"nobody";
	cr_assert_eq(sandbox_check(&o, &e), 0);
	if (geteuid())
		return;
	cr_assert_eq(seteuid(65534), 0);
	o.user = (char *)"daemon";
	cr_assert_eq(sandbox_check(&o, &e), -1);
	cr_assert_str_eq(e.text, "-user daemon: only root can become another user");
}
