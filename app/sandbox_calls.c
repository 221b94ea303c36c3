// SPDX-License-Identifier: BSD-3-Clause
/*
 * Two seccomp filters, of whose verdicts the kernel takes the stricter: a list of the calls that the program and its libraries
 * make, all others being unknown (ENOSYS, so that a newer library takes its older way), and a list of those that only somebody
 * else would make, which end the process.
 */
#include "app/sandbox_parts.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS(name, ...) static const int name[] = { __VA_ARGS__ }
#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))
#define CALL(name) SCMP_SYS(name)

CALLS(of_files,
	CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64), CALL(preadv), CALL(pwritev),
	CALL(preadv2), CALL(pwritev2), CALL(lseek), CALL(close), CALL(close_range), CALL(dup), CALL(dup2), CALL(dup3), CALL(fcntl),
	CALL(flock), CALL(fstat), CALL(stat), CALL(lstat), CALL(newfstatat), CALL(statx), CALL(statfs), CALL(fstatfs), CALL(access),
	CALL(faccessat), CALL(faccessat2), CALL(open), CALL(openat), CALL(readlink), CALL(readlinkat), CALL(getdents64),
	CALL(getdents), CALL(getcwd), CALL(mkdir), CALL(mkdirat), CALL(rename), CALL(renameat), CALL(renameat2), CALL(unlink),
	CALL(unlinkat), CALL(ftruncate), CALL(fchmod), CALL(fchown), CALL(fallocate), CALL(fsync), CALL(fdatasync), CALL(fadvise64),
	CALL(sync_file_range), CALL(umask), CALL(ioctl), CALL(pipe), CALL(pipe2), CALL(eventfd2), CALL(poll), CALL(ppoll),
	CALL(select), CALL(pselect6), CALL(epoll_create), CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait), CALL(epoll_pwait),
	CALL(epoll_pwait2), CALL(timerfd_create), CALL(timerfd_settime), CALL(timerfd_gettime), CALL(signalfd4));

CALLS(of_memory,
	CALL(mmap), CALL(munmap), CALL(mremap), CALL(mprotect), CALL(madvise), CALL(brk), CALL(mlock), CALL(mlock2), CALL(munlock),
	CALL(mincore), CALL(msync), CALL(membarrier), CALL(memfd_create), CALL(get_mempolicy), CALL(set_mempolicy), CALL(mbind));

/* Without clone3(): glibc falls back to clone(), whose flags can be looked at. */
CALLS(of_threads,
	CALL(exit), CALL(exit_group), CALL(clone), CALL(futex), CALL(futex_waitv), CALL(set_robust_list), CALL(get_robust_list),
	CALL(rseq), CALL(set_tid_address), CALL(arch_prctl), CALL(prctl), CALL(sched_yield), CALL(sched_getaffinity),
	CALL(sched_setaffinity), CALL(sched_getparam), CALL(sched_getscheduler), CALL(sched_get_priority_max),
	CALL(sched_get_priority_min), CALL(getcpu), CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn),
	CALL(rt_sigpending), CALL(rt_sigtimedwait), CALL(rt_sigsuspend), CALL(sigaltstack), CALL(restart_syscall), CALL(tgkill),
	CALL(kill), CALL(setitimer), CALL(getitimer), CALL(timer_create), CALL(timer_settime), CALL(timer_gettime),
	CALL(timer_delete), CALL(timer_getoverrun));

CALLS(of_information,
	CALL(nanosleep), CALL(clock_nanosleep), CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday), CALL(time), CALL(times),
	CALL(getpid), CALL(gettid), CALL(getppid), CALL(getpgrp), CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid),
	CALL(getresuid), CALL(getresgid), CALL(getgroups), CALL(getrlimit), CALL(prlimit64), CALL(getrusage), CALL(getpriority),
	CALL(uname), CALL(sysinfo), CALL(getrandom), CALL(capget));

/* What is done with a socket; whether one can be had is another question. */
CALLS(of_sockets,
	CALL(connect), CALL(bind), CALL(getsockname), CALL(getpeername), CALL(sendto), CALL(recvfrom), CALL(sendmsg), CALL(recvmsg),
	CALL(sendmmsg), CALL(recvmmsg), CALL(getsockopt), CALL(setsockopt), CALL(shutdown), CALL(socket), CALL(socketpair));

CALLS(of_servers, CALL(accept), CALL(accept4));

/* Other programs, other processes, other users, other kernels. */
CALLS(deadly,
	CALL(execve), CALL(execveat), CALL(fork), CALL(vfork), CALL(ptrace), CALL(process_vm_readv), CALL(process_vm_writev),
	CALL(process_madvise), CALL(kcmp), CALL(pidfd_open), CALL(pidfd_getfd), CALL(pidfd_send_signal), CALL(mount), CALL(umount2),
	CALL(move_mount), CALL(open_tree), CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(fspick), CALL(mount_setattr),
	CALL(pivot_root), CALL(chroot), CALL(setns), CALL(unshare), CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid),
	CALL(setresuid), CALL(setresgid), CALL(setfsuid), CALL(setfsgid), CALL(setgroups), CALL(capset), CALL(init_module),
	CALL(finit_module), CALL(delete_module), CALL(kexec_load), CALL(kexec_file_load), CALL(perf_event_open), CALL(userfaultfd),
	CALL(keyctl), CALL(add_key), CALL(request_key), CALL(open_by_handle_at), CALL(reboot), CALL(swapon), CALL(swapoff),
	CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register), CALL(personality), CALL(modify_ldt), CALL(iopl),
	CALL(ioperm), CALL(clock_settime), CALL(settimeofday), CALL(adjtimex), CALL(clock_adjtime), CALL(sethostname),
	CALL(setdomainname), CALL(syslog), CALL(acct), CALL(quotactl), CALL(mknod), CALL(mknodat), CALL(link), CALL(linkat),
	CALL(symlink), CALL(symlinkat));

