// SPDX-License-Identifier: BSD-2-Clause
/* Expands @FILE arguments by GNU rules: white space separates, quotes and backslashes protect (gcc(1),
 * @file). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plugin.h"

#define DEPTH_MAX 32

static int push(struct arguments *a, char *word)
{
	if (!word)
		return -1;
	if (a->count == a->room) {
		int room = a->room ? 2 * a->room : 64;
		char **grown = realloc(a->v, (size_t)room * sizeof *grown);

		if (!grown) {
			free(word);
			return -1;
		}
		a->v = grown;
		a->room = room;
	}
	a->v[a->count++] = word;
	return 0;
}

static char *read_file(struct arguments *a, const char *path)
{
	struct stat st;
	FILE *f;
	char *text = NULL;
	size_t size = 0;

	/* bash's @<(...): the linker has had it, and we would wait for ever or see nothing. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		a->once = true;
		return NULL;
	}
	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (getdelim(&text, &size, 0, f) < 0 && !ferror(f) && text)
		*text = 0;
	fclose(f);
	return text;
}

/* Take one word off *text; *text is NULL at the end. The word is written over the text. */
static const char *next_word(char **text)
{
	char *in = *text, *out, *word, quote = 0;

	while (isspace((unsigned char)*in))
		in++;
	if (!*in) {
		*text = NULL;
		return NULL;
	}
	for (word = out = in; *in && (quote || !isspace((unsigned char)*in)); in++) {
		if (*in == '\\' && in[1] && quote != '\'')
			*out++ = *++in;
		else if (quote ? *in == quote : *in == '\'' || *in == '"')
			quote = quote ? 0 : *in;
		else
			*out++ = *in;
	}
	*text = *in ? in + 1 : in;
	*out = 0;
	return word;
}

int arguments_add(struct arguments *a, const char *word, int depth)
{
	char *text = word[0] == '@' && depth < DEPTH_MAX ? read_file(a, word + 1) : NULL, *rest = text;
	int result = 0;

	/* What cannot be read is a word like any other; the linker will say so. */
	if (!text)
		return push(a, strdup(word));
	while (!result && rest) {
		const char *w = next_word(&rest);

		result = w ? arguments_add(a, w, depth + 1) : 0;
	}
	free(text);
	return result;
}

void arguments_free(struct arguments *a)
{
	for (int i = 0; i < a->count; i++)
		free(a->v[i]);
	free(a->v);
}
