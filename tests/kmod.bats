#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The kernel module, in Debian's kernels 6.1 and 6.12: one boot of each, whose results the tests read.

load helpers
load kmod

# make_guest: what both guests have, in ./guest.
make_guest() {
	local fixtures=$SRC/tests p library
	local plugin=-Wl,-plugin,$BUILD/plugin/.libs/syslayer.so
	local compile=("$CC" -O1 -I"$SRC/include")
	mkdir -p guest/programs guest/layers
	cp "$fixtures/kmod/init.sh" guest/init
	chmod +x guest/init
	cp "$fixtures/kmod/guest.sh" guest/tests
	cp "$BUILD"/layers/*.img guest/layers
	chmod 644 guest/layers/*
	p=guest/programs
	"${compile[@]}" -static "$plugin" -o $p/static "$fixtures/runtime/probe.c" &&
		"${compile[@]}" -static-pie "$plugin" -o $p/static-pie "$fixtures/runtime/probe.c" &&
		"${compile[@]}" "$plugin" -o $p/dynamic "$fixtures/runtime/probe.c" &&
		musl-gcc -O1 -idirafter "$SRC/include" -static "$plugin" -o $p/musl "$fixtures/runtime/probe.c" &&
		"$CC" -O1 -static -o $p/plain -x c - <<<'int main(void) { return 0; }' || return
	for library in $(ldd $p/dynamic | grep -o '/[^ ]*'); do
		mkdir -p "guest${library%/*}"
		cp -L "$library" "guest$library"
	done
}

# one_kernel SERIES
one_kernel() {
	mkdir -p "$1"
	build_module "$1" && make_initramfs "$1" guest && APPEND='' boot "$1" 120 -smp 2 >"$1/qemu" 2>&1
}

setup_file() {
	local s jobs=()
	cd "$BATS_FILE_TMPDIR" || return
	kernel_series >series
	[[ -s series ]] && type -P qemu-system-x86_64 cpio busybox >/dev/null || return 0
	make_guest || return
	while read -r s; do
		one_kernel "$s" >"$s.out" 2>&1 &
		jobs+=($!)
	done <series
	# What failed shows in the results.
	wait "${jobs[@]}" || true
}

setup() {
	common_setup
	need_tools qemu-system-x86_64 cpio busybox
	[[ -s $BATS_FILE_TMPDIR/series ]] || skip "no kernels in $KERNELS (tests/kmod/fetch-kernels.sh $KERNELS)"
}

# guest TEST: it went well in each kernel.
guest() {
	local s bad=0
	for s in $(<"$BATS_FILE_TMPDIR/series"); do
		cd "$BATS_FILE_TMPDIR/$s" || return
		if [[ ! -s results ]]; then
			tail -n 20 ../"$s.out" qemu console || true
			fail "Linux $s: nothing came back" || bad=1
		elif ! grep -q "^ok $1 " results; then
			echo "Linux $s:"
			grep "^# $1:" results || tail -n 40 console
			bad=1
		fi
	done
	[[ $bad -eq 0 ]]
}

@test "maps static program" {
	guest maps_static_program
}

@test "maps static pie" {
	guest maps_static_pie
}

@test "maps musl program" {
	guest maps_musl_program
}

@test "maps dynamic program" {
	guest maps_dynamic_program
}

@test "without image the runtime serves" {
	guest without_image_the_runtime_serves
}

@test "without module the runtime serves" {
	guest without_module_the_runtime_serves
}

@test "program without note is not ours" {
	guest program_without_note_is_not_ours
}

@test "zz kernel log is clean" {
	guest zz_kernel_log_is_clean
}

