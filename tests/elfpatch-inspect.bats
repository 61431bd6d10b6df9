#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch inspect and layers: what they print, as text and as JSON.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

@test "inspect: tells the kinds apart" {
	local k
	while read -r k want; do
		[[ -e $t/$k ]] || continue
		run -0 elfpatch inspect "$t/$k.rw"
		assert_equal "${lines[0]}" "$t/$k.rw: $want"
		run -1 elfpatch inspect "$t/$k"
		assert_equal "${lines[0]}" "$t/$k: $want"
		assert_contains "no section"
	done <<-END
		static static executable
		musl static executable
		static-pie static position-independent executable
		pie position-independent executable
		nopie dynamic executable
		library.so shared library
	END
}

@test "inspect: section, layer, runtime and sites" {
	run -0 elfpatch inspect "$t/static.rw"
	assert_contains "1048576 bytes, reserved"
	assert_contains "linux-x86_64, revision 1, 512 slots"
	assert_contains "runtime   yes"
	[[ $output =~ sites\ +([0-9]+):\ ([0-9]+)\ rewritten,\ ([0-9]+)\ left ]] || fail "$output"
	((BASH_REMATCH[1] == BASH_REMATCH[2] + BASH_REMATCH[3] && BASH_REMATCH[2] > 50)) || fail "$output"
	assert_contains "1 rt_sigreturn"
	elfpatch stamp -o st "$t/static"
	run -0 elfpatch inspect st
	assert_contains "stamped with native (32768 bytes)"
	assert_contains "runtime   no"
}

@test "inspect: --sites names functions and calls" {
	run -0 elfpatch inspect --sites "$t/static.rw"
	[[ $output =~ 1\ write\ +(__)?(libc_)?write ]] || fail "no write()"
	[[ $output =~ 15\ rt_sigreturn.*left:\ rt_sigreturn ]] || fail "no restorer"
	# A line a site.
	local sites
	sites=$(sed -n 's/^  sites *\([0-9]*\):.*/\1/p' <<<"$output")
	assert_equal "$(grep -c '^  0x' <<<"$output")" "$sites"
	# The addresses are those of jumps, or of system calls.
	cp "$t/static.rw" stripped
	! command -v eu-strip >/dev/null || eu-strip stripped
	run -0 elfpatch inspect --sites stripped
	assert_equal "$(grep -c '^  0x' <<<"$output")" "$sites"
}

@test "inspect: --json" {
	need_tools jq
	elfpatch stamp -o st "$t/static.rw"
	run -1 elfpatch inspect --json --sites "$t/static.rw" "$t/static" st "$BUILD/layers/count.img"
	jq -e 'length == 4 and .[0].section and (.[0].stamped | not) and .[0].runtime
		and .[0].sites.total == (.[0].site | length)
		and .[0].sites.rewritten == ([.[0].site[] | select(.tactic != "left")] | length)
		and ([.[0].site[] | select(.name == "rt_sigreturn") | .reason] == ["rt_sigreturn"])
		and (.[1].section | not) and .[2].stamped and .[2].layer == "native"
		and .[3].kind == "stub image" and .[3].layer == "count" and .[3].hook' <<<"$output"
}

@test "inspect: a stub image by itself" {
	run -0 elfpatch inspect "$BUILD/layers/native.img"
	assert_contains "stub image"
	assert_contains "layer     native"
}

@test "layers: the one that is built in, and those of the directory" {
	run -0 elfpatch layers --layer-dir="$BUILD/layers"
	assert_contains "(built in)"
	assert_contains "$BUILD/layers/count.img"
	assert_contains "count "
	# Nothing installed: the built-in one is still there.
	run -0 elfpatch layers --layer-dir="$PWD/none"
	assert_equal "${#lines[@]}" 2
	# What is no image is named, and the rest is listed.
	mkdir dir && cp "$BUILD/layers/native.img" dir && echo nonsense >dir/bad.img && echo >dir/unrelated
	run -2 elfpatch layers --layer-dir=dir
	assert_contains "elfpatch: dir/bad.img: "
	assert_contains "dir/native.img"
	refute_contains unrelated
}

@test "layers: --json" {
	need_tools jq
	run -0 elfpatch layers --json --layer-dir="$BUILD/layers"
	jq -e '.[0].name == "native" and .[0].path == null and .[0].size == 32768
		and ([.[] | select(.name == "count")][0] | .hook and .slots == 512 and .abi == "linux-x86_64")' \
		<<<"$output"
}
