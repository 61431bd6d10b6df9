#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin: links that fail, and links that are killed.

load helpers
load plugin

ALL="14 16 19 22 bfd"

setup_file() {
	compile_fixtures
	"$CC" -c -x c - -o undefined.o <<<'int f(void), g(void); int main(void) { return f() + g(); }'
	"$CC" -c -x c - -o twice.o <<<'int main(void) { return 1; }'
	"$CC" -O1 -fPIC -c -x c - -o big.o <<<'static char large[24 << 20] = {1}; char *f(void) { return large; }'
}

setup() {
	plugin_setup
	mkdir plain our
}

# same_failure LINKER ARG...: status, both streams and what is left are the linker's own.
same_failure() {
	local linker=$1 words
	shift
	mapfile -t words < <(load_words "$linker")
	rm -rf plain/* our/*
	echo old >plain/old
	echo old >our/old
	(cd plain && "$(linker "$linker")" "$@" >../o1 2>../e1 && echo 0 || echo $?) >s1
	(cd our && "$(linker "$linker")" "${words[@]}" "$@" >../o2 2>../e2 && echo 0 || echo $?) >s2
	cmp s1 s2 || fail "$linker $*: $(cat s1 s2)"
	[[ $(cat s1) -ne 0 ]] || fail "$linker $*: no failure"
	cmp o1 o2
	diff e1 e2
	[[ -s e1 ]] || fail "$linker $*: no message"
	diff <(cd plain && stat -c '%n %s %a' ./*) <(cd our && stat -c '%n %s %a' ./*)
	[[ -z $(find our -name '.*') ]] || fail "$(ls -A our)"
}

@test "undefined symbols, symbols defined twice, no input, an input that is not there, options that are not" {
	local linker
	for linker in $ALL; do
		same_failure "$linker" "$OBJECTS/undefined.o" -o out
		same_failure "$linker" "$OBJECTS/undefined.o" -e main -o old
		same_failure "$linker" "$OBJECTS/undefined.o" -e main
		same_failure "$linker" "$OBJECTS/undefined.o" "$OBJECTS/twice.o" -o old
		same_failure "$linker" -o out
		same_failure "$linker" no-such.o -o out
		same_failure "$linker" "$OBJECTS/tiny.o" -lno-such-library -o old
		same_failure "$linker" "$OBJECTS/tiny.o" --no-such-option -o out
		same_failure "$linker" "$OBJECTS/tiny.o" -T no-such-script -o out
		same_failure "$linker" "$OBJECTS/tiny.o" --script="$OBJECTS/tiny.o" -o out
		same_failure "$linker" "$OBJECTS/tiny.o" -e nothing --fatal-warnings -o old
	done
}

@test "--noinhibit-exec: what comes out has its layer" {
	local linker words
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		"$(linker "$linker")" "${words[@]}" "$OBJECTS/undefined.o" -e main --noinhibit-exec -o out 2>/dev/null
		assert_layered out
	done
}

@test "no room on the device: said, nothing that runs is left" {
	local words linker
	[[ $(id -u) -eq 0 ]] || skip "only root can mount a file system"
	mkdir small
	mount -t tmpfs -o size=56k none small || skip "no tmpfs to be mounted here"
	for linker in 14 22 bfd; do
		mapfile -t words < <(load_words "$linker")
		"$(linker "$linker")" "$OBJECTS/tiny.o" -o small/plain
		head -c 30000 /dev/zero >small/filler
		run "$(linker "$linker")" "${words[@]}" "$OBJECTS/tiny.o" -o small/out
		[[ $status -ne 0 && ! -e small/out && -z $(find small -name '.*') ]] || fail "$linker: $status $output" \
			"$(ls -lA small)" "$(umount small)"
		assert_contains "cannot be written"
		rm -f small/*
	done
	umount small
}

# start LINKER OUTPUT SHARED: a link that takes a while, in a process group of its own; $link is its first process.
start() {
	local path words flags=()
	path=$(linker "$1")
	mapfile -t words < <(load_words "$1")
	[[ $3 != shared ]] || flags=(-shared)
	setsid "$path" "${words[@]}" "${flags[@]}" -o "$2" "$OBJECTS/tiny.o" "$OBJECTS/big.o" \
		>/dev/null 2>&1 3>&- &
	link=$!
}

# complete FILE REFERENCE: absent, not executable, the old one, or all of it.
complete() {
	[[ -e $1 && -x $1 ]] || return 0
	cmp -s "$1" "$2" || cmp -s "$1" old || fail "$1: runs, but is not finished: $(ls -l "$1")"
}

# kill_at_random LINKER SIGNAL WHOM SHARED
kill_at_random() {
	local linker=$1 signal=$2 whom=$3 child killed=0 round=0 took delay
	printf '#!/bin/sh\nexit 42\n' >old
	chmod +x old
	took=$(date +%s%N)
	start "$linker" reference "$4"
	wait "$link"
	took=$((($(date +%s%N) - took) / 1000000))
	# Six times, and then until one was hit.
	while ((round++ < 6 || (killed == 0 && round < 60))); do
		cp old out
		delay=$((RANDOM % (took + took / 10)))
		start "$linker" out "$4"
		# Before it begins as well as after it has ended: the machine may be busy.
		sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
		child=$(cat "/proc/$link/task/$link/children" 2>/dev/null || true)
		child=${child% }
		case $whom in
			parent) kill "-$signal" "$link" 2>/dev/null && killed=$((killed + 1)) ;;
			child) [[ -n $child ]] && kill "-$signal" "$child" 2>/dev/null && killed=$((killed + 1)) ;;
			both) kill "-$signal" -- "-$link" 2>/dev/null && killed=$((killed + 1)) ;;
		esac
		wait "$link" || true
		# Killed alone, the parent takes the child with it; that takes a moment.
		for _ in $(seq 500); do
			[[ -n $child && -e /proc/$child/exe ]] || break
			sleep 0.01
		done
		complete out reference
		if [[ $4 == shared && -e out ]] && ! cmp -s out old; then
			run readelf -dSW out
			assert_status 0
			refute_contains rror
		fi
		[[ $signal == KILL || -z $(find . -name '.*syslayer*') ]] || fail "$(ls -A)"
		rm -rf out .out*
	done
	((killed > 0)) || fail "no link was killed"
}

@test "SIGKILL at random: nothing unfinished that runs (lld)" {
	kill_at_random 19 KILL parent program
	kill_at_random 19 KILL child program
	kill_at_random 19 KILL both program
}

@test "SIGKILL at random: nothing unfinished that runs (GNU ld)" {
	kill_at_random bfd KILL parent program
	kill_at_random bfd KILL both program
}

@test "SIGKILL at random: a library is complete" {
	kill_at_random 19 KILL parent shared
	kill_at_random 19 KILL both shared
}

@test "SIGTERM and SIGINT: no temporary file is left" {
	kill_at_random 19 TERM parent program
	kill_at_random 19 TERM both program
	kill_at_random 19 INT both program
	kill_at_random bfd TERM both program
}

@test "a linker that dies of a signal: so does what was started" {
	local linker path status child words
	for linker in 19 bfd; do
		rm -f out
		mkfifo "pipe$linker"
		mapfile -t words < <(load_words "$linker")
		# It waits for its input until it is killed. Its path is found first: the shell would have a child for that.
		path=$(linker "$linker")
		"$path" "${words[@]}" -o out "pipe$linker" 2>/dev/null 3>&- &
		link=$!
		until child=$(pgrep -P "$link" -f "pipe$linker"); do sleep 0.01; done
		kill -KILL "$child"
		status=0
		wait "$link" || status=$?
		assert_equal "$linker: $status" "$linker: 137"
		[[ ! -x out ]] || fail "$linker: there is an output"
	done
}
