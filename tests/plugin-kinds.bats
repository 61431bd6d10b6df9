#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin: every linker, every kind of output, both C libraries.

load helpers
load plugin

setup_file() {
	compile_fixtures
}

glibc_program() {
	both_glibc "$1" program "${@:3}" "$OBJECTS/program.o"
	assert_layered program program.plain "$DEFAULT_SIZE" ${2:+"$2"}
	assert_same_run ./program.plain ./program word
	# glibc's own when it is linked in, the program's in any case.
	[[ $2 == dynamic ]] || assert_counted 6 getppid
	[[ $2 != dynamic ]] || assert_counted 3 getppid
}

# assert_routed PLAIN FILE: the library's own system call is one no more, but a jump.
assert_routed() {
	run objdump -d --no-show-raw-insn --disassemble=library_call "$1"
	assert_contains "	syscall"
	run objdump -d --no-show-raw-insn --disassemble=library_call "$2"
	assert_contains "	jmp "
	refute_contains "	syscall"
}

glibc_library() {
	both_glibc "$1" libx.so -shared "$OBJECTS/library.o"
	assert_layered libx.so libx.so.plain
	assert_routed libx.so.plain libx.so
	"$CC" -o user "$OBJECTS/user.o" ./libx.so
	"$CC" -o user.plain "$OBJECTS/user.o" ./libx.so.plain
	assert_same_run ./user.plain ./user
	assert_equal "$output" $'16 17\ndestructed'
	"$CC" -o open "$OBJECTS/open.o"
	run ./open ./libx.so
	assert_equal "$status:$output" $'0:16 17\ndestructed'
}

cxx() {
	local flags=("${@:2}")
	both_glibc "$1" throw "$OBJECTS/throw.o" "${flags[@]}" -lstdc++ -lm
	assert_layered throw throw.plain
	assert_same_run ./throw.plain ./throw
	assert_contains "thrown 4 global object"
}

musl_program() {
	local linker=$1 kind=$2 words crt=crt1.o
	words=(-static)
	case $kind in
		static-pie) crt=rcrt1.o words=(-static -pie --no-dynamic-linker -z text) ;;
		pie) crt=Scrt1.o words=(-pie -dynamic-linker /lib/ld-musl-x86_64.so.1) ;;
		dynamic) words=(-dynamic-linker /lib/ld-musl-x86_64.so.1) ;;
	esac
	both_direct "$linker" program "${words[@]}" "$MUSL/$crt" "$MUSL/crti.o" "$OBJECTS/program-musl.o" \
		"-L$MUSL" -lc "$MUSL/crtn.o"
	assert_layered program program.plain "$DEFAULT_SIZE" "$kind"
	assert_same_run ./program.plain ./program word
	case $kind in
		static*) assert_counted 6 getppid ;;
		*) assert_counted 3 getppid ;;
	esac
}

musl_library() {
	both_direct "$1" libx.so -shared "$MUSL/crti.o" "$OBJECTS/library-musl.o" "-L$MUSL" -lc "$MUSL/crtn.o"
	assert_layered libx.so libx.so.plain
	assert_routed libx.so.plain libx.so
	musl-gcc -O1 "$FIXTURES/user.c" ./libx.so.plain -o user.plain
	musl-gcc -O1 "$FIXTURES/user.c" ./libx.so -o user
	assert_same_run ./user.plain ./user
	assert_equal "$output" $'16 17\ndestructed'
}

@test "lld 14, glibc: static" { glibc_program 14 "" -static; }
@test "lld 14, glibc: static PIE" { glibc_program 14 static-pie -static-pie; }
@test "lld 14, glibc: PIE" { glibc_program 14 dynamic -pie; }
@test "lld 14, glibc: no PIE" { glibc_program 14 dynamic -no-pie; }
@test "lld 14, glibc: shared library" { glibc_library 14; }
@test "lld 14, C++ with exceptions, static" { cxx 14 -static; }
@test "lld 14, C++ with exceptions, PIE" { cxx 14 -pie; }
@test "lld 14, musl: static" { musl_program 14 static; }
@test "lld 14, musl: static PIE" { musl_program 14 static-pie; }
@test "lld 14, musl: PIE" { musl_program 14 pie; }
@test "lld 14, musl: no PIE" { musl_program 14 dynamic; }
@test "lld 14, musl: shared library" { musl_library 14; }

