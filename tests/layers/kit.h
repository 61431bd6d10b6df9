/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that the layer kit.c serves. Macros, as the layer's file has no libc. */
#define KIT_ANSWER 480
#define KIT_GETPPID 481
#define KIT_AFTER 482
#define KIT_STACK 483
#define KIT_SIGNAL 484
#define KIT_MAKE 485
#define KIT_WAIT 486
#define KIT_CRASH 487
#define KIT_PEEK 488
#define KIT_PEEK_STRING 489
#define KIT_CRASH_CALL 490
