// SPDX-License-Identifier: BSD-2-Clause
/* Finds the true system call instructions, and chooses how each is rewritten. */
#include <stdlib.h>
#include <string.h>
#include "sites.h"

#define NR_MUNMAP 11
#define NR_RT_SIGRETURN 15
#define NR_CLONE 56
#define NR_VFORK 58
#define NR_EXIT 60
#define NR_CLONE3 435

/* How far around a site branch targets matter: what may be replaced, and where its number may come from. */
#define LOOK_NEAR 24
#define LOOK_NUMBER 160
/* What is decoded behind what was asked for. */
#define LOOK_BEHIND 128
/* A short branch reaches this far. */
#define SHORT_REACH 130

struct finder {
	const struct object *o;
	ZydisDecoder decoder;
	struct functions functions;
	struct targets targets;
	struct sites *sites;
	struct instruction *in; /* of the stretch of code at hand */
	size_t count, room;
	uint64_t from, to; /* that stretch, as it was asked for */
};

/* One executable stretch of the file. */
struct code {
	const unsigned char *bytes;
	uint64_t address, size;
};

typedef int on_code(struct finder *f, const struct code *c);

/* Sections know better than segments where code is; without them take the segments. */
static int each_code(struct finder *f, on_code *call)
{
	const struct object *o = f->o;
	bool sections = false;

	for (size_t i = 1; i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;
		struct code c = {NULL, sh->sh_addr, sh->sh_size};

		if (sh->sh_type != SHT_PROGBITS ||
		    (sh->sh_flags & (SHF_ALLOC | SHF_EXECINSTR)) != (SHF_ALLOC | SHF_EXECINSTR))
			continue;
		sections = true;
		c.bytes = object_at(o, c.address, c.size);
		if (c.bytes && call(f, &c))
			return -1;
	}
	for (size_t i = 0; !sections && i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		struct code c = {o->data + ph->p_offset, ph->p_vaddr, ph->p_filesz};

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_X && call(f, &c))
			return -1;
	}
	return 0;
}

static struct site *add_site(struct sites *ss, uint64_t address)
{
	if (ss->count == ss->room) {
		size_t room = ss->room ? 2 * ss->room : 256;
		struct site *grown = realloc(ss->s, room * sizeof *grown);

		if (!grown)
			return NULL;
		ss->s = grown;
		ss->room = room;
	}
	ss->s[ss->count] = (struct site){.address = address, .number = SITE_UNKNOWN};
	return ss->s + ss->count++;
}

/*
 * Decode c from the last known start at or below the address up to the first known start
 * behind it. Starts in between resynchronise: data may lie between functions.
 */
static int decode_around(struct finder *f, const struct code *c, uint64_t from, uint64_t to)
{
	uint64_t next, at = c->address;
	const struct function *fn = functions_at(&f->functions, from, &next);

	/* Much is asked for again at once. */
	if (f->count && from >= f->from && to <= f->to)
		return 0;
	if (fn && fn->start > c->address)
		at = fn->start;
	if (f->count && from >= f->from && at <= f->to)
		at = f->in[f->count - 1].address +
		     f->in[f->count - 1].length; /* and more, in ascending order */
	else
		f->count = 0;
	functions_at(&f->functions, at, &next);
	while (at < c->address + c->size) {
		struct instruction in = {.address = at};

		if (at >= next) {
			at = in.address = next;
			functions_at(&f->functions, at, &next);
			if (at > to || at >= c->address + c->size)
				break;
		}
		decode(&f->decoder, c->bytes + (at - c->address), c->address + c->size - at, &in);
		if (f->count == f->room) {
			size_t room = f->room ? 2 * f->room : 4096;
			struct instruction *grown = realloc(f->in, room * sizeof *grown);

			if (!grown)
				return -1;
			f->in = grown;
			f->room = room;
		}
		f->in[f->count++] = in;
		at += in.length;
		if (at > to + LOOK_BEHIND)
			break;
	}
	f->from = f->count ? f->in[0].address : 0;
	f->to = f->count ? f->in[f->count - 1].address : 0;
	return 0;
}

