/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a slot into C and back. The program's registers are kept in a struct syslayer_call on the
 * program's stack, as it is kept while the call waits; C runs on a stack of the layer's own.
 */
#include <syslayer/slot-x86_64.h>

	/* offsetof(struct syslayer_call, ...); init.c checks them */
	.set	ARGUMENT, 8
	.set	RESULT, 56
	.set	AFTER, 64
	.set	ANSWERED, 88
	.set	KEEP, 72
	.set	ASKED, 92
	.set	OUTSIDE, 94
	.set	SAVED, 96
	.set	SIZE, SAVED + 56
	.set	LEAVES, 2			/* in ANSWERED: library.h */
	.set	SYSLAYER_SIGCANCEL, 32		/* library.h */
	/* offsetof(struct leave, ...); dispatch-leave.c checks them */
	.set	L_MASK, 16
	.set	L_ENTRY, 48
	.set	LEAVE_BELOW, SYSLAYER_FRAME + 56

	/* Stacks that come with the section; more are mapped when these are in use. */
	.set	STACK_SIZE, 65536
	.set	STACKS, 4
	.set	STACKS_MAX, 512

.macro function name
	.section .text.\name, "ax", @progbits
	.balign	16
	.globl	\name
	.hidden	\name
\name:
.endm

.macro save
	pushf
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	push	$0				/* answered, asked, outside */
	push	$0				/* keep */
	push	$0
	push	$0				/* after */
	push	%rax				/* result */
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	mov	%rax, %rdi
	shr	$32, %rdi
	cmp	$SYSLAYER_OUTSIDE, %edi		/* dispatch-signal.c */
	sete	OUTSIDE-8(%rsp)
	mov	%eax, %eax			/* number: the kernel ignores the upper half */
	push	%rax
	cld
.endm

/*
 * Back to the program, by \ending. The signal that cancels a thread finds an unwinder's rule at slot_depth, and
 * what is behind can be done again from there (syslayer_windows, below).
 */
.macro leave ending:req, name:req
\name\()_whole:
	slot_depth SIZE
	cmpl	$0, syslayer_cancels(%rip)
	je	5f
	call	cancel
5:	mov	RESULT(%rsp), %rax
	mov	SAVED(%rsp), %rdi
	mov	SAVED+8(%rsp), %rsi
	mov	SAVED+16(%rsp), %rdx
	mov	SAVED+24(%rsp), %r10
	mov	SAVED+32(%rsp), %r8
	mov	SAVED+40(%rsp), %r9
	lea	SIZE-8(%rsp), %rsp
\name\()_flags:
	slot_depth 8
	popf
\name\()_left:
	\ending
.endm

/*
 * The entry at r8, or one behind it, is \owner's; or goes on behind the macro, if none is free. r9: their end. The highest
 * bit of an owner is set: an entry without it is free, whatever the rest (follow.c).
 */
.macro claim owner:req, claimed:req
	bts	$63, \owner
1:	mov	(%r8), %rax
	bt	$63, %rax
	jc	9f
	lock cmpxchg \owner, (%r8)
	je	\claimed
9:	cmp	\owner, %rax
	je	\claimed
	add	$64, %r8
	cmp	%r9, %r8
	jb	1b
.endm

/* The top of the stack that comes with the entry at r8, in rax; or to \none: it has to be mapped. */
.macro own_stack none:req
	mov	%r8, %rax
	lea	stacks(%rip), %r9
	sub	%r9, %rax
	shl	$10, %rax			/* 64 bytes an entry, 64 KiB a stack */
	cmp	$STACKS * STACK_SIZE, %rax
	jae	\none
	lea	stack_memory + STACK_SIZE(%rip), %r9
	add	%r9, %rax
.endm

/* A stack, or an error, in rax. */
.macro map_stack
	mov	$9, %eax			/* mmap */
	xor	%edi, %edi
	mov	$STACK_SIZE, %esi
	mov	$3, %edx			/* PROT_READ | PROT_WRITE */
	mov	$0x20022, %r10d			/* MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK */
	mov	$-1, %r8
	xor	%r9d, %r9d
	syscall
.endm

/* rcx is the handler; the library looks at the call before it is made. */
function syslayer_enter_watched
	lea	syslayer_watched(%rip), %r11
	jmp	1f

