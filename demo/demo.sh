#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The main job, on real input: Lua linked with the plugin, run natively, counted, re-stamped.
# Usage: BUILD=build-directory SRC=source-directory demo.sh [WORK-DIRECTORY]
set -eu
: "${BUILD:?}" "${SRC:?}"
work=${1:-$BUILD/demo}
plugin=$BUILD/plugin/.libs/syslayer.so
elfpatch=$BUILD/elfpatch/elfpatch
lua_cflags=$(pkg-config --cflags lua5.4)
lua_a=$(pkg-config --variable=libdir lua5.4)/liblua5.4.a
[ -f "$lua_a" ] || lua_a=$(find /usr/lib -name liblua5.4.a | head -n 1)

# musl-gcc does not look where Debian has the one header that says the architecture.
multiarch=/usr/include/$(gcc -print-multiarch)

say() { printf '\n== %s\n' "$*"; }
# On descriptor 4, the terminal's: what a command prints may go to a file.
exec 4>&1
run() { printf '$ %s\n' "$*" >&4; "$@"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work/tmp"
cd "$work"

# link OUTPUT LIBC [PLUGIN-FLAG...]
link() {
	out=$1 libc=$2
	shift 2
	case $libc in
	glibc)
		# shellcheck disable=SC2086
		run clang -fuse-ld=lld -O2 -static $lua_cflags "$@" -o "$out" "$SRC/demo/lua.c" "$lua_a" -lm ;;
	musl)
		# shellcheck disable=SC2086
		run musl-gcc -O2 -static $lua_cflags -idirafter "$multiarch" "$@" -o "$out" "$SRC/demo/lua.c" "$SRC/demo/fortify.c" "$lua_a" ;;
	esac 2>link.err || { cat link.err >&2; die "$out: the link failed"; }
}

# Calls and errors a name, sorted; what strace and count cannot both see is left out: execve comes before the program,
# exit_group does not return to strace's count, and for the time the vDSO asks the kernel by itself, now and then.
elsewhere='^(execve|exit_group|clock_gettime|gettimeofday|time|getcpu) '
from_strace() { awk '$4 ~ /^[0-9]+$/ && $NF != "total" { print $NF, $4, NF == 6 ? $5 : 0 }' "$1" | sort | grep -Ev "$elsewhere"; }
from_count() { jq -r '.calls | to_entries[] | "\(.key) \(.value.calls) \(.value.errors)"' "$1" | sort | grep -Ev "$elsewhere"; }

for libc in glibc musl; do
	case $libc in
	glibc) flag=-Wl,-mllvm,-load=$plugin ;;
	musl) flag=-Wl,-plugin,$plugin ;;
	esac

	say "$libc: link a static Lua, without syslayer and with it"
	link "lua-$libc.plain" "$libc"
	link "lua-$libc" "$libc" "$flag"
	run "$elfpatch" inspect "lua-$libc"
	bytes=$(readelf -SW "lua-$libc" | awk '{ sub(/^ *\[ *[0-9]+\] */, "") } $1 == ".syscalls" { print $2, $5 }')
	[ "${bytes%% *}" = NOBITS ] || die ".syscalls takes file bytes: $bytes"
	echo "the section: 0x${bytes##* } bytes of address space, none in the file"

	say "$libc: run it with native stubs, then with counting ones"
	run "./lua-$libc.plain" "$SRC/demo/workload.lua" tmp >plain.out
	run "./lua-$libc" "$SRC/demo/workload.lua" tmp >native.out
	echo "\$ SYSLAYER_IMAGE=$BUILD/layers/count.img ./lua-$libc $SRC/demo/workload.lua tmp"
	SYSLAYER_IMAGE=$BUILD/layers/count.img "./lua-$libc" "$SRC/demo/workload.lua" tmp >count.out
	cmp plain.out native.out
	cmp plain.out count.out

	say "$libc: the same numbers as strace -c has for the program without syslayer"
	strace -c -o strace.txt "./lua-$libc.plain" "$SRC/demo/workload.lua" tmp >strace.out
	SYSLAYER_IMAGE=$BUILD/layers/count.img SYSLAYER_OUTPUT=count.json SYSLAYER_FORMAT=json \
		"./lua-$libc" "$SRC/demo/workload.lua" tmp >count.out
	from_strace strace.txt >strace.calls
	from_count count.json >count.calls
	diff strace.calls count.calls || die "count and strace differ"
	awk '{ calls += $2; errors += $3 } END { print NR " system calls, " calls " times, " errors " errors: all equal" }' count.calls
	rm count.json

	say "$libc: swap the stubs for good: stamp the file with count, and back"
	run "$elfpatch" stamp --image="$BUILD/layers/count.img" -o "lua-$libc.stamped" "lua-$libc"
	run "./lua-$libc.stamped" "$SRC/demo/workload.lua" tmp >stamped.out 2>stamped.err
	cmp plain.out stamped.out
	tail -n 1 stamped.err
	run "$elfpatch" unstamp -o "lua-$libc.unstamped" "lua-$libc.stamped"
	run cmp "lua-$libc" "lua-$libc.unstamped"
	run "$elfpatch" verify "lua-$libc" "lua-$libc.stamped"

	say "$libc: while it runs"
	rm -f hold
	mkfifo hold
	echo 'io.read()' >wait.lua
	SYSLAYER_IMAGE=$BUILD/layers/count.img SYSLAYER_OUTPUT=/dev/null "./lua-$libc" wait.lua <hold &
	pid=$!
	exec 3>hold
	# The image is mapped before the program opens its script, and it holds no file but that.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q count.img "/proc/$pid/maps" && break
		sleep 0.1
	done
	run grep -A 1 -F "$(readlink -f "$BUILD/layers/count.img")" "/proc/$pid/maps" || die "the image is not mapped"
	grep -E ' (rwx|.wx)' "/proc/$pid/maps" && die "writable and executable"
	exec 3>&-
	wait "$pid"
done
say "done: three times the same output, with other stubs each time"
