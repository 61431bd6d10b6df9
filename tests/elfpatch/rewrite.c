// SPDX-License-Identifier: BSD-2-Clause
/* rewrite IN OUT: what the linker plugin does to an output, without a linker. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "save.h"
#include "sites.h"

int main(int argc, char **argv)
{
	struct rewrite_result r;
	struct object o = {0};
	struct error e = {0};
	int in = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct save_options options = {.output = argv[argc - 1]};

	if (in < 0)
		return fprintf(stderr, "usage: rewrite IN OUT\n"), 2;
	if (object_open_fd(&o, in, &e) || rewrite(&o, SYSLAYER_SIZE_DEFAULT, 0, &r, &e) ||
	    save(&o, in, argv[1], &options, &e)) {
		fprintf(stderr, "rewrite: %s: %s\n", argv[1], e.text);
		return e.status;
	}
	printf("%zu of %zu\n", r.rewritten, r.sites);
	object_close(&o);
	close(in);
	return 0;
}
