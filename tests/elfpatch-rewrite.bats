#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch rewrite: programs that no plugin has seen.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

teardown() {
	! mountpoint -q "$BATS_TEST_TMPDIR/small" || umount "$BATS_TEST_TMPDIR/small"
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

@test "rewrite: every kind runs, is verified, and goes through its section" {
	local k
	for k in $(each_kind); do
		run -0 elfpatch rewrite -o out "$t/$k"
		[[ $output =~ ^"$t/$k: "[1-9][0-9]*" sites: "[1-9][0-9]*" rewritten, "[0-9]+" left" ]] ||
			fail "$output"
		assert_runs ./out
		run -0 elfpatch verify out
		# The end of a dynamic program, when counts are printed, is the C library's.
		[[ $k != *static* ]] || run -0 env SYSLAYER_IMAGE="$BUILD/layers/count.img" ./out there
		[[ $k != *static* ]] || assert_contains getpid
	done
}

@test "rewrite: a second run changes no byte and touches nothing" {
	local k before
	for k in static static-pie pie library.so; do
		elfpatch rewrite -q -o out "$t/$k"
		cp out first
		before=$(stat -c '%i %y %z' out)
		run -0 elfpatch rewrite -v -i out
		assert_equal "$output" "out: unchanged, rewritten already"
		assert_equal "$(stat -c '%i %y %z' out)" "$before"
		elfpatch rewrite -q -o copy out
		cmp copy first
		# Again from the start: the same bytes.
		elfpatch rewrite -q -o again "$t/$k"
		cmp again first
	done
}

@test "rewrite: in place, and what the line says is what inspect says" {
	cp "$t/static" file
	run -0 elfpatch rewrite -i file
	local line=${output#file: }
	run -0 elfpatch inspect file
	assert_contains "  sites     ${line/ sites:/:}"
	assert_contains "1 rt_sigreturn" "$line"
	cp "$t/static" file
	run -0 elfpatch rewrite -qi file
	assert_equal "$output" ""
	assert_runs ./file
}

@test "rewrite: a file without sites is left alone, and copied where a copy is asked for" {
	echo 'int none(int n); int none(int n) { return n + 1; }' >none.c
	"$CC" -shared -fPIC -o none.so none.c
	cp none.so before
	local stamp
	stamp=$(stat -c '%i %y' none.so)
	run -0 elfpatch rewrite -i none.so
	assert_equal "$output" ""
	run -0 elfpatch rewrite -v -i none.so
	assert_equal "$output" "none.so: unchanged, 0 sites"
	assert_equal "$(stat -c '%i %y' none.so)" "$stamp"
	elfpatch rewrite -o out none.so
	cmp out before
}

@test "rewrite: a site that must stay is no reason to touch a file" {
	cat >left.S <<-END
		.globl _start
		.type _start, @function
		_start:	mov \$15, %eax
			syscall
			ud2
		.size _start, . - _start
	END
	"$CC" -nostdlib -static -o left left.S
	cp left before
	run -0 elfpatch rewrite -v -i left
	assert_equal "$output" "left: unchanged, 1 sites: 1 left (1 rt_sigreturn)"
	cmp left before
}

@test "rewrite: --dry-run says what would be done" {
	cp "$t/static" file
	run -0 elfpatch rewrite --dry-run -i file
	assert_contains " would be rewritten, 1 left (1 rt_sigreturn)"
	cmp file "$t/static"
	run -0 elfpatch rewrite --dry-run -o out file
	[[ ! -e out ]] || fail "written"
}

@test "rewrite: --json" {
	need_tools jq
	cp "$t/static" file
	echo text >text
	elfpatch rewrite -q -o finished "$t/static"
	run -2 --separate-stderr elfpatch rewrite --json --dry-run -i file finished text
	assert_equal "${stderr-}" ""
	local json=$output
	assert_equal "$(jq -c 'map([.file, .result, .status])' <<<"$json")" \
		'[["file","would be rewritten",0],["finished","rewritten already",0],["text","failed",2]]'
	assert_equal "$(jq '.[0].sites | .total - .rewritten - .left' <<<"$json")" 0
	assert_equal "$(jq '.[0].sites | .rewritten - (.tactics | add)' <<<"$json")" 0
	assert_equal "$(jq '.[0].sites | .left - (.reasons | add)' <<<"$json")" 0
	assert_equal "$(jq -c '.[2].error' <<<"$json")" '{"field":"e_ident","offset":0,"text":"not an ELF file"}'
	elfpatch rewrite --json -i file >out
	assert_equal "$(jq -r '.[0].result' out)" rewritten
}

@test "rewrite: --size and --require, and a file that has another section" {
	elfpatch rewrite -q --size=2M --require -o out "$t/static"
	run -0 elfpatch inspect out
	assert_contains "2097152 bytes, reserved"
	assert_contains "required  yes"
	elfpatch verify -q out
	cp out before
	# Nothing said is nothing to change.
	elfpatch rewrite -i out
	elfpatch rewrite -i --size=2M --require out
	run -3 elfpatch rewrite -i --size=1M out
	assert_error out
	assert_contains "note size at 0x"
	cmp out before
	elfpatch rewrite -q -o plain "$t/static"
	run -3 elfpatch rewrite -i --require plain
	assert_contains "note flags at 0x"
	run -2 elfpatch rewrite -o none --size=5000 "$t/static"
	assert_contains "whole pages"
	[[ ! -e none ]] || fail "written"
}

@test "rewrite: -v tells of a separate debugging file, which debuggers still take" {
	need_tools gdb
	"$CC" -g -O1 -static -o program "$SRC/tests/elfpatch/hello.c"
	objcopy --only-keep-debug program program.debug
	strip program
	objcopy --add-gnu-debuglink=program.debug program
	run -0 --separate-stderr elfpatch rewrite -o quiet program
	assert_equal "${stderr-}" ""
	run -0 --separate-stderr elfpatch rewrite -v -o out program
	assert_contains "elfpatch: program: warning: its separate debugging file" "${stderr-}"
	run -0 gdb -q -batch -ex 'break main' -ex run -ex bt ./out
	assert_contains "hello.c:"
	# The debugging file itself has no code in it.
	run -0 elfpatch rewrite -v -i program.debug
	assert_contains "unchanged"
}

@test "rewrite: a signature is told of, and left out" {
	[[ $(id -u) -eq 0 ]] || skip "needs root"
	need_tools setfattr getfattr
	cp "$t/static" file
	setfattr -n security.ima -v 0x0301 file 2>/dev/null || skip "no such attribute here"
	run -0 --separate-stderr elfpatch rewrite -i file
	assert_contains "elfpatch: file: warning: its IMA" "${stderr-}"
	run -0 getfattr -m- -d file
	refute_contains security.ima
	assert_runs ./file
}

# As in programs without unwind tables: the only known start is a long way off.
@test "rewrite: sites far behind the last function that is known" {
	cat >far.S <<-'END'
		.globl _start
		_start:	jmp 1f
		.rept 3000
			mov %rdi, 0x1234(%rsi,%rdx,8)
			movabs $0x050f050f050f050f, %rax
			lea 5(%rip), %rcx
			movdqu %xmm9, (%r12)
			cmpl $0x50f, 16(%rsp)
			ja .+6
			.byte 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0
		.endr
		1:	mov $39, %eax
			syscall
			mov $60, %eax
			xor %edi, %edi
			syscall
			hlt
	END
	"$CC" -nostdlib -static -o far far.S
	strip far
	run -0 elfpatch rewrite -o out far
	assert_equal "$output" "far: 2 sites: 2 rewritten, 0 left"
	elfpatch verify -q out
	run -0 env SYSLAYER_IMAGE="$BUILD/layers/count.img" ./out
	assert_contains getpid
}

# Seen in a program of Google's: PT_GNU_RELRO counts what is in memory only.
@test "rewrite: a RELRO segment that has more bytes in the file than are loaded" {
	need_tools python3
	cp "$t/static" odd
	python3 - <<-'END'
		import struct
		data = bytearray(open("odd", "rb").read())
		off, size, count = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<HH", data, 54)
		headers = [(off + i * size, *struct.unpack_from("<IIQQQQQQ", data, off + i * size)) for i in range(count)]
		relro = next(h for h in headers if h[1] == 0x6474E552)
		load = next(h for h in headers if h[1] == 1 and h[4] <= relro[4] < h[4] + h[6])
		struct.pack_into("<Q", data, relro[0] + 32, load[4] + load[6] - relro[4] + 16)
		open("odd", "wb").write(data)
	END
	run -1 cmp odd "$t/static"
	assert_runs ./odd
	elfpatch rewrite -q -o out odd
	assert_runs ./out
	run -0 elfpatch verify out
}

@test "rewrite: a plain user with another's set-user-ID file, or without leave to write" {
	need_root
	need_tools setpriv
	mkdir dir closed
	cp "$t/static" dir/file
	cp "$t/static" closed/file
	chmod 4755 dir/file
	chmod 777 closed/file
	chown 65534:65534 dir
	chmod 755 "$BATS_TEST_TMPDIR" dir closed
	as_nobody true || skip "the directory cannot be reached by others"
	run as_nobody elfpatch rewrite -i dir/file
	assert_status 2
	assert_contains "set-user-ID"
	run as_nobody elfpatch rewrite -r -i closed
	assert_status 2
	assert_contains "no temporary file can be made in closed"
	cmp dir/file "$t/static"
	cmp closed/file "$t/static"
	assert_no_temporary
}

@test "rewrite: a full disk, a size limit, a program that is running" {
	need_root
	cp "$t/static" file
	run bash -c 'ulimit -f 100; elfpatch rewrite -i file'
	assert_status 2
	cmp file "$t/static"
	./file x 30 &
	local pid=$!
	sleep 0.1
	elfpatch rewrite -q -i file
	kill -0 "$pid"
	kill "$pid"
	assert_runs ./file
	mkdir small
	mount -t tmpfs -o size=1200k tmpfs small || skip "no tmpfs may be mounted"
	cp "$t/static" small/file
	local status_i status_r
	run elfpatch rewrite -i small/file
	status_i=$status
	assert_contains "No space left"
	run elfpatch rewrite -r -i small
	status_r=$status
	cmp small/file "$t/static"
	assert_no_temporary small
	umount small
	assert_equal "$status_i $status_r" "2 2"
}

@test "rewrite: a segment at the end of the file with a low address" {
	python3 "$SRC/tests/elfpatch/low-segment.py" "$t/static" low
	chmod +x low
	assert_runs ./low
	run -0 timeout 60 elfpatch rewrite -o out low
	assert_runs ./out
	run -0 elfpatch verify out
	run -0 elfpatch restore -o back out
	cmp back low
}

@test "rewrite: the C library grows by 6 % at most" {
	local libc before after
	libc=$(ldconfig -p | sed -n 's/.*libc\.so\.6 (libc6,x86-64.*=> //p' | head -n 1)
	elfpatch rewrite -q -o libc.so.6 "$libc"
	before=$(stat -Lc %s "$libc") after=$(stat -c %s libc.so.6)
	((after > before && (after - before) * 100 <= before * 6)) || fail "from $before to $after bytes"
	elfpatch restore -q -o back libc.so.6
	cmp back "$libc"
}

# A file of 120 MB of code and data, with calls and relocations all over it.
make_large() {
	cat >large.S <<-'END'
		.text
		.globl _start
		_start:	mov $39, %eax
			syscall
			mov $231, %eax
			xor %edi, %edi
			syscall
		.rept 64
			.zero 1 << 19, 0x90
			mov $39, %eax
			syscall
			lea data(%rip), %rax
		.endr
		.data
		data:
		.rept 64
			.quad _start
			.zero 1 << 20, 0x11
		.endr
	END
	"$CC" -nostdlib -static-pie -o large large.S
}

@test "rewrite, restore, verify: 32 MiB of memory are enough for a large file" {
	make_large
	(($(stat -c %s large) > 90000000)) || fail "not large"
	local verb
	for verb in "rewrite -q -o out large" "verify -q out" "restore -q -o back out" "rewrite --dry-run -q -i large"; do
		# shellcheck disable=SC2086 # several words
		run -0 python3 -c 'import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(status, usage.ru_maxrss)' "$BUILD/elfpatch/elfpatch-main" $verb
		[[ $output =~ ^0\ ([0-9]+)$ ]] && ((BASH_REMATCH[1] <= 32768)) || fail "$verb: $output KiB"
	done
	cmp back large
}
