# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# For the suites of elfpatch: programs of every kind, made once a suite.

# make_kinds: static static-pie musl pie nopie nolibc libsys library.so, plain, and .rw rewritten, in the file's
# directory. What this machine cannot make is left out.
make_kinds() {
	: "${SRC:=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)}" "${BUILD:=$SRC/build}" "${CC:=cc}"
	cd "$BATS_FILE_TMPDIR" || return
	local hello=$SRC/tests/elfpatch/hello.c k
	local sys=(-I"$SRC/include" -I"$BUILD/include")
	"$CC" -O2 -static -o static "$hello"
	"$CC" -O2 -static-pie -fPIE -o static-pie "$hello"
	"$CC" -O2 -fPIE -pie -o pie "$hello"
	"$CC" -O2 -no-pie -o nopie "$hello"
	! command -v musl-gcc >/dev/null || musl-gcc -O2 -static -o musl "$hello"
	"$CC" -Os -ffreestanding -fno-stack-protector -fcf-protection=none -nostdlib -static "${sys[@]}" \
		-o nolibc "$SRC/tests/libsys/hello.c" "$BUILD/libsys/libsys.a"
	"$CC" -O2 -shared -fPIC "${sys[@]}" -o library.so "$SRC/tests/elfpatch/add.c" "$BUILD/libsys/libsys.a"
	for k in static static-pie pie nopie musl nolibc library.so; do
		[[ ! -e $k ]] || "$BUILD/elfpatch/elfpatch" rewrite -q -o "$k.rw" "$k"
	done
}

# each_kind: the names of those that are programs with main().
each_kind() {
	local k
	for k in static static-pie pie nopie musl; do
		[[ ! -e $BATS_FILE_TMPDIR/$k ]] || echo "$k"
	done
}

# assert_runs FILE
assert_runs() {
	run -0 "$1" there
	assert_equal "${output-}" "hello 2 there"
}

# loads FILE: type, address, sizes and flags of each PT_LOAD.
loads() {
	readelf -lW "$1" | awk '$1 == "LOAD" { flags = $7; for (i = 8; i < NF; i++) flags = flags $i
		print $3, $5, $6, flags }'
}

# assert_error FILE: $output is one line of elfpatch's about FILE, and says something.
assert_error() {
	[[ ${output-} =~ ^elfpatch:\ $1:\ .{8,} ]] || fail "no message about $1:" "${output-}"
	assert_equal "$(wc -l <<<"${output-}")" 1
}

# assert_no_temporary: nothing that elfpatch has made is left in the directory.
assert_no_temporary() {
	run -0 find "${1-.}" -name '.elfpatch*'
	assert_equal "${output-}" ""
}

need_root() {
	[[ $(id -u) -eq 0 ]] || skip "needs root"
}

# A plain user's elfpatch: the build may lie where only root can go.
as_nobody() {
	local name=$1
	shift
	if [[ $name == elfpatch ]]; then
		cp "$BUILD/elfpatch/elfpatch-main" "$BATS_TEST_TMPDIR/plain-elfpatch"
		name=./plain-elfpatch
	fi
	setpriv --reuid 65534 --regid 65534 --clear-groups "$name" "$@"
}