static size_t instruction_at(const struct finder *f, uint64_t address)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->in[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->count && f->in[low].address == address ? low : SIZE_MAX;
}

/*
 * In code that no function covers, what looks like an instruction may be data: believe it
 * only when the instructions around it make sense.
 */
static bool plausible(const struct finder *f, size_t i)
{
	for (size_t n = 1; n <= 8; n++) {
		if (i >= n && f->in[i - n].kind == KIND_BAD)
			return false;
		if (i + n < f->count && f->in[i + n].kind == KIND_BAD)
			return false;
	}
	return true;
}

/*
 * The number of the call in instruction i, walking back to what sets eax. *origin: address of
 * that instruction, or of the last one looked at. Branch targets in between are not looked at.
 */
static int32_t find_number(const struct finder *f, const struct code *c, size_t i, uint64_t *origin)
{
	uint64_t address = f->in[i].address;
	int32_t number;

	*origin = address;
	for (size_t n = 1; n <= i && address - f->in[i - n].address <= LOOK_NUMBER; n++) {
		const struct instruction *in = f->in + i - n;
		uint64_t offset = in->address - c->address;
		bool writes;

		if (in->address + in->length != in[1].address ||
		    (in->kind != KIND_PLAIN && in->kind != KIND_PADDING && in->kind != KIND_BRANCH) ||
		    (in->kind == KIND_BRANCH &&
		     (c->bytes[offset] == 0xe8 || c->bytes[offset] == 0xe9 || c->bytes[offset] == 0xeb)))
			break;
		*origin = in->address;
		if (decode_number(&f->decoder, c->bytes + offset, c->size - offset, &number, &writes))
			return number;
		if (writes)
			break;
	}
	return SITE_UNKNOWN;
}

/* First pass: which of the byte pairs 0f 05 are instructions. */
static int find_in(struct finder *f, const struct code *c)
{
	const unsigned char *end = c->bytes + c->size;

	for (const unsigned char *p = c->bytes; p < end && (p = memchr(p, 0x05, (size_t)(end - p))); p++) {
		uint64_t address = c->address + (uint64_t)(p - c->bytes) - 1, next;
		const struct function *fn;
		struct site *s;
		size_t i;

		if (p == c->bytes || p[-1] != 0x0f)
			continue;
		fn = functions_at(&f->functions, address, &next);
		if (!(fn && address < fn->end) && !f->functions.symbols) {
			if (functions_find_symbols(&f->functions, f->o))
				return -1;
			f->count = 0; /* what was decoded may have begun elsewhere */
			fn = functions_at(&f->functions, address, &next);
		}
		if (decode_around(f, c, address, address + 2))
			return -1;
		i = instruction_at(f, address);
		if (i == SIZE_MAX || f->in[i].kind != KIND_SYSCALL ||
		    (!(fn && address < fn->end) && !plausible(f, i))) {
			f->sites->skipped++;
			continue;
		}
		s = add_site(f->sites, address);
		if (!s)
			return -1;
		s->number = find_number(f, c, i, &s->origin);
	}
	return 0;
}

/* Short branches around a site are taken from the decoded instructions. */
static void mark_branches(struct finder *f, const struct code *c, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct instruction *in = f->in + i;
		const unsigned char *p = c->bytes + (in->address - c->address);

		if (in->kind == KIND_BRANCH && in->address >= from && in->address < to &&
		    p[in->length - 2] !=
		        0x0f) /* 0f 8x has four bytes; the last byte of a short one is all it has */
			targets_mark(&f->targets,
			             in->address + in->length + (uint64_t)(int64_t)(int8_t)p[in->length - 1]);
	}
}

/* Whether the code behind a munmap goes straight on to exit: its stack is gone then (musl's __unmapself). */
static bool exits_next(const struct finder *f, const struct code *c, size_t i)
{
	bool exit_number = false;

	for (size_t n = i + 1; n < f->count && n < i + 5; n++) {
		uint64_t offset = f->in[n].address - c->address;
		int32_t number;
		bool writes;

		if (f->in[n].kind == KIND_SYSCALL)
			return exit_number;
		if (f->in[n].kind != KIND_PLAIN)
			return false;
		if (decode_number(&f->decoder, c->bytes + offset, c->size - offset, &number, &writes))
			exit_number = number == NR_EXIT;
	}
	return false;
}

