#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# libsys.a and <syslayer/sys.h>: the table, each wrapper's code, errno, and every way to link.

load helpers

setup() {
	common_setup
	table=$SRC/include/syslayer/syscalls-x86_64.tbl
	lib=$BUILD/libsys/libsys.a
	fixtures=$SRC/tests/libsys
	includes=(-I"$SRC/include" -I"$BUILD/include" -I"$fixtures")
	freestanding=(-Os -ffreestanding -fno-stack-protector -fcf-protection=none -nostdlib)
	need_files "$lib" "$BUILD/include/syslayer/sys.h"
}

# field FILE SECTION COLUMN: of readelf's section table, without the number in brackets.
field() {
	readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] *//p' | awk -v s="$2" -v c="$3" '$1 == s { print $c }'
}

# assert_reserved FILE: .syscalls is 1 MiB, page aligned, no byte of the file, behind all that its RW segment
# has in the file.
assert_reserved() {
	assert_equal "$(field "$1" .syscalls 2)" NOBITS
	assert_equal "$(field "$1" .syscalls 5)" 100000
	local address
	address=$((16#$(field "$1" .syscalls 3)))
	assert_equal $((address % 4096)) 0
	readelf -lW "$1" | awk '$1 == "LOAD" { print $3, $5, $6, $7 }' | {
		local vaddr filesz memsz flags found=0
		while read -r vaddr filesz memsz flags; do
			((address >= vaddr && address < vaddr + memsz)) || continue
			found=1
			assert_equal "$flags" RW || return
			((vaddr + memsz >= address + 0x100000)) || fail "the segment ends in .syscalls" || return
			((vaddr + filesz <= address)) || fail "file bytes in .syscalls" || return
		done
		((found)) || fail "$1: no segment holds .syscalls"
	}
}

assert_no_textrel() {
	run -0 readelf -dW "$1"
	refute_contains TEXTREL
}

@test "table: the numbers and names of this machine's kernel headers" {
	run -0 "$SRC/libsys/check-table" "$table"
	assert_equal "$output" ""
}

@test "table: a call that is missing, or has another number, is named" {
	sed '/^1 write /d' "$table" >missing
	run -1 "$SRC/libsys/check-table" missing
	assert_equal "$output" "write: not in the table; its number is 1"
	sed 's/^39 getpid /38 getpid /' "$table" >renumbered
	run -1 "$SRC/libsys/check-table" renumbered
	assert_equal "$output" "getpid: number 38 in the table, 39 in the header"
	(cat "$table" && echo '9999 of_tomorrow long (void)') >newer
	run -0 "$SRC/libsys/check-table" newer
}

@test "table: a check that cannot be made is no success" {
	run -2 "$SRC/libsys/check-table" "$BATS_TEST_TMPDIR/none"
	CC=false run -2 "$SRC/libsys/check-table" "$table"
	assert_contains "cannot preprocess"
	# A header with next to nothing in it.
	mkdir -p empty/asm && echo '#define __NR_read 0' >empty/asm/unistd_64.h
	CPPFLAGS="-nostdinc -I$PWD/empty" run -2 "$SRC/libsys/check-table" "$table"
	assert_contains "1 calls only"
}

@test "table: the generator refuses a row that it cannot read, with its place" {
	local row
	for row in '5 long (void)' '0 read long (void)' '9999 a long' '9999 a (void)' \
		'9999 a long (int a, int b, int c, int d, int e, int f, int g)'; do
		(cat "$table" && echo "$row") >bad
		run awk -f "$SRC/libsys/generate.awk" bad "$SRC/libsys/sys.h.in"
		assert_status 1
		assert_contains "bad:$(wc -l <bad): "
	done
}

@test "table: every awk makes the same header" {
	local a n=0
	for a in mawk gawk 'busybox awk' original-awk; do
		command -v "${a%% *}" >/dev/null || continue
		$a -f "$SRC/libsys/generate.awk" "$table" "$SRC/libsys/sys.h.in" >"sys.h.$n"
		cmp "sys.h.$n" "$BUILD/include/syslayer/sys.h"
		n=$((n + 1))
	done
	((n > 0)) || fail "no awk found"
}

@test "archive: both forms of every call, one object each, and nothing writable but TLS" {
	awk '!/^#/ { print "sys_" $2 ".o"; print "libsys_" $2 ".o" }' "$table" >expected
	printf '%s\n' errno.o init.o section.o >>expected
	ar t "$lib" | sort >members
	sort expected | diff - members
	# .data and .bss of every member are empty.
	size -A "$lib" | awk '($1 == ".data" || $1 == ".bss") && $2 != 0 { bad = 1 } END { exit bad }'
}

@test "archive: no wrapper refers to the slots but by the jump that .syslayer.calls lists" {
	ar x "$lib" sys_read.o libsys_mmap.o
	local o
	for o in sys_read.o libsys_mmap.o; do
		run -0 readelf -rW "$o"
		assert_equal "$(grep -c 'R_X86_64_PC32.*__syslayer_slots' <<<"$output")" 1
		assert_equal "$(grep -c 'R_X86_64_64 ' <<<"$output")" 1
		assert_equal "$(field "$o" .syslayer.calls 5)" 000008
		run -0 readelf -SW "$o"
		[[ $output =~ \.syslayer\.calls\ +PROGBITS\ +0+\ [0-9a-f]+\ 000008\ 00\ +0\ +0\ +1 ]] ||
			fail ".syslayer.calls is allocated:" "$output"
	done
}

@test "wrappers: number, six arguments and frame arrive; registers, rsp and DF are kept" {
	# shellcheck disable=SC2016
	awk -v template='CALL(@name@, @number@, @arguments@, @kind@)' -f "$SRC/libsys/generate.awk" "$table" >calls.inc
	local slots
	slots=$(awk '!/^#/' "$table" | grep -vcE '^[0-9]+ (vfork|clone3?|rt_sigreturn) ')
	"$CC" -O2 "${includes[@]}" -I. "$fixtures/record.c" "$fixtures/record.S" "$lib" -o record
	run ./record
	assert_status 0
	assert_equal "$output" "$slots calls, 0 failures"
}

@test "wrappers: the recording test notices a wrapper that is wrong" {
	# shellcheck disable=SC2016
	awk -v template='CALL(@name@, @number@, @arguments@, @kind@)' -f "$SRC/libsys/generate.awk" "$table" |
		sed 's/^CALL(pread64, 17, 4/CALL(pread64, 18, 4/; s/^CALL(close, 3, 1/CALL(close, 3, 2/' >calls.inc
	cat >broken.S <<-'END'
		.globl sys_close, libsys_close
		sys_close: libsys_close:
			mov $3, %eax
			mov %rax, %rsi
			mov %rax, %rbx
			lea -136(%rsp), %rsp
			lea 1f(%rip), %rcx
			mov %rcx, (%rsp)
			.byte 0xe9
			.long __syslayer_slots + 64 * 3 - . - 4
		1:	cld
			ret
	END
	"$CC" -O2 "${includes[@]}" -I. broken.S "$fixtures/record.c" "$fixtures/record.S" "$lib" -o record
	run ./record
	assert_status 1
	assert_contains "pread64: wrong slot"
	assert_contains "pread64: wrong number in rax"
	assert_contains "close: arguments differ"
	assert_contains "close: a callee-saved register changed"
	assert_contains "close: DF changed"
	assert_contains "close: wrong errno"
}

@test "wrappers: vfork, clone, clone3 and rt_sigreturn are made where they stand, and work" {
	"$CC" -O2 "${includes[@]}" "$fixtures/in-place.c" "$lib" -o in-place
	run ./in-place
	assert_equal "$output" "in place ok"
	# They leave nothing for the linker plugin to move.
	ar x "$lib" sys_vfork.o sys_clone.o sys_clone3.o sys_rt_sigreturn.o libsys_vfork.o
	local o
	for o in *.o; do
		assert_equal "$(field "$o" .syslayer.calls 5)" ""
		run -0 nm "$o"
		refute_contains __syslayer_slots
	done
	# The 9 bytes by which debuggers and unwinders know a signal frame.
	"$OBJCOPY" -O binary -j .text.sys_rt_sigreturn sys_rt_sigreturn.o bytes
	assert_equal "$(od -An -tx1 bytes | tr -d ' \n')" 9048c7c00f0000000f05
	assert_equal "$(field sys_rt_sigreturn.o .eh_frame 5)" ""
}

@test "wrappers: an unwinder finds the caller before the jump, and behind it from the stub" {
	ar x "$lib" sys_read.o
	readelf --debug-dump=frames-interp sys_read.o >frames
	local jump
	jump=$(objdump -d sys_read.o | sed -n 's/^ *\([0-9a-f]*\):.*\tjmp .*/\1/p')
	# CFA = rsp+144 from the lea up to the jump, rsp+8 from its second byte on.
	run -0 cat frames
	assert_contains "rsp+144"
	assert_equal "$(awk '$2 ~ /^rsp/ { last = $1 " " $2 } END { print last }' frames)" \
		"$(printf '%016x' $((16#$jump + 1))) rsp+8"
}

@test "no libc: a static program of libsys alone is below 4 KiB plus headers" {
	local ld size headers tool
	for ld in bfd lld lld-16 lld-19 lld-22; do
		tool=ld.$ld
		command -v "$tool" >/dev/null || continue
		"$CC" "${freestanding[@]}" "${includes[@]}" -c "$fixtures/hello.c" -o hello.o
		# Without it GNU ld starts each segment on a page of the file.
		"$tool" -static -s -z noseparate-code -o hello hello.o "$lib"
		size=$(stat -c %s hello)
		# What names and places the parts: ELF header, both tables, the names of the sections.
		headers=$((64 + 56 * $(readelf -hW hello | awk '/Number of program headers/ { print $5 }') +
			64 * $(readelf -hW hello | awk '/Number of section headers/ { print $5 }') +
			16#$(field hello .shstrtab 5)))
		echo "$ld: $size bytes, of these $headers headers"
		((size - headers < 4096)) || fail "$ld: $size bytes, of these $headers headers"
		assert_reserved hello
		# Two wrappers of 770, without errno and TLS.
		assert_equal "$((16#$(field hello .syslayer.calls 5)))" 16
		run -0 readelf -lW hello
		refute_contains TLS
		refute_contains INTERP
	done
}

@test "no libc: the program of libsys alone runs" {
	"$CC" "${freestanding[@]}" "${includes[@]}" -static -DFILL "$fixtures/hello.c" "$lib" -o hello
	run ./hello
	assert_status 42
	assert_equal "$output" "libsys alone"
}

@test "no libc: the program of libsys alone runs when stamped" {
	[[ -x $BUILD/elfpatch/elfpatch ]] || skip "elfpatch is not built"
	"$CC" "${freestanding[@]}" "${includes[@]}" -static "$fixtures/hello.c" "$lib" -o hello
	run -139 ./hello
	"$BUILD/elfpatch/elfpatch" stamp -o stamped hello
	run ./stamped
	assert_status 42
	assert_equal "$output" "libsys alone"
}

@test "no libc: libsys_init sets up TLS, of any alignment, and errno in it" {
	local ld mode align n=0
	for ld in bfd lld; do
		for mode in '-static -no-pie -fno-pie' '-static-pie -fPIE'; do
			for align in 1 4 64 4096 8192; do
				# shellcheck disable=SC2086
				"$CC" "${freestanding[@]}" "${includes[@]}" -DALIGN=$align $mode -fuse-ld=$ld \
					-Wl,-z,text "$fixtures/nolibc.c" "$lib" -o nolibc
				run ./nolibc
				assert_equal "$ld $mode $align: $status" "$ld $mode $align: 0"
				n=$((n + 1))
			done
		done
	done
	assert_equal "$n" 20
}

@test "errno: glibc's and musl's, each thread's own, however it is linked" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086
		eval "$line" -O2 '"${includes[@]}" -pthread "$fixtures/errno.c"' \
			'-Wl,-z,text -Wl,--whole-archive "$lib" -Wl,--no-whole-archive -o errno-program'
		run ./errno-program
		assert_equal "$line: $output" "$line: errno ok"
		assert_no_textrel errno-program
		assert_reserved errno-program
	done <<-'END'
		gcc -fuse-ld=bfd -fPIE -pie
		gcc -fuse-ld=bfd -fno-pie -no-pie
		gcc -fuse-ld=bfd -static
		gcc -fuse-ld=bfd -fPIE -static-pie
		gcc -fuse-ld=lld -fPIE -pie
		clang -fuse-ld=lld -fPIE -pie
		clang -fuse-ld=lld -fno-pie -no-pie
		clang -fuse-ld=lld -static
		clang -fuse-ld=lld -fPIE -static-pie
		musl-gcc -fPIE -pie
		musl-gcc -fno-pie -no-pie
		musl-gcc -static
	END
}

@test "shared library: all wrappers, its own section, no text relocation, nothing exported" {
	local line
	cat >l.c <<-'END'
		#include <syslayer/sys.h>
		#include "slots.h"
		int fill(void);
		int bad_close(void);
		int fill(void) { return (int)fill_slots_native(); }
		int bad_close(void) { return libsys_close(-1U); }
	END
	cat >main.c <<-'END'
		#include <errno.h>
		int fill(void);
		int bad_close(void);
		int main(void)
		{
			return fill() || bad_close() != -1 || errno != EBADF;
		}
	END
	while read -r line; do
		eval "$line" -O2 -fPIC -shared '"${includes[@]}" l.c' \
			'-Wl,-z,text -Wl,--whole-archive "$lib" -Wl,--no-whole-archive -o libl.so'
		assert_no_textrel libl.so
		assert_reserved libl.so
		run -0 nm -D --defined-only libl.so
		refute_contains sys_
		${line%% *} main.c ./libl.so -o main
		./main
	done <<-'END'
		gcc -fuse-ld=bfd
		gcc -fuse-ld=lld
		clang -fuse-ld=bfd
		clang -fuse-ld=lld
		musl-gcc
	END
}

@test "header: C89 to C23 and C++, no warning, on its own and after libc's headers" {
	local standard warn=(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror)
	printf '%s\n' '#include <syslayer/sys.h>' 'int use(void);' \
		'int use(void) { return sys_getpid() == libsys_getpid() && SYSLAYER_NR_write == 1; }' >alone.c
	(printf '#include <%s>\n' errno.h fcntl.h poll.h pthread.h sched.h signal.h stdio.h stdlib.h string.h \
		sys/epoll.h sys/mman.h sys/resource.h sys/sem.h sys/shm.h sys/socket.h sys/stat.h sys/statfs.h \
		sys/sysinfo.h sys/time.h sys/timerfd.h sys/times.h sys/timex.h sys/uio.h sys/utsname.h \
		sys/wait.h time.h unistd.h utime.h mqueue.h && cat alone.c) >after.c
	for standard in c89 c99 c11 c17 c2x; do
		gcc -std=$standard -pedantic "${warn[@]}" "${includes[@]}" -c alone.c -o alone.o
		clang -std=$standard -pedantic "${warn[@]}" "${includes[@]}" -c alone.c -o alone.o
	done
	gcc -std=gnu17 -D_GNU_SOURCE "${warn[@]}" "${includes[@]}" -c after.c -o after.o
	musl-gcc -std=gnu17 -D_GNU_SOURCE "${warn[@]}" "${includes[@]}" -c after.c -o after.o
	for standard in c++98 c++11 c++20; do
		g++ -std=$standard -pedantic -Wall -Wextra -Wshadow -Werror "${includes[@]}" -x c++ -c alone.c -o alone.o
		g++ -std=$standard -Wall -Wextra -Wshadow -Werror "${includes[@]}" -x c++ -c after.c -o after.o
	done
	# C linkage: the names of the archive.
	run -0 nm -u after.o
	assert_contains " sys_getpid"
	# <stddef.h> and nothing else.
	assert_equal "$(grep '#include' "$BUILD/include/syslayer/sys.h")" '#include <stddef.h>'
}

@test "header: each call of the table has both forms and its number" {
	local missing
	missing=$(awk -v header="$BUILD/include/syslayer/sys.h" '
		BEGIN { while ((getline line < header) > 0) text = text line "\n" }
		/^#/ { next }
		!index(text, "\nlong sys_" $2 "(") || !index(text, "libsys_" $2 "(") ||
			!index(text, "\n#define SYSLAYER_NR_" $2 " " $1 "\n") { print $2 }' "$table")
	assert_equal "$missing" ""
}
