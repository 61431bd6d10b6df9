/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of each program, counted: /sys/kernel/syslayer/GROUP/NAME. */
#ifndef SYSLAYER_COUNTERS_H
#define SYSLAYER_COUNTERS_H

/* X(constant, group, name, text for the log, or NULL where nothing is to be said) */
#define SYSLAYER_COUNTERS(X)                                                                                 \
	X(EXECUTABLE, mapped, executable, NULL)                                                              \
	X(INTERPRETER, mapped, interpreter, NULL)                                                            \
	X(ENFORCED, mapped, enforced, NULL)                                                                  \
	X(NO_NOTE, not_ours, no_note, NULL)                                                                  \
	X(STAMPED, not_ours, stamped, NULL)                                                                  \
	X(FORWARD, not_ours, forward, NULL)                                                                  \
	X(NO_FILE, no_image, no_file, NULL)                                                                  \
	X(HEADERS, refused, headers, "its program headers cannot be used")                                   \
	X(NOTE, refused, note, "its note has a form that is not known")                                      \
	X(RANGE, refused, range, "its note describes no section")                                            \
	X(SEGMENT, refused, segment, "its section is no zero-filled part of a writable segment")             \
	X(MEMORY, refused, memory, "its section is not ordinary anonymous memory")                           \
	X(IMAGE_OWNER, refused, image_owner,                                                                 \
	  "file and directory must be root's, and not writable by others")                                   \
	X(IMAGE_KIND, refused, image_kind, "not a regular file")                                             \
	X(IMAGE_NOEXEC, refused, image_noexec, "it is on a file system mounted noexec")                      \
	X(IMAGE_FORM, refused, image_form, "it does not fit")                                                \
	X(ABI_VERSION, refused, abi_version, "the program requires a newer revision of the ABI")             \
	X(OPEN, failed, open, "it cannot be opened or read")                                                 \
	X(MAP, failed, map, "it cannot be mapped")                                                           \
	X(ENFORCE, failed, enforce, "its memory cannot be prepared")                                         \
	X(HOLE, failed, hole, "it cannot be mapped, and nothing else either")

enum counter {
#define COUNTER(constant, group, name, text) COUNT_##constant,
	SYSLAYER_COUNTERS(COUNTER)
#undef COUNTER
	    COUNT_OK, /* so far, so good; not counted */
};

void count(enum counter which);
const char *counter_text(enum counter which);
int counters_add(void);
void counters_remove(void);

#endif