/* Families of sockets, and what they are there for. */
static const struct {
	int family;
	uint32_t needs;
} families[] = {
	{ AF_UNIX, NEED_NAMES | NEED_LOCAL | NEED_PACKET },
	{ AF_INET, NEED_NAMES | NEED_LISTEN | NEED_DEVICE | NEED_PACKET },
	{ AF_INET6, NEED_NAMES | NEED_LISTEN },
	{ AF_NETLINK, NEED_NAMES | NEED_DEVICE | NEED_PACKET },
	{ AF_PACKET, NEED_PACKET },
	{ AF_XDP, NEED_XDP },
};

/* A filter under construction; the first error stays. */
struct filter {
	scmp_filter_ctx context;
	int error;
};

static void note(struct filter *f, int r)
{
	/* A call that this processor or libseccomp doesn't know can't be made either. */
	if (r && r != -EDOM && !f->error)
		f->error = -r;
}

static void rules(struct filter *f, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		note(f, seccomp_rule_add(f->context, action, calls[i], 0));
}

static void kill_where(struct filter *f, int call, struct scmp_arg_cmp when)
{
	note(f, seccomp_rule_add(f->context, SCMP_ACT_KILL_PROCESS, call, 1, when));
}

static void filter_allowed(struct filter *f, uint32_t needs)
{
	static const struct {
		const int *calls;
		size_t n;
		uint32_t needs; /* any of them; 0: always */
	} lists[] = {
		{ of_files, COUNT_OF(of_files), 0 },
		{ of_memory, COUNT_OF(of_memory), 0 },
		{ of_threads, COUNT_OF(of_threads), 0 },
		{ of_information, COUNT_OF(of_information), 0 },
		{ of_sockets, COUNT_OF(of_sockets), 0 },
		{ of_servers, COUNT_OF(of_servers), NEED_LISTEN },
	};

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (!lists[i].needs || lists[i].needs & needs)
			rules(f, SCMP_ACT_ALLOW, lists[i].calls, lists[i].n);
	if (needs & NEED_XDP)
		note(f, seccomp_rule_add(f->context, SCMP_ACT_ALLOW, CALL(bpf), 0));
}

static void deadly_families(struct filter *f, uint32_t needs)
{
	for (int family = 0; family < AF_MAX; family++) {
		uint32_t serves = 0;

		for (size_t i = 0; i < COUNT_OF(families); i++)
			if (families[i].family == family)
				serves = families[i].needs;
		if (!(serves & needs)) {
			kill_where(f, CALL(socket), SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)family));
			kill_where(f, CALL(socketpair), SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)family));
		}
	}
	kill_where(f, CALL(socket), SCMP_A0_32(SCMP_CMP_GE, AF_MAX));
	kill_where(f, CALL(socketpair), SCMP_A0_32(SCMP_CMP_GE, AF_MAX));
}

static void filter_deadly(struct filter *f, uint32_t needs)
{
	uint32_t self = (uint32_t)getpid(), both = PROT_WRITE | PROT_EXEC;

	rules(f, SCMP_ACT_KILL_PROCESS, deadly, COUNT_OF(deadly));
	if (!(needs & NEED_XDP))
		note(f, seccomp_rule_add(f->context, SCMP_ACT_KILL_PROCESS, CALL(bpf), 0));
	deadly_families(f, needs);
	/* A new process; code that was data; another's signals; keys typed for the user of the terminal. */
	kill_where(f, CALL(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	kill_where(f, CALL(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, both, both));
	kill_where(f, CALL(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	kill_where(f, CALL(pkey_mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	kill_where(f, CALL(kill), SCMP_A0_32(SCMP_CMP_NE, self));
	kill_where(f, CALL(tgkill), SCMP_A0_32(SCMP_CMP_NE, self));
	kill_where(f, CALL(ioctl), SCMP_A1_32(SCMP_CMP_EQ, TIOCSTI));
	kill_where(f, CALL(ioctl), SCMP_A1_32(SCMP_CMP_EQ, TIOCLINUX));
}

/* Builds a filter and loads it into every thread. */
static int load(uint32_t otherwise, void (*fill)(struct filter *f, uint32_t needs), uint32_t needs)
{
	struct filter f = { .context = seccomp_init(otherwise) };

	if (!f.context)
		return ENOMEM;
	note(&f, seccomp_attr_set(f.context, SCMP_FLTATR_CTL_TSYNC, 1));
	note(&f, seccomp_attr_set(f.context, SCMP_FLTATR_CTL_OPTIMIZE, 2));
	note(&f, seccomp_attr_set(f.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
	fill(&f, needs);
	if (!f.error)
		note(&f, seccomp_load(f.context));
	seccomp_release(f.context);
	return f.error;
}

int sandbox_calls(uint32_t needs)
{
	/* The one that still allows seccomp() goes first. */
	int error = load(SCMP_ACT_ALLOW, filter_deadly, needs);

	return error ? error : load(SCMP_ACT_ERRNO(ENOSYS), filter_allowed, needs);
}
