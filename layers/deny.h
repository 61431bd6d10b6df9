/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the denying layer share. */
#ifndef LAYERS_DENY_H
#define LAYERS_DENY_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

enum { ALLOW, ERRNO, KILL };

/* "a2 & mask OP value" */
struct condition {
	unsigned char argument;
	enum { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, ANY_BIT } operator;
	unsigned long mask, value;
};

enum { RULES = 256, CONDITIONS = 4 };

struct rule {
	unsigned char set[SYSLAYER_SLOT_COUNT];
	unsigned char action;
	unsigned error;
	unsigned condition_count; /* all must hold */
	struct condition conditions[CONDITIONS];
};

/* The first rule that fits decides; the last one is the default, and fits always. */
extern struct rule deny_rules[RULES + 1];
extern unsigned deny_rule_count;

/* Reads the policy; says what is wrong with it, and ends the program. */
void deny_read_policy(const char *path);

#pragma GCC visibility pop

#endif
