// SPDX-License-Identifier: BSD-2-Clause
/* JSON, which is UTF-8; names of files and functions need not be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"

json_t *json_text(const char *text)
{
	size_t n = strlen(text), k = 0;
	json_t *value = json_string(text);
	char *latin;

	if (value || !(latin = malloc(2 * n + 1)))
		return value;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80)
			latin[k++] = (char)(0xc0 | c >> 6);
		latin[k++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
	}
	value = json_stringn(latin, k);
	free(latin);
	return value;
}

int print_json(json_t *value, int status)
{
	int bad = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	putchar('\n');
	json_decref(value);
	return bad ? STATUS_TROUBLE : status;
}
