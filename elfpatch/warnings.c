// SPDX-License-Identifier: BSD-2-Clause
/* What an edit takes from a file and only its maker can give back, or cannot give back itself. */
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include "cmd.h"

static const char *const texts[WARNINGS] = {
    "its IMA or EVM signature is of the old bytes, and is left out of the new file",
    "it is protected by fs-verity, and the new file is not",
    "its separate debugging file is that of the old one: debuggers take it, eu-unstrip may not",
    "what it loads is as it was; symbols and other sections that are not loaded are what it has of them now",
    "it needs Linux 5.18 or later: older kernels tell a program a wrong place of its program headers",
};

static bool is_verity(int fd)
{
	struct statx st;

	return !statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) && st.stx_attributes & STATX_ATTR_VERITY;
}

/* Of most files of a distribution the last one can be said: only to who wants to know. */
#define VERBOSE_ONLY (1u << 2)

unsigned find_warnings(const struct options *options, int fd, struct object *o)
{
	bool ima = fgetxattr(fd, "security.ima", NULL, 0) >= 0 || fgetxattr(fd, "security.evm", NULL, 0) >= 0;

	unsigned all = (unsigned)ima | (unsigned)is_verity(fd) << 1 |
	               (unsigned)!!section_by_name(o, ".gnu_debuglink") << 2;

	return options->verbose || options->json ? all : all & ~VERBOSE_ONLY;
}

json_t *warnings_json(unsigned warnings)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < WARNINGS; i++)
		if (warnings >> i & 1)
			json_array_append_new(all, json_string(texts[i]));
	return all;
}

void print_warnings(const char *file, unsigned warnings)
{
	for (unsigned i = 0; i < WARNINGS; i++)
		if (warnings >> i & 1) {
			fflush(stdout);
			fprintf(stderr, "elfpatch: %s: warning: %s\n", file, texts[i]);
		}
}
