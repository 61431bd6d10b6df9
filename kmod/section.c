// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps an image over a section, in a process that has just been loaded and has not run: it
 * has one thread, and nobody else changes its mappings.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include "kmod.h"

/* VM_EXEC is not among them: with READ_IMPLIES_EXEC, which a user may set, all memory has it. */
#define MUST_HAVE (VM_READ | VM_WRITE)
#define MUST_NOT_HAVE (VM_SHARED | VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_HUGETLB | VM_GROWSDOWN)

static bool ordinary(const struct vm_area_struct *vma)
{
	return !vma->vm_file && !vma->vm_ops && (vma->vm_flags & (MUST_HAVE | MUST_NOT_HAVE)) == MUST_HAVE;
}

enum cover { COVER_ORDINARY, COVER_OTHER, COVER_HOLE };

static enum cover covered(unsigned long at, unsigned long end)
{
	struct mm_struct *mm = current->mm;
	enum cover r = COVER_ORDINARY;

	mmap_read_lock(mm);
	while (at < end) {
		const struct vm_area_struct *vma = find_vma(mm, at);

		if (!vma || vma->vm_start > at) {
			r = COVER_HOLE;
			break;
		}
		if (!ordinary(vma))
			r = COVER_OTHER;
		at = vma->vm_end;
	}
	mmap_read_unlock(mm);
	return r;
}

enum counter section_map(const struct image *image, const struct syslayer_note *note, unsigned long bias)
{
	unsigned long size = image->size, at = note->address + bias;

	if (!PAGE_ALIGNED(at) || at > TASK_SIZE_MAX - note->size || covered(at, at + note->size))
		return COUNT_MEMORY;
	if (vm_mmap(image->file, at, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, 0) == at)
		return COUNT_OK;
	/* What was there may be gone. It was zero: the same again, for the runtime to work with. */
	if (covered(at, at + size) == COVER_ORDINARY ||
	    vm_mmap(NULL, at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, 0) == at)
		return COUNT_MAP;
	return COUNT_HOLE;
}
