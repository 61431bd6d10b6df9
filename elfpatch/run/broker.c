// SPDX-License-Identifier: BSD-2-Clause
/* Answers who is about to execute something: at once what is known, by a process of its own what is not. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "broker.h"
#include "kernel.h"
#include "settled.h"

#define CLIENTS 256
#define JOBS 8

enum { LISTEN, WATCH, ARMED, FIRST };

static struct pollfd poll_of[FIRST + CLIENTS + JOBS];
static struct pollfd *const client = poll_of + FIRST, *const job = poll_of + FIRST + CLIENTS;
static struct job {
	pid_t pid;
	bool releases, shows; /* shows: what it settles */
	int client;           /* who has asked first, or -1 if he has gone */
	struct place place;
} jobs[JOBS];
/* Of jobs that release something. */
static unsigned releasing;
/* Clients that wait for one of them, as they ask for the same. */
static int waits_for[CLIENTS];

static const struct broker *self;
static struct cache *cache;
static struct home home;

static void leave(int i)
{
	close(client[i].fd);
	client[i].fd = -1;
	waits_for[i] = -1;
	for (int n = 0; n < JOBS; n++)
		if (jobs[n].client == i)
			jobs[n].client = -1;
}

/* Without a message of its own, an exec goes on as it was. */
static void go_on(int i)
{
	answer(client[i].fd, SYSLAYER_GO_ON, NULL, -1, -1);
}

