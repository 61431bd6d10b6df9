// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps an image over a section, in a process that has just been loaded and has not run: it
 * has one thread, and nobody else changes its mappings.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "kmod.h"

/* VM_EXEC is not among them: with READ_IMPLIES_EXEC, which a user may set, all memory has it. */
#define MUST_HAVE (VM_READ | VM_WRITE)
#define MUST_NOT_HAVE (VM_SHARED | VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_HUGETLB | VM_GROWSDOWN)

static bool ordinary(const struct vm_area_struct *vma)
{
	return !vma->vm_file && !vma->vm_ops && (vma->vm_flags & (MUST_HAVE | MUST_NOT_HAVE)) == MUST_HAVE;
}

/* The stubs that stood in the file, as the kernel has loaded them. */
static bool stubs(const struct vm_area_struct *vma, unsigned long at, u64 offset)
{
	return vma->vm_file && (vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) == (VM_READ | VM_EXEC) &&
	       !(vma->vm_flags & MUST_NOT_HAVE) &&
	       vma->vm_pgoff + ((at - vma->vm_start) >> PAGE_SHIFT) == offset >> PAGE_SHIFT;
}

/* Whether all in [at, at + size) is as it was loaded: stubs from the file, if there are some, then memory. */
static bool untouched(const struct program *program, unsigned long at, unsigned long size)
{
	const unsigned long start = at, end = at + size, memory = at + program->stubs_size;
	struct mm_struct *mm = current->mm;
	bool r = true;

	mmap_read_lock(mm);
	while (at < end && r) {
		const struct vm_area_struct *vma = find_vma(mm, at);

		r = vma && vma->vm_start <= at &&
		    (at < memory
		         ? vma->vm_end <= memory && stubs(vma, at, program->stubs_offset + (at - start))
		         : ordinary(vma));
		if (r)
			at = vma->vm_end;
	}
	mmap_read_unlock(mm);
	return r;
}

static bool map(struct file *file, unsigned long at, unsigned long size, u64 offset)
{
	unsigned long protection = PROT_READ | (file ? PROT_EXEC : PROT_WRITE);
	unsigned long flags = MAP_PRIVATE | MAP_FIXED | (file ? 0 : MAP_ANONYMOUS);

	return !size || vm_mmap(file, at, size, protection, flags, offset) == at;
}

enum counter section_map(const struct image *image, const struct program *program, struct file *file,
                         unsigned long bias)
{
	const unsigned long at = program->note.address + bias, had = program->stubs_size;
	/* What the image leaves of the stubs that were there is memory. */
	const unsigned long size = image->size, left = had > size ? had - size : 0;

	if (!PAGE_ALIGNED(at) || at > TASK_SIZE_MAX - program->note.size ||
	    !untouched(program, at, program->note.size))
		return COUNT_MEMORY;
	if (map(image->file, at, size, 0) && map(NULL, at + size, left, 0))
		return COUNT_OK;
	/* What was there may be gone. The same again, for the runtime to work with. */
	if (untouched(program, at, size + left) ||
	    (map(NULL, at, size + left, 0) && map(file, at, had, program->stubs_offset)))
		return COUNT_MAP;
	return COUNT_HOLE;
}

bool section_join(const struct program *program, unsigned long bias, unsigned long primary)
{
	const unsigned long at = program->note.address + bias, size = program->stubs_size;

	return size < program->note.size && PAGE_ALIGNED(at) && at <= TASK_SIZE_MAX - program->note.size &&
	       untouched(program, at, program->note.size) &&
	       !put_user(primary, (unsigned long __user *)(at + size));
}
