// SPDX-License-Identifier: BSD-2-Clause
/* Looks up OUTPUT(NAME) in a linker script: it names the output where the command line does not. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plugin.h"

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Comments become blanks, in place. */
static void strip_comments(char *text)
{
	for (char *p = text; (p = strstr(p, "/*"));) {
		char *end = strstr(p + 2, "*/");
		size_t n = end ? (size_t)(end + 2 - p) : strlen(p);

		memset(p, ' ', n);
		p += n;
	}
}

char *script_output(const char *path)
{
	static const char word[] = "OUTPUT";
	FILE *f = fopen(path, "re");
	char *text = NULL, *name = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, 0, f) < 0)
		goto out;
	strip_comments(text);
	for (char *p = text; !name && (p = strstr(p, word)); p++) {
		char *from = p + sizeof word - 1;

		from += strspn(from, " \t\r\n");
		if ((p > text && is_name(p[-1])) || *from != '(')
			continue;
		from += 1 + strspn(from + 1, " \t\r\n\"");
		name = strndup(from, strcspn(from, " \t\r\n\")"));
	}
out:
	free(text);
	fclose(f);
	return name;
}
