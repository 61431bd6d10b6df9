// SPDX-License-Identifier: BSD-2-Clause
/* SYSLAYER_INJECT: what one would give to strace -e inject=, one after the other. */
#include "inject.h"
#include "set.h"
#include "words.h"

struct fault inject_faults[FAULTS];
unsigned char inject_fault_of[SYSLAYER_SLOT_COUNT];

static __attribute__((noreturn)) void wrong(struct word w, const char *what)
{
	word_stop("inject", "SYSLAYER_INJECT", w, what);
}

static unsigned long number(struct word w)
{
	unsigned long n;

	if (!set_number(w.at, w.length, &n))
		wrong(w, "not a number");
	return n;
}

/* In microseconds, if it says nothing else; as nanoseconds. */
static unsigned long delay(struct word w)
{
	static const struct {
		char name[4];
		unsigned factor;
	} units[] = {{"ms", 1000000}, {"us", 1000}, {"ns", 1}, {"s", 1000000000}};

	for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = syslayer_length(units[i].name);
		struct word end = {w.at + w.length - n, n};

		if (w.length > n && word_is(end, units[i].name)) {
			w.length -= n;
			return number(w) * units[i].factor;
		}
	}
	return number(w) * 1000;
}

/* FIRST, FIRST+, FIRST+STEP, FIRST..LAST, FIRST..LAST+STEP */
static void when(struct fault *f, struct word w)
{
	const char *at = w.at, *end = w.at + w.length;
	struct word whole = w, part = word_next(&at, end, ".+");

	f->first = f->last = number(part);
	if (!f->first)
		wrong(whole, "counting starts with 1");
	w.length -= (size_t)(at - w.at);
	w.at = at;
	if (word_begins(&w, "..")) {
		part = word_next(&at, end, ".+");
		f->last = number(part);
		f->step = 1;
		if (f->last < f->first)
			wrong(whole, "it ends before it starts");
		w.at = at;
		w.length = (size_t)(end - at);
	} else if (w.length) {
		f->last = ~0UL;
	}
	if (!w.length)
		return;
	if (!word_begins(&w, "+"))
		wrong(whole, "not FIRST, FIRST+, FIRST+STEP, FIRST..LAST or FIRST..LAST+STEP");
	f->step = w.length ? number(w) : 1;
	if (!f->step)
		wrong(whole, "a step is at least 1");
}

/* "N%" or "N.N%", N up to 100 */
static unsigned long chance(struct word w)
{
	struct word whole = w;
	const char *at = w.at, *end;
	unsigned long n, thousandths = 0, unit = 100;

	if (!w.length || w.at[w.length - 1] != '%')
		wrong(w, "not a percentage");
	end = w.at + w.length - 1;
	n = number(word_next(&at, end, "."));
	if (at < end)
		for (at++; at < end && unit; at++, unit /= 10) {
			if (*at < '0' || *at > '9')
				wrong(whole, "not a percentage");
			thousandths += (unsigned long)(*at - '0') * unit;
		}
	n = n * 1000 + thousandths;
	if (!n || n > 100000)
		wrong(whole, "not from 0.001% to 100%");
	return (n << 32) / 100000;
}

static void option(struct fault *f, struct word w)
{
	struct word whole = w;
	int negative;

	if (word_begins(&w, "error=")) {
		f->answers = 1;
		f->result = -(long)set_error_number(w.at, w.length);
		if (!f->result)
			wrong(w, "no such error");
	} else if (word_begins(&w, "retval=")) {
		f->answers = 1;
		negative = word_begins(&w, "-");
		f->result = negative ? -(long)number(w) : (long)number(w);
	} else if (word_begins(&w, "signal=")) {
		f->signal = (int)set_signal_number(w.at, w.length);
		if (!f->signal)
			wrong(w, "no such signal");
	} else if (word_begins(&w, "syscall=")) {
		unsigned char set[SYSLAYER_SLOT_COUNT];
		struct word bad;
		unsigned n = 0;

		if (set_parse(set, w.at, w.length, &bad.at, &bad.length))
			wrong(bad, "no such call");
		for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
			if (set[i])
				f->call = i, n++;
		f->has_call = 1;
		if (n != 1)
			wrong(w, "not one call");
	} else if (word_begins(&w, "delay_enter=")) {
		f->before = delay(w);
	} else if (word_begins(&w, "delay_exit=")) {
		f->after = delay(w);
	} else if (word_begins(&w, "when=")) {
		when(f, w);
	} else if (word_begins(&w, "chance=")) {
		f->chance = chance(w);
	} else if (word_begins(&w, "seed=")) {
		f->seed = number(w);
	} else {
		wrong(whole, "no such option");
	}
}

static void fault(struct word w, unsigned index)
{
	struct fault *f = &inject_faults[index];
	const char *at = w.at, *end = w.at + w.length;
	unsigned char set[SYSLAYER_SLOT_COUNT];
	struct word part, bad;

	f->first = 1;
	f->last = ~0UL;
	f->step = 1;
	part = word_next(&at, end, ":");
	if (set_parse(set, part.at, part.length, &bad.at, &bad.length))
		wrong(bad, "no such call or set of calls");
	while ((part = word_next(&at, end, ":")).length)
		option(f, part);
	if (!f->answers && !f->signal && !f->has_call && !f->before && !f->after)
		wrong(w, "nothing is to be injected");
	/* As with strace, what comes later counts. */
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		if (set[i])
			inject_fault_of[i] = (unsigned char)(index + 1);
}

void inject_read(const struct syslayer_start *start)
{
	const char *at = syslayer_getenv(start, "SYSLAYER_INJECT"), *end;
	struct word w;

	if (!at)
		return;
	end = at + syslayer_length(at);
	for (unsigned i = 0; (w = word_next(&at, end, " ;\n")).length; i++) {
		if (i == FAULTS)
			wrong(w, "too many");
		word_begins(&w, "inject=");
		fault(w, i);
	}
}
