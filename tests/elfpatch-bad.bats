#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch and bad input: a message that names file, field and offset, exit 2 or 3, nothing touched.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

# refused FILE STATUS TEXT: by every verb that takes files.
refused() {
	local verb
	cp "$1" before
	for verb in "reserve -i" "rewrite -i" "stamp -i" "unstamp -i" inspect verify; do
		# shellcheck disable=SC2086 # verb and option
		run "-$2" timeout 10 elfpatch $verb "$1"
		assert_error "$1"
		assert_contains "$3"
	done
	cmp "$1" before
	assert_no_temporary
}

# poke FILE OFFSET BYTES
poke() {
	# shellcheck disable=SC2059 # escapes
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "bad: what is no ELF file" {
	: >empty
	refused empty 2 "not an ELF file"
	echo hello >text
	refused text 2 "e_ident at 0x0: not an ELF file"
	printf '\177ELF' >four
	refused four 2 "truncated"
	echo '#!/bin/sh' >script
	refused script 2 "not an ELF file"
}

@test "bad: 32-bit, another machine, another byte order, an object file" {
	cp "$t/static" f
	poke f 4 '\001'
	refused f 3 "EI_CLASS at 0x4"
	cp "$t/static" f
	poke f 5 '\002'
	refused f 3 "EI_DATA at 0x5"
	cp "$t/static" f
	poke f 18 '\267'
	refused f 3 "e_machine at 0x12"
	cp "$t/static" f
	poke f 6 '\002'
	refused f 2 "EI_VERSION at 0x6"
	echo 'int x;' >x.c
	"$CC" -c -o f x.c
	refused f 3 "e_type at 0x10"
	# A core file; a kernel module is an object file, too, and is refused like one.
	cp "$t/static" f
	poke f 16 '\004'
	refused f 3 "e_type at 0x10"
}

@test "bad: fields of the headers that lead out of the file" {
	cp "$t/static" f
	poke f 32 '\377\377\377\377\377\377\377\177'
	refused f 2 "e_phoff at 0x20"
	cp "$t/static" f
	poke f 54 '\001'
	refused f 2 "e_phentsize at 0x36"
	cp "$t/static" f
	poke f 56 '\376\377'
	refused f 2 "go over the end of the file"
	cp "$t/static" f
	poke f 56 '\000\000'
	refused f 3 "e_phnum at 0x38"
	cp "$t/static" f
	poke f 40 '\377\377\377\377\377\377\377\377'
	refused f 2 "e_shoff at 0x28"
	cp "$t/static" f
	poke f 62 '\376\000'
	refused f 2 "e_shstrndx at 0x3e"
	# Of the first program header: p_offset, p_vaddr, p_filesz.
	cp "$t/musl" f
	poke f $((64 + 8)) '\377\377\377\377\377\377\377\177'
	refused f 2 " at 0x"
	cp "$t/musl" f
	poke f $((64 + 16)) '\001'
	refused f 2 "p_offset at 0x48"
	cp "$t/musl" f
	poke f $((64 + 32)) '\377\377\377\377'
	refused f 2 "p_filesz at 0x60"
}

@test "bad: a directory, a FIFO, a device, a file that is not there or may not be read" {
	mkdir d
	mkfifo fifo
	local verb f
	for verb in "reserve -i" "rewrite -i" "stamp -i" "unstamp -i" inspect verify; do
		for f in d fifo /dev/null nowhere; do
			# shellcheck disable=SC2086 # verb and option
			run -2 timeout 10 elfpatch $verb "$f"
			assert_error "$f"
		done
	done
}

# Every length of the headers, and some hundred of what follows, the tables at the end included.
@test "bad: cut off anywhere: exit 2 or 3, with a message, untouched, in time" {
	need_tools python3
	local f
	for f in musl nolibc; do
		[[ -e $t/$f.rw ]] || continue
		elfpatch stamp -o "$f.st" "$t/$f"
		timeout 100 python3 "$SRC/tests/elfpatch/truncate.py" "$f.st"
	done
	timeout 100 python3 "$SRC/tests/elfpatch/truncate.py" "$t/nolibc.rw"
}

@test "usage: errors exit 2 and write nothing" {
	cp "$t/static" f
	cp f g
	local args
	while read -r args; do
		# shellcheck disable=SC2086 # words
		run -2 elfpatch $args
		assert_contains "elfpatch"
		assert_contains "--help"
	done <<-END
		nonsense
		stamp
		stamp -i
		stamp f
		stamp -o out
		stamp -i -o out f
		stamp -o out f g
		stamp -o out -o out f
		stamp -i --size=1M f
		stamp -i --nonsense f
		stamp -i --hardlinks=maybe f
		reserve -i --image=native f
		rewrite f
		rewrite -i -o out f
		rewrite -i --image=native f
		rewrite -i --size=0 f
		rewrite -o out f g
		reserve -i --size=x f
		unstamp -i --json f
		inspect -i f
		inspect
		verify --sites f
		verify -o out f
		layers f
	END
	run -2 elfpatch
	cmp f "$t/static"
	[[ ! -e out ]] || fail "written"
}

@test "usage: --help, of all and of each verb, and --version" {
	run -0 elfpatch --help
	local verb
	for verb in reserve rewrite stamp unstamp inspect verify layers; do
		assert_contains "  $verb "
		run -0 elfpatch "$verb" --help
		assert_contains "usage: elfpatch $verb "
		run -0 elfpatch --help
	done
	run -0 elfpatch --version
	[[ $output =~ ^elfpatch\ \(syslayer\)\ [0-9]+\.[0-9] ]] || fail "$output"
	run -2 bash -c 'elfpatch --help >/dev/full'
	assert_contains "standard output"
}
