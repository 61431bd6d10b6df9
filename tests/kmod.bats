#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The kernel module, in Debian's kernels 6.1 and 6.12: one boot of each, whose results the tests read.

load helpers
load kmod

# edit PROGRAM NEW OFFSET BYTES: a copy, with other bytes in the descriptor of the note.
edit() {
	local offset
	offset=$(readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] *//p' | awk '$1 == ".note.syslayer" { print $4 }')
	cp "$1" "$2"
	# shellcheck disable=SC2059 # the escapes are the format
	printf "$4" | dd of="$2" bs=1 seek=$((16#$offset + 24 + $3)) conv=notrunc status=none
}

# make_rewritten: programs whose dynamic linker and C library are rewritten, in ./rewritten.
make_rewritten() {
	local directory=/programs/rewritten
	local compile=("$CC" -O1 -I"$SRC/include") dynamic=("-Wl,-rpath,$directory,--dynamic-linker,$directory/ld.so")
	local musl=(musl-gcc -O1 -idirafter "$SRC/include" "-Wl,--dynamic-linker,$directory/musl.so")
	local probe=$SRC/tests/runtime/probe.c
	mkdir rewritten &&
		elfpatch rewrite -q -o rewritten/ld.so "$("$CC" -print-file-name=ld-linux-x86-64.so.2)" &&
		elfpatch rewrite -q -o rewritten/libc.so.6 "$("$CC" -print-file-name=libc.so.6)" &&
		elfpatch rewrite -q -o rewritten/musl.so /usr/lib/x86_64-linux-musl/libc.so &&
		"${compile[@]}" -static -o rewritten/static "$probe" &&
		"${compile[@]}" -static-pie -o rewritten/static-pie "$probe" &&
		"${compile[@]}" "${dynamic[@]}" -o rewritten/dynamic "$probe" &&
		"${compile[@]}" "${dynamic[@]}" -no-pie -o rewritten/fixed "$probe" &&
		"${compile[@]}" "${dynamic[@]}" -o rewritten/early "$SRC/tests/kmod/early.c" &&
		"${musl[@]}" -o rewritten/musl "$probe" &&
		g++ -O1 -s -static -fnon-call-exceptions -o rewritten/handlers "$SRC/tests/unwind/handlers.cc" &&
		g++ -O1 -s "${dynamic[@]}" -static-libstdc++ -fnon-call-exceptions -o rewritten/handlers-dynamic "$SRC/tests/unwind/handlers.cc" &&
		"$CC" -nostdlib -static -o rewritten/bare -x assembler - <<<'.intel_syntax noprefix; .globl _start; _start: xor edi, edi; mov eax, 231; syscall' &&
		"${compile[@]}" -shared -fPIC -o rewritten/library.so "$SRC/tests/kmod/library.c" &&
		"${compile[@]}" "${dynamic[@]}" "-DLIBRARY=\"$directory/library.so\"" -o rewritten/outside "$SRC/tests/kmod/outside.c" &&
		"${compile[@]}" "${dynamic[@]}" -no-pie -o rewritten/outside-fixed "$SRC/tests/kmod/outside.c" &&
		"${musl[@]}" "-DLIBRARY=\"$directory/library.so\"" -o rewritten/outside-musl "$SRC/tests/kmod/outside.c" &&
		elfpatch rewrite -q -i rewritten/{static,static-pie,dynamic,fixed,early,musl,library.so,handlers,handlers-dynamic,bare} &&
		elfpatch rewrite -q -o rewritten/libgcc_s.so.1 "$("$CC" -print-file-name=libgcc_s.so.1)" &&
		"${compile[@]}" "${dynamic[@]}" -o rewritten/plain -x c - <<<'int main(void) { return 0; }'
}

# make_programs: into the current folder.
make_programs() {
	local fixtures=$SRC/tests
	local plugin=-Wl,-plugin,$BUILD/plugin/.libs/syslayer.so
	local compile=("$CC" -O1 -I"$SRC/include") bare=("$CC" -nostdlib -I"$SRC/include")
	"${compile[@]}" -static "$plugin" -o static "$fixtures/runtime/probe.c" &&
		"${compile[@]}" -static-pie "$plugin" -o static-pie "$fixtures/runtime/probe.c" &&
		"${compile[@]}" "$plugin" -o dynamic "$fixtures/runtime/probe.c" &&
		musl-gcc -O1 -idirafter "$SRC/include" -static "$plugin" -o musl "$fixtures/runtime/probe.c" &&
		"${compile[@]}" -static "$plugin" -Wl,--defsym=__syslayer_size=36K -o small "$fixtures/runtime/probe.c" &&
		"${compile[@]}" -static "$plugin" -Wl,--defsym=__syslayer_require=1 -o strict "$fixtures/runtime/probe.c" &&
		"${compile[@]}" "$plugin" -o early "$fixtures/kmod/early.c" &&
		"${compile[@]}" -static "$plugin" -o hostile "$fixtures/kmod/hostile.c" &&
		"${compile[@]}" -no-pie "$plugin" -o hostile-dynamic "$fixtures/kmod/hostile.c" &&
		"${compile[@]}" -static "$plugin" -o outside "$fixtures/kmod/outside.c" &&
		"${compile[@]}" -static-pie "$plugin" -o outside-static-pie "$fixtures/kmod/outside.c" &&
		"${compile[@]}" "$plugin" -o outside-dynamic "$fixtures/kmod/outside.c" &&
		musl-gcc -O1 -static "$plugin" -o outside-musl "$fixtures/kmod/outside.c" &&
		"${compile[@]}" -static -o start "$fixtures/kmod/start.c" &&
		"$CC" -O1 -static -o plain -x c - <<<'int main(void) { return 0; }' &&
		"$CC" -O1 -o plain-dynamic -x c - <<<'int main(void) { return 0; }' &&
		"$CC" -O1 -static "$plugin" -o crash -x c - <<<'int main(void) { __builtin_trap(); }' &&
		"$CC" -m32 -nostdlib -static -o compat "$fixtures/kmod/compat.S" || return
	elfpatch stamp -q --image="$BUILD/layers/count.img" -o stamped static || return
	elfpatch stamp -q --image="$BUILD/layers/count.img" -o stamped-dynamic dynamic || return
	edit static newer 32 '\2'
	edit strict newer-strict 32 '\2'
	edit static other-abi 40 'other_abi.1\0\0\0'
	"${bare[@]}" -static -o first-static "$fixtures/kmod/first.S" &&
		"${bare[@]}" -static-pie -o first-pie "$fixtures/kmod/first.S" &&
		"${bare[@]}" -pie -o first-dynamic "$fixtures/kmod/first.S" -Wl,--no-as-needed -lc &&
		elfpatch reserve -q -i first-static first-pie first-dynamic || return
	make_rewritten || return
	# An interpreter, whose section is above all that it has: Linux before 6.2 does not map its
	# zero-filled memory otherwise. Position independent, and linked at 0: now ET_DYN (3).
	"${bare[@]}" -static -DNOTE -Wl,-Ttext-segment=0 -o interpreter "$fixtures/kmod/first.S" || return
	# Another one has a segment above it.
	"${bare[@]}" -static -DNOTE -Wl,-Ttext-segment=0,--section-start=.above=0x800000 -o interpreter-low \
		"$fixtures/kmod/first.S" -x assembler - <<<'.section .above, "aw"; .quad 1; .section .note.GNU-stack, ""' || return
	printf '\3' | dd of=interpreter bs=1 seek=16 conv=notrunc status=none
	printf '\3' | dd of=interpreter-low bs=1 seek=16 conv=notrunc status=none
	"$CC" -o interpreted -Wl,--dynamic-linker=/programs/interpreter -x c - <<<'int main(void) { return 0; }' &&
		"$CC" -o interpreted-low -Wl,--dynamic-linker=/programs/interpreter-low -x c - <<<'int main(void) { return 0; }' &&
		elfpatch reserve -q -o interpreted-too interpreted
}

# make_guest: what all guests have, in ./guest.
make_guest() {
	local library directory
	mkdir -p guest/programs guest/layers
	cp "$SRC/tests/kmod/init.sh" guest/init
	chmod +x guest/init
	directory=$(make -s -C "$BUILD" kmod-directory | tail -n 1) || return
	sed "s,@directory@,$directory," "$SRC/tests/kmod/guest.sh" >guest/tests
	cp "$BUILD"/layers/*.img guest/layers
	chmod 755 guest guest/layers
	chmod 644 guest/layers/*
	(cd guest/programs && make_programs) || return
	# The last one is for pthread_cancel(3).
	for library in $(ldd guest/programs/dynamic | grep -o '/[^ ]*') "$("$CC" -print-file-name=libgcc_s.so.1)"; do
		mkdir -p "guest${library%/*}"
		cp -L "$library" "guest$library"
	done
}

# build_nomap SERIES
build_nomap() {
	mkdir -p "$1/nomap"
	cp "$SRC/tests/kmod/nomap.c" "$1/nomap"
	echo 'obj-m := nomap.o' >"$1/nomap/Kbuild"
	make -s -C "$KERNELS/$1/headers" M="$PWD/$1/nomap" modules </dev/null &&
		mkdir -p "$1/root/modules" && strip -g -o "$1/root/modules/nomap.ko" "$1/nomap/nomap.ko"
}

# build_modules SERIES
build_modules() {
	mkdir -p "$1"
	build_module "$1" && build_nomap "$1"
}

# one_kernel SERIES
one_kernel() {
	[[ -e $1/syslayer.ko && -e $1/root/modules/nomap.ko ]] && make_initramfs "$1" guest &&
		APPEND="slub_nomerge highres=off nohz=off" boot "$1" 900 -smp 2 >"$1/qemu" 2>&1
}

# start FUNCTION: with each series at once. finish: waits for what has been started; what fails shows in the results.
start() {
	local s
	while read -r s; do
		"$1" "$s" >>"$s.out" 2>&1 &
		started+=($!)
	done <series
}

finish() {
	wait "${started[@]}" || true
	started=()
}

setup_file() {
	local started=()
	cd "$BATS_FILE_TMPDIR" || return
	kernel_series >series
	[[ -s series ]] && type -P qemu-system-x86_64 cpio busybox >/dev/null || return 0
	PATH=$BUILD/elfpatch:$PATH
	start build_modules
	make_guest || return
	finish
	start one_kernel
	finish
}

setup() {
	common_setup
	need_tools qemu-system-x86_64 cpio busybox
	[[ -s $BATS_FILE_TMPDIR/series ]] || skip "no kernels in $KERNELS (tests/kmod/fetch-kernels.sh $KERNELS)"
}

# guest TEST: it went well in each kernel.
guest() {
	local s bad=0
	[[ $1 =~ $ONLY ]] || skip "not one of ONLY=$ONLY"
	for s in $(<"$BATS_FILE_TMPDIR/series"); do
		cd "$BATS_FILE_TMPDIR/$s" || return
		if [[ ! -s results ]]; then
			fail "Linux $s: nothing came back" "$(tail -n 5 ../"$s.out" qemu console 2>&1)" || bad=1
		elif ! grep -q "^ok $1 " results; then
			echo "Linux $s:"
			grep "^# $1:" results || tail -n 5 console
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

@test "first instruction of a static program" {
	guest first_instruction_of_a_static_program
}

@test "first instruction of a static pie" {
	guest first_instruction_of_a_static_pie
}

@test "first instruction of a dynamic program" {
	guest first_instruction_of_a_dynamic_program
}

@test "first instruction of an interpreter" {
	guest first_instruction_of_an_interpreter
}

@test "section of an interpreter that is no memory" {
	guest section_of_an_interpreter_that_is_no_memory
}

@test "stubs that go on are replaced before the first instruction" {
	guest stubs_that_go_on_are_replaced_before_the_first_instruction
}

@test "stubs that go on stay beside an interpreter with a section" {
	guest stubs_that_go_on_stay_beside_an_interpreter_with_a_section
}

@test "one layer for program linker and libraries" {
	guest one_layer_for_program_linker_and_libraries
}

@test "rewritten dynamic linker without module" {
	guest rewritten_dynamic_linker_without_module
}

@test "overlay file systems" {
	guest overlay_file_systems
}

@test "script gets the layer of its interpreter" {
	guest script_gets_the_layer_of_its_interpreter
}

@test "image is the kernels choice" {
	guest image_is_the_kernels_choice
}

@test "image upgraded by rename is seen at once" {
	guest image_upgraded_by_rename_is_seen_at_once
}

@test "image behind a symbolic link is seen soon" {
	guest image_behind_a_symbolic_link_is_seen_soon
}

@test "image is held open for a moment" {
	guest image_is_held_open_for_a_moment
}

@test "image of the parameter comes first" {
	guest image_of_the_parameter_comes_first
}

@test "parameters are absolute paths and roots" {
	guest parameters_are_absolute_paths_and_roots
}

@test "image must be roots" {
	guest image_must_be_roots
}

@test "image must be a regular file" {
	guest image_must_be_a_regular_file
}

@test "image may be unreadable for users" {
	guest image_may_be_unreadable_for_users
}

@test "image on noexec mount is refused" {
	guest image_on_noexec_mount_is_refused
}

@test "image mount can be unmounted" {
	guest image_mount_can_be_unmounted
}

@test "image that is damaged is refused" {
	guest image_that_is_damaged_is_refused
}

@test "image larger than the section is refused" {
	guest image_larger_than_the_section_is_refused
}

@test "image shorter than the section leaves the rest zero" {
	guest image_shorter_than_the_section_leaves_the_rest_zero
}

@test "image that cannot be mapped leaves no hole" {
	guest image_that_cannot_be_mapped_leaves_no_hole
}

@test "abi older image is refused with one line" {
	guest abi_older_image_is_refused_with_one_line
}

@test "abi newer image serves both" {
	guest abi_newer_image_serves_both
}

@test "abi two revisions side by side" {
	guest abi_two_revisions_side_by_side
}

@test "abi name finds its image" {
	guest abi_name_finds_its_image
}

@test "enforce kills calls outside of the section" {
	guest enforce_kills_calls_outside_of_the_section
}

@test "enforce cannot be switched off by the program" {
	guest enforce_cannot_be_switched_off_by_the_program
}

@test "enforce kills calls outside of dynamic programs" {
	guest enforce_kills_calls_outside_of_dynamic_programs
}

@test "enforce leaves handlers that are left by unwinding" {
	guest enforce_leaves_handlers_that_are_left_by_unwinding
}

@test "enforce that cannot be set is counted and told" {
	guest enforce_that_cannot_be_set_is_counted_and_told
}

@test "enforce is for programs with an image that can" {
	guest enforce_is_for_programs_with_an_image_that_can
}

@test "enforce stays when the parameter or the module goes" {
	guest enforce_stays_when_the_parameter_or_the_module_goes
}

@test "hostile notes map nothing elsewhere" {
	guest hostile_notes_map_nothing_elsewhere
}

@test "stamped program is left alone" {
	guest stamped_program_is_left_alone
}

@test "secure programs get the layer" {
	guest secure_programs_get_the_layer
}

@test "chroot does not hide the image" {
	guest chroot_does_not_hide_the_image
}

@test "namespaces do not change the image" {
	guest namespaces_do_not_change_the_image
}

@test "program without a name gets the layer" {
	guest program_without_a_name_gets_the_layer
}

@test "personality does not change the layer" {
	guest personality_does_not_change_the_layer
}

@test "traced program has the image before its first instruction" {
	guest traced_program_has_the_image_before_its_first_instruction
}

@test "core dump" {
	guest core_dump
}

@test "limited address space loses no program" {
	guest limited_address_space_loses_no_program
}

@test "limited memory ends at most the program" {
	guest limited_memory_ends_at_most_the_program
}

@test "memory that ends anywhere" {
	guest memory_that_ends_anywhere
}

@test "allocations that fail, where the kernel can do that (tests/long/kmod-debug.bats)" {
	guest allocations_that_fail
}

@test "programs of 32 bits are not ours" {
	guest programs_of_32_bits_are_not_ours
}

@test "binfmt misc loaded after" {
	guest binfmt_misc_loaded_after
}

@test "binfmt misc loaded before" {
	guest binfmt_misc_loaded_before
}

@test "storm of vfork and exec" {
	guest storm_of_vfork_and_exec
}

@test "storm while images and module come and go" {
	guest storm_while_images_and_module_come_and_go
}

@test "nothing leaks" {
	guest nothing_leaks
}

@test "module can be unloaded while programs run" {
	guest module_can_be_unloaded_while_programs_run
}

# dkms_build SERIES: dkms builds what is installed for it; tree/.../syslayer.ko.
dkms_build() {
	local version release headers=$KERNELS/$1/headers where=(--dkmstree "$PWD/tree" --sourcetree "$PWD/root/usr/src")
	version=$(sed -n 's/^PACKAGE_VERSION = //p' "$BUILD/Makefile")
	release=$(basename "$(readlink -f "$headers")")
	release=${release#linux-headers-}
	if [[ ! -d tree ]]; then
		make -s -C "$BUILD" install-dkms DESTDIR="$PWD/root" dkmsdir="/usr/src/syslayer-$version" </dev/null
		mkdir tree
		dkms add "${where[@]}" -m syslayer -v "$version"
	fi
	dkms build "${where[@]}" -m syslayer -v "$version" -k "$release" -a x86_64 --kernelsourcedir "$headers" </dev/null
	module=$PWD/tree/syslayer/$version/$release/x86_64/module/syslayer.ko
}

@test "DKMS: what is installed for it builds, for each kernel" {
	local s
	need_tools dkms
	for s in $(<"$BATS_FILE_TMPDIR/series"); do
		dkms_build "$s"
		run -0 modinfo -F license "$module"
		assert_equal "$output" GPL
		run -0 modinfo -F version "$module"
		assert_equal "PACKAGE_VERSION=\"$output\"" "$(grep ^PACKAGE_VERSION root/usr/src/syslayer-*/dkms.conf)"
	done
	need_files root/usr/src/syslayer-*/COPYING
}

@test "modprobe and modules-load: the examples load it, with its parameters and before binfmt_misc" {
	local s root=$PWD/lib/modules/6.0.0 loads parameters option
	read -r s <"$BATS_FILE_TMPDIR/series"
	mkdir -p "$root" configuration
	cp "$BATS_FILE_TMPDIR/$s/syslayer.ko" "$KERNELS/$s/modules/binfmt_misc.ko" "$root"
	touch "$root/modules.order" "$root/modules.builtin"
	/sbin/depmod -b "$PWD" 6.0.0 2>/dev/null
	sed 's/^#options/options/' "$SRC/kmod/modprobe.conf" >configuration/syslayer.conf
	run -0 grep -v '^#' "$SRC/kmod/modules-load.conf"
	run -0 /sbin/modprobe -d "$PWD" -S 6.0.0 -C configuration -n -v "$output"
	assert_equal "${#lines[@]}" 2
	[[ ${lines[1]} == "insmod $root/binfmt_misc.ko "* ]]
	loads=${lines[0]}
	run -0 /sbin/modinfo -F parm "$root/syslayer.ko"
	parameters=$output
	sed -n 's/^options syslayer //p' configuration/syslayer.conf >options
	[[ -s options ]]
	while read -r option; do
		[[ $loads == "insmod $root/syslayer.ko "*"$option "* ]]
		[[ $parameters == *"${option%%=*}:"* ]]
	done <options
}

@test "guests have come to their end, and nothing else failed" {
	local s
	# Each test of the guests has one here.
	run -0 diff <(sed -n 's/^test_\([a-z0-9_]*\)().*/\1/p' "$SRC/tests/kmod/guest.sh" | sort) \
		<(sed -n 's/^\tguest \([a-z0-9_]*\)$/\1/p' "$BATS_TEST_FILENAME" | sort)
	for s in $(<"$BATS_FILE_TMPDIR/series"); do
		run -1 grep '^not ok' "$BATS_FILE_TMPDIR/$s/results"
		run -0 tail -n 1 "$BATS_FILE_TMPDIR/$s/results"
		assert_equal "$output" end
	done
}

@test "kernel log is clean" {
	guest zz_kernel_log_is_clean
}
