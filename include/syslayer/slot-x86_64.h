/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembler macros of the slot convention on x86-64, for stub images and their page of
 * native stubs. rcx and r11 are the only registers that a stub may lose, as with the
 * instruction itself; flags are kept, so the stack pointer moves by lea alone.
 *
 * Layers in C (layer.h) have it included by the assembler, which takes the preprocessor's lines
 * for comments: the constants of abi.h are symbols then, and the strings macros.
 */
#ifndef SYSLAYER_SLOT_X86_64_H
#define SYSLAYER_SLOT_X86_64_H

#include <syslayer/abi.h>

/* In the operand of the instruction that slot_depth makes. */
#define SYSLAYER_DEPTH 0x4c53

/* In the upper half of rax, which the kernel ignores: the call was caught, and comes to the slot from the layer. */
#define SYSLAYER_OUTSIDE 0x5359534c

#ifdef __ASSEMBLER__

	.ifndef	syslayer_layer_in_c
.macro image_magic
	.ascii	SYSLAYER_IMAGE_MAGIC
.endm
.macro image_abi
	.asciz	SYSLAYER_ABI_LINUX_X86_64
.endm
	.endif

/*
 * Behind a syscall instruction that is executed with more on the stack than the slot's frame: by so many
 * bytes. It does nothing, and lets unwinders find the program's frames.
 */
.macro slot_depth bytes:req
	.byte	0x0f, 0x1f, 0x80		/* nopl disp32(%rax) */
	.short	\bytes, SYSLAYER_DEPTH
.endm

/* All that a function in C may change, and rbx; on a stack that is aligned for it, which rbx remembers. */
.macro slot_save
	pushf
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r8
	push	%r9
	push	%r10
	push	%rbx
	mov	%rsp, %rbx
	and	$-16, %rsp
	cld
.endm

/* Bytes from rbx to what was the top of the stack. */
#define SLOT_SAVED 72

.macro slot_restore
	mov	%rbx, %rsp
	pop	%rbx
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
	popf
.endm

/*
 * What a signal handler returns to, where that must be in the image. Unwinders go on to the restorer that the
 * program has given, whose address is the word \restores of the state; 0: they end. Debuggers know it by its bytes
 * as well, and look one byte before.
 */
.macro slot_restorer name:req, restores:req
	nop
	.balign	16
	.globl	\name
	.hidden	\name
\name:
	mov	$15, %rax			/* rt_sigreturn */
	syscall
	nopl	\restores(%rip)
.endm

/*
 * The call, in a stub that leaves by an indirect jump. Kernels have processors forget the branches that came before it
 * (BHI); an indirect one that is the first after it is mispredicted then, on Intel's of 2023 for 13 ticks, and behind
 * a direct one it is not.
 */
.macro slot_syscall
	syscall
	jmp	. + 2
.endm

/* Go to a slot, in rcx: by an instruction that no stub is left with, as the rule for unwinding looks at the code. */
.macro slot_go to=%rcx
	notrack jmp	*\to
.endm

/* Leave a stub: back to where the site goes on. Loses rcx. */
.macro slot_return
	pop	%rcx
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	jmp	*%rcx
.endm

/* Answer SLOT_ASK with "rax is the result": rcx is not 0. Loses r11. */
.macro slot_answer
	pop	%r11
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	mov	$1, %ecx
	jmp	*%r11
.endm

/* Answer SLOT_ASK with "make the call": rcx is 0. Loses r11. */
.macro slot_go_on
	pop	%r11
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	mov	$0, %ecx
	jmp	*%r11
.endm

/*
 * The arithmetic flags go to ax and back, in a fifth of the time of pushf and popf. What they
 * leave out (DF, TF, AC, ...) no arithmetic changes.
 */
.macro slot_flags_to_ax
	lahf
	seto	%al
.endm

.macro slot_flags_from_ax
	add	$0x7f, %al			/* OF */
	sahf
.endm

