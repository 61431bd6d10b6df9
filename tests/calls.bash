# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to the suites of rewritten programs: each program is linked plainly and with the plugin, and
# both must behave alike, whoever serves the calls.

calls_plugin=-Wl,-plugin,$BUILD/plugin/.libs/syslayer.so

# link NAME COMPILER [ARG]...: NAME.plain, and NAME by the linker that is the compiler's own.
link() {
	local name=$1
	shift
	"$@" -o "$name.plain" && "$@" "$calls_plugin" -o "$name"
}

# link_lld NAME COMPILER [ARG]...
link_lld() {
	local name=$1
	shift
	"$@" -fuse-ld=lld -o "$name.plain" &&
		"$@" -fuse-ld=lld -Wl,-mllvm,-load="$BUILD/plugin/.libs/syslayer.so" -o "$name"
}

calls_setup() {
	common_setup
	native=$BUILD/layers/native.img count=$BUILD/layers/count.img
	need_files "$native" "$count" "$BUILD/plugin/.libs/syslayer.so"
	unset SYSLAYER_IMAGE SYSLAYER_VERBOSE SYSLAYER_FORMAT
	export SYSLAYER_OUTPUT=$PWD/table
	ulimit -c 0
}

# alike PROGRAM [ARG]...: PROGRAM.plain succeeds, and PROGRAM says the same, whoever serves it. The table of the
# counting layer stays in `table`, what was said in $output.
alike() {
	local program=$1 expected image
	shift
	run -0 timeout 60 "$program.plain" "$@"
	expected=${output-}
	for image in '' "$native" "$count"; do
		rm -f table
		SYSLAYER_IMAGE=$image run timeout 60 "$program" "$@"
		[[ ${status-} -eq 0 ]] || fail "$program $*, SYSLAYER_IMAGE=$image: status $status" "$output" || return
		[[ $output == "$expected" ]] ||
			fail "$program $*, SYSLAYER_IMAGE=$image:" "$(diff <(echo "$expected") <(echo "$output"))" || return
	done
	[[ -s table || $program == *-dynamic ]] || fail "$program $*: nothing was counted"
}

# counted NAME: how often, of the last `alike`.
counted() {
	awk -v name="$1" '$NF == name { n += $1 } END { print n + 0 }' table
}
