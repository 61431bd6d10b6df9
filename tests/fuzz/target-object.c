// SPDX-License-Identifier: BSD-2-Clause
/* Readers: headers, note and block, functions, symbols, the table of sites. */
#include <string.h>
#include "cmd.h"
#include "functions.h"
#include "fuzz.h"
#include "inspect.h"
#include "symbols.h"

void target_begin(void)
{
}

static void read_names(const struct object *o)
{
	size_t length = 0;

	for (size_t i = 0; i < o->shnum; i++)
		length += strlen(section_name(o, o->sh + i));
	if (o->shnum && length > o->shnum * o->size)
		broken("names of sections");
}

static void read_functions(const struct object *o)
{
	struct functions fs;
	struct function f;
	struct symbols symbols;
	struct error e = {0};
	uint64_t next, offset;

	if (!functions_find(&fs, o, &e)) {
		functions_find_symbols(&fs, o);
		for (size_t i = 1; i < fs.count; i++)
			if (fs.f[i - 1].start >= fs.f[i].start)
				broken("functions are not ascending");
		functions_at(&fs, o->eh.e_entry, &f, &next);
	}
	functions_free(&fs);
	if (!symbols_read(&symbols, o))
		symbol_at(&symbols, o->eh.e_entry, &offset);
	symbols_free(&symbols);
}

void target(const unsigned char *bytes, size_t size)
{
	struct object o = {0};
	struct error e = {0};
	struct facts f = {0};

	if (object_open_fd(&o, file_put(0, bytes, size), &e)) {
		must_say_why(&e, "open");
		goto out;
	}
	object_kind(&o);
	read_names(&o);
	read_functions(&o);
	if (!added_find(&o, &f.a, &e)) {
		if (e.status)
			must_say_why(&e, "note");
		goto out;
	}
	if (find_section_phdrs(&f.s, &f.a, &e) || count_sites(&f, &e)) {
		must_say_why(&e, "inspect");
		goto out;
	}
	json_decref(sites_json(&f));
out:
	object_close(&o);
}
