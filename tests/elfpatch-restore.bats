#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch restore: the original, byte for byte.

load helpers

# given_back FILE...: each is rewritten, stamped and stamped again, and comes back.
given_back() {
	local file
	for file; do
		elfpatch rewrite -q -o rewritten "$file" || return
		! cmp -s rewritten "$file" || fail "$file: nothing was rewritten" || return
		elfpatch restore -q -o back rewritten || return
		cmp back "$file" || return
		elfpatch stamp -q -i --image="$BUILD/layers/native.img" rewritten || return
		elfpatch restore -q -o back rewritten || return
		cmp back "$file" || return
		rm rewritten back
	done
}

@test "restore: static, position-independent, dynamic programs, libraries" {
	"$CC" -O1 -static -o static "$SRC/tests/elfpatch/hello.c"
	"$CC" -O1 -static-pie -fPIE -o static-pie "$SRC/tests/elfpatch/hello.c"
	"$CC" -O1 -static -g -o debug "$SRC/tests/elfpatch/hello.c"
	strip -o stripped static
	given_back static static-pie debug stripped
}

@test "restore: what Debian built" {
	given_back /bin/busybox /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 /lib/ld-musl-x86_64.so.1
}

@test "restore: without section headers, with bytes behind the file" {
	"$CC" -O1 -static -o headless "$SRC/tests/elfpatch/hello.c"
	eu-strip --strip-sections headless
	"$CC" -O1 -static -o payload "$SRC/tests/elfpatch/hello.c"
	echo "a payload" >>payload
	given_back headless payload
}

@test "restore: in place, mode and time of links as the other verbs; again is not supported" {
	"$CC" -O1 -static -o program "$SRC/tests/elfpatch/hello.c"
	cp program original
	chmod 4711 program
	elfpatch rewrite -q -i program
	elfpatch restore -q -i program
	cmp program original
	assert_equal "$(stat -c %a program)" 4711
	run elfpatch restore -i program
	assert_status 3
	cmp program original
}

# copied TOOL FROM TO: through strip or the like.
copied() {
	# shellcheck disable=SC2086 # words
	if [[ $1 == objcopy ]]; then objcopy "$2" "$3"; else $1 -o "$3" "$2" 2>err; fi
}

# What a tool makes of what is given back is what it makes of the original: nothing of ours is left, nothing is lost.
@test "restore: what strip and its like have been at since is given back as they would have left the original" {
	"$CC" -O1 -static -g -o static "$SRC/tests/elfpatch/hello.c"
	"$CC" -O1 -static-pie -fPIE -g -o static-pie "$SRC/tests/elfpatch/hello.c"
	local file tool tools=(strip "strip -g" eu-strip "eu-strip -g" objcopy) n=0
	for tool in llvm-strip llvm-strip-14 llvm-strip-19; do
		! command -v "$tool" >/dev/null || tools+=("$tool")
	done
	for file in static static-pie /bin/busybox /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6; do
		elfpatch rewrite -q -o rewritten "$file"
		for tool in "${tools[@]}"; do
			# llvm-strip refuses glibc's static programs, which is not our concern.
			copied "$tool" rewritten stripped && copied "$tool" "$file" original || continue
			run -0 elfpatch restore -o back stripped
			assert_contains "warning: what it loads is as it was"
			copied "$tool" back again
			cmp again original || fail "$file, $tool"
			n=$((n + 1))
		done
	done
	[[ $n -ge 25 ]] || fail "only $n"
	elfpatch rewrite -q -o rewritten static
	strip rewritten
	elfpatch restore -q -o back rewritten
	assert_equal "$(./back there)" "$(./static there)"
}

@test "restore: a stamped file after strip" {
	"$CC" -O1 -static -g -o program "$SRC/tests/elfpatch/hello.c"
	elfpatch rewrite -q -o rewritten program
	elfpatch stamp -q -i --image="$BUILD/layers/native.img" rewritten
	strip rewritten
	elfpatch restore -q -o back rewritten
	strip back
	strip -o original program
	cmp back original
}

@test "restore: says that something else has changed the file, and writes nothing" {
	"$CC" -O1 -static -g -o program "$SRC/tests/elfpatch/hello.c"
	"$CC" -O1 -o dynamic "$SRC/tests/elfpatch/hello.c"
	elfpatch rewrite -q -o rewritten program
	local at
	# Code; code after strip; what is not loaded.
	cp rewritten changed
	printf x | dd of=changed bs=1 seek=70000 conv=notrunc status=none
	run elfpatch restore -o back changed
	assert_status 1
	assert_contains "has been changed since it was rewritten"
	strip changed
	run elfpatch restore -o back changed
	assert_status 1
	[[ ! -e back ]] || fail "back is there"
	cp /lib/x86_64-linux-gnu/libc.so.6 library
	elfpatch rewrite -q -i library
	patchelf --set-rpath "/$(printf '%0300d' 0)" library
	run elfpatch restore -o back library
	assert_status 1
	assert_contains "has been changed since it was rewritten"
	[[ ! -e back ]] || fail "back is there"
	cp rewritten changed
	at=$(readelf -SW changed | awk '$2 == ".symtab" || $3 == ".symtab" { print $(NF - 5) }')
	printf x | dd of=changed bs=1 seek=$((0x$at + 1000)) conv=notrunc status=none
	run -0 elfpatch restore -o back changed
	assert_contains "sections that are not loaded are what it has of them now"
}

@test "restore: what the plugin linked, and what reserve made, has no record" {
	"$CC" -O1 -static -o linked "$SRC/tests/elfpatch/hello.c" -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" ||
		skip "the linker does not load this plugin"
	run elfpatch restore -o back linked
	assert_status 3
	assert_contains "no record"
	elfpatch reserve -q -o reserved "$BUILD/elfpatch/elfpatch" || elfpatch reserve -q -o reserved /bin/true
	run elfpatch restore -o back reserved
	assert_status 3
}

@test "restore: a damaged record is noticed, by verify too" {
	"$CC" -O1 -static -o program "$SRC/tests/elfpatch/hello.c"
	elfpatch rewrite -q -o rewritten program
	local at
	at=$(grep -abo SYSLUNDO rewritten | tail -n 1 | cut -d: -f1)
	printf x | dd of=rewritten bs=1 seek=$((at + 10)) conv=notrunc status=none
	run elfpatch restore -o back rewritten
	assert_status 3
	run elfpatch verify rewritten
	assert_status 1
	assert_contains "record of what was before is damaged"
}

@test "restore: trees" {
	mkdir -p tree/below
	"$CC" -O1 -static -o tree/one "$SRC/tests/elfpatch/hello.c"
	cp tree/one tree/below/two
	echo text >tree/text
	cp -a tree original
	elfpatch rewrite -q -i -r tree
	run ! cmp -s tree/one original/one
	elfpatch restore -q -i -r tree || true
	run diff -r tree original
	assert_status 0
}
