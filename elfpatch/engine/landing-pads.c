// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where exceptions land: no branch goes there, only the tables of the language say where it is
 * (gcc's unwind-pe.h and eh_personality.cc; LLVM's "Exception Handling Tables").
 */
#include "eh-frame.h"
#include "finder.h"

static uint64_t take_length(struct cursor *c, unsigned encoding)
{
	return encoding == PE_ULEB128 ? take_leb128(c) : take_pointer(c, encoding, false);
}

static void mark_pads(struct targets *t, struct cursor c, uint64_t base)
{
	unsigned encoding = *take(&c, 1);
	uint64_t length;

	if (encoding != PE_OMIT)
		base = take_pointer(&c, encoding, true);
	if (*take(&c, 1) != PE_OMIT) /* types */
		take_leb128(&c);
	encoding = *take(&c, 1);
	length = take_leb128(&c);
	if (c.bad || length > (uint64_t)(c.end - c.p))
		return;
	c.end = c.p + length;
	while (c.p < c.end && !c.bad) {
		uint64_t pad;

		take_length(&c, encoding); /* start and length of the calls */
		take_length(&c, encoding);
		pad = take_length(&c, encoding);
		take_leb128(&c); /* action */
		if (pad && !c.bad)
			targets_mark_pointed(t, base + pad);
	}
}

static bool has_site(const struct sites *ss, uint64_t start, uint64_t end)
{
	size_t low = 0, high = ss->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ss->s[middle].address < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ss->count && ss->s[low].address < end;
}

struct pads {
	struct finder *f;
	uint64_t behind;
};

static int on_function(void *context, uint64_t address, uint64_t start, uint64_t end, const struct cie *cie)
{
	struct pads *pads = context;
	struct finder *f = pads->f;
	struct cursor c;
	struct fde fde;

	if (cie->lsda == PE_OMIT || fde_read(&fde, f->o, address) || !fde.lsda)
		return 0;
	c = cursor_at(f->o, fde.lsda);
	if (c.p)
		object_pass(f->o, &pads->behind, (uint64_t)(c.p - f->o->data));
	/* With a base of their own, the pads lie in another part of the function. */
	if (c.p && c.p < c.end && (*c.p != PE_OMIT || has_site(f->sites, start, end)))
		mark_pads(&f->targets, c, start);
	return 0;
}

void mark_landing_pads(struct finder *f)
{
	struct pads pads = {.f = f, .behind = UINT64_MAX};

	each_fde(f->o, on_function, &pads);
}