/*
 * Go to a label within the slot when the result in rax may be an error: it does so for -2^32
 * to -1, so that all that are [-4095, -1] are there. No flag changes. rcx is 0 there.
 */
.macro slot_error_branch to:req
	mov	%rax, %rcx
	bswap	%rcx
	not	%ecx
	jrcxz	\to
.endm

/* The native stub: whole slot. */
.macro slot_native
1:	slot_syscall
	slot_return
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	slot_go_on
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
.endm

/* A native stub that leaves its tail free: what slots 0 and 1 have. */
.macro slot_native_short
1:	slot_syscall
	slot_return
	.skip	16 - (. - 1b), 0xcc
.endm

/* To the end of a slot's first entry, or of the slot, from its label \from. Slots 0 and 1 end early. */
.macro slot_fill_ask n:req from:req
	.if	\n < 2
	.skip	16 - (. - \from), 0xcc
	.else
	.skip	SYSLAYER_SLOT_ASK - (. - \from), 0xcc
	.endif
.endm

.macro slot_fill n:req from:req
	.if	\n >= 2
	.skip	SYSLAYER_SLOT_SIZE - (. - \from), 0xcc
	.endif
.endm

/* A slot whose both entries go elsewhere. */
.macro slot_hook call:req, ask:req
1:	jmp	\call
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	jmp	\ask
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
.endm

.macro slot_hook_short call:req
1:	jmp	\call
	.skip	16 - (. - 1b), 0xcc
.endm

/*
 * The image header, behind the code of slot 0. size, state, init and ask are as in the C structure;
 * differences of two labels, one of them in this section, need no relocation in the image.
 */
.macro image_header size:req, state:req, init:req, ask=0, flags=0
	image_magic
	.short	SYSLAYER_IMAGE_VERSION
	.short	62			/* EM_X86_64 */
	.long	SYSLAYER_ABI_VERSION
	.long	SYSLAYER_SLOT_COUNT
	.long	SYSLAYER_SLOT_SIZE
	.long	\size
	.long	\state
	.long	\init
	.long	\flags
	.long	\ask
	.long	0
.endm

/* The names, behind the code of slot 1. */
.macro image_names layer:req
1:	.asciz	"\layer"
	.skip	SYSLAYER_LAYER_NAME_LEN - (. - 1b)
1:	image_abi
	.skip	SYSLAYER_ABI_NAME_LEN - (. - 1b)
.endm

/*
 * The slots of a layer in C. Its macros (layer.h) set `syslayer_has_257` for a handler of its
 * own, which is then syslayer_on_257, and the like for what serves several numbers.
 */

/* What changes a file, or its name: truncate, rename, creat, unlink, chmod, chown, utime, and the like; prctl and seccomp. */
.macro image_watch_file n:req
	.if	\n == 157 || \n == 317
	.set	image_watched, 1
	.endif
	.if	\n == 76 || \n == 82 || \n == 85 || \n == 87 || \n == 90 || \n == 92 || \n == 94 || \n == 132
	.set	image_watched, 1
	.endif
	.if	\n == 235 || \n == 260 || \n == 263 || \n == 264 || \n == 268 || \n == 280 || \n == 316
	.set	image_watched, 1
	.endif
.endm

/* Whether the library looks at a number: it guards the end of a process, hides handlers, knows signal stacks, follows execs. */
.macro image_watch n:req
	.set	image_watched, 0
	.ifdef	syslayer_has_end
	.if	\n == 56 || \n == 57 || \n == 58 || \n == 59 || \n == 60 || \n == 231 || \n == 322 || \n == 435
	.set	image_watched, 1
	.endif
	.endif
	.ifdef	syslayer_has_handlers
	/* clone, vfork and clone3: then the memory may be another's, too */
	.if	\n == 13 || \n == 56 || \n == 58 || \n == 59 || \n == 131 || \n == 322 || \n == 435
	.set	image_watched, 1
	.endif
	image_watch_file \n
	.endif
.endm

