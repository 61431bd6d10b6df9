// SPDX-License-Identifier: BSD-2-Clause
/* Loads library.so, now and again, with threads running; makes a call of its own before main(). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static long own(long number, long argument)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(argument) : "rcx", "r11", "memory");
	return result;
}

static int early_right;

static void early(void)
{
	early_right = own(SYS_getppid, 0) == getppid();
}
__attribute__((section(".preinit_array"), used)) static void (*const early_entry)(void) = early;

static long (*gettid_there)(void);

static void *thread(void *arg)
{
	long wrong = 0;

	(void)arg;
	for (int i = 0; i < 100; i++)
		wrong += gettid_there() != gettid();
	return (void *)wrong;
}

static int load(Lmid_t where)
{
	void *handle =
	    where == LM_ID_BASE ? dlopen("./library.so", RTLD_NOW) : dlmopen(where, "./library.so", RTLD_NOW);
	long (*getppid_there)(void);
	pthread_t threads[8];
	int right = 1;

	if (!handle) {
		puts(dlerror());
		return 0;
	}
	*(void **)&gettid_there = dlsym(handle, "library_gettid");
	*(void **)&getppid_there = dlsym(handle, "library_getppid");
	for (int i = 0; i < 8; i++)
		pthread_create(threads + i, NULL, thread, NULL);
	for (int i = 0; i < 8; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		right &= !wrong;
	}
	right &= getppid_there() == getppid();
	return right & !dlclose(handle);
}

int main(void)
{
	int right = early_right;

	for (int i = 0; i < 5; i++)
		right &= load(LM_ID_BASE);
	right &= load(LM_ID_NEWLM);
	puts(right ? "right" : "wrong");
	fflush(stdout);
	/* Its own: beside a C library without a section, a layer sees no other end. */
	return (int)own(SYS_exit_group, !right);
}
