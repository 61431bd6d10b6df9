#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The cache of elfpatch run: what is noticed, what is refused, what happens to it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # for inner shells; a test changes its own environment; stderr is of run

load helpers
load run

setup_file() {
	run_setup_file
}

setup() {
	run_setup
	cache=$XDG_CACHE_HOME/syslayer
}

# counted PROGRAM...: how many times it calls getppid under count; fails unless it ends well.
counted() {
	elfpatch run --layer="$LAYERS/count.img" -o table -- "$@" >/dev/null || return
	awk '$2 == "getppid" { print $1 }' table
}

# caller FILE TIMES: a static program that calls getppid so often.
caller() {
	printf '#include <unistd.h>\nint main(void) { for (int i = 0; i < %d; i++) getppid(); }\n' "$2" >caller.c
	"$CC" -static -o "$1" caller.c
}

@test "cache: the second start makes nothing" {
	elfpatch run -- true
	find "$cache" -type f -printf '%P %i %C@\n' | sort >before
	elfpatch run -- true
	find "$cache" -type f -printf '%P %i %C@\n' | sort >after
	cmp before after
}

@test "cache: a program that was changed is rewritten anew, in place or by another file, with the old time too" {
	caller one 1
	caller two 2
	touch -d 2020-01-01 one two
	cp -p one program
	assert_equal "$(counted ./program)" 1
	cat two >program # the same inode
	touch -d 2020-01-01 program
	assert_equal "$(counted ./program)" 2
	cp -p one new
	mv new program # another inode
	assert_equal "$(counted ./program)" 1
}

