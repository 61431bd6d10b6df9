// SPDX-License-Identifier: BSD-2-Clause
/*
 * Brings a file that is going to be executed, and all that it needs, in place where it is: one process looks
 * for files as the asking one does, and mounts; this one, outside, knows the cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "broker.h"
#include "kernel.h"

/* From within, with the file, and back. */
struct found {
	bool program, end;
	bool nameless; /* nothing can be mounted over it */
	bool searched; /* at the end */
	int error;     /* of a mount */
};
struct reply {
	enum {
		REPLY_NOTHING,
		REPLY_MOUNT,
		REPLY_THERE, /* this is already what stands in for the one that was asked about */
		REPLY_OTHER, /* this has nothing to do with that one */
		REPLY_TAKE,  /* the descriptor is of what stands in for it */
		REPLY_STOP,
	} what;
	char name[17]; /* in the cache; or a tree to be mounted comes with it */
};

static ssize_t transfer_out(int socket, const void *bytes, size_t size, int fd)
{
	char control[CMSG_SPACE(sizeof fd)] = "";
	struct iovec part = {(void *)bytes, size};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *h;

		m.msg_control = control;
		m.msg_controllen = sizeof control;
		h = CMSG_FIRSTHDR(&m);
		*h = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(h), &fd, sizeof fd);
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL);
}

static ssize_t transfer_in(int socket, void *bytes, size_t size, int *fd)
{
	char control[CMSG_SPACE(sizeof *fd)];
	struct iovec part = {bytes, size};
	struct msghdr m = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *h;
	ssize_t n;

	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	*fd = -1;
	if (h && h->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(h), sizeof *fd);
	return n;
}

/* Within. */
struct inside {
	struct need need;
	int socket, files; /* to the one outside; of the cache */
	int error;
	bool given;
	int stand_in;
};

static int mount_over(const struct inside *in, int fd, const struct reply *reply, int tree)
{
	int result;

	if (tree < 0)
		tree = kernel_open_tree(in->files, reply->name);
	if (tree < 0)
		return -1;
	/* Else what is written to the file would be to that of the cache. */
	kernel_make_read_only(tree);
	result = kernel_move_mount(tree, fd);
	close(tree);
	return result;
}

/* The file that has its name now. */
static int look_again(const struct inside *in, int fd, int how)
{
	char number[16], path[PATH_MAX];
	ssize_t n;

	snprintf(number, sizeof number, "%d", fd);
	n = readlinkat(in->need.names, number, path, sizeof path - 1);
	if (n <= 0)
		return -1;
	path[n] = 0;
	return *path == '/' ? open(path, how | O_CLOEXEC) : -1;
}

static void exchange(const struct inside *in, const struct found *found, int fd, struct reply *reply,
                     int *tree)
{
	if (transfer_out(in->socket, found, sizeof *found, fd) < 0 ||
	    transfer_in(in->socket, reply, sizeof *reply, tree) != sizeof *reply || reply->what == REPLY_STOP)
		_exit(1);
}

static int bring(struct need *n, int fd, bool program)
{
	struct inside *in = (struct inside *)n;
	struct found found = {.program = program};
	struct reply reply;
	int tree, over = look_again(in, fd, O_PATH), result = 0;

	/* Without a name, as of memfd_create(2), or without one here: there is nothing to mount over. */
	if (over < 0)
		return 0;
	exchange(in, &found, over, &reply, &tree);
	if (reply.what == REPLY_MOUNT) {
		result = 1;
		if (mount_over(in, over, &reply, tree)) {
			in->error = errno;
			result = 0;
		}
	}
	if (program && in->given && in->stand_in < 0)
		in->stand_in = look_again(in, over, O_PATH);
	close(over);
	return result;
}

/*
 * A library that is being loaded. It is mounted, so that links and maps show its name, and opened anew for
 * who asks; if that cannot be, as with memfd_create(2), he gets that of the cache.
 */
