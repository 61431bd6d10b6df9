#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# 10,000 damaged copies of the system's own programs and libraries that have sites, through the tool itself. The table
# is left in the build.

load ../helpers

@test "mutate: 10,000 damaged files" {
	need_tools python3
	local f files=()
	for f in /usr/bin/* /usr/sbin/* /usr/lib/x86_64-linux-gnu/*.so* /lib64/* /lib/ld-musl*; do
		[[ -f $f && $(stat -Lc %s "$f") -lt 3000000 ]] || continue
		run elfpatch rewrite --dry-run -o copy "$f"
		[[ $output != *"would be"* ]] || files+=("$(realpath "$f")")
	done
	mapfile -t files < <(printf '%s\n' "${files[@]}" | sort -u)
	run python3 "$SRC/tests/long/mutate.py" --elfpatch="$BUILD/elfpatch/elfpatch" --count=10000 \
		--table="$BUILD/MUTATE.md" --keep="$BUILD/mutated" "${files[@]}"
	assert_status 0
}
