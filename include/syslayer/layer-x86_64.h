/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole image of a layer: its slots, by what the layer has declared, and how the library finds its hooks.
 * layer.h sets `syslayer_has_257` for a handler of its own, which is then syslayer_on_257, and the like for
 * what serves several numbers; an assembler file says it with layer_has. Included as slot-x86_64.h is.
 */
#ifndef SYSLAYER_LAYER_X86_64_H
#define SYSLAYER_LAYER_X86_64_H

#include <syslayer/handle-x86_64.h>
#include <syslayer/image-x86_64.h>

/* The layer is linked with the library; names: hooks that its C files have, or numbers, all, selected. */
.macro layer_has names:vararg
	.set	syslayer_has_handlers, 1
	.irp	name, \names
	.set	syslayer_has_\name, 1
	.endr
.endm

.macro image_slot n:req
	.ifdef	syslayer_has_\n
	slot_handle \n, syslayer_on_\n
	.else
	.ifdef	syslayer_has_all
	slot_handle \n, syslayer_on_all
	.else
	.ifdef	syslayer_has_selected
	slot_with_library \n, slot_selected, handler=syslayer_on_selected
	.else
	slot_with_library \n, slot_native
	.endif
	.endif
	.endif
.endm

/* The second entry that the header leaves slots 0 and 1 no room for. */
.macro image_ask_low n:req
	.ifdef	syslayer_has_\n
	slot_handle_ask \n, syslayer_on_\n
	.else
	.ifdef	syslayer_has_all
	slot_handle_ask \n, syslayer_on_all
	.else
	.ifdef	syslayer_has_selected
	slot_selected_ask \n
	.else
	slot_native_ask \n
	.endif
	.endif
	.endif
.endm

/* jmp to a hook, if the layer has it. */
.macro image_hook hook:req, has:req, to:req
	.globl	\hook
	.hidden	\hook
\hook:
	.ifdef	syslayer_has_\has
	jmp	\to
	.else
	ret
	.endif
.endm

/* A byte that says whether it has. */
.macro image_hook_is hook:req, has:req
	.globl	\hook
	.hidden	\hook
\hook:
	.ifdef	syslayer_has_\has
	.byte	1
	.else
	.byte	0
	.endif
.endm

/* What the library refers to. */
.macro image_hooks
	.pushsection .text.syslayer_hooks, "ax", @progbits
image_ask:
	mov	%eax, %ecx
	jrcxz	2f
	image_ask_low 1
2:	image_ask_low 0
	image_hook syslayer_start_hook, start, syslayer_on_start
	image_hook syslayer_end_hook, end, syslayer_on_end
	image_hook syslayer_end_before, end, syslayer_ends_before
	image_hook syslayer_end_signal, end, syslayer_ends_by_signal
	image_hook syslayer_before_fork, end, syslayer_wipes_before_fork
	image_hook_is syslayer_has_end_hook, end
	image_hook syslayer_interrupted_hook, interrupted, syslayer_on_interrupted
	image_hook_is syslayer_has_interrupted_hook, interrupted
	.ifdef	syslayer_has_selected
syslayer_enter_selected:
	lea	syslayer_on_selected(%rip), %rcx
	jmp	syslayer_enter
syslayer_last_selected:
	lea	syslayer_on_selected(%rip), %rcx
	jmp	syslayer_last
syslayer_ask_selected:
	lea	syslayer_on_selected(%rip), %rcx
	jmp	syslayer_ask
	.endif
	.popsection
.endm

/*
 * All slots, with header and names. \slot: the macro that makes slot n; \ask: the second entry of slots 0 and 1,
 * which a layer without handlers has only if it gives one; \init: called as the start hook.
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
	.ifc	\ask,image_ask
	image_header size="image_end - image_base", state="image_state - image_base", init=0, flags=\flags
	.else
	image_header size="image_end - image_base", state="image_state - image_base", init=0, ask="\ask - image_base", flags=\flags
	.endif
	.endif
	\slot	1
	image_names \layer
	image_slots \slot
	.popsection
	.ifdef	syslayer_has_handlers
	image_hooks
	.else
	.ifdef	syslayer_layer_in_c
	image_hooks
	.endif
	.endif
.endm

#endif
