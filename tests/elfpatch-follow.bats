#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch run: programs that are found at execve only, for root and for a plain user.
# shellcheck disable=SC2016 # for inner shells

load helpers
load run

setup_file() {
	run_setup_file
	cd "$BATS_FILE_TMPDIR" || return
	cat >ids.c <<-'END'
		#include <stdio.h>
		#include <string.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			char exe[4096];
			ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
			printf("%s %.*s %d\n", argv[0], (int)(n < 0 ? 0 : n), exe, getppid() > 0);
			fflush(stdout);
			if (argc > 1 && strstr(argv[1], "ids"))
				execv(argv[1], argv + 1);
			return 0;
		}
	END
	"$CC" -static -o bin/ids ids.c
}

setup() {
	run_setup
	cp "$LAYERS/ids" .
	IDS=$BATS_FILE_TMPDIR/plain/ids
	[[ -e $IDS ]] || cp "$LAYERS/ids" "$IDS"
	export IDS
}

# asked TABLE...: how often getppid(2) has been seen.
asked() {
	awk '$2 == "getppid" { n += $1 } END { print n + 0 }' "$@"
}

# seen TIMES COMMAND...: the layer count has seen getppid so often, in all programs of the command, and it has said $output.
seen() {
	local times=$1
	shift
	rm -f table
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- "$@"
	assert_equal "$(asked table)" "$times"
}

# The same for a plain user.
seen_plain() {
	local times=$1 table=$BATS_FILE_TMPDIR/plain/table
	shift
	rm -f "$table"
	run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- "$@"
	assert_equal "$(asked "$table")" "$times"
}

@test "follow: a static child of a dynamic program, one of a static one, by a relative name" {
	seen 1 env ./ids
	assert_equal "$output" "./ids $PWD/ids 1"
	seen 2 ./ids ./ids
	seen 3 env "$IDS" "$IDS" ./ids
	assert_equal "${lines[2]}" "./ids $PWD/ids 1"
	seen_plain 1 env ./ids
	assert_equal "$output" "./ids $IDS 1"
	seen_plain 3 env ./ids ./ids ./ids
}

@test "follow: the layer outlives env -i, and shows in no environment" {
	seen 1 env -i ./ids
	seen 2 env -i sh -c 'env -i ./ids; :'
	seen_plain 2 env -i sh -c 'env -i ./ids; :'
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- env
	assert_equal "$(sort <<<"$output" | grep -v '^_=')" "$(env | sort | grep -v '^_=')"
	run -0 elfpatch run -- env -i env
	assert_equal "$output" ""
}

@test "follow: a script with a static interpreter" {
	printf '#!%s\n' "$PWD/ids" >script
	chmod +x script
	seen 1 env ./script
	assert_contains "$PWD/ids $PWD/ids 1" "${lines[0]}"
}
