// SPDX-License-Identifier: BSD-2-Clause
/* What a small C library makes system calls for; the last line says whether all was right. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static int files(void)
{
	char line[64] = "";
	struct stat st;
	struct dirent *e;
	int names = 0;
	FILE *f;
	DIR *d;

	if (mkdir("d", 0755) || !(f = fopen("d/file", "w")))
		return 1;
	for (int i = 0; i < 10000; i++)
		fprintf(f, "line %d\n", i);
	if (fclose(f) || stat("d/file", &st) || st.st_size != 98890 || rename("d/file", "d/other") ||
	    symlink("other", "d/link") || !(f = fopen("d/link", "r")))
		return 1;
	for (int i = 0; i < 10000; i++)
		if (!fgets(line, sizeof line, f))
			return 1;
	fclose(f);
	if (!(d = opendir("d")))
		return 1;
	while ((e = readdir(d)))
		names++;
	closedir(d);
	return strcmp(line, "line 9999\n") != 0 || names != 4 || open("nothing", O_RDONLY) != -1 ||
	       errno != ENOENT;
}

static int children(void)
{
	char text[8] = "";
	int ends[2], status;
	pid_t pid;

	for (int i = 0; i < 20; i++) {
		if (pipe(ends) || (pid = fork()) < 0)
			return 1;
		if (!pid) {
			dup2(ends[1], 1);
			execl("/bin/sh", "sh", "-c", "echo hello; exit 3", (char *)NULL);
			_exit(99);
		}
		close(ends[1]);
		if (read(ends[0], text, 6) != 6 || waitpid(pid, &status, 0) != pid ||
		    WEXITSTATUS(status) != 3)
			return 1;
		close(ends[0]);
	}
	return strcmp(text, "hello\n") != 0 || system("exit 4") >> 8 != 4;
}

static int sockets(void)
{
	struct timeval t = {10, 0};
	char text[8] = "";
	fd_set set;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || write(ends[0], "there", 6) != 6)
		return 1;
	FD_ZERO(&set);
	FD_SET(ends[1], &set);
	return select(ends[1] + 1, &set, NULL, NULL, &t) != 1 || recv(ends[1], text, 6, 0) != 6 ||
	       strcmp(text, "there") != 0;
}

static int signals(void)
{
	struct itimerval t = {{0, 1000}, {0, 1000}};
	struct sigaction a;
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(&a, 0, sizeof a);
	a.sa_handler = on_alarm;
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	while (alarms < 50)
		usleep(10000);
	memset(&t, 0, sizeof t);
	setitimer(ITIMER_REAL, &t, NULL);
	memset(p, 1, 1 << 20);
	return munmap(p, 1 << 20) || time(NULL) < 1000000000;
}

int main(void)
{
	int bad = files() << 3 | children() << 2 | sockets() << 1 | signals();

	printf("%d: %s\n", bad, bad ? "wrong" : "right");
	return bad;
}