/* rcx is the handler. */
function syslayer_enter
	mov	%rcx, %r11
1:	save
	mov	%rsp, %rdi
	mov	%rcx, %rsi
	call	run
enter_back:
	slot_depth SIZE
	cmpl	$0, syslayer_cancels(%rip)
	jne	4f
3:	cmpl	$0, ANSWERED(%rsp)
	jne	2f
	mov	(%rsp), %rax
	mov	ARGUMENT(%rsp), %rdi
	mov	ARGUMENT+8(%rsp), %rsi
	mov	ARGUMENT+16(%rsp), %rdx
	mov	ARGUMENT+24(%rsp), %r10
	mov	ARGUMENT+32(%rsp), %r8
	mov	ARGUMENT+40(%rsp), %r9
enter_call:
	syscall
enter_made:
	slot_depth SIZE
	mov	%rax, RESULT(%rsp)
	mov	AFTER(%rsp), %r11
	test	%r11, %r11
	jz	2f
	mov	%rsp, %rdi
	call	run
2:	leave	slot_return, enter
	/* Before the call is begun, which may wait. */
4:	call	cancel
	jmp	3b

function syslayer_ask_watched
	lea	syslayer_watched(%rip), %r11
	jmp	1f

function syslayer_ask
	lea	syslayer_asked(%rip), %r11
1:	save
	movw	$1, ASKED(%rsp)
	mov	%rsp, %rdi
	mov	%rcx, %rsi
	call	run
ask_back:
	slot_depth SIZE
	cmpl	$LEAVES, ANSWERED(%rsp)
	je	ask_leaves
	cmpl	$0, ANSWERED(%rsp)
	jne	2f
	mov	(%rsp), %rax
	mov	%rax, RESULT(%rsp)
	leave	slot_go_on, ask
2:	leave	slot_answer, answer
	/* Under Syscall User Dispatch it cannot be made in its place: dispatch-leave.c. */
ask_leaves:
	mov	$14, %eax			/* rt_sigprocmask */
	xor	%edi, %edi			/* SIG_BLOCK */
	lea	waiting_signals(%rip), %rsi
	lea	KEEP(%rsp), %rdx
	mov	$8, %r10d
	syscall
	mov	KEEP+8(%rsp), %rcx		/* struct leave */
	mov	KEEP(%rsp), %rdx
	mov	%rdx, L_MASK(%rcx)
	mov	%rcx, %r11
	cmpq	$0, L_ENTRY(%rcx)
	mov	(%rsp), %rax
	mov	SAVED(%rsp), %rdi
	mov	SAVED+8(%rsp), %rsi
	mov	SAVED+16(%rsp), %rdx
	mov	SAVED+24(%rsp), %r10
	mov	SAVED+32(%rsp), %r8
	mov	SAVED+40(%rsp), %r9
	jne	syslayer_leave_stack
	syscall
	test	%rax, %rax
	jz	4f
	mov	%rax, RESULT(%rsp)
	mov	$14, %eax
	mov	$2, %edi			/* SIG_SETMASK */
	lea	KEEP(%rsp), %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
	jmp	2b
	/* Its stack begins with what dispatch-leave.c has written there. */
4:	lea	-LEAVE_BELOW(%rsp), %rsp
	jmp	syslayer_leave_child
ask_end:

/*
 * The thread may have been cancelled while it was in C (cancel.c). If so, the signal is sent anew, and comes
 * where unwinders find the program. Below the return address is the call.
 */
function cancel
	lea	syslayer_cancel_take(%rip), %r11
	call	run
	test	%rax, %rax
	jz	1f
	mov	%eax, %esi			/* tid */
	mov	%rax, %rdi
	shr	$32, %rdi			/* pid */
	mov	$SYSLAYER_SIGCANCEL, %edx
	mov	$234, %eax			/* tgkill */
cancel_call:
	syscall
cancel_made:
	slot_depth SIZE+8
1:	ret
cancel_end:

/* The handler of what only the library looks at. */
function syslayer_nothing
	ret