static void load(struct inside *in, int fd)
{
	struct reply reply;
	int over = look_again(in, fd, O_PATH), tree;

	if (over >= 0) {
		exchange(in, &(struct found){.program = true}, over, &reply, &tree);
		if (reply.what == REPLY_NOTHING)
			return;
		if (reply.what == REPLY_THERE ||
		    (reply.what == REPLY_MOUNT && !mount_over(in, over, &reply, tree)))
			in->stand_in = look_again(in, over, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		close(over);
		if (in->stand_in >= 0)
			return;
	}
	exchange(in, &(struct found){.program = true, .nameless = true}, fd, &reply, &tree);
	if (reply.what == REPLY_TAKE)
		in->stand_in = tree;
}

static _Noreturn void look_inside(const struct cache *c, const struct request *r, int socket)
{
	struct inside in = {
	    .need = {.call = bring, .search = r->search, .search_size = r->search_size},
	    .socket = socket,
	    .given = r->what == SYSLAYER_ASK_GIVEN,
	    .stand_in = -1,
	};
	struct found end = {.end = true};

	in.need.names = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (in.need.names < 0 || view_enter(r, c, &in.files))
		_exit(1);
	if (r->what == SYSLAYER_ASK_LOAD)
		load(&in, r->file);
	else if (need_all(&in.need, r->file))
		_exit(1);
	end.searched = in.need.searched;
	end.error = in.error;
	transfer_out(socket, &end, sizeof end, in.stand_in);
	_exit(0);
}

/* Outside. */
struct outside {
	struct cache *c;
	const struct request *r;
	job_fill *fill;
	int socket;
	bool missing; /* from the cache */
	bool left;    /* something that has to be tried again */
	bool loaded;  /* a library has something that stands in for it: each time it has to be got */
	char why[252];
};

static void note_why(struct outside *o, const char *path, const struct error *why)
{
	char link[PATH_MAX];
	ssize_t n = readlink(path, link, sizeof link - 1);

	o->left = true;
	link[n < 0 ? 0 : n] = 0;
	if (!*o->why && !o->r->quiet)
		snprintf(o->why, sizeof o->why, "%.120s: %.120s", link, why->text);
}

/* 0, or -1: the cache does not know. */
static int judge(struct outside *o, const char *path, struct known *k, bool program)
{
	struct error why = {.offset = NO_OFFSET}, e = {.offset = NO_OFFSET};
	const struct known *found;
	struct identity id, made;
	char file[PATH_MAX];

	*k = (struct known){.outcome = OUTCOME_NOTHING};
	if (identify(path, &id))
		return 0;
	found = known_find(o->c, &id);
	if (found && found->outcome == OUTCOME_NOTHING)
		return 0;
	if (found && !cache_file(o->c, &id, file) && !identify(file, &made) &&
	    same_identity(&made, &found->made)) {
		*k = *found;
		return 0;
	}
	if (known_made(o->c, &id))
		return 0;
	if (!o->fill)
		return -1;
	if (o->fill(o->c, path, k, &why, &e)) {
		k->outcome = OUTCOME_LEFT;
		note_why(o, path, &e);
	} else if (k->outcome == OUTCOME_LEFT && program) {
		note_why(o, path, &why);
	}
	return 0;
}

/* Where this process may, the other one need not find the cache. */
static int tree_of(const struct outside *o, const struct known *k)
{
	char path[PATH_MAX];

	return cache_file(o->c, &k->source, path) ? -1 : kernel_open_tree(AT_FDCWD, path);
}

/* What stands at the name of a library, if it is not the one that was asked about. */
static bool is_another(const struct outside *o, const char *path, struct reply *reply)
{
	struct identity id, asked;
	const struct known *k;
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", o->r->file);
	if (o->r->what != SYSLAYER_ASK_LOAD || identify(path, &id) || identify(link, &asked) ||
	    same_identity(&id, &asked))
		return false;
	k = known_find(o->c, &asked);
	reply->what =
	    k && k->outcome == OUTCOME_REWRITTEN && same_identity(&k->made, &id) ? REPLY_THERE : REPLY_OTHER;
	return true;
}

static int reply_to(struct outside *o, int fd, const struct found *found)
{
	struct reply reply = {.what = REPLY_NOTHING};
	char path[PATH_MAX];
	struct known k;
	int tree = -1, result;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (is_another(o, path, &reply)) {
		;
	} else if (judge(o, path, &k, found->program)) {
		o->missing = true;
		reply.what = REPLY_STOP;
	} else if (k.outcome == OUTCOME_REWRITTEN && found->nameless) {
		tree = cache_file(o->c, &k.source, path) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
		reply.what = tree < 0 ? REPLY_NOTHING : REPLY_TAKE;
	} else if (k.outcome == OUTCOME_REWRITTEN && !cache_file(o->c, &k.source, path)) {
		reply.what = REPLY_MOUNT;
		memcpy(reply.name, strrchr(path, '/') + 1, sizeof reply.name);
		tree = tree_of(o, &k);
	}
	result = transfer_out(o->socket, &reply, sizeof reply, tree) < 0 ? -1 : 0;
	if (tree >= 0)
		close(tree);
	return result;
}

static int attend(struct outside *o)
{
	for (;;) {
		struct found found;
		int fd;

		if (transfer_in(o->socket, &found, sizeof found, &fd) != sizeof found)
			break;
		if (found.end) {
			if (found.error && !*o->why && !o->r->quiet)
				snprintf(o->why, sizeof o->why,
				         "a rewritten file cannot be mounted in its place: %.100s",
				         strerror(found.error));
			o->loaded = o->r->what == SYSLAYER_ASK_LOAD && fd >= 0;
			answer(o->r->socket, SYSLAYER_GO_ON, o->why, fd, o->r->image);
			if (fd >= 0)
				close(fd);
			return found.searched || found.error || o->left || o->loaded;
		}
		if (fd < 0 || reply_to(o, fd, &found))
			break;
		close(fd);
	}
	if (o->missing)
		return -1;
	/* It cannot be looked at. */
	answer(o->r->socket, SYSLAYER_GO_ON, NULL, -1, o->r->image);
	return 1;
}

int job_do(struct cache *c, const struct request *r, job_fill *fill)
{
	struct outside o = {.c = c, .r = r, .fill = fill};
	int ends[2], result;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		answer(r->socket, SYSLAYER_GO_ON, NULL, -1, r->image);
		return 1;
	}
	pid = fork();
	if (!pid) {
		close(ends[0]);
		look_inside(c, r, ends[1]);
	}
	close(ends[1]);
	o.socket = ends[0];
	result = attend(&o);
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}