static int receive(int i, struct request *r)
{
	struct syslayer_ask ask;
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part[2] = {{&ask, sizeof ask}, {r->search, sizeof r->search - 1}};
	struct msghdr m = {
	    .msg_iov = part, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(client[i].fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *h;
	struct ucred who;
	socklen_t size = sizeof who;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&r->file, CMSG_DATA(h), sizeof r->file);
	if (n < (ssize_t)sizeof ask ||
	    memcmp(ask.secret, self->value + SYSLAYER_RUN_PART, sizeof ask.secret) != 0 ||
	    getsockopt(client[i].fd, SOL_SOCKET, SO_PEERCRED, &who, &size) || who.pid <= 0) {
		close(r->file);
		return -1;
	}
	r->socket = client[i].fd;
	r->pid = who.pid;
	r->user = who.uid;
	r->group = who.gid;
	r->what = ask.what;
	r->flags = ask.flags;
	memcpy(r->place, ask.place, sizeof r->place);
	r->image = hold_image(r, &home);
	r->quiet = self->quiet;
	r->search_size = (size_t)n - sizeof ask;
	r->search[r->search_size] = 0;
	return 0;
}

/* What is not in the cache elfpatch-main rewrites. */
static _Noreturn void hand_on(const struct request *r)
{
	const char *preload = memchr(r->search, 0, r->search_size);
	char text[6][16];
	char *arguments[2 + JOB_ARGUMENTS + 1] = {(char *)self->main_path, (char *)JOB_VERB};
	int socket = fcntl(r->socket, F_DUPFD, 16), file = fcntl(r->file, F_DUPFD, 16),
	    image = r->image < 0 ? -1 : fcntl(r->image, F_DUPFD, 16);

	snprintf(text[0], sizeof text[0], "%d", (int)r->pid);
	snprintf(text[1], sizeof text[1], "%u", r->user);
	snprintf(text[2], sizeof text[2], "%u", r->group);
	snprintf(text[3], sizeof text[3], "%u", r->what);
	snprintf(text[4], sizeof text[4], "%d", r->quiet);
	snprintf(text[5], sizeof text[5], "%d", image >= 0);
	for (int i = 0; i < 6; i++)
		arguments[2 + i] = text[i];
	arguments[8] = (char *)r->search;
	arguments[9] = (char *)(preload ? preload + 1 : "");
	dup2(socket, JOB_SOCKET);
	dup2(file, JOB_FILE);
	if (image >= 0)
		dup2(image, JOB_IMAGE);
	kernel_close_range(image >= 0 ? JOB_IMAGE + 1 : JOB_IMAGE, ~0U);
	execv(self->main_path, arguments);
	_exit(1);
}

static _Noreturn void work(const struct request *r)
{
	int result;

	/* Its own, as locks belong to what was opened once. */
	cache->fd = open(cache->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cache->read = false;
	cache_lock(cache, LOCK_SH);
	if (r->what == SYSLAYER_ASK_RELEASE) {
		job_release(cache, r);
		_exit(JOB_ANSWERED);
	}
	result = job_do(cache, r, NULL);
	if (result < 0) {
		close(cache->fd);
		hand_on(r);
	}
	_exit(result ? JOB_ANSWERED : JOB_SETTLED);
}

/* Whether others may see what is settled by it: they look from the run's own root, as its user. */
static bool is_shown(const struct request *r)
{
	return r->place[0] && is_at_home(r, &home);
}

/* While something is released, nothing is: the mount may be gone already. */
static void settle(const struct place *p, bool shows)
{
	if (releasing)
		return;
	settle_place(p);
	if (shows)
		show_settled(cache, self->value, p);
}

static void ended(int n)
{
	int status = -1;

	if (job[n].fd >= 0)
		close(job[n].fd);
	job[n].fd = -1;
	waitpid(jobs[n].pid, &status, 0);
	jobs[n].pid = 0;
	releasing -= jobs[n].releases;
	if (WIFEXITED(status) && WEXITSTATUS(status) == JOB_SETTLED)
		settle(&jobs[n].place, jobs[n].shows);
	else if ((!WIFEXITED(status) || WEXITSTATUS(status) != JOB_ANSWERED) && jobs[n].client >= 0)
		go_on(jobs[n].client);
	for (int i = 0; i < CLIENTS; i++)
		if (client[i].fd >= 0 && waits_for[i] == n) {
			waits_for[i] = -1;
			answer(client[i].fd, SYSLAYER_ASK_AGAIN, NULL, -1, -1);
		}
}

static void start_job(int i, const struct request *r, const struct place *p)
{
	int n = 0;

	while (n < JOBS && jobs[n].pid)
		n++;
	if (n == JOBS) {
		/* One of them will be the first to end. */
		waits_for[i] = 0;
		return;
	}
	jobs[n] = (struct job){
	    .releases = r->what == SYSLAYER_ASK_RELEASE, .shows = is_shown(r), .client = i, .place = *p};
	/* Nobody must go on by what is not so any more; until the end of it nothing is settled. */
	if (jobs[n].releases)
		settle_none();
	jobs[n].pid = fork();
	if (!jobs[n].pid)
		work(r);
	if (jobs[n].pid > 0)
		releasing += jobs[n].releases;
	job[n].fd = jobs[n].pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, jobs[n].pid, 0);
	if (jobs[n].pid < 0) {
		jobs[n].pid = 0;
		go_on(i);
	} else if (job[n].fd < 0) {
		/* Before Linux 5.3. */
		ended(n);
	}
}

/* No more questions follow. */
static void settled(int i, const struct request *r, const struct place *p)
{
	answer(r->socket, SYSLAYER_GO_ON, NULL, -1, r->image);
	leave(i);
	settle(p, is_shown(r));
}

static void serve(int i, const struct request *r)
{
	struct place p;

	if (r->what == SYSLAYER_ASK_OPEN) {
		hold_open(r);
		return;
	}
	if (place_of(r, &p)) {
		go_on(i);
		return;
	}
	for (int n = 0; n < JOBS; n++)
		if (jobs[n].pid && same_place(&jobs[n].place, &p)) {
			waits_for[i] = n;
			return;
		}
	if (r->what != SYSLAYER_ASK_RELEASE && !releasing && (is_settled(&p) || settles(cache, r, &p)))
		settled(i, r, &p);
	else
		start_job(i, r, &p);
}

static void come(int fd);

static void heard(int i)
{
	static struct request r;
	int result = receive(i, &r);

	if (result < 0)
		leave(i);
	if (result)
		return;
	if (r.what == SYSLAYER_ASK_HERE) {
		come(r.file);
		return;
	}
	serve(i, &r);
	close(r.file);
}

static void come(int fd)
{
	if (fd < 0)
		return;
	for (int i = 0; i < CLIENTS; i++)
		if (client[i].fd < 0) {
			client[i].fd = fd;
			heard(i);
			return;
		}
	close(fd);
}

static bool has_clients(void)
{
	for (int i = 0; i < CLIENTS; i++)
		if (client[i].fd >= 0)
			return true;
	return false;
}

static _Noreturn void end(void)
{
	remove_settled();
	_exit(0);
}

static void armed(void)
{
	/* elfpatch run has ended without a program. */
	if (read(poll_of[ARMED].fd, &home, sizeof home) != sizeof home)
		end();
	close(poll_of[ARMED].fd);
	poll_of[ARMED].fd = -1;
}

_Noreturn void broker_serve(const struct broker *b, struct cache *c)
{
	bool is_over = false;

	self = b;
	cache = c;
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < FIRST + CLIENTS + JOBS; i++)
		poll_of[i] = (struct pollfd){-1, POLLIN, 0};
	memset(waits_for, -1, sizeof waits_for);
	for (int n = 0; n < JOBS; n++)
		jobs[n].client = -1;
	poll_of[LISTEN].fd = b->socket;
	poll_of[WATCH].fd = b->watch;
	poll_of[ARMED].fd = b->armed;
	for (;;) {
		if (poll(poll_of, FIRST + CLIENTS + JOBS, -1) < 0)
			continue;
		if (poll_of[ARMED].revents)
			armed();
		/* All that is watched is the end; but who has left for other mounts may hold a connection. */
		if (poll_of[WATCH].revents) {
			poll_of[WATCH].fd = -1;
			is_over = true;
		}
		for (int n = 0; n < JOBS; n++)
			if (job[n].revents && job[n].fd >= 0)
				ended(n);
		for (int i = 0; i < CLIENTS; i++)
			if (client[i].revents && client[i].fd >= 0)
				heard(i);
		if (poll_of[LISTEN].revents)
			come(accept4(poll_of[LISTEN].fd, NULL, NULL, SOCK_CLOEXEC));
		if (is_over && !has_clients())
			end();
	}
}
