#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin: where the output goes, what stood there, its name and its mode; many links at once.

load helpers
load plugin

ALL="14 16 19 22 bfd"
LLDS="14 16 19 22"

setup_file() {
	compile_fixtures
}

setup() {
	plugin_setup
	cp "$OBJECTS/tiny.o" .
}

# tiny LINKER ARG...: link the small program with the plugin.
tiny() {
	local words
	mapfile -t words < <(load_words "$1")
	"$(linker "$1")" "${words[@]}" "${@:2}"
}

assert_tiny() {
	assert_layered "$1"
	run "$1"
	assert_equal "$status:$output" 6:tiny
}

@test "names: none, relative, absolute, with blanks, a newline, UTF-8, a dash, 240 bytes" {
	local linker name long
	printf -v long '%0240d' 0
	mkdir dir
	for linker in $ALL; do
		rm -f a.out
		tiny "$linker" tiny.o
		assert_tiny ./a.out
		for name in plain ./dot dir/relative "$PWD/dir/absolute" "with blanks" $'new\nline' "größe ☃" ./-dash \
			"$long" "quote'\"\\"; do
			tiny "$linker" tiny.o -o "$name"
			case $name in
				/*) assert_tiny "$name" ;;
				*) assert_tiny "./$name" ;;
			esac
			rm "$name"
		done
		tiny "$linker" -otogether tiny.o
		assert_tiny ./together
		tiny "$linker" --output=long tiny.o
		assert_tiny ./long
		tiny "$linker" -o first -o last tiny.o
		assert_tiny ./last
		[[ ! -e first ]] || fail "$linker: first is there"
		rm together long last
	done
	[[ -z $(find . -name '.*syslayer*') ]] || fail "$(ls -A)"
}

@test "a name of 255 bytes: as the linker has it" {
	local linker name expected
	printf -v name '%0255d' 0
	for linker in $ALL; do
		rm -f "$name"
		run "$(linker "$linker")" tiny.o -o "$name"
		expected=$status:$output
		run tiny "$linker" tiny.o -o "$name"
		assert_equal "$status:$output" "$expected"
		[[ $status -ne 0 ]] || assert_tiny "./$name"
	done
	assert_tiny "./$name"
}

@test "-o in a response file, in a nested one, quoted; a response file of 300 KiB" {
	local linker
	printf '%s\n' '-o "in a file"' >outer
	printf '%s\n' "--whole-archive '@inner'" >nest
	printf '%s\n' '-o nes\ted' >inner
	for linker in $ALL; do
		tiny "$linker" tiny.o @outer
		assert_tiny "./in a file"
		tiny "$linker" tiny.o @nest
		assert_tiny ./nested
		{
			seq -f '--defsym=symbol_of_a_long_command_line_%.0f=1' 1 7000
			load_words "$linker"
			echo "-o large tiny.o"
		} >all
		(($(stat -c %s all) > 300000)) || fail "too short"
		"$(linker "$linker")" @all
		assert_tiny ./large
		rm -f large nested "in a file"
	done
}

@test "a driver that writes a response file itself" {
	local v many
	mapfile -t many < <(seq -f "-Wl,--defsym=symbol_of_a_long_command_line_$(printf '%0400d' 0)_%.0f=1" 1 900)
	for v in 14 22; do
		link_glibc "$v" program "$(glibc_plugin "$v")" "${many[@]}" -pie "$OBJECTS/program.o"
		assert_layered program
	done
}

@test "a response file that is a pipe: said, nothing linked" {
	local linker
	for linker in $ALL; do
		run tiny "$linker" tiny.o @<(echo "-o piped")
		assert_status 1
		assert_contains "response file"
		[[ ! -e piped && ! -e a.out ]] || fail "$linker: linked"
	done
}

@test "what stood there: a file, a running program, a read-only file, a symbolic link, a hard link" {
	local linker pid
	for linker in $ALL; do
		rm -rf ./out* other
		echo old >out
		tiny "$linker" tiny.o -o out
		assert_tiny ./out

		cp "$(command -v sleep)" out-running
		./out-running 60 3>&- &
		pid=$!
		tiny "$linker" tiny.o -o out-running
		assert_tiny ./out-running
		kill "$pid"
		wait "$pid" || true

		echo old >out-read-only
		chmod 444 out-read-only
		tiny "$linker" tiny.o -o out-read-only
		assert_tiny ./out-read-only

		echo old >other
		ln -s other out-link
		"$(linker "$linker")" tiny.o -o out-link
		expected=$(stat -c %F out-link):$(stat -c %s other)
		rm -f out-link other
		echo old >other
		ln -s other out-link
		tiny "$linker" tiny.o -o out-link
		assert_tiny ./out-link
		assert_equal "$(stat -c %F out-link):$(stat -c %s other)" "$expected"

		echo old >other
		ln other out-hard
		tiny "$linker" tiny.o -o out-hard
		assert_tiny ./out-hard
		assert_equal "$(cat other)" old
	done
}

@test "what stood there: an empty file, a link to one, a link to nothing" {
	local linker
	for linker in $ALL; do
		rm -rf ./out* other
		: >out
		tiny "$linker" tiny.o -o out
		assert_tiny ./out
		: >other
		ln -s other out-link
		tiny "$linker" tiny.o -o out-link
		assert_tiny ./out-link
		ln -s nothing out-dangling
		tiny "$linker" tiny.o -o out-dangling
		assert_tiny ./out-dangling
		rm -f nothing
	done
}

@test "a directory, /dev/null, a directory that is not there, a deleted one: as without the plugin" {
	local linker name expected
	mkdir directory
	for linker in $ALL; do
		for name in directory directory/ no/such /dev/null; do
			run "$(linker "$linker")" tiny.o -o "$name"
			expected=$status:$output
			run tiny "$linker" tiny.o -o "$name"
			assert_equal "$status:$output" "$expected"
		done
		[[ -c /dev/null && -d directory ]] || fail "$linker: one is gone"
	done
	mkdir gone
	cd gone
	rmdir ../gone
	for linker in $ALL; do
		run "$(linker "$linker")" "$OBJECTS/tiny.o" -o out
		expected=$status:$output
		run tiny "$linker" "$OBJECTS/tiny.o" -o out
		assert_equal "$status:$output" "$expected"
	done
}

@test "modes: as the linker's under every umask, and with who is not root" {
	local linker mask
	for linker in $ALL; do
		for mask in 000 002 022 027 077 0177 0777; do
			rm -f plain out
			(umask $mask && "$(linker "$linker")" tiny.o -o plain)
			(umask $mask && tiny "$linker" tiny.o -o out)
			assert_equal "$linker $mask $(stat -c %a out)" "$linker $mask $(stat -c %a plain)"
		done
		chmod 700 out
		assert_tiny ./out
	done
}

@test "a directory that takes no new file, in which GNU ld writes in place" {
	local dir
	[[ $(id -u) -eq 0 ]] || skip "only root can make such a directory for another user"
	dir=$(mktemp -d)
	cp tiny.o "$PLUGIN" "$dir"
	: >"$dir/out"
	chown 65534:65534 "$dir/out"
	chmod 755 "$dir" "$dir"/*
	cd "$dir"
	run setpriv --reuid=65534 --regid=65534 --clear-groups ld.bfd -plugin ./syslayer.so tiny.o -o out
	assert_silent ld.bfd
	assert_tiny ./out
	assert_equal "$(stat -c %U%a out)" "nobody755"
	rm -rf "$dir"
}

@test "200 links side by side in one directory" {
	local linker
	for linker in 19 bfd; do
		export -f tiny linker load_words
		# shellcheck disable=SC2016 # the inner shell expands it
		seq 200 | xargs -P 16 -I N bash -c 'tiny "$1" tiny.o -o outN' - "$linker"
		for i in $(seq 200); do
			cmp "out$i" out1
			[[ -x out$i ]] || fail "out$i: not executable"
		done
		assert_tiny ./out1
		rm -f out*
	done
	assert_equal "$(find . -name '*tiny*' -o -name '*syslayer*' -o -name '*tmp*')" ./tiny.o
}

@test "side by side on one name: one of them stays, complete" {
	export -f tiny linker load_words
	seq 40 | xargs -P 16 -I N bash -c 'tiny 19 tiny.o -o out 2>/dev/null || true'
	assert_tiny ./out
}

@test "a caller that ignores or blocks signals: linked, and the linker itself ignores them still" {
	local linker signals words child ignored lld
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		for signals in --ignore-signal=CHLD --ignore-signal --block-signal; do
			rm -f out
			run -0 env "$signals" "$(linker "$linker")" "${words[@]}" tiny.o -o out
			assert_silent "$linker $signals"
			assert_tiny ./out
		done
		# It waits for its input until it is killed.
		mkfifo "pipe$linker"
		lld=$(linker "$linker")
		env --ignore-signal=CHLD "$lld" "${words[@]}" "pipe$linker" -o out 3>&- &
		# The shell that becomes the linker may have children before.
		until child=$(pgrep -P $! -f "pipe$linker"); do sleep 0.01; done
		ignored=$(awk '$1 == "SigIgn:" { print $2 }' "/proc/$child/status")
		kill -KILL "$child"
		wait $! || true
		assert_equal "$linker: $((16#$ignored >> 16 & 1))" "$linker: 1"
	done
}

@test "a large output: lld's is mapped while it is written" {
	local linker
	cat >large.c <<-'END'
		#include <stdio.h>
		static unsigned char large[24 << 20] = {[0] = 1, [(24 << 20) - 1] = 2};
		int main(int argc, char **argv)
		{
			unsigned long sum = 0;

			(void)argv;
			for (size_t i = 0; i < sizeof large; i += (size_t)argc)
				sum += large[i];
			return printf("%lu\n", sum) < 0;
		}
	END
	"$CC" -O1 -fPIE -c large.c
	for linker in $ALL; do
		both_glibc "$linker" large -static-pie large.o
		assert_layered large large.plain "$DEFAULT_SIZE" static-pie
		assert_same_run ./large.plain ./large
		assert_equal "$output" 3
	done
}

@test "a large output in a directory that cannot be read, where nobody tells of new files: the same" {
	local v dir
	[[ $(id -u) -eq 0 ]] || skip "only root can become another user"
	"$CC" -O1 -fPIC -c -x c - -o large.o <<<'char large[24 << 20] = {1}; int f(void) { return large[1]; }'
	dir=$(mktemp -d)
	cp large.o "$PLUGIN" "$dir"
	chmod a+rx "$dir"/*
	chown 65534:65534 "$dir"
	chmod 300 "$dir"
	for v in $LLDS; do
		tiny "$v" -shared large.o -o expected.so
		(cd "$dir" && setpriv --reuid=65534 --regid=65534 --clear-groups "ld.lld-$v" -shared -mllvm \
			"-load=$dir/syslayer.so" large.o -o out.so) 2>messages || fail "$(cat messages)"
		assert_equal "$v: $(cat messages)" "$v: "
		cmp expected.so "$dir/out.so"
	done
	rm -rf "$dir"
}

@test "make -j" {
	printf 'all: %s\np%%: tiny.o\n\tld.lld-19 -mllvm -load=%s -o $@ $<\n' "$(seq -s ' ' -f p%.0f 30)" "$PLUGIN" >Makefile
	make -s -j4 all
	for i in $(seq 30); do cmp "p$i" p1; done
	assert_tiny ./p30
}

@test "an output that lld has put in place and then changes: the last one, or none if it fails" {
	local lld
	"${CC:-gcc}" -o ld.lld "$SRC/tests/plugin/late.c"
	lld=$(linker 16)
	"$lld" tiny.o -o plain
	"$lld" tiny.o --defsym=other=1 -o other
	cmp -s plain other && fail "they do not differ"
	tiny 16 tiny.o -o expected
	tiny 16 tiny.o --defsym=other=1 -o expected-other

	cp plain first
	run -5 ./ld.lld first -o out -load="$PLUGIN"
	cmp out plain

	cp plain first
	cp other second
	run -0 ./ld.lld first second -o out -load="$PLUGIN"
	cmp out expected-other
	assert_tiny ./out
	[[ -z $(find . -name '.*syslayer*') ]] || fail "$(ls -A)"
}
