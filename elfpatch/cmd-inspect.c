// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch inspect: what a file has of syslayer's. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslayer/image.h>
#include "cmd.h"
#include "inspect.h"

static const char *kind_of(const struct object *o)
{
	bool fixed = o->eh.e_type == ET_EXEC;

	switch (object_kind(o)) {
	case OBJECT_LIBRARY:
		return "shared library";
	case OBJECT_INTERPRETER:
		return "dynamic linker";
	case OBJECT_DYNAMIC:
		return fixed ? "dynamic executable" : "position-independent executable";
	default:
		return fixed ? "static executable" : "static position-independent executable";
	}
}

/* What is in the section: the names of the image, from the file's copy of its head. */
static bool read_names(const struct object *o, const struct section_phdrs *s,
                       struct syslayer_image_names *names)
{
	const Elf64_Phdr *ph = o->ph + s->image;

	if (!s->stamped || !syslayer_image_magic((const char *)o->data + ph->p_offset))
		return false;
	memcpy(names, o->data + ph->p_offset + SYSLAYER_IMAGE_NAMES, sizeof *names);
	names->layer[sizeof names->layer - 1] = 0;
	return true;
}

static void print_text(const char *file, const struct facts *f)
{
	printf("%s: %s\n", file, f->kind);
	printf("  section   0x%" PRIx64 ", %" PRIu64 " bytes, ", f->a.section, f->a.section_size);
	if (f->s.stamped)
		printf("stamped with %s (%" PRIu64 " bytes)\n", f->named ? f->names.layer : "no image",
		       f->image_size);
	else
		puts("reserved");
	printf("  ABI       %.32s, revision %u, %u slots\n", f->a.block.note.abi, f->a.block.note.abi_version,
	       f->a.block.note.slot_count);
	printf("  required  %s\n", f->a.block.note.flags & SYSLAYER_NOTE_REQUIRED ? "yes" : "no");
	printf("  runtime   %s\n", f->a.block.runtime ? "yes" : "no");
	printf("  sites     %u: %u rewritten, %u left", f->sites, f->sites - f->left, f->left);
	for (unsigned i = 0, n = 0; i < REASONS; i++)
		if (f->reasons[i])
			printf("%s%u %s", n++ ? ", " : " (", f->reasons[i], reason_name(i));
	puts(f->left ? ")" : "");
}

static json_t *facts_json(const char *file, const struct facts *f)
{
	json_t *reasons = json_object();
	json_t *all = json_pack(
	    "{s:o, s:s, s:b, s:I, s:I, s:b, s:o, s:i, s:b, s:b}", "file", json_text(file), "kind", f->kind,
	    "section", 1, "address", (json_int_t)f->a.section, "size", (json_int_t)f->a.section_size,
	    "stamped", f->s.stamped, "abi", json_text(f->a.block.note.abi), "abi_version",
	    (int)f->a.block.note.abi_version, "required", !!(f->a.block.note.flags & SYSLAYER_NOTE_REQUIRED),
	    "runtime", f->a.block.runtime != 0);

	if (f->s.stamped) {
		json_object_set_new(all, "layer", f->named ? json_text(f->names.layer) : json_null());
		json_object_set_new(all, "image_size", json_integer((json_int_t)f->image_size));
	}
	for (unsigned i = 0; i < REASONS; i++)
		if (f->reasons[i])
			json_object_set_new(reasons, reason_name(i), json_integer(f->reasons[i]));
	json_object_set_new(all, "sites",
	                    json_pack("{s:i, s:i, s:i, s:o}", "total", (int)f->sites, "rewritten",
	                              (int)(f->sites - f->left), "left", (int)f->left, "reasons", reasons));
	return all;
}

/* Not ELF: perhaps a stub image by itself. */
static bool inspect_image(const struct options *options, const char *file, json_t *all)
{
	struct error e;
	struct image im;
	bool is = !image_open(&im, file, &e);

	if (is && options->json)
		json_array_append_new(
		    all, json_pack("{s:o, s:s, s:o, s:o, s:I, s:I, s:i, s:b}", "file", json_text(file),
		                   "kind", "stub image", "layer", json_text(im.names.layer), "abi",
		                   json_text(im.names.abi), "image_size", (json_int_t)im.size, "state",
		                   (json_int_t)im.header.state, "slots", (int)im.header.slot_count, "hook",
		                   im.header.init != 0));
	else if (is)
		printf("%s: stub image\n  layer     %.16s\n  ABI       %.32s, revision %u, %u slots\n"
		       "  size      %" PRIu64 " bytes, %u of state\n  hook      %s\n",
		       file, im.names.layer, im.names.abi, im.header.abi_version, im.header.slot_count,
		       im.size, im.header.state, im.header.init ? "yes" : "no");
	image_close(&im);
	return is;
}

static int without_section(const struct options *options, const char *file, const struct object *o,
                           json_t *all)
{
	if (options->json)
		json_array_append_new(all, json_pack("{s:o, s:s, s:b}", "file", json_text(file), "kind",
		                                     kind_of(o), "section", 0));
	else
		printf("%s: %s\n  no section\n", file, kind_of(o));
	return STATUS_NEGATIVE;
}

static int inspect_file(const struct options *options, const char *file, json_t *all)
{
	struct object o = {0};
	struct error e = {0};
	struct facts f = {0};
	int status = STATUS_OK;

	if (object_open(&o, file, &e)) {
		status = inspect_image(options, file, all) ? STATUS_OK : complain(file, &e);
		goto out;
	}
	f.kind = kind_of(&o);
	if (!added_find(&o, &f.a, &e)) {
		status = e.status ? complain(file, &e) : without_section(options, file, &o, all);
		goto out;
	}
	if (find_section_phdrs(&f.s, &f.a, &e) || count_sites(&f, &e)) {
		status = complain(file, &e);
		goto out;
	}
	f.named = read_names(&o, &f.s, &f.names);
	f.image_size = f.s.stamped ? o.ph[f.s.image].p_filesz : 0;
	if (options->json) {
		json_t *entry = facts_json(file, &f);

		if (options->sites)
			json_object_set_new(entry, "site", sites_json(&f));
		json_array_append_new(all, entry);
	} else {
		print_text(file, &f);
		if (options->sites)
			print_sites(&f);
	}
out:
	object_close(&o);
	return status;
}

int cmd_inspect(const struct options *options, char **files, int count)
{
	json_t *all = json_array();
	int status = STATUS_OK;

	for (int i = 0; i < count; i++)
		status = worse(status, inspect_file(options, files[i], all));
	if (options->json)
		return print_json(all, status);
	json_decref(all);
	return status;
}