/* open and openat: of the dynamic linker (library/load.c), or to write (library/release.c). */
.macro image_open n:req
	.set	image_opens, 0
	.ifdef	syslayer_has_handlers
	.if	\n == 2 || \n == 257
	.set	image_opens, 1
	.endif
	.endif
.endm

/*
 * And at which others it does where Syscall User Dispatch is armed: rt_sigprocmask, clone, fork, vfork, exit, rt_sigsuspend,
 * prctl, pselect6, ppoll, epoll_pwait, io_pgetevents, io_uring_enter, clone3, epoll_pwait2.
 */
.macro image_guard n:req
	.set	image_guarded, 0
	.if	\n == 14 || \n == 56 || \n == 57 || \n == 58 || \n == 60 || \n == 130 || \n == 157 || \n == 270 || \n == 271 || \n == 281 || \n == 333 || \n == 426 || \n == 435 || \n == 441
	.set	image_guarded, 1
	.endif
.endm

/* exit(2) has no stack. */
.macro slot_handle_last
	.if	image_watched
	jmp	syslayer_last_watched
	.else
	jmp	syslayer_last
	.endif
.endm

.macro slot_handle n:req, handler:req
1:	lea	\handler(%rip), %rcx
	.if	\n == 60
	slot_handle_last
	.elseif	image_watched
	jmp	syslayer_enter_watched
	.else
	jmp	syslayer_enter
	.endif
	slot_fill_ask \n, 1b
	.if	\n >= 2
	lea	\handler(%rip), %rcx
	.if	\n == 2 || \n == 257
	jmp	syslayer_ask			/* a thread may be cancelled there */
	.elseif	image_watched
	jmp	syslayer_ask_watched
	.else
	jmp	syslayer_ask
	.endif
	.endif
	slot_fill \n, 1b
.endm

/* Native as long as its byte in syslayer_selected is 0. */
.macro slot_selected_call n:req
	movzbl	syslayer_selected+\n(%rip), %ecx
	jrcxz	7f
	.if	\n == 60
	jmp	syslayer_last_selected
	.else
	jmp	syslayer_enter_selected
	.endif
7:	slot_syscall
	slot_return
.endm

.macro slot_selected_ask n:req
	movzbl	syslayer_selected+\n(%rip), %ecx
	jrcxz	7f
	jmp	syslayer_ask_selected
7:	slot_go_on
.endm

.macro slot_selected n:req
	.if	\n < 2
	slot_hook_short syslayer_selected_\n
	.pushsection .text.syslayer_selected_\n, "ax", @progbits
	.balign	64
syslayer_selected_\n:
	slot_selected_call \n
	.popsection
	.else
2:	slot_selected_call \n
	.skip	SYSLAYER_SLOT_ASK - (. - 2b), 0xcc
	slot_selected_ask \n
	.skip	SYSLAYER_SLOT_SIZE - (. - 2b), 0xcc
	.endif
.endm

/* As \slot has it, until Syscall User Dispatch is armed; then the library looks first. \only_ask: where it is asked. */
.macro slot_guarded n:req, handler:req, slot:req, only_ask=0
1:	.if	\only_ask
	\slot\()_call \n
	.else
	jmp	syslayer_guarded_\n
	.endif
	slot_fill_ask \n, 1b
	jmp	syslayer_guarded_ask_\n
	slot_fill \n, 1b
	.pushsection .text.syslayer_guarded, "ax", @progbits
	.balign	64
	.if	\only_ask == 0
syslayer_guarded_\n:
	movzbl	syslayer_armed(%rip), %ecx
	jrcxz	3f
	lea	\handler(%rip), %rcx
	.if	\n == 60
	jmp	syslayer_last_watched
	.else
	jmp	syslayer_enter_watched
	.endif
3:	\slot\()_call \n
	.endif
syslayer_guarded_ask_\n:
	movzbl	syslayer_armed(%rip), %ecx
	jrcxz	3f
	lea	\handler(%rip), %rcx
	jmp	syslayer_ask_watched
