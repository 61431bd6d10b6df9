#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Which sites are found, what is replaced at each, and what is left: code of every shape.

load helpers

setup_file() {
	: "${SRC:=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)}" "${BUILD:=$SRC/build}" "${CC:=cc}"
	cd "$BATS_FILE_TMPDIR" || return
	local sites=$SRC/tests/sites
	"$CC" -O1 -static -o range "$sites/range.c" "$sites/range.S"
	"$CC" -O1 -static-pie -fPIE -o range-pie "$sites/range.c" "$sites/range.S"
	rewritten range range-pie
}

setup() {
	common_setup
	cd "$BATS_FILE_TMPDIR" || return
	count=$BUILD/layers/count.img
	unset SYSLAYER_IMAGE SYSLAYER_VERBOSE SYSLAYER_FORMAT
	export SYSLAYER_OUTPUT=$BATS_TEST_TMPDIR/table
	ulimit -c 0
}

# rewritten FILE...: FILE.rw of each.
rewritten() {
	local f
	for f; do
		"$BUILD/elfpatch/elfpatch" rewrite -q -o "$f.rw" "$f" || return
	done
}

# tactic FILE FUNCTION: of the first site in it, or why there is none.
tactic() {
	elfpatch inspect --json --sites "$1" |
		jq -r --arg f "$2" '.[0].site | map(select(.function == $f))[0] | .reason // .tactic'
}

# counted NAME
counted() {
	awk -v name="$1" '$NF == name { n += $1 } END { print n + 0 }' "$SYSLAYER_OUTPUT"
}

@test "range: the call that a program compares its pc with stays, and is asked for" {
	local p s
	for p in range range-pie; do
		for s in musl glibc qemu; do
			assert_equal "$s $(tactic $p.rw $s)" "$s range"
		done
		for s in odd late; do
			assert_equal "$s $(tactic $p.rw $s)" "$s compared with the pc"
		done
		run -0 elfpatch verify $p.rw
	done
}

@test "range: arguments and results are the same, the layer sees the calls" {
	local p s
	for p in range range-pie; do
		for s in musl glibc qemu odd late; do
			run -0 ./$p calls $s
			run -0 ./$p.rw calls $s
			rm -f "$SYSLAYER_OUTPUT"
			SYSLAYER_IMAGE=$count run -0 ./$p.rw calls $s
			[[ $s == odd || $s == late ]] ||
				assert_equal "$s: $(counted read) $(counted write) $(counted faccessat)" "$s: 1 1 1"
		done
	done
}

# A signal before each single instruction, layer and all: a call that blocks although it came first hangs.
@test "range: no signal is lost that comes before the call" {
	local s image
	for s in musl glibc qemu odd late; do
		run -0 timeout 60 ./range step $s
		for image in '' "$count"; do
			SYSLAYER_IMAGE=$image run -0 timeout 60 ./range.rw step $s
			assert_contains stepped
		done
	done
}