/*
 * void syslayer_run(void (*f)(...), long a, long b, long c): f(a, b, c) on a stack of its own.
 * A stack is taken by the address of who uses it, on the program's stack: who comes with the
 * same address has left the one before by longjmp(3), by exec in a child of vfork(2), or by the
 * end of its thread, and takes its place. The first to be tried depends on the address, so that threads
 * rarely meet.
 */
function syslayer_run
	mov	%rdi, %r11
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
run:	mov	%rsp, %rax
	shr	$12, %rax
	mov	%eax, %ecx
	shr	$5, %eax
	and	$127, %eax
	lea	syslayer_alternates(%rip), %r8
	mov	(%r8,%rax,4), %eax
	bt	%ecx, %eax
	jc	run_on_alternate
	.globl	syslayer_run_unguarded
	.hidden	syslayer_run_unguarded
syslayer_run_unguarded:
run_unguarded:
	push	%rbp
	mov	%rsp, %rbp
	mov	%rsp, %rax
	shr	$20, %rax
	and	$STACKS - 1, %eax
	shl	$6, %eax
	lea	stacks(%rip), %r8
	lea	STACKS_MAX * 64(%r8), %r9
	add	%rax, %r8
	mov	%rbp, %r10
	claim	%r10, 2f
	/* None is left: the program's own is what there is. */
	lea	no_stack(%rip), %r8
	jmp	4f
2:	mov	8(%r8), %rax
	test	%rax, %rax
	jz	5f
3:	mov	%rax, %rsp
4:	and	$-16, %rsp
	push	%r8
	push	%r8
	call	*%r11
	pop	%r8
	mov	%rbp, %rsp
	movq	$0, (%r8)
	pop	%rbp
	ret
	/* Used for the first time. */
5:	own_stack 7f
6:	mov	%rax, 8(%r8)
	jmp	3b
7:	push	%r8
	push	%r11
	push	%rdi
	push	%rsi
	push	%rdx
	map_stack
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%r11
	pop	%r8
	cmp	$-4095, %rax
	jae	4b				/* the entry stays without a stack */
	add	$STACK_SIZE, %rax
	jmp	6b
run_end:

/* unsigned long *syslayer_claim(unsigned long owner): an entry whose stack stays taken, or 0. */
function syslayer_claim
	lea	stacks(%rip), %r8
	lea	STACKS_MAX * 64(%r8), %r9
	claim	%rdi, 2f
	xor	%eax, %eax
	ret
2:	cmpq	$0, 8(%r8)
	jne	3f
	own_stack 5f
4:	mov	%rax, 8(%r8)
3:	mov	%r8, %rax
	ret
5:	push	%r8
	map_stack
	pop	%r8
	cmp	$-4095, %rax
	jae	6f
	add	$STACK_SIZE, %rax
	jmp	4b
6:	movq	$0, (%r8)
	xor	%eax, %eax
	ret
claim_end:

/* Perhaps on a signal stack of the program, which must not be taken for free (alternate.c). */
run_on_alternate:
	push	%r11
	push	%rdi
	push	%rsi
	push	%rdx
	sub	$24, %rsp
	movq	$0, 8(%rsp)			/* ss_flags */
	xor	%edi, %edi
	mov	%rsp, %rsi
	mov	$131, %eax			/* sigaltstack */
	syscall
	testl	$1, 8(%rsp)			/* SS_ONSTACK */
	jz	1f
	mov	$14, %eax			/* rt_sigprocmask */
	xor	%edi, %edi			/* SIG_BLOCK */
	lea	waiting_signals(%rip), %rsi
	mov	%rsp, %rdx
	mov	$8, %r10d
	syscall
	mov	24(%rsp), %rdx
	mov	32(%rsp), %rsi
	mov	40(%rsp), %rdi
	mov	48(%rsp), %r11
	call	run_unguarded
	mov	$14, %eax
	mov	$2, %edi			/* SIG_SETMASK */
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
	add	$56, %rsp
	ret
1:	add	$24, %rsp
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%r11
	jmp	run_unguarded
run_on_alternate_end:

	/* All but what a crash makes, and SIGSYS. */
	.balign	8
waiting_signals:
	.quad	~(1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 30)

/*
 * exit(2): nothing is written to the program's stack, which another thread may use for something else
 * already (Go), or which is unmapped (musl). Who has it cannot be told by its address, then, but by the
 * number of the thread. The call is made whatever the handler says.
 */
