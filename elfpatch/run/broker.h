/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process outside of the program's namespaces that has rewritten what the program is going to execute. It
 * ends with the last process of the program's mount namespace.
 */
#ifndef RUN_BROKER_H
#define RUN_BROKER_H

#include <sys/types.h>
#include <syslayer/run.h>
#include "cache.h"

/* broker-start.c */
struct broker {
	int socket, watch, armed; /* what it listens at, the inotify instance that tells the end, a pipe */
	bool quiet;
	char value[SYSLAYER_RUN_LENGTH + PATH_MAX]; /* of SYSLAYER_RUN */
	const char *main_path;                      /* the elfpatch that rewrites */
};
/* Before there is a namespace. Returns 0, or -1: there is none. */
int broker_start(struct broker *b, struct cache *c, const char *main_path, bool quiet, struct error *e);
/* In the namespace: the broker ends when this has. Returns 0 or -1. */
int broker_arm(struct broker *b, const struct cache *c, struct error *e);
/* For programs to come, which find the broker by their environment; NULL: they hand on their layer only. */
int broker_announce(const struct broker *b);

/* broker.c: what its process does. */
_Noreturn void broker_serve(const struct broker *b, struct cache *c);

/* Who asks, and what for. */
struct request {
	int socket; /* to answer */
	int file;   /* O_PATH, what is to be executed */
	pid_t pid;
	uid_t user;
	gid_t group;
	uint32_t what, flags;
	uint64_t place[8]; /* as in struct syslayer_ask */
	int image;         /* to be handed on, or -1 */
	bool quiet;
	char search[SYSLAYER_ASK_MAX + 1]; /* LD_LIBRARY_PATH and LD_PRELOAD, each with its NUL; or a path */
	size_t search_size;
};

/* answer.c: why, a line for the user, and descriptors may be none, -1. */
void answer(int socket, uint32_t what, const char *why, int stand_in, int image);

/* hold.c: files of the run for those that have left its root or its user. */
struct home {
	uint64_t mount, device, inode;
};
void home_here(struct home *h);
bool is_at_home(const struct request *r, const struct home *h);
/* The image, or -1: who asks needs none. */
int hold_image(const struct request *r, const struct home *h);
/* Answers SYSLAYER_ASK_OPEN. */
void hold_open(const struct request *r);

/*
 * job.c: brings the file, and what it needs, where the asking process will see it, and answers. fill:
 * cache_fill(), with LOCK_EX, or NULL. Returns 0: that holds until something changes; 1: it has to be asked
 * for each time; -1: there was no answer, as something is not in the cache.
 */
typedef int job_fill(struct cache *c, const char *path, struct known *k, struct error *why, struct error *e);
int job_do(struct cache *c, const struct request *r, job_fill *fill);
/* release.c: takes away what is mounted over a file, if it is of the cache, and answers. */
void job_release(struct cache *c, const struct request *r);
/* The verb of elfpatch-main that does one, with the socket and the file as descriptors 3 and 4. */
#define JOB_VERB "serve"
enum { JOB_SOCKET = 3, JOB_FILE, JOB_IMAGE };
/* Arguments behind the verb: pid, user, group, what, 1 if quiet, 1 if there is an image, LD_LIBRARY_PATH,
 * LD_PRELOAD. */
enum { JOB_ARGUMENTS = 8 };
/* Exit statuses; after any other, nobody has answered. */
enum { JOB_SETTLED = 0, JOB_ANSWERED = 10 };

/*
 * view.c: this process goes where the asking one is: into its namespaces, root and working directory, with
 * its rights to files. *files: of the cache, O_PATH, or -1. Returns 0 or -1.
 */
int view_enter(const struct request *r, const struct cache *c, int *files);

/* needed.c: calls for each file that the program may load, its interpreters and itself; all in this process's
 * view. */
struct need {
	/* Returns 1 if the file was not yet in place, 0, or -1: to be given up. */
	int (*call)(struct need *n, int fd, bool program);
	const char *search;
	size_t search_size;
	int names;     /* /proc/self/fd */
	bool searched; /* in places that may have other files later */
};
int need_all(struct need *n, int program);
/* Whether a program looks for libraries in places of its own. */
bool has_own_search(int fd);

#endif