@test "lld 16, glibc: static" { glibc_program 16 "" -static; }
@test "lld 16, glibc: static PIE" { glibc_program 16 static-pie -static-pie; }
@test "lld 16, glibc: PIE" { glibc_program 16 dynamic -pie; }
@test "lld 16, glibc: no PIE" { glibc_program 16 dynamic -no-pie; }
@test "lld 16, glibc: shared library" { glibc_library 16; }
@test "lld 16, C++ with exceptions, static" { cxx 16 -static; }
@test "lld 16, C++ with exceptions, PIE" { cxx 16 -pie; }
@test "lld 16, musl: static" { musl_program 16 static; }
@test "lld 16, musl: static PIE" { musl_program 16 static-pie; }
@test "lld 16, musl: PIE" { musl_program 16 pie; }
@test "lld 16, musl: no PIE" { musl_program 16 dynamic; }
@test "lld 16, musl: shared library" { musl_library 16; }

@test "lld 19, glibc: static" { glibc_program 19 "" -static; }
@test "lld 19, glibc: static PIE" { glibc_program 19 static-pie -static-pie; }
@test "lld 19, glibc: PIE" { glibc_program 19 dynamic -pie; }
@test "lld 19, glibc: no PIE" { glibc_program 19 dynamic -no-pie; }
@test "lld 19, glibc: shared library" { glibc_library 19; }
@test "lld 19, C++ with exceptions, static" { cxx 19 -static; }
@test "lld 19, C++ with exceptions, PIE" { cxx 19 -pie; }
@test "lld 19, musl: static" { musl_program 19 static; }
@test "lld 19, musl: static PIE" { musl_program 19 static-pie; }
@test "lld 19, musl: PIE" { musl_program 19 pie; }
@test "lld 19, musl: no PIE" { musl_program 19 dynamic; }
@test "lld 19, musl: shared library" { musl_library 19; }

@test "lld 22, glibc: static" { glibc_program 22 "" -static; }
@test "lld 22, glibc: static PIE" { glibc_program 22 static-pie -static-pie; }
@test "lld 22, glibc: PIE" { glibc_program 22 dynamic -pie; }
@test "lld 22, glibc: no PIE" { glibc_program 22 dynamic -no-pie; }
@test "lld 22, glibc: shared library" { glibc_library 22; }
@test "lld 22, C++ with exceptions, static" { cxx 22 -static; }
@test "lld 22, C++ with exceptions, PIE" { cxx 22 -pie; }
@test "lld 22, musl: static" { musl_program 22 static; }
@test "lld 22, musl: static PIE" { musl_program 22 static-pie; }
@test "lld 22, musl: PIE" { musl_program 22 pie; }
@test "lld 22, musl: no PIE" { musl_program 22 dynamic; }
@test "lld 22, musl: shared library" { musl_library 22; }

@test "bfd, glibc: static" { glibc_program bfd "" -static; }
@test "bfd, glibc: static PIE" { glibc_program bfd static-pie -static-pie; }
@test "bfd, glibc: PIE" { glibc_program bfd dynamic -pie; }
@test "bfd, glibc: no PIE" { glibc_program bfd dynamic -no-pie; }
@test "bfd, glibc: shared library" { glibc_library bfd; }
@test "bfd, C++ with exceptions, static" { cxx bfd -static; }
@test "bfd, C++ with exceptions, PIE" { cxx bfd -pie; }
@test "bfd, musl: static" { musl_program bfd static; }
@test "bfd, musl: static PIE" { musl_program bfd static-pie; }
@test "bfd, musl: PIE" { musl_program bfd pie; }
@test "bfd, musl: no PIE" { musl_program bfd dynamic; }
@test "bfd, musl: shared library" { musl_library bfd; }
