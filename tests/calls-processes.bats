#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten programs: calls that make processes, what a program sees of itself, and tools that look at it.

load helpers
load calls

calls=$SRC/tests/calls

setup_file() {
	local p
	cd "$BATS_FILE_TMPDIR" || return
	link processes-stripped "$CC" -O1 -static -s "$calls/processes.c" || return
	for p in processes surroundings; do
		link $p "$CC" -O1 -static "$calls/$p.c" &&
			link $p-pie "$CC" -O1 -fpie -static-pie "$calls/$p.c" &&
			link $p-dynamic "$CC" -O1 "$calls/$p.c" &&
			link $p-musl musl-gcc -O1 -static -idirafter /usr/include \
				-idirafter "/usr/include/$(uname -m)-linux-gnu" "$calls/$p.c" &&
			link_lld $p-lld clang-14 -O1 -static "$calls/$p.c" || return
	done
}

setup() {
	calls_setup
	cd "$BATS_FILE_TMPDIR" || return
	export SYSLAYER_OUTPUT=$PWD/table
}

# all_alike NAME [ARG]...
all_alike() {
	local name=$1 p
	shift
	for p in "$name" "$name-pie" "$name-dynamic" "$name-musl" "$name-lld"; do
		alike "./$p" "$@"
		refute_contains wrong
	done
}

@test "vfork, clone and clone3 with stacks, posix_spawn, system, popen, many forks" {
	all_alike processes
	assert_equal "$(grep -c right <<<"$output")" 10
	# Children that share its memory count for the first process too, those of fork for themselves.
	(($(counted vfork) >= 70)) || fail "vfork was counted $(counted vfork) times"
	(($(counted clone3) >= 11)) || fail "clone3 was counted $(counted clone3) times"
	# Of glibc's clone3 only symbols tell where it is, and here there are none.
	alike ./processes-stripped
	(($(counted_in table.rewritten clone3) >= 11)) || fail "$(cat table.rewritten)"
}

@test "exec of itself, ten times" {
	all_alike processes exec 10
	assert_equal "${lines[10]}" 0
	# A table for each that was left, and one for the last.
	alike ./processes exec 10
	assert_equal "$(grep -c ' total$' table.linked) $(grep -c ' total$' table.rewritten)" "11 11"
	assert_equal "$(counted execve)" 10
}

@test "abort ends as it does without" {
	local image p
	run ./processes.plain abort
	assert_equal "$status" 134
	for image in '' "$NATIVE" "$COUNT"; do
		for p in $(both ./processes); do
			SYSLAYER_IMAGE=$image run "$p" abort
			assert_equal "$p $image: $status" "$p $image: 134"
		done
	done
}

@test "auxiliary vector, headers, TLS, heap, longjmp, a seccomp filter of its own" {
	all_alike surroundings
	assert_equal "$(grep -c right <<<"$output")" 5
}

# in_section PROGRAM ADDRESS: whether the address, hexadecimal, lies in the slots of a program at fixed addresses.
in_section() {
	local section
	section=$(readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] *//p' | awk '$1 == ".syscalls" { print $3 }')
	((16#$2 >= 16#$section && 16#$2 < 16#$section + 32768))
}

@test "strace: calls come from the section" {
	local line p
	for p in $(both ./surroundings); do
		run -0 strace -i -e trace=getppid "$p" calls
		assert_equal "$(grep -c 'getppid()' <<<"$output")" 3
		for line in "${lines[@]}"; do
			[[ $line == *getppid* ]] || continue
			[[ $line =~ ^\[([0-9a-f]+)\]\ getppid ]] || fail "$line"
			in_section "$p" "${BASH_REMATCH[1]}" || fail "$p: not in the section: $line"
		done
	done
	# Without it they do not: the addresses say something.
	run -0 strace -i -e trace=getppid ./surroundings.plain calls
	[[ ${lines[0]} =~ ^\[([0-9a-f]+)\]\ getppid ]] || fail "${lines[0]}"
	! in_section surroundings "${BASH_REMATCH[1]}" || fail "in the section: ${lines[0]}"
}

@test "gdb: steps through a site, instruction by instruction" {
	local p
	cat >"$BATS_TEST_TMPDIR/script" <<'END'
set confirm off
break *getppid
run calls
set $steps = 0
set $home = *(long *)$rsp
while $pc != $home && $steps < 100
	stepi
	set $steps = $steps + 1
end
printf "%d steps, home %d, answer %d\n", $steps, $pc == $home, $rax > 0
delete
continue
END
	for p in $(both ./surroundings); do
		run -0 timeout 60 gdb -nx -batch -x "$BATS_TEST_TMPDIR/script" "$p"
		[[ $output =~ ([0-9]+)\ steps,\ home\ 1,\ answer\ 1 ]] || fail "$output"
		# mov, syscall, ret would be three.
		((BASH_REMATCH[1] >= 8)) || fail "$output"
		assert_contains "exited normally"
	done
}