/* mov $15,%rax or %eax; syscall: what debuggers and unwinders know a signal's frame by (libgcc's
 * linux-unwind.h). */
static bool is_restorer(const struct code *c, const struct site *s)
{
	static const unsigned char imm[] = {0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
	uint64_t at = s->address - c->address;
	const unsigned char *p = c->bytes + at - 4;

	return at >= 7 && !memcmp(p, imm, sizeof imm) &&
	       ((p[-3] == 0x48 && p[-2] == 0xc7 && p[-1] == 0xc0) || p[-1] == 0xb8);
}

static void choose_way(const struct finder *f, const struct code *c, size_t i, struct site *s,
                       bool *stack_gone)
{
	bool gone = *stack_gone;

	*stack_gone = false;
	if (s->number == NR_RT_SIGRETURN || is_restorer(c, s))
		s->reason = REASON_SIGRETURN;
	/*
	 * musl (__cp_end), glibc from 2.41 on (__syscall_cancel_arch_end) and qemu (safe_syscall_end)
	 * ask in a signal handler whether the pc is at or before the call, which must stay true from
	 * the check of a flag on up to the instruction itself: moved, pthread_cancel hangs.
	 */
	else if (targets_pointed(&f->targets, s->address + 2))
		s->reason = REASON_COMPARED;
	else if (s->number == SITE_UNKNOWN)
		s->way = WAY_GATE;
	else if (s->number == NR_CLONE || s->number == NR_VFORK || s->number == NR_CLONE3)
		s->way = WAY_ASK;
	else if (s->number == NR_MUNMAP && exits_next(f, c, i)) {
		s->way = WAY_ASK;
		*stack_gone = true;
	} else if (s->number == NR_EXIT && gone)
		s->way = WAY_INLINE;
	else if ((uint32_t)s->number >= SYSLAYER_SLOT_COUNT)
		s->reason = REASON_NUMBER;
	else
		s->way = WAY_SLOT;
}

static bool movable(const struct instruction *in)
{
	return in->kind == KIND_PLAIN || in->kind == KIND_PADDING;
}

static bool try_before(const struct finder *f, size_t i, struct site *s, uint64_t free_from)
{
	for (size_t n = 1; n <= i; n++) {
		const struct instruction *in = f->in + i - n;
		uint64_t length = s->address + 2 - in->address;

		if (!movable(in) || in->address + in->length != in[1].address || length > SITE_MAX ||
		    in->address < free_from)
			return false;
		if (length < 5)
			continue;
		if (targets_hit(&f->targets, in->address, s->address + 2))
			return false;
		s->before = (uint8_t)(length - 2);
		s->length = (uint8_t)length;
		s->tactic = TACTIC_BEFORE;
		return true;
	}
	return false;
}

static bool try_after(const struct finder *f, size_t i, struct site *s, uint64_t free_to)
{
	bool returned = false;

	for (size_t n = i + 1; n < f->count; n++) {
		const struct instruction *in = f->in + n;
		uint64_t end = in->address + in->length;

		if (in[-1].address + in[-1].length != in->address || end > free_to ||
		    end - s->address > SITE_MAX)
			return false;
		if (returned ? in->kind != KIND_PADDING : !movable(in) && in->kind != KIND_RETURN)
			return false;
		returned |= in->kind == KIND_RETURN;
		if (end - s->address < 5)
			continue;
		if (targets_hit(&f->targets, s->address, end))
			return false;
		s->before = 0;
		s->length = (uint8_t)(end - s->address);
		s->tactic = TACTIC_AFTER;
		return true;
	}
	return false;
}

/* Second pass, when all branch targets near sites are known. */
static int choose_in(struct finder *f, const struct code *c)
{
	uint64_t free_from = c->address;
	bool stack_gone = false;

	for (size_t k = 0; k < f->sites->count; k++) {
		struct site *s = f->sites->s + k;
		uint64_t free_to = c->address + c->size;
		size_t i;

		if (s->address - c->address >= c->size)
			continue;
		if (decode_around(f, c, s->address, s->address + 2))
			return -1;
		i = instruction_at(f, s->address);
		if (i == SIZE_MAX)
			continue;
		/* Another way to the call may bring another number. */
		if (targets_hit(&f->targets, s->origin, s->address + 1))
			s->number = SITE_UNKNOWN;
		choose_way(f, c, i, s, &stack_gone);
		if (s->reason != REASON_NONE)
			continue;
		if (k + 1 < f->sites->count && s[1].address < free_to)
			free_to = s[1].address;
		if (!try_before(f, i, s, free_from) && !try_after(f, i, s, free_to))
			s->reason = targets_hit(&f->targets, s->address - 5, s->address + 7) ? REASON_TARGET
			                                                                     : REASON_ROOM;
		else
			free_from = s->address - s->before + s->length;
	}
	return 0;
}

/* Between the passes: short branches of everything near a site. */
static int mark_in(struct finder *f, const struct code *c)
{
	for (size_t k = 0; k < f->sites->count; k++) {
		const struct site *s = f->sites->s + k;
		uint64_t from = s->origin - LOOK_NEAR - SHORT_REACH,
		         to = s->address + LOOK_NEAR + SHORT_REACH;

		if (s->address - c->address >= c->size)
			continue;
		if (from < c->address || from > s->address)
			from = c->address;
		if (decode_around(f, c, from, to))
			return -1;
		mark_branches(f, c, from, to);
	}
	return 0;
}

static int prepare_targets(struct finder *f)
{
	const struct sites *ss = f->sites;
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t k = 0; k < ss->count; k++) {
		low = ss->s[k].origin < low ? ss->s[k].origin : low;
		high = ss->s[k].address > high ? ss->s[k].address : high;
	}
	low = low > LOOK_NEAR ? low - LOOK_NEAR : 0;
	if (targets_init(&f->targets, low, high + LOOK_NEAR))
		return -1;
	for (size_t k = 0; k < ss->count; k++) {
		targets_want(&f->targets, ss->s[k].origin, ss->s[k].address);
		targets_want(&f->targets, ss->s[k].address - LOOK_NEAR, ss->s[k].address + LOOK_NEAR);
	}
	return targets_scan(&f->targets, f->o);
}