3:	\slot\()_ask \n
	.popsection
.endm

/* Go there when open or openat has O_WRONLY or O_RDWR among its flags. */
.macro slot_opens_to_write n:req, to:req
	.if	\n == 2
	test	$3, %sil
	.else
	test	$3, %dl
	.endif
	jnz	\to
.endm

/*
 * As \slot has it, but for what the dynamic linker opens, with the flags with which it opens libraries, and for what
 * is opened to be written: then the library looks.
 */
.macro slot_opens n:req, handler:req, slot:req
1:	jmp	syslayer_opens_\n
	slot_fill_ask \n, 1b
	jmp	syslayer_opens_ask_\n
	slot_fill \n, 1b
	.pushsection .text.syslayer_opens, "ax", @progbits
	.balign	64
syslayer_opens_\n:
	mov	%rax, %r11
	slot_flags_to_ax
	slot_opens_to_write \n, 4f
	.if	\n == 2
	cmp	$0x88000, %esi			/* O_RDONLY | O_LARGEFILE | O_CLOEXEC */
	.else
	cmp	$0x80000, %edx			/* O_RDONLY | O_CLOEXEC */
	.endif
	jne	3f
	mov	(%rsp), %rcx
	sub	syslayer_linker(%rip), %rcx
	cmp	syslayer_linker_size(%rip), %rcx
	jae	3f
	/* has_started() of library/load.c, where the processor tells it. */
	cmpb	$0, syslayer_reads_fs(%rip)
	je	4f
	rdfsbase %rcx
	test	%rcx, %rcx
	jnz	4f
3:	slot_flags_from_ax
	mov	%r11, %rax
	\slot\()_call \n
4:	slot_flags_from_ax
	mov	%r11, %rax
	lea	\handler(%rip), %rcx
	jmp	syslayer_enter_watched
syslayer_opens_ask_\n:
	mov	%rax, %r11
	slot_flags_to_ax
	slot_opens_to_write \n, 4f
	slot_flags_from_ax
	mov	%r11, %rax
	\slot\()_ask \n
4:	slot_flags_from_ax
	mov	%r11, %rax
	lea	\handler(%rip), %rcx
	jmp	syslayer_ask
	.popsection
.endm

.macro slot_native_call n:req
	slot_syscall
	slot_return
.endm

.macro slot_native_ask n:req
	slot_go_on
.endm

.macro image_slot n:req
	image_watch \n
	image_guard \n
	image_open \n
	.ifdef	syslayer_has_\n
	.set	image_watched, image_watched | image_guarded | image_opens
	slot_handle \n, syslayer_on_\n
	.else
	.ifdef	syslayer_has_all
	.set	image_watched, image_watched | image_guarded | image_opens
	slot_handle \n, syslayer_on_all
	.else
	.ifdef	syslayer_has_selected
	.if	image_watched
	slot_handle \n, syslayer_on_selected
	.elseif	image_opens
	slot_opens \n, syslayer_on_selected, slot_selected
	.elseif	image_guarded
	slot_guarded \n, syslayer_on_selected, slot_selected
	.elseif	\n == 11
	slot_guarded \n, syslayer_on_selected, slot_selected, 1
	.else
	slot_selected \n
	.endif
	.else
	.ifdef	syslayer_has_handlers
	.if	image_watched
	slot_handle \n, syslayer_nothing
	.elseif	image_opens
	slot_opens \n, syslayer_nothing, slot_native
	.elseif	image_guarded
	slot_guarded \n, syslayer_nothing, slot_native
	.elseif	\n == 11
	slot_guarded \n, syslayer_nothing, slot_native, 1
	.elseif	\n < 2
	slot_native_short
	.else
	slot_native
	.endif
	.else
	.if	\n < 2
	slot_native_short
	.else
	slot_native
	.endif
	.endif
	.endif
	.endif
	.endif
.endm