@test "cache: a rewritten file that was changed is not used" {
	local file
	caller program 3
	assert_equal "$(counted ./program)" 3
	for file in "$cache"/files/*; do
		touch -r "$file" time
		printf 'xxxxxxxxxxxxxxxx' | dd of="$file" bs=1 seek=5000 conv=notrunc status=none
		touch -r time "$file"
	done
	assert_equal "$(counted ./program)" 3
	: >"$(find "$cache/files" -type f | head -n 1)"
	rm "$(find "$cache/files" -type f | tail -n 1)"
	assert_equal "$(counted ./program)" 3
}

@test "cache: plans and notes that were changed are made anew" {
	local file
	caller program 4
	assert_equal "$(counted ./program)" 4
	for file in "$cache"/programs/* "$cache/known"; do
		printf 'xxxxxxxx' | dd of="$file" bs=1 seek=40 conv=notrunc status=none
	done
	assert_equal "$(counted ./program)" 4
	for file in "$cache"/programs/* "$cache/known"; do
		: >"$file"
	done
	assert_equal "$(counted ./program)" 4
}

@test "cache: 50 starts at once, from nothing" {
	export XDG_CACHE_HOME=$PWD/new
	caller program 5
	for i in {1..50}; do
		elfpatch run --layer="$LAYERS/count.img" -o "table.$i" -- ./program &
	done
	wait
	for i in {1..50}; do
		assert_equal "$(awk '$2 == "getppid" { print $1 }' "table.$i")" 5
	done
	run find new -name '*.*'
	assert_equal "$output" ""
}

@test "cache: starts while it is cleared again and again" {
	export XDG_CACHE_HOME=$PWD/new
	caller program 6
	elfpatch run -- ./program
	for i in {1..8}; do
		elfpatch run --layer="$LAYERS/count.img" -o "table.$i" -- ./program &
		elfpatch cache -q --clear
	done
	wait
	for i in {1..8}; do
		assert_equal "$(awk '$2 == "getppid" { print $1 }' "table.$i")" 6
	done
}

@test "cache: killed while it is filled" {
	local i
	export XDG_CACHE_HOME=$PWD/new
	caller program 7
	for i in 1 3 6 10 20 40; do
		timeout -s KILL "0.0$i" elfpatch run -- ./program || true
	done
	assert_equal "$(counted ./program)" 7
}

@test "cache: another user's, one that others may write to, one that is no folder" {
	export XDG_CACHE_HOME=$PWD/new
	mkdir -p new/syslayer
	chmod 777 new/syslayer
	run -125 elfpatch run -- true
	assert_equal "$output" "elfpatch: $PWD/new/syslayer: st_mode: the cache is refused, others can write to it (mode 777)"
	chmod 755 new/syslayer
	if ((UID == 0)); then
		chown 1 new/syslayer
		run -125 elfpatch run -- true
		assert_contains "the cache is refused, it belongs to user 1 and not to user 0"
	fi
	rm -r new/syslayer
	echo text >new/syslayer
	run -125 elfpatch run -- true
	assert_equal "$output" "elfpatch: $PWD/new/syslayer: cannot be opened: Not a directory"
}

@test "cache: a disk that is full, one that is noexec" {
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	export XDG_CACHE_HOME=$PWD/new
	mkdir new
	run -125 unshare -m sh -c 'mount -t tmpfs -o size=1M,mode=700 none new && exec elfpatch run -- true'
	assert_contains "No space left on device"
	run -125 unshare -m sh -c 'mount -t tmpfs -o noexec,mode=700 none new && exec elfpatch run -- true'
	assert_contains "noexec"
}

# within SETUP COMMAND: of a run, in whose cache everything is that its shell needs, by a shell of its own.
within() {
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=300M,mode=700 none new && elfpatch run -- sh -c : &&
		exec elfpatch run --layer="$LAYERS/count.img" -o table -- sh -c "$1"' sh "$1"
}

@test "cache: full, another user's, gone, while a program runs that executes another one" {
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	export XDG_CACHE_HOME=$PWD/new
	mkdir new
	caller program 7
	within './program; echo $?'
	assert_equal "$output$stderr" 0
	assert_equal "$(grep -Ec '^ +7 +getppid$' table)" 1
	within 'dd if=/dev/zero of=new/rest bs=64k 2>/dev/null; ./program; echo $?; rm new/rest; ./program; echo $?'
	assert_equal "$output" "0
0"
	assert_contains "No space left on device" "$stderr"
	rm table
	within 'rm -r new/syslayer/[!r]*; ./program; echo $?'
	assert_equal "$output$stderr" 0
	if ((UID == 0)); then
		within 'chown 1 new/syslayer; ./program; echo $?'
		assert_equal "$output" 0
		assert_contains "it belongs to user 1 and not to user 0" "$stderr"
	fi
	within 'mkdir new/else; mv new/syslayer/[!r]* new/else; echo text >new/syslayer/known; echo text >new/syslayer/files; ./program; echo $?'
	assert_equal "$output" 0
}

@test "cache: damaged, with what a program is going to execute" {
	local what file
	export XDG_CACHE_HOME=$PWD/new
	caller program 7
	for what in none known file short; do
		case $what in
			known) dd if=/dev/urandom of=new/syslayer/known bs=100 count=3 seek=1 conv=notrunc status=none ;;
			file | short)
				for file in new/syslayer/files/*; do
					if cmp -s -n 64 "$file" program || grep -q getppid "$file"; then
						if [[ $what == file ]]; then
							dd if=/dev/urandom of="$file" bs=4096 count=3 seek=5 conv=notrunc status=none
						else
							truncate -s 5000 "$file"
						fi
					fi
				done
				;;
		esac
		rm -f table
		run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- sh -c './program; echo $?'
		assert_equal "$what:$output" "$what:0"
		assert_equal "$what:$(grep -Ec '^ +7 +getppid$' table)" "$what:1"
	done
}

@test "cache: it stays within its bounds, and is cleared" {
	local i
	for i in {1..6}; do
		caller "program.$i" "$i"
		SYSLAYER_CACHE_SIZE=1K elfpatch run -- "./program.$i"
	done
	# What the last one needs is there, and nothing else.
	assert_equal "$(counted ./program.6)" 6
	run -0 elfpatch cache
	assert_contains "$cache: "
	elfpatch run --no-namespace -- ls >list
	elfpatch cache -q --clear
	run find "$cache" -mindepth 2 -o -type f
	assert_equal "$output" ""
	assert_equal "$(counted ./program.1)" 1
}