/* Between the passes: of what may be a displacement, keep what stands in an instruction that has one. */
static int confirm_in(struct finder *f, const struct code *c)
{
	for (size_t k = 0; k < f->targets.suspects; k++) {
		const struct suspect *s = f->targets.suspect + k;
		const struct instruction *in;
		size_t low = 0, high;

		if (s->field - c->address >= c->size)
			continue;
		if (decode_around(f, c, s->field, s->field))
			return -1;
		for (high = f->count; low < high;) {
			size_t middle = low + (high - low) / 2;

			if (f->in[middle].address <= s->field)
				low = middle + 1;
			else
				high = middle;
		}
		in = low ? f->in + low - 1 : NULL;
		/* What cannot be decoded counts: data in code does not, but nor does it cost much. */
		if (!in || in->kind == KIND_BAD)
			targets_mark(&f->targets, s->target);
		else if (in->relative && in->address + in->length >= s->field + 4)
			(in->kind == KIND_BRANCH ? targets_mark : targets_mark_pointed)(&f->targets,
			                                                                s->target);
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

int sites_find(struct sites *ss, const struct object *o, struct error *e)
{
	struct finder f = {.o = o, .sites = ss};
	int result = -1;

	*ss = (struct sites){0};
	ZydisDecoderInit(&f.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (functions_find(&f.functions, o, e))
		goto out;
	if (each_code(&f, find_in))
		goto memory;
	if (ss->count) {
		qsort(ss->s, ss->count, sizeof *ss->s, by_address);
		if (prepare_targets(&f) || each_code(&f, mark_in) || each_code(&f, confirm_in) ||
		    each_code(&f, choose_in))
			goto memory;
	}
	result = 0;
	goto out;
memory:
	fail_errno(e, "sites");
out:
	functions_free(&f.functions);
	targets_free(&f.targets);
	free(f.in);
	return result;
}

void sites_free(struct sites *ss)
{
	free(ss->s);
	*ss = (struct sites){0};
}
