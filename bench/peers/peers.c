// SPDX-License-Identifier: BSD-2-Clause
/*
 * peers ROUNDS: what a getppid(2) costs through whatever can stand between a program and the kernel, as a
 * Markdown table. In the working directory: the programs peers.sh makes. All on one processor; each is asked
 * in turn, again and again, so that what disturbs one disturbs all; medians of the differences within a
 * round.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "peers.h"

enum { WORDS = 8, ROUNDS_MAX = 20000 };
/* A round of one, nanoseconds; so many calls at most. */
#define ROUND 40000.0
#define CALLS_MAX 4000

/* Yardsticks first. */
enum { RAW, EMPTY, LIBRARY, NATIVE, COUNT };

static const struct peer {
	const char *environment; /* NAME=VALUE, or NULL */
	const char *command[WORDS];
	int yardstick;
} peers[] = {
    {NULL, {"./peer", "site"}, RAW},
    {NULL, {"./peer", "empty"}, EMPTY},
    {NULL, {"./peer-dynamic", "library"}, LIBRARY},
    {NULL, {"./peer.rewritten", "site"}, RAW},
    {"SYSLAYER_IMAGE=./count.img", {"./peer.rewritten", "site"}, RAW},
    {"SYSLAYER_IMAGE=./answer.img", {"./peer.rewritten", "site"}, EMPTY},
    {"LD_PRELOAD=./preload.so", {"./peer-dynamic", "library"}, LIBRARY},
    {"LD_PRELOAD=./preload-answers.so", {"./peer-dynamic", "library"}, EMPTY},
    {NULL, {"./peer", "dispatch-allow"}, RAW},
    {NULL, {"./peer", "dispatch"}, RAW},
    {NULL, {"./peer", "dispatch-answer"}, EMPTY},
    {NULL, {"./peer", "allow"}, RAW},
    {NULL, {"./peer", "trap"}, RAW},
    {NULL, {"./peer", "trap-answer"}, EMPTY},
    {NULL, {"./peer", "notify"}, RAW},
    {NULL, {"./peer", "notify-answer"}, EMPTY},
    {NULL, {"./peer", "ptrace"}, RAW},
    {NULL, {"./peer", "ptrace-answer"}, EMPTY},
    {NULL, {"strace", "--seccomp-bpf", "-fo/dev/null", "-etrace=close", "./peer", "site"}, RAW},
    {NULL, {"strace", "--seccomp-bpf", "-fo/dev/null", "-etrace=getppid", "./peer", "site"}, RAW},
    {NULL, {"strace", "-o/dev/null", "-etrace=getppid", "./peer", "site"}, RAW},
};
#define PEERS ((int)(sizeof peers / sizeof *peers))

static struct process {
	int to, from, calls;
	double taken[ROUNDS_MAX];
} processes[PEERS];

static const struct row {
	const char *name;
	int goes_on, answered; /* 0: there is no such thing */
} rows[] = {
    {"syslayer, native stub", NATIVE, 0},
    {"syslayer, a stub that answers", 0, 5},
    {"syslayer, `count`", COUNT, 0},
    {"LD_PRELOAD of the C library's function", 6, 7},
    {"Syscall User Dispatch, armed, call allowed", 8, 0},
    {"Syscall User Dispatch, SIGSYS", 9, 10},
    {"seccomp, RET_ALLOW", 11, 0},
    {"seccomp, RET_TRAP", 12, 13},
    {"seccomp, user notification", 14, 15},
    {"ptrace", 16, 17},
    {"strace --seccomp-bpf, another call is traced", 18, 0},
    {"strace --seccomp-bpf", 19, 0},
    {"strace", 20, 0},
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void start(const struct peer *p, struct process *process)
{
	int to[2], from[2];

	if (pipe(to) || pipe(from))
		fail("pipe");
	if (!fork()) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		for (int fd = 3; fd < 256; fd++)
			close(fd);
		if (p->environment)
			putenv((char *)(uintptr_t)p->environment);
		execvp(p->command[0], (char *const *)(uintptr_t)p->command);
		fail(p->command[0]);
	}
	close(to[0]);
	close(from[1]);
	process->to = to[1];
	process->from = from[0];
}

/* Nanoseconds of a call. What one has a function for its yardstick, it answers. */
static double ask(const struct process *p, int calls)
{
	int peer = (int)(p - processes), answers = peer != EMPTY && peers[peer].yardstick == EMPTY;
	struct answer took;

	if (write(p->to, &calls, sizeof calls) != sizeof calls ||
	    read(p->from, &took, sizeof took) != sizeof took || (took.result == ANSWER) != answers) {
		fprintf(stderr, "peers: %s %s: it does not do what it should\n", peers[peer].command[0],
		        peers[peer].command[1]);
		exit(1);
	}
	return took.nanoseconds;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double difference(int of, int over, int rounds)
{
	static double d[ROUNDS_MAX];

	for (int i = 0; i < rounds; i++)
		d[i] = processes[of].taken[i] - (over < 0 ? 0 : processes[over].taken[i]);
	qsort(d, (size_t)rounds, sizeof *d, compare);
	return d[rounds / 2];
}

static void cell(int which, int rounds)
{
	double d = which ? difference(which, peers[which].yardstick, rounds) : 0;

	if (!which)
		printf(" |");
	else
		printf(d < 100 ? " %.1f |" : " %.0f |", d);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;
	cpu_set_t set;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof set, &set);
	for (int i = 0; i < PEERS; i++) {
		start(peers + i, processes + i);
		double once = ask(processes + i, 20);
		int calls = (int)(ROUND / once);

		processes[i].calls = calls < 4 ? 4 : calls > CALLS_MAX ? CALLS_MAX : calls;
	}
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < PEERS; i++)
			processes[i].taken[r] = ask(processes + i, processes[i].calls);
	printf("An instruction takes %.1f ns, a function that does nothing %.1f, the C library's %.1f; "
	       "medians of %d "
	       "rounds.\n\n",
	       difference(RAW, -1, rounds), difference(EMPTY, -1, rounds), difference(LIBRARY, -1, rounds),
	       rounds);
	printf("| mechanism | a call goes on to the kernel, ns more | is answered, ns more |\n| --- | ---: | "
	       "---: |\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		printf("| %s |", rows[i].name);
		cell(rows[i].goes_on, rounds);
		cell(rows[i].answered, rounds);
		printf("\n");
	}
	printf("\n`count` over the native stub: %.1f ns (goal 1).\n", difference(COUNT, NATIVE, rounds));
	for (int i = 0; i < PEERS; i++)
		close(processes[i].to);
	while (wait(NULL) > 0)
		;
	return 0;
}
