# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to the suites of rewritten programs: each program is linked plainly and with the plugin, the plain one
# is rewritten, and all must behave alike, whoever serves the calls.

NATIVE=$BUILD/layers/native.img
COUNT=$BUILD/layers/count.img
export NATIVE COUNT
calls_plugin=-Wl,-plugin,$BUILD/plugin/.libs/syslayer.so

# rewrite_file IN OUT
rewrite_file() {
	"$BUILD/elfpatch/elfpatch" rewrite -q -o "$2" "$1"
}

# link NAME COMPILER [ARG]...: NAME.plain, NAME by the linker that is the compiler's own, and NAME.rewritten.
link() {
	local name=$1
	shift
	"$@" -o "$name.plain" && "$@" "$calls_plugin" -o "$name" && rewrite_file "$name.plain" "$name.rewritten"
}

# link_lld NAME COMPILER [ARG]...
link_lld() {
	local name=$1
	shift
	"$@" -fuse-ld=lld -o "$name.plain" &&
		"$@" -fuse-ld=lld -Wl,-mllvm,-load="$BUILD/plugin/.libs/syslayer.so" -o "$name" &&
		rewrite_file "$name.plain" "$name.rewritten"
}

calls_setup() {
	common_setup
	need_files "$NATIVE" "$COUNT" "$BUILD/plugin/.libs/syslayer.so"
	unset SYSLAYER_IMAGE SYSLAYER_VERBOSE SYSLAYER_FORMAT
	export SYSLAYER_OUTPUT=$PWD/table
	ulimit -S -c 0
}

# alike PROGRAM [ARG]...: PROGRAM.plain succeeds, and PROGRAM and PROGRAM.rewritten say the same, whoever serves
# them. The counting layer's tables stay in table.linked and table.rewritten, what was said in $output.
alike() {
	local program=$1 expected image by
	shift
	run -0 timeout 60 "$program.plain" "$@"
	expected=${output-}
	for by in "$program" "$program.rewritten"; do
		for image in '' "$NATIVE" "$COUNT"; do
			rm -f table
			SYSLAYER_IMAGE=$image run timeout 60 "$by" "$@"
			[[ ${status-} -eq 0 ]] || fail "$by $*, SYSLAYER_IMAGE=$image: status $status" "$output" || return
			[[ $output == "$expected" ]] ||
				fail "$by $*, SYSLAYER_IMAGE=$image:" "$(diff <(echo "$expected") <(echo "$output"))" || return
		done
		# exit_group of a dynamic program is the C library's, so that there is no table.
		[[ $program != *-dynamic ]] || continue
		[[ -s table ]] || fail "$by $*: nothing was counted" || return
		if [[ $by == *.rewritten ]]; then mv table table.rewritten; else mv table table.linked; fi
	done
}

# counted_in TABLE NAME: how often.
counted_in() {
	awk -v name="$2" '$NF == name { n += $1 } END { print n + 0 }' "$1"
}

# counted NAME: how often, of the last `alike`; two numbers when linked and rewritten differ.
counted() {
	local linked rewritten
	linked=$(counted_in table.linked "$1") rewritten=$(counted_in table.rewritten "$1")
	if [[ $linked == "$rewritten" ]]; then echo "$linked"; else echo "$linked $rewritten"; fi
}

# both NAME: what a test of its own runs.
both() {
	printf '%s\n' "$1" "$1.rewritten"
}