function syslayer_last_watched
	lea	syslayer_watched(%rip), %r11
	jmp	1f

function syslayer_last
	mov	%rcx, %r11
1:	cld
	mov	%rsp, %rbp
	mov	%rdi, %r12
	mov	%rcx, %r13
	mov	%r11, %r14
	mov	$186, %eax			/* gettid */
	syscall
	lea	1(%rax, %rax), %r15		/* odd: no address */
	and	$STACKS - 1, %eax
	shl	$6, %eax
	lea	stacks(%rip), %r8
	lea	STACKS_MAX * 64(%r8), %r9
	add	%rax, %r8
	claim	%r15, 2f
	lea	no_stack(%rip), %rbx
	jmp	4f
2:	mov	%r8, %rbx
	mov	8(%r8), %rax
	test	%rax, %rax
	jnz	3f
	own_stack 5f
	mov	%rax, 8(%rbx)
3:	mov	%rax, %rsp
4:	and	$-16, %rsp
	sub	$SIZE, %rsp
	mov	%rsp, %rdi
	mov	$SIZE / 8, %ecx
	xor	%eax, %eax
	rep stosq
	movq	$60, (%rsp)
	mov	%r12, ARGUMENT(%rsp)
	mov	%r12, SAVED(%rsp)
	mov	%rsp, %rdi
	mov	%r13, %rsi
	call	*%r14
	cmpl	$0, syslayer_cancels(%rip)
	je	7f
	call	syslayer_cancel_take		/* too late */
7:	mov	(%rsp), %rax
	mov	ARGUMENT(%rsp), %rdi
	mov	%rbp, %rsp
	movq	$0, (%rbx)
	syscall
	/* It was made another call, or a filter forbids it. */
6:	mov	%r12, %rdi
	mov	$60, %eax
	syscall
	jmp	6b
5:	map_stack
	cmp	$-4095, %rax
	jae	4b
	add	$STACK_SIZE, %rax
	mov	%rax, 8(%rbx)
	jmp	3b

/* From where a function in C has a number and six arguments to where the kernel has them. */
.macro to_kernel
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
.endm

/* long syslayer_system_call(number, a, b, c, d, e, f) */
function syslayer_system_call
	to_kernel
	syscall
	ret
system_call_end:

/*
 * The same, of the program's calls. rcx tells one that has waited and is about to be restarted, as the
 * instruction sets it: a thread that is cancelled must not wait again (cancel.c).
 */
function syslayer_program_call
	to_kernel
	xor	%ecx, %ecx
	.globl	syslayer_program_called
	.hidden	syslayer_program_called
syslayer_program_called:
	syscall
	ret
program_call_end:

/* The program's handler of the signal that cancels a thread, if it is the time for it. */
function syslayer_cancel_entry
	push	%rdi
	push	%rsi
	push	%rdx
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	call	syslayer_cancel_waits
	pop	%rdx
	pop	%rsi
	pop	%rdi
	test	%eax, %eax
	jz	syslayer_dispatch_handler
	ret

/*
 * Code on the program's stack, and how a thread is cancelled in it so that unwinders find the program's frames: from one
 * label to before the other. What is not in here, and not in C, has nothing on the stack but the slot's frame.
 */
	.set	WAITS, 0	/* it is not, but when the layer looks for it */
	.set	AT, 1		/* it goes on at \value */
	.set	AGAIN, 2	/* the instruction that was caught is executed again; \value bytes are on the stack */
	.set	AGAIN_INT80, 3
	.set	HANDLER, 4	/* before the first instruction of the program's handler; the same */
	.set	HANDLER_SAVED, 5
.macro window from:req, to:req, how=WAITS, value=0
	.long	\from - .
	.long	\to - .
	.long	\how
	.if	\how == AT
	.long	\value - .
	.else
	.long	\value
	.endif
.endm
	.section .rodata.syslayer_windows, "a", @progbits
	.balign	4
	.globl	syslayer_windows
	.hidden	syslayer_windows
