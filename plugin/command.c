// SPDX-License-Identifier: BSD-2-Clause
/* Reads of the linker's command line what concerns the plugin; the linker reads all of it. */
#include <stdlib.h>
#include <string.h>
#include <syslayer/abi.h>
#include "plugin.h"

/*
 * The value of an option that takes one, in all ways to write it: -NAME VALUE, -NAME=VALUE,
 * and --NAME for either; single-letter names also -NVALUE. *i is moved behind it.
 */
static const char *option(const struct arguments *a, int *i, const char *name)
{
	const char *s = a->v[*i];
	size_t n = strlen(name);

	if (*s++ != '-')
		return NULL;
	/* -oformat is -o format, so a long option that begins with o needs two dashes (ld(1)). */
	if (*s == '-' && n > 1)
		s++;
	else if (n > 1 && *name == 'o')
		return NULL;
	if (strncmp(s, name, n) != 0)
		return NULL;
	if (!s[n])
		return *i + 1 < a->count ? a->v[++*i] : NULL;
	if (n == 1)
		return s + n;
	return s[n] == '=' ? s + n + 1 : NULL;
}

static bool is_flag(const char *word, const char *name)
{
	return !strcmp(word, name) || (word[0] == '-' && !strcmp(word + 1, name));
}

/* A linker's number: decimal, 0x, or with K or M behind it (ld(1), --defsym). */
static bool parse_number(const char *s, uint64_t *n)
{
	char *end;

	*n = strtoull(s, &end, 0);
	if (end == s)
		return false;
	if (*end == 'K' || *end == 'k' || *end == 'M' || *end == 'm') {
		unsigned shift = *end == 'K' || *end == 'k' ? 10 : 20;

		*n = *n << shift >> shift == *n ? *n << shift : UINT64_MAX;
		end++;
	}
	return !*end;
}

static void parse_defsym(struct command *c, const char *value)
{
	static const char size[] = "__syslayer_size=", require[] = "__syslayer_require=";
	uint64_t n;

	if (!strncmp(value, size, sizeof size - 1)) {
		if (!parse_number(value + sizeof size - 1, &c->size) || c->size % SYSLAYER_PAGE ||
		    c->size < SYSLAYER_SLOTS_SIZE || c->size > SYSLAYER_SIZE_MAX)
			c->error = "__syslayer_size: a section has whole pages, from 32K to 256M bytes";
	} else if (!strncmp(value, require, sizeof require - 1)) {
		if (!parse_number(value + sizeof require - 1, &n) || n > 1)
			c->error = "__syslayer_require: 0 or 1";
		else
			c->flags = n ? SYSLAYER_NOTE_REQUIRED : 0;
	}
}

void command_parse(struct command *c, const struct arguments *a)
{
	static const char *const inert[] = {"-r", "-i", "-Ur", "-relocatable", "-help", "-version"};
	static const char cache[] = "cache-dir=";

	const char *script = NULL;

	*c = (struct command){.linker = a->v[0], .size = SYSLAYER_SIZE_DEFAULT};
	for (int i = 1; i < a->count; i++) {
		const char *value;

		for (size_t k = 0; k < sizeof inert / sizeof *inert; k++)
			c->inert |= is_flag(a->v[i], inert[k]);
		if ((value = option(a, &i, "oformat")))
			c->inert |= !strcmp(value, "binary");
		else if ((value = option(a, &i, "output")) || (value = option(a, &i, "o")))
			c->output = value;
		else if ((value = option(a, &i, "Map")))
			c->map = value;
		else if ((value = option(a, &i, "defsym")))
			parse_defsym(c, value);
		else if ((value = option(a, &i, "thinlto-cache-dir")))
			c->cache = value;
		else if ((value = option(a, &i, "plugin-opt")) && !strncmp(value, cache, sizeof cache - 1))
			c->cache = value + sizeof cache - 1;
		else if ((value = option(a, &i, "script")) || (value = option(a, &i, "T")))
			script = value;
	}
	if (!c->output && script)
		c->output = c->from_script = script_output(script);
	if (!c->output)
		c->output = "a.out";
	c->inert |= !strcmp(c->output, "-");
}

void command_free(struct command *c)
{
	free(c->from_script);
}
