/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything else where the engine is built for fuzzing: files are mapped to
 * the heap, where sanitizers see the end of them.
 */
#define mmap fuzz_mmap
#define munmap fuzz_munmap
#define mremap fuzz_mremap