/* The second half of a slot that the header leaves no room for: of 0 or 1. */
.macro image_ask_low n:req
	.ifdef	syslayer_has_\n
	lea	syslayer_on_\n(%rip), %rcx
	jmp	syslayer_ask
	.else
	.ifdef	syslayer_has_all
	lea	syslayer_on_all(%rip), %rcx
	jmp	syslayer_ask
	.else
	.ifdef	syslayer_has_selected
	movzbl	syslayer_selected+\n(%rip), %ecx
	jrcxz	3f
	jmp	syslayer_ask_selected
3:
	.endif
	slot_go_on
	.endif
	.endif
.endm

/*
 * All slots, with header and names; \slot is the macro that makes slot n, \ask the ask entry of
 * slots 0 and 1: a layer without handlers has one if it sets `syslayer_has_ask`.
 */
.macro image layer:req, slot=image_slot, ask=image_ask, init=syslayer_init, flags=0
	.pushsection .slots, "ax", @progbits
	.globl	image_base
	.hidden	image_base
image_base:
	\slot	0
	.ifdef	syslayer_has_handlers
	image_header size="image_end - image_base", state="image_state - image_base", init="\init - image_base", ask="\ask - image_base", flags=\flags
	.else
	.ifdef	syslayer_has_ask
	image_header size="image_end - image_base", state="image_state - image_base", init=0, ask="\ask - image_base", flags=\flags
	.else
	image_header size="image_end - image_base", state="image_state - image_base", init=0, flags=\flags
	.endif
	.endif
	\slot	1
	image_names \layer
	.set	image_number, 2
	.altmacro
	.rept	SYSLAYER_SLOT_COUNT - 2
	\slot	%image_number
	.set	image_number, image_number + 1
	.endr
	.noaltmacro
	.popsection

	/* What the library refers to. */
	.ifdef	syslayer_has_handlers
	.set	image_has_library, 1
	.endif
	.ifdef	syslayer_layer_in_c
	.set	image_has_library, 1
	.endif
	.ifdef	image_has_library
	.pushsection .text.syslayer_hooks, "ax", @progbits
	.irp	name, syslayer_start_hook, syslayer_end_hook, syslayer_end_before, syslayer_end_signal, syslayer_before_fork, syslayer_has_end_hook, syslayer_interrupted_hook, syslayer_has_interrupted_hook
	.globl	\name
	.hidden	\name
	.endr
image_ask:
	mov	%eax, %ecx
	jrcxz	2f
	image_ask_low 1
2:	image_ask_low 0
syslayer_start_hook:
	.ifdef	syslayer_has_start
	jmp	syslayer_on_start
	.else
	ret
	.endif
	.ifdef	syslayer_has_end
syslayer_end_hook:
	jmp	syslayer_on_end
syslayer_end_before:
	jmp	syslayer_ends_before
syslayer_end_signal:
	jmp	syslayer_ends_by_signal
syslayer_before_fork:
	jmp	syslayer_wipes_before_fork
syslayer_has_end_hook:
	.byte	1
	.else
syslayer_end_hook:
syslayer_end_before:
syslayer_end_signal:
syslayer_before_fork:
	ret
syslayer_has_end_hook:
	.byte	0
	.endif
	.ifdef	syslayer_has_interrupted
syslayer_interrupted_hook:
	jmp	syslayer_on_interrupted
syslayer_has_interrupted_hook:
	.byte	1
	.else
syslayer_interrupted_hook:
	ret
syslayer_has_interrupted_hook:
	.byte	0
	.endif
	.popsection
	.endif
	.ifdef	syslayer_has_selected
	.pushsection .text.syslayer_selected, "ax", @progbits
syslayer_enter_selected:
	lea	syslayer_on_selected(%rip), %rcx
	jmp	syslayer_enter
syslayer_last_selected:
	lea	syslayer_on_selected(%rip), %rcx
	jmp	syslayer_last
syslayer_ask_selected:
	lea	syslayer_on_selected(%rip), %rcx
	jmp	syslayer_ask
	.popsection
	.endif
.endm

#endif
#endif
