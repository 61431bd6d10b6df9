// SPDX-License-Identifier: BSD-2-Clause
/* Calls of many kinds, with arguments that are shown in many ways, good ones and bad ones. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD ((void *)16)

static void files(void)
{
	char text[64] = "a\tb\n\"c\"\\\1\0012\377";
	struct iovec v[2] = {{text, 5}, {text, 3}};
	struct timespec times[2] = {{1, 2}, {0, UTIME_OMIT}};
	struct stat st;
	int fd = open("shape", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), pair[2];

	syscall(SYS_write, fd, text, 16);
	writev(fd, v, 2);
	lseek(fd, 2, SEEK_SET);
	syscall(SYS_read, fd, text, 6);
	readv(fd, v, 2);
	pread(fd, text, 60, 1);
	pwrite(fd, text, 3, 100);
	ftruncate(fd, 50);
	syscall(SYS_stat, "shape", &st);
	fstatat(AT_FDCWD, "shape", &st, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_stat, BAD, &st);
	syscall(SYS_stat, "shape", BAD);
	syscall(SYS_write, fd, BAD, 4);
	syscall(SYS_write, 77, BAD, 4);
	fchmod(fd, 04751);
	fchown(fd, -1, -1);
	utimensat(AT_FDCWD, "shape", times, 0);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, 0);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_DUPFD_CLOEXEC, 20);
	flock(fd, LOCK_EX | LOCK_NB);
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	linkat(AT_FDCWD, "shape", AT_FDCWD, "shape2", 0);
	symlink("shape", "link");
	readlink("link", text, sizeof text);
	rename("shape2", "shape3");
	syscall(SYS_renameat2, AT_FDCWD, "shape3", AT_FDCWD, "shape", 1 /* RENAME_NOREPLACE */);
	mkdir("dir", 0);
	rmdir("dir");
	unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR);
	access("shape", R_OK | W_OK);
	access("nowhere", F_OK);
	faccessat(AT_FDCWD, "shape", X_OK, 0);
	mknod("fifo", S_IFIFO | 0600, 0);
	syscall(SYS_umask, 022);
	truncate("shape", 5);
	chdir(".");
	syscall(SYS_getcwd, BAD, 10);
	open("a-path-that-is-a-good-deal-longer-than-thirty-two-characters",
	     O_PATH | O_DIRECTORY | O_NOFOLLOW);
	unlink("shape");
	unlink("shape3");
	unlink("link");
	unlink("fifo");
	dup2(fd, 30);
	dup3(fd, 31, O_CLOEXEC);
	syscall(SYS_pipe, pair);
	pipe2(pair, O_CLOEXEC | O_NONBLOCK);
	pipe2(BAD, 0);
	memfd_create("name", MFD_CLOEXEC);
	syscall(SYS_close_range, 3, 100, 0);
}

static void memory(void)
{
	char *p =
	    mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	mmap(NULL, 0, PROT_NONE, MAP_SHARED, -1, 0);
	mprotect(p, 4096, PROT_NONE);
	madvise(p, 4096, MADV_DONTNEED);
	p = mremap(p, 8192, 16384, MREMAP_MAYMOVE);
	munmap(p, 16384);
	munmap((void *)1, 0);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
	sigset_t set, old;
	stack_t stack;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, 40);
	sa.sa_mask = set;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR1, NULL, &sa);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, &old);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigaltstack(NULL, &stack);
	kill(0, 0);
	kill(-12345678, SIGTERM);
	syscall(SYS_rt_sigaction, 99, NULL, NULL, 8);
}

static void processes(void)
{
	struct rlimit64 l = {8192, RLIM64_INFINITY};
	int status;

	if (!fork())
		_exit(3);
	wait4(-1, &status, 0, NULL);
	if (!fork())
		syscall(SYS_kill, getpid(), SIGKILL);
	wait4(-1, &status, WUNTRACED, NULL);
	wait4(-1, &status, WNOHANG, NULL);
	prctl(PR_SET_NAME, "shapes");
	prctl(PR_GET_NAME, (char[16]){0});
	prctl(PR_GET_DUMPABLE);
	getrlimit64(RLIMIT_NOFILE, &l);
	syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &l);
	getpriority(PRIO_PROCESS, 0);
	syscall(SYS_getuid);
	syscall(SYS_getpgid, 0);
	sched_yield();
	uname(&(struct utsname){0});
	execve("/nowhere/program", (char *[]){"a", "b c", NULL}, (char *[]){"A=1", NULL});
	syscall(500, 1, 2, 3, 4, 5, 6);
}

static void sockets(void)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(0x7f000001)}};
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_un un = {AF_UNIX, "nowhere.sock"};
	socklen_t length = sizeof in;
	int pair[2], one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	struct iovec v = {"hello", 5};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	connect(fd, (struct sockaddr *)&in, sizeof in);
	bind(fd, (struct sockaddr *)&in, 3);
	listen(fd, 5);
	getsockname(fd, (struct sockaddr *)&in, &length);
	accept4(pair[0] = -1, NULL, NULL, SOCK_NONBLOCK);
	fd = socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP);
	connect(fd, (struct sockaddr *)&in6, sizeof in6);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(fd, (struct sockaddr *)&un, sizeof un);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	sendto(pair[0], "data", 4, MSG_NOSIGNAL, NULL, 0);
	recvfrom(pair[1], (char[8]){0}, 8, MSG_DONTWAIT, NULL, NULL);
	sendmsg(pair[0], &m, MSG_NOSIGNAL);
	shutdown(pair[0], SHUT_RDWR);
}

static void waits(void)
{
	struct timespec t = {0, 1000};
	struct itimerval timer = {{0, 0}, {100, 5}};
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.u64 = 7}};
	int pair[2], fd = epoll_create1(EPOLL_CLOEXEC);
	struct pollfd p[2];

	pipe(pair);
	p[0] = (struct pollfd){.fd = pair[0], .events = POLLIN};
	p[1] = (struct pollfd){.fd = pair[1], .events = POLLOUT};
	syscall(SYS_poll, p, 2, 0);
	syscall(SYS_poll, p, 1, 0);
	syscall(SYS_poll, p, 1, 1);
	nanosleep(&t, NULL);
	syscall(SYS_nanosleep, &t, NULL);
	syscall(SYS_setitimer, ITIMER_REAL, &timer, NULL);
	alarm(0);
	epoll_ctl(fd, EPOLL_CTL_ADD, pair[1], &event);
	epoll_wait(fd, &event, 1, 0);
	timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	syscall(SYS_futex, &pair[0], 128, 0, &t, NULL, 0);
	syscall(SYS_futex, &pair[0], 129, 1);
	syscall(SYS_clock_gettime, 99, &t);
}

int main(void)
{
	files();
	memory();
	signals();
	processes();
	sockets();
	waits();
	return 0;
}
