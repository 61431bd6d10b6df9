#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What elfpatch and the plugin add survives the tools that lay a file out anew, before and after.
# shellcheck disable=SC2317 # functions are called by try

load helpers
load elfpatch

# Programs whose only sites are in themselves, so that count can tell whether they still go through the section.
setup_file() {
	make_kinds
	cat >own.c <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/syscall.h>
		static volatile char bss[70000];
		__thread int local = 3;
		static long call(long number, long argument)
		{
			long r;
			__asm__ volatile("syscall" : "=a"(r) : "0"(number), "D"(argument) : "rcx", "r11", "memory");
			return r;
		}
		int main(int argc, char **argv)
		{
			for (int i = 0; i < 7; i++)
				bss[i] = (char)call(SYS_getppid, 0);
			printf("hello %d %s\n", argc, local == 3 && argc > 1 ? argv[1] : "-");
			fflush(stdout);
			return (int)call(SYS_exit_group, 0);
		}
	END
	local pie=(-O2 -fPIE -pie) nopie=(-O2 -no-pie) plugin="-Wl,-plugin,$BUILD/plugin/.libs/syslayer.so"
	"$CC" "${pie[@]}" -g -o own-pie own.c
	"$CC" "${nopie[@]}" -g -o own-nopie own.c
	"$CC" "${pie[@]}" -Wl,-z,pack-relative-relocs -o own-relr own.c 2>relr.log || "$CC" "${pie[@]}" -o own-relr own.c
	local k
	for k in own-pie own-nopie own-relr; do
		"$BUILD/elfpatch/elfpatch" rewrite -q -o "$k.rw" "$k"
	done
	for k in static static-pie own-pie own-nopie own-relr; do
		"$BUILD/elfpatch/elfpatch" stamp -o "$k.st" "$k.rw"
	done
	# AddressSanitizer's linkers load no plugin.
	if [[ -e $BUILD/plugin/.libs/syslayer.so ]] && "$CC" "${pie[@]}" "$plugin" -g -o linked-pie own.c; then
		"$CC" "${nopie[@]}" "$plugin" -g -o linked-nopie own.c
		"$CC" -O2 -static "$plugin" -g -o linked-static own.c
	fi
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

# programs: all that is tried.
programs() {
	local p
	for p in "$t"/static.rw "$t"/static-pie.rw "$t"/own-*.rw "$t"/*.st "$t"/linked-*; do
		[[ ! -e $p ]] || basename "$p"
	done
}

# assert_survived FILE [own]: it runs, here and where e_phoff leads to the program headers in memory, as in kernels
# before Linux 5.18; verify is content; the sites go through the section.
assert_survived() {
	local file=$1
	assert_runs "$file"
	run -0 elfpatch verify "$file"
	refute_contains warning
	if command -v qemu-x86_64-static >/dev/null; then
		run -0 qemu-x86_64-static "$file" there
		assert_equal "$output" "hello 2 there"
	fi
	run -0 elfpatch verify "$file"
	if [[ $file != *.st ]]; then
		rm -f table
		SYSLAYER_IMAGE=$BUILD/layers/count.img SYSLAYER_OUTPUT=table run -0 "$file" there
		[[ -s table ]] || fail "$file: nothing was counted"
		[[ ${2-} != own ]] || assert_equal "$(awk '$NF == "getppid" { print $1 }' table)" 7
	fi
}

# try WORD...: each program through that command, which gets the file as its last argument.
try() {
	local p
	for p in $(programs); do
		cp "$t/$p" "$p"
		"$@" "./$p"
		assert_survived "./$p" "${p%%[-.]*}"
	done
}

@test "strip: before any tool the programs are as they must be" {
	try true
	[[ $(programs | wc -l) -ge 9 ]] || fail "too few: $(programs)"
}

@test "strip: GNU strip, all, debug information alone, twice" {
	try strip
	try strip -s
	try strip -g
	twice() { strip -g "$1" && strip "$1"; }
	try twice
}

@test "strip: as Debian's dh_strip does, with debug information in a file of its own" {
	apart() {
		objcopy --only-keep-debug --compress-debug-sections "$1" "$1.debug"
		strip --remove-section=.comment --remove-section=.note "$1"
		objcopy --add-gnu-debuglink="$1.debug" "$1"
	}
	try apart
}

@test "strip: GNU objcopy makes a copy" {
	copied() { objcopy "$1" "$1.copy" && mv "$1.copy" "$1"; }
	try copied
}

@test "strip: eu-strip" {
	try eu-strip
	try eu-strip -g
	apart() { eu-strip -f "$1.debug" "$1"; }
	try apart
}

# It refuses glibc's static programs: "Link field value in section .rela.plt is not a symbol table".
@test "strip: llvm-strip" {
	local tool
	for tool in llvm-strip llvm-strip-14 llvm-strip-19; do
		command -v "$tool" >/dev/null || continue
		lenient() { "$tool" "$1" 2>"$tool.log" || grep -q "is not a symbol table" "$tool.log"; }
		try lenient
	done
}

# dynamic: of the programs, those that patchelf takes.
dynamic() {
	programs | grep -v static
}

try_dynamic() {
	local p
	for p in $(dynamic); do
		cp "$t/$p" "$p"
		"$@" "./$p"
		assert_survived "./$p"
	done
}

@test "strip: patchelf sets a run path, adds a library, changes the interpreter" {
	local long
	long=$(printf '%0300d' 0)
	try_dynamic patchelf --set-rpath "/$long"
	try_dynamic patchelf --add-needed libm.so.6
	cp /lib64/ld-linux-x86-64.so.2 "./${long:0:200}.so"
	try_dynamic patchelf --set-interpreter "$PWD/${long:0:200}.so"
}

@test "strip: patchelf and strip, strip and patchelf" {
	path_strip() { patchelf --set-rpath "/$(printf '%0300d' 0)" "$1" && strip "$1"; }
	try_dynamic path_strip
	strip_path() { strip "$1" && patchelf --set-rpath "/$(printf '%0300d' 0)" "$1"; }
	try_dynamic strip_path
	all() { eu-strip -g "$1" && strip -g "$1" && llvm-strip "$1"; }
	try_dynamic all
}

@test "strip: what they have laid out anew can be stamped, and is unstamped to a file that runs" {
	local p
	for p in static.rw static-pie.rw own-pie.rw own-nopie.rw; do
		cp "$t/$p" "$p"
		strip "$p"
		elfpatch stamp -i "$p"
		elfpatch verify -q "$p"
		assert_runs "./$p"
		strip "$p"
		assert_runs "./$p"
		elfpatch unstamp -i "$p"
		assert_survived "./$p"
	done
}

@test "strip: programs that the tools were at before are rewritten" {
	local k tool
	for k in static static-pie own-pie own-nopie; do
		for tool in strip eu-strip "patchelf --add-needed libm.so.6"; do
			[[ $k != static* || $tool != patchelf* ]] || continue
			cp "$t/$k" file
			$tool file
			elfpatch rewrite -q -i file
			assert_survived ./file
			strip file
			# What patchelf adds lies behind debug information, and moves down with ours, each for itself.
			if [[ $tool == patchelf* ]]; then
				assert_runs ./file
			else
				assert_survived ./file
			fi
		done
	done
}

@test "strip: shared libraries" {
	cat >user.c <<-'END'
		long add(long);
		int main(void) { return (int)add(41); }
	END
	local tool
	for tool in strip eu-strip llvm-strip objcopy "patchelf --set-rpath /a/rather/long/path/for/a/library"; do
		cp "$t/library.so.rw" libadd.so
		$tool libadd.so
		elfpatch verify -q libadd.so
		"$CC" -o user user.c ./libadd.so
		run -42 ./user
		elfpatch stamp -i libadd.so
		run -42 ./user
	done
}

@test "strip: large BSS leaves a hole in the file, not bytes" {
	sed 's/70000/5000000/' "$t/own.c" >large.c
	local kind
	for kind in -no-pie -pie; do
		"$CC" -O2 -fPIE "$kind" -o large large.c
		elfpatch rewrite -q -o out large
		assert_survived ./out
		[[ $(($(stat -c %b out) - $(stat -c %b large))) -lt $((131072 / 512)) ]] || fail "$(stat out)"
	done
	# So much that no file should be as large: it runs, on Linux 5.18 and later.
	sed 's/70000/500000000/' "$t/own.c" >large.c
	"$CC" -O2 -o large large.c
	elfpatch rewrite -q -o out large
	assert_runs ./out
	run -0 elfpatch verify out
	assert_contains "warning: it needs Linux 5.18 or later"
	[[ $(stat -c %s out) -lt 1000000 ]] || fail "$(stat out)"
}

@test "strip: pages of 2 MiB, program headers in use by a name, a payload behind the file" {
	"$CC" -O2 -no-pie -Wl,-z,max-page-size=0x200000 -Wl,-z,noseparate-code -o huge "$t/own.c"
	elfpatch rewrite -q -o out huge
	assert_survived ./out
	strip out
	assert_survived ./out
	# What lies behind the last section stays where it is.
	cp "$t/own-pie" payload
	printf 'the payload\n' >>payload
	local at
	at=$(stat -c %s "$t/own-pie")
	elfpatch rewrite -q -o out payload
	assert_survived ./out
	assert_equal "$(dd if=out bs=1 skip="$at" count=11 status=none)" "the payload"
}

@test "strip: without section headers" {
	cp "$t/own-pie" bare
	# e_shoff, e_shnum and e_shstrndx become 0.
	printf '\0\0\0\0\0\0\0\0' | dd of=bare bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of=bare bs=1 seek=60 conv=notrunc status=none
	elfpatch reserve -o out bare
	assert_runs ./out
	elfpatch verify -q out
	elfpatch stamp -i out
	assert_runs ./out
}

@test "strip: what needs Linux 5.18 afterwards is told by verify and by rewrite, and is so" {
	head -c 20000000 /dev/zero >bytes
	objcopy --add-section .more=bytes "$t/own-nopie" large
	run -0 elfpatch rewrite -o out large
	refute_contains warning
	run -0 elfpatch verify out
	refute_contains warning
	strip out
	assert_runs ./out
	run -0 elfpatch verify out
	assert_contains "warning: it needs Linux 5.18 or later"
	run -0 elfpatch verify --json out
	assert_contains "Linux 5.18"
	run -0 elfpatch verify -q out
	assert_equal "$output" ""
	# qemu's user emulation tells programs the place that these kernels do.
	need_tools qemu-x86_64-static
	! qemu-x86_64-static ./out there >log 2>&1 || fail "it runs there as well"
	strip -o small "$t/own-nopie.rw"
	run -0 qemu-x86_64-static ./small there
	sed 's/70000/500000000/' "$t/own.c" >large.c
	"$CC" -O2 -o large large.c
	run -0 elfpatch rewrite -o out large
	assert_contains "warning: it needs Linux 5.18 or later"
}