syslayer_windows:
	window	syslayer_enter, enter_back
	window	enter_back, enter_call, AT, enter_back
	window	enter_made, enter_whole, AT, enter_made
	window	enter_whole, enter_flags, AT, enter_whole
	window	enter_flags, enter_left, AT, enter_flags
	window	syslayer_ask, ask_back
	window	ask_back, ask_whole, AT, ask_back
	window	ask_whole, ask_flags, AT, ask_whole
	window	ask_flags, ask_left, AT, ask_flags
	window	answer_whole, answer_flags, AT, answer_whole
	window	answer_flags, answer_left, AT, answer_flags
	window	ask_leaves, ask_end
	window	cancel, cancel_call
	window	cancel_made, cancel_end, AT, cancel_made
	window	syslayer_run, run_end
	window	run_on_alternate, run_on_alternate_end
	window	syslayer_system_call, system_call_end
	window	syslayer_program_call, program_call_end
	window	syslayer_claim, claim_end
	window	syslayer_go, syslayer_go_low, AGAIN
	window	syslayer_go_low, syslayer_go_end, AGAIN, SYSLAYER_FRAME
	window	syslayer_go_last, syslayer_go_last_low, AGAIN
	window	syslayer_go_last_low, syslayer_go_last_end, AGAIN, SYSLAYER_FRAME
	window	syslayer_go_raw, syslayer_go_raw_low, AGAIN
	window	syslayer_go_raw_low, syslayer_go_raw_call, AGAIN, SYSLAYER_FRAME
	window	syslayer_go_int80, syslayer_go_int80_low, AGAIN_INT80
	window	syslayer_go_int80_low, syslayer_go_int80_call, AGAIN_INT80, SYSLAYER_FRAME
	window	syslayer_go_sigreturn, syslayer_go_sigreturn_end, AGAIN
	window	syslayer_stay, syslayer_stay_low, AGAIN
	window	syslayer_stay_low, syslayer_stay_call, AGAIN, SYSLAYER_FRAME
	/* Before, all signals are blocked. */
	window	syslayer_entry_saved, syslayer_entry_restored, HANDLER_SAVED
	window	syslayer_entry_restored, syslayer_entry_end, HANDLER
	window	syslayer_crash_entry, syslayer_crash_low, HANDLER
	window	syslayer_crash_low, syslayer_crash_saved, HANDLER, 24
	window	syslayer_crash_saved, syslayer_crash_restored, HANDLER_SAVED
	window	syslayer_crash_restored, syslayer_crash_end, HANDLER
	window	syslayer_dispatch_handler, syslayer_handler_low, HANDLER
	window	syslayer_handler_low, syslayer_handler_saved, HANDLER, 24
	window	syslayer_handler_saved, syslayer_handler_go, HANDLER_SAVED
	window	syslayer_handler_go, syslayer_handler_again_low, HANDLER
	window	syslayer_handler_again_low, syslayer_handler_again_saved, HANDLER, 24
	window	syslayer_handler_again_saved, syslayer_handler_restored, HANDLER_SAVED
	window	syslayer_handler_restored, syslayer_handler_end, HANDLER
	.long	0

/*
 * The handler of signals that kill. The flags that a program gave with SIG_DFL are those of
 * its own that the handler must have: which of them were given, the entry tells (signal.c),
 * so that nothing need be kept that a child of vfork would change for its parent.
 * It goes back by itself: the restorer is the program's, and nobody has checked it.
 */
	.section .text.syslayer_signal_entry, "ax", @progbits
	.balign	64
	.globl	syslayer_signal_entry
	.hidden	syslayer_signal_entry
syslayer_signal_entry:
	.skip	16, 0x90
	lea	syslayer_signal(%rip), %r11
	call	run
	lea	8(%rsp), %rsp			/* the return address */
	mov	$15, %eax			/* rt_sigreturn */
	syscall

	.section .bss.stacks, "aw", @nobits
	.balign	4096
stack_memory:
	.skip	STACKS * STACK_SIZE
	/* Its first entries, which are all that most processes use, share a page with small variables. */
	.section .bss.stacks_table, "aw", @nobits
	.balign	64
	.globl	syslayer_stacks
	.hidden	syslayer_stacks
syslayer_stacks:
stacks:
	.skip	STACKS_MAX * 64
no_stack:
	.skip	64

	.section .note.GNU-stack, "", @progbits
