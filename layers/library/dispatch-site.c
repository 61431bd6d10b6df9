// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whether a call that was caught is one that stays in its place, as the program compares its pc with it
 * (syslayer-abi(7)): the layer was asked before, and the table of sites of the file that is loaded there says
 * so.
 */
#include <elf.h>
#include "dispatch.h"

#define KNOWN 64
#define PHDRS 64

/* Address, a hash of the code before it, and the answer. A place that is used for other code is looked at
 * again. */
static SYSLAYER_LARGE unsigned long known[KNOWN];

static unsigned long word_for(unsigned long address)
{
	unsigned char code[8] = {0};
	unsigned long page = address & ~(SYSLAYER_PAGE - 1UL);
	unsigned long from = address - page < sizeof code ? page : address - sizeof code;
	unsigned hash = 0;

	/* Only of its own page: the one before may be another's, and go away at any moment. */
	if (syslayer_peek_steady(code, (const void *)from, address - from) != address - from)
		return 0;
	for (unsigned i = 0; i < sizeof code; i++)
		hash = hash * 31 + code[i];
	return address << 16 | (hash & 0x7fff) << 1;
}

/* The block that begins with this note. */
static const struct syslayer_added *is_block(unsigned long note)
{
	struct syslayer_added a;

	if (syslayer_peek(&a, (const void *)note, sizeof a) != sizeof a || a.type != SYSLAYER_NOTE_TYPE ||
	    a.namesz != SYSLAYER_NOTE_NAME_LEN ||
	    memcmp(a.name, SYSLAYER_NOTE_NAME, SYSLAYER_NOTE_NAME_LEN) != 0 ||
	    a.version != SYSLAYER_ADDED_VERSION || a.sites > a.size ||
	    (a.size - a.sites) / sizeof(struct syslayer_site) < a.site_count)
		return NULL;
	return (const struct syslayer_added *)note;
}

static const struct syslayer_added *block_of(unsigned long file)
{
	Elf64_Phdr ph[PHDRS];
	Elf64_Ehdr eh;
	unsigned long size, bias = file;

	if (syslayer_peek(&eh, (const void *)file, sizeof eh) != sizeof eh ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_phnum > PHDRS)
		return NULL;
	size = eh.e_phnum * sizeof *ph;
	if (syslayer_peek(ph, (const void *)(file + eh.e_phoff), size) != size)
		return NULL;
	for (unsigned i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_filesz && !ph[i].p_offset)
			bias = file - ph[i].p_vaddr;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		const struct syslayer_added *a =
		    ph[i].p_type == PT_NOTE ? is_block(bias + ph[i].p_vaddr) : NULL;

		if (a)
			return a;
	}
	return NULL;
}

static int stays(const struct syslayer_added *a, unsigned long address)
{
	const struct syslayer_site *s = (const struct syslayer_site *)((const char *)a + a->sites);
	int64_t wanted = (int64_t)(address - (unsigned long)a);
	unsigned low = 0, high = a->site_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (s[middle].address < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low < a->site_count && s[low].address == wanted && s[low].tactic == SYSLAYER_TACTIC_RANGE;
}

int syslayer_stays(unsigned long address)
{
	unsigned long word = word_for(address), answer;
	unsigned long *entry = known + (address >> 1) % KNOWN;
	const struct syslayer_added *a;
	struct mapping m;

	answer = __atomic_load_n(entry, __ATOMIC_RELAXED);
	if (word && (answer & ~1UL) == word)
		return (int)(answer & 1);
	a = syslayer_mapping(address, &m) && m.file ? block_of(m.file) : NULL;
	answer = a && stays(a, address);
	__atomic_store_n(entry, word | answer, __ATOMIC_RELAXED);
	return (int)answer;
}
