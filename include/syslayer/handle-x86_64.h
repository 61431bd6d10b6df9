/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots that go to a function in C, and those whose calls the layers' library has to see, whatever the layer
 * does with them. Included as slot-x86_64.h is.
 */
#ifndef SYSLAYER_HANDLE_X86_64_H
#define SYSLAYER_HANDLE_X86_64_H

#include <syslayer/slot-x86_64.h>

/* What changes a file, or its name: truncate, rename, creat, unlink, chmod, chown, utime, and the like; prctl and seccomp;
 * unshare and setns. */
.macro library_watches_file n:req
	.if	\n == 157 || \n == 317 || \n == 272 || \n == 308
	.set	library_watches, 1
	.endif
	.if	\n == 76 || \n == 82 || \n == 85 || \n == 87 || \n == 90 || \n == 92 || \n == 94 || \n == 132
	.set	library_watches, 1
	.endif
	.if	\n == 235 || \n == 260 || \n == 263 || \n == 264 || \n == 268 || \n == 280 || \n == 316
	.set	library_watches, 1
	.endif
.endm

/*
 * Whether the library looks at a number. library_watches: it guards the end of a process, hides handlers, knows
 * signal stacks, follows execs. library_opens: open and openat, of the dynamic linker (library/load.c), or to write
 * (library/release.c). library_keeps: close, dup2, dup3 and close_range, where the layer keeps a descriptor.
 * library_guards: only where Syscall User Dispatch is armed: rt_sigprocmask, clone, fork, vfork,
 * exit, rt_sigsuspend, prctl, pselect6, ppoll, epoll_pwait, io_pgetevents, io_uring_enter, clone3, epoll_pwait2; and
 * munmap where it is asked.
 */
.macro library_looks n:req
	.set	library_watches, 0
	.set	library_opens, 0
	.set	library_keeps, 0
	.set	library_guards, 0
	.set	library_guards_ask, 0
	.ifdef	syslayer_has_end
	.if	\n == 56 || \n == 57 || \n == 58 || \n == 59 || \n == 60 || \n == 231 || \n == 322 || \n == 435
	.set	library_watches, 1
	.endif
	.endif
	.ifdef	syslayer_has_handlers
	/* clone, vfork and clone3: then the memory may be another's, too */
	.if	\n == 13 || \n == 56 || \n == 58 || \n == 59 || \n == 131 || \n == 322 || \n == 435
	.set	library_watches, 1
	.endif
	library_watches_file \n
	.if	\n == 2 || \n == 257
	.set	library_opens, 1
	.endif
	.if	\n == 3 || \n == 33 || \n == 292 || \n == 436
	.set	library_keeps, 1
	.endif
	.if	\n == 14 || \n == 56 || \n == 57 || \n == 58 || \n == 60 || \n == 130 || \n == 157 || \n == 270 || \n == 271 || \n == 281 || \n == 333 || \n == 426 || \n == 435 || \n == 441
	.set	library_guards, 1
	.endif
	.if	\n == 11
	.set	library_guards_ask, 1
	.endif
	.endif
.endm

/* Code of an entry of slot n that goes to \handler. */
.macro slot_handle_call n:req, handler:req
	library_looks \n
	slot_number \n
	lea	\handler(%rip), %rcx
	.if	\n == 60 && (library_watches || library_guards)
	jmp	syslayer_last_watched		/* exit(2) has no stack */
	.elseif	\n == 60
	jmp	syslayer_last
	.elseif	library_watches || library_opens || library_keeps || library_guards
	jmp	syslayer_enter_watched
	.else
	jmp	syslayer_enter
	.endif
.endm

.macro slot_handle_ask n:req, handler:req
	library_looks \n
	slot_number \n
	lea	\handler(%rip), %rcx
	.if	library_watches || library_guards
	jmp	syslayer_ask_watched
	.else
	jmp	syslayer_ask			/* open, openat and close, too: a thread may be cancelled there */
	.endif
.endm

.macro slot_handle n:req, handler:req
	.ifdef	syslayer_has_pinned
	slot_entries \n, "slot_handle_call \n, \handler", "slot_handle_ask \n, \handler", "\n < 2"
	.else
	slot_entries \n, "slot_handle_call \n, \handler", "slot_handle_ask \n, \handler"
	.endif
.endm

/* Native as long as its byte in syslayer_selected is 0. */
.macro slot_selected n:req
	.ifdef	syslayer_has_pinned
	.error	"SYSLAYER_PINNED and SYSLAYER_HANDLE_SELECTED do not go together"
	.endif
	slot_shape \n, slot_selected, "\n < 2"
.endm

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

/* \code, until a byte is set; then \other. */
.macro library_unless byte:req, code:req, other:req
	movzbl	\byte(%rip), %ecx
	jrcxz	3f
	\other
3:	\code
.endm

/* Of a number that the library guards, or guards where it is asked only. */
.macro slot_guarded n:req, away:req, handler:req
	slot_hook \n, .Lguarded\@, .Lguarded_ask\@
	.pushsection .text.syslayer_guarded, "ax", @progbits
	.balign	64
.Lguarded\@:
	.if	library_keeps
	library_unless syslayer_keeps, "\away\()_call \n", "slot_handle_call \n, \handler"
	.elseif	library_guards
	library_unless syslayer_armed, "\away\()_call \n", "slot_handle_call \n, \handler"
	.else
	\away\()_call \n
	.endif
.Lguarded_ask\@:
	.if	library_keeps
	library_unless syslayer_keeps, "\away\()_ask \n", "slot_handle_ask \n, \handler"
	.else
	library_unless syslayer_armed, "\away\()_ask \n", "slot_handle_ask \n, \handler"
	.endif
	.popsection
.endm

/* Go there when open or openat has O_WRONLY or O_RDWR among its flags. */
.macro library_opens_to_write n:req, to:req
	.if	\n == 2
	test	$3, %sil
	.else
	test	$3, %dl
	.endif
	jnz	\to
.endm

/*
 * The library looks at what the dynamic linker opens, with the flags with which it opens libraries, and at what
 * is opened to be written.
 */
.macro slot_opens n:req, away:req, handler:req
	slot_hook \n, .Lopens\@, .Lopens_ask\@
	.pushsection .text.syslayer_opens, "ax", @progbits
	.balign	64
.Lopens\@:
	mov	%rax, %r11
	slot_flags_to_ax
	library_opens_to_write \n, 4f
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
	\away\()_call \n
4:	slot_flags_from_ax
	mov	%r11, %rax
	slot_handle_call \n, \handler
.Lopens_ask\@:
	mov	%rax, %r11
	slot_flags_to_ax
	library_opens_to_write \n, 4f
	slot_flags_from_ax
	mov	%r11, %rax
	\away\()_ask \n
4:	slot_flags_from_ax
	mov	%r11, %rax
	slot_handle_ask \n, \handler
	.popsection
.endm

/*
 * Slot n as \shape makes it, but where the library has to look. \handler: called then, too. \away: the shape
 * of code that does the same, and does not stand in the slot.
 */
.macro slot_with_library n:req, shape:req, away=, handler=syslayer_nothing
	.ifb	\away
	slot_with_library \n, \shape, \shape, \handler
	.else
	library_looks \n
	.if	library_watches
	slot_handle \n, \handler
	.elseif	library_opens
	slot_opens \n, \away, \handler
	.elseif	library_keeps || library_guards || library_guards_ask
	slot_guarded \n, \away, \handler
	.else
	\shape	\n
	.endif
	.endif
.endm

#endif
