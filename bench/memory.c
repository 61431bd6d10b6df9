// SPDX-License-Identifier: BSD-2-Clause
/* memory FILE: some calls of several kinds, FILE is made, and it waits for a signal. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat s;
	char b[512];
	int bad = 0;

	for (int i = 0; argc > 1 && i < 20; i++) {
		int fd = open("/etc/passwd", O_RDONLY);

		bad |= fstat(fd, &s) || read(fd, b, sizeof b) < 0 || close(fd) || !stat("/nowhere", &s) ||
		       !access("/etc/nowhere", R_OK) || getppid() < 0;
	}
	close(open(argv[1], O_CREAT | O_WRONLY, 0600));
	pause();
	return bad;
}
