# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to the plugin's suites: `load plugin` after `load helpers`.

PLUGIN=$BUILD/plugin/.libs/syslayer.so
COUNT=$BUILD/layers/count.img
FIXTURES=$SRC/tests/plugin
MUSL=/usr/lib/x86_64-linux-musl
DEFAULT_SIZE=$((1 << 20))
export PLUGIN COUNT FIXTURES MUSL DEFAULT_SIZE

plugin_setup() {
	common_setup
	need_files "$PLUGIN" "$COUNT"
	OBJECTS=${BATS_FILE_TMPDIR-}
	export OBJECTS
	unset SYSLAYER_IMAGE SYSLAYER_OUTPUT SYSLAYER_FORMAT GREETING
	ulimit -c 0
}

setup() {
	plugin_setup
}

# linker NAME: the program, for 14, 16, 19, 22 (of lld) and bfd.
linker() {
	case $1 in
		bfd) echo ld.bfd ;;
		*) echo "ld.lld-$1" ;;
	esac
}

# load_words NAME: what makes that linker load the plugin.
load_words() {
	case $1 in
		bfd) printf '%s\n' -plugin "$PLUGIN" ;;
		*) printf '%s\n' -mllvm "-load=$PLUGIN" ;;
	esac
}

# compile_fixtures: objects of all the fixtures that suites share, in the directory of the suite.
compile_fixtures() {
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -fPIE -c "$FIXTURES/program.c" -o program.o
	"$CC" -O1 -fno-pie -c "$FIXTURES/program.c" -o program-no-pie.o
	"$CC" -O1 -fPIC -c "$FIXTURES/library.c" -o library.o
	"$CC" -O1 -fPIE -c "$FIXTURES/user.c" -o user.o
	"$CC" -O1 -fPIE -DOPEN -c "$FIXTURES/user.c" -o open.o
	"$CC" -c "$FIXTURES/tiny.S" -o tiny.o
	"$CC" -DBSS -c "$FIXTURES/tiny.S" -o tiny-bss.o
	g++ -O1 -fPIE -c "$FIXTURES/throw.cc" -o throw.o
	musl-gcc -O1 -fPIE -c "$FIXTURES/program.c" -o program-musl.o
	musl-gcc -O1 -fPIC -c "$FIXTURES/library.c" -o library-musl.o
}

# link_glibc LINKER OUTPUT ARG...: by the compiler that belongs to it, with all that it adds.
link_glibc() {
	local linker=$1 output=$2
	shift 2
	if [[ $linker == bfd ]]; then
		"$CC" -fuse-ld=bfd -o "$output" "$@"
	else
		"clang-$linker" --ld-path="/usr/bin/ld.lld-$linker" -o "$output" "$@"
	fi
}

# glibc_plugin LINKER: the words above for a compiler.
glibc_plugin() {
	case $1 in
		bfd) printf '%s\n' "-Wl,-plugin,$PLUGIN" ;;
		*) printf '%s\n' "-Wl,-mllvm,-load=$PLUGIN" ;;
	esac
}

# both_glibc LINKER NAME ARG...: NAME.plain and NAME, linked alike without and with the plugin.
both_glibc() {
	local linker=$1 name=$2
	shift 2
	link_glibc "$linker" "$name.plain" "$@"
	link_glibc "$linker" "$name" "$(glibc_plugin "$linker")" "$@"
}

# both_direct LINKER NAME ARG...: the same without a compiler.
both_direct() {
	local linker=$1 name=$2 words
	shift 2
	mapfile -t words < <(load_words "$linker")
	"$(linker "$linker")" -o "$name.plain" "$@"
	"$(linker "$linker")" "${words[@]}" -o "$name" "$@"
}

# assert_layered FILE [PLAIN [DEFAULT_SIZE [WORD...]]]: as facts.py; and readelf has nothing to complain about.
assert_layered() {
	local file=$1 plain=${2-} size=${3-$DEFAULT_SIZE}
	shift $(($# < 3 ? $# : 3))
	run python3 "$FIXTURES/facts.py" "$file" "$size" "$plain" "$@"
	[[ ${status-} -eq 0 ]] || fail "${output-}" "$(readelf -lSW "$file")"
	run --separate-stderr readelf -lSWn "$file"
	[[ ${status-} -eq 0 && -z ${stderr-} ]] || fail "readelf: ${stderr-}"
}

# refute_layered FILE: it has no part of ours.
refute_layered() {
	run readelf -lSWn "$1"
	refute_contains .sysc
	refute_contains Syslayer
}

# assert_same_run PLAIN FILE [ARG...]: output and status agree, with the native page and under count.
assert_same_run() {
	local plain=$1 file=$2 expected
	shift 2
	run "$plain" "$@"
	expected=${status-}:${output-}
	[[ ${status-} -lt 100 ]] || fail "$plain: $expected"
	run "$file" "$@"
	assert_equal "$status:$output" "$expected"
	rm -f table
	SYSLAYER_IMAGE=$COUNT SYSLAYER_OUTPUT=table run "$file" "$@"
	assert_equal "$status:$output" "$expected"
}

# assert_silent WHAT: the last run succeeded, and said nothing.
assert_silent() {
	assert_equal "$1: ${status-}:${output-}" "$1: 0:"
}

# assert_counted NUMBER NAME: of the last run under count.
assert_counted() {
	[[ -e table ]] || fail "nothing was counted"
	assert_equal "$(awk -v name="$2" '$NF == name { n += $1 } END { print n + 0 }' table)" "$1"
}