# A layer that wants the result makes the call of the C libraries in its place, by way of the range.
@test "range: layers see how it ends, and unwinders what is around it" {
	local p s
	for s in musl glibc; do
		SYSLAYER_IMAGE=$count run -0 ./range.rw calls $s
		assert_equal "$s: $(awk '$NF == "close" { print $1, $2 }' "$SYSLAYER_OUTPUT")" "$s: 1 1"
		rm -f "$SYSLAYER_OUTPUT"
		SYSLAYER_IMAGE=$BUILD/layers/trace.img run -0 ./range.rw calls $s
		run -0 cat "$SYSLAYER_OUTPUT"
		[[ $output =~ write\([0-9]+,\ \"abc\",\ 3\)\ +=\ 3 && $output =~ read\([0-9]+,\ \"abc\",\ 4\)\ +=\ 3 &&
			$output =~ close\(-1\)\ +=\ -1\ EBADF ]] || fail "$s: $output"
		rm -f "$SYSLAYER_OUTPUT"
	done
	for s in musl glibc qemu; do
		run -0 ./range unwind $s
		for p in '' "$count" "$BUILD/layers/trace.img"; do
			SYSLAYER_IMAGE=$p run -0 ./range.rw unwind $s
			assert_equal "$output" ""
		done
	done
}

@test "range: verify finds each byte that is changed" {
	run -0 "$BUILD/tests/elfpatch/flip" range-pie.rw
}

# reached NAME ARG...: each function of targets.S, linked with the arguments, rewritten.
reached() {
	local name=$1 f
	shift
	g++ -O1 -DPADS -o "$name" "$@" "$SRC/tests/sites/targets.cc" "$SRC/tests/sites/targets.S"
	rewritten "$name"
	for f in $("./$name"); do
		run -0 "./$name" "$f"
		"./$name.rw" "$f" || fail "$f: $?"
	done
}

@test "targets: static, without a load bias" {
	reached targets-static -static -no-pie -fno-pie
}

@test "targets: dynamic, without a load bias" {
	reached targets-nopie -no-pie -fno-pie
}

@test "targets: position independent" {
	reached targets-pie -pie -fPIE
}

@test "targets: static, position independent" {
	reached targets-static-pie -static-pie -fPIE
}

@test "targets: constants and relocations in the segment of the code" {
	reached targets-together -pie -fPIE -Wl,-z,noseparate-code
}

@test "targets: packed relocations" {
	reached targets-packed -pie -fPIE -Wl,-z,pack-relative-relocs
	run -0 readelf -SW targets-packed
	assert_contains RELR
}

@test "targets: linked by lld" {
	reached targets-lld -pie -fPIE -fuse-ld=lld
}

@test "targets: of a library, with relocations by symbols" {
	local f
	g++ -O1 -DPADS -shared -fPIC -o libtargets.so "$SRC/tests/sites/targets.cc" "$SRC/tests/sites/targets.S"
	run -0 readelf -rW libtargets.so
	assert_contains "t_addend_base + 5"
	g++ -o uses-targets -Wl,--no-as-needed "$PWD/libtargets.so"
	for f in $(./uses-targets); do
		run -0 ./uses-targets "$f"
	done
	rewritten libtargets.so
	mv libtargets.so.rw libtargets.so
	for f in $(./uses-targets); do
		./uses-targets "$f" || fail "$f: $?"
	done
}

@test "tactics: what stands before the call, behind it, or both, makes room" {
	local name want
	"$CC" -O1 -static -o tactics "$SRC/tests/sites/tactics.c" "$SRC/tests/sites/tactics.S"
	rewritten tactics
	run -0 ./tactics
	./tactics.rw
	SYSLAYER_IMAGE=$count ./tactics.rw
	while read -r name want; do
		assert_equal "$name: $(tactic tactics.rw "$name")" "$name: $want"
	done <<-END
		before before
		after after
		around around
		around_two around
		three around
		nowhere branch target
	END
	run -0 elfpatch verify tactics.rw
	run -0 "$BUILD/tests/elfpatch/flip" tactics.rw
}

# fill FILE FUNCTION: how far from the function's start the fill is that its first site jumps to, and its bytes.
fill() {
	local start
	start=$((0x$(nm "$1" | awk -v f="$2" '$3 == f { print $1 }')))
	elfpatch inspect --json --sites "$1" | jq -r --arg f "$2" --argjson start "$start" \
		'.[0].site | map(select(.function == $f))[0].fill | "\(.start - $start) \(.length)"'
}

@test "short: a call around which nothing can move jumps to fill between functions" {
	local name want k
	"$CC" -O1 -static -o short "$SRC/tests/sites/short.c" "$SRC/tests/sites/short.S"
	"$CC" -O1 -static-pie -fPIE -o short-pie "$SRC/tests/sites/short.c" "$SRC/tests/sites/short.S"
	"$CC" -O1 -pie -fPIE -o short-dynamic "$SRC/tests/sites/short.c" "$SRC/tests/sites/short.S"
	rewritten short short-pie short-dynamic
	for k in short short-pie short-dynamic; do
		run -0 ./$k
		run -0 ./$k.rw
		assert_equal "$output" ""
		run -0 elfpatch verify $k.rw
		while read -r name want; do
			assert_equal "$k $name: $(tactic $k.rw "$name")" "$k $name: $want"
		done <<-END
			itself short
			behind short
			pushed short
			computed short
			no_fill before
			dynamic short
			forks short
			first short
			second branch target
			third short
			fourth short
			taker short
			returns short
			branched branch target
			named branch target
			small branch target
			inside branch target
			run_into branch target
			long_one branch target
			near short
			far branch target
		END
		while read -r name want; do
			assert_equal "$k $name: $(fill $k.rw "$name")" "$k $name: $want"
		done <<-END
			itself 53 5
			pushed 55 9
			computed 57 5
			third 53 5
			taker 47 5
			returns 20 5
			near 136 5
		END
		elfpatch restore -q -o $k.back $k.rw
		cmp $k $k.back
		cp $k.rw $k.again
		elfpatch rewrite -q -i $k.again
		cmp $k.rw $k.again
	done
	rm -f "$SYSLAYER_OUTPUT"
	SYSLAYER_IMAGE=$count run -0 ./short.rw
	# What is left, and main's own, are not among them.
	assert_equal "$(counted vfork)" 1
	assert_equal "$(counted getppid)" $((13 + 21))
}

@test "short: verify finds each byte that is changed, of the fill too" {
	run -0 "$BUILD/tests/elfpatch/flip" short-dynamic.rw
	run -0 "$BUILD/tests/elfpatch/flip" short.rw
}

@test "large: searched by one processor or by all of them, the same" {
	"$CC" -static -o large "$SRC/tests/sites/large.c" "$SRC/tests/sites/large.S"
	elfpatch rewrite -q -o all large
	taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" "$BUILD/elfpatch/elfpatch" rewrite -q -o one large
	cmp all one
	run -0 elfpatch verify all
	# What looks like a call and is none is not counted.
	assert_equal "$(elfpatch inspect --json --sites all | jq '[.[0].site[] | select(.number == 110)] | length')" 101
	SYSLAYER_IMAGE=$count run -0 ./all
	assert_equal "$(counted getppid)" 200
}
