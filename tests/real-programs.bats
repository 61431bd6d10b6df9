#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten programs that somebody else has built: they do what they did, and all their calls come from the section.

load helpers
load calls
load real

real=$SRC/tests/real

setup_file() {
	real_setup_file
	local p
	for p in busybox bash-static zsh-static sash; do
		prepare $p "/bin/$p" || return
	done
	prepare ldconfig /sbin/ldconfig
}

setup() {
	real_setup
}

# busybox_box: what the applets of busybox.tbl work with.
busybox_box() {
	mkdir -p prototype/tree/branch
	cd prototype || return
	seq 1 400 | awk '{ printf "%s%s\n", substr("alphabetagammadeltaepsilonzetaetatheta", $1 % 30 + 1, $1 % 9 + 1),
		$1 % 7 ? "" : "er" }' >words
	seq -f '%g00' 1 150 >numbers
	printf 'one:3\ntwo:1\nthree:2\n' >pairs
	awk 'BEGIN { for (i = 0; i < 20000; i++) {
		x = (x * 1103515245 + 12345) % 2147483648
		printf "%c", int(x / 65536) % 127 + 1
	} }' >bytes
	echo leaf >tree/leaf.txt
	echo other leaf >tree/branch/leaf2.txt
	ar rcD archive.a words
	xz -k words
	xz -k --format=lzma words
	find . -exec touch -d '2024-02-29 12:00:00 UTC' {} +
	cd ..
}

# applets FORM IMAGE: what all of busybox.tbl says and leaves behind; nothing in the path but busybox.
applets() {
	local applet line bin=$PWD/bin
	rm -rf bin
	ln -s "$1" bin
	while IFS=$'\t' read -r applet line; do
		[[ $applet != \#* ]] || continue
		rm -rf box
		cp -a prototype box
		echo "== $applet: $line"
		(
			cd box || exit
			ended=0
			env -i PATH="$bin" HOME=/ TZ=UTC LC_ALL=C SYSLAYER_IMAGE="$2" SYSLAYER_OUTPUT=/dev/null \
				timeout 20 "$bin/sh" -c "$line" 2>&1 </dev/null || ended=$?
			echo "status $ended"
			tar cf - --sort=name --mtime=@0 . 2>/dev/null | md5sum
		)
	done <"$real/busybox.tbl"
}

@test "busybox: every applet says and leaves what it did" {
	local applet form
	# Another release of it may have more applets: what the table does not have is asked how it is used.
	./plain/busybox --list >list
	while read -r applet; do
		grep -qF "$applet	" "$real/busybox.tbl" || fail "not in the table: $applet"
	done <list
	for form in plain rewritten stamped; do
		while read -r applet; do
			[[ $applet == busybox ]] || ln -s busybox "$form/$applet"
		done <list
	done
	busybox_box
	applets plain '' >expected
	for form in rewritten: rewritten:"$COUNT" stamped:; do
		applets "${form%:*}" "${form#*:}" >actual
		diff expected actual >difference || fail "$form" "$(head -n 50 difference)"
	done
	find plain rewritten stamped -type l -delete
	# It did something: few lines fail, other than those that only ask how an applet is used.
	(($(grep -c '^status 0' expected) >= 180)) || fail "$(grep -c '^status 0' expected) succeeded"
	refute_contains ": not found" "$(<expected)"
}

@test "busybox: every call comes from the section" {
	# shellcheck disable=SC2016 # for busybox
	placed_and_counted "$BIN/busybox" sh -c 'x=$(echo sub | busybox cat); ls -lR / 2>/dev/null | head -n 100; find . | sort'
	placed_and_counted "$BIN/busybox" tar cf x.tar -C "$real" .
}

@test "bash" {
	same "$BIN/bash-static" "$real/shell.sh"
	assert_contains "another program"
	assert_contains "status 5"
	placed_and_counted "$BIN/bash-static" "$real/shell.sh"
}

@test "zsh" {
	same "$BIN/zsh-static" -f "$real/shell.sh"
	assert_contains "another program"
	assert_contains "status 5"
	placed_and_counted "$BIN/zsh-static" -f "$real/shell.sh"
}

@test "sash" {
	cat >script <<'END'
-echo a b
-mkdir d
-cp /bin/true d/copy
-ls d
-sum d/copy
-gzip d/copy
-gunzip d/copy.gz
-cmp /bin/true d/copy
-tar cf x.tar d
-tar tf x.tar
-find d -name copy
-grep here ../script
-ln -s d link
-chmod 600 d/copy
-mv d/copy moved
/bin/echo another program
-touch nothing/there
-rm moved x.tar
END
	same "$BIN/sash" -f ../script
	assert_contains "another program"
	placed_and_counted "$BIN/sash" -f ../script
}

@test "ldconfig: the very same cache" {
	same "$BIN/ldconfig" -X -C "$PWD/box/cache" -f /dev/null
	assert_contains ./cache
	assert_contains "status 0"
	same "$BIN/ldconfig" -p
	placed_and_counted "$BIN/ldconfig" -X -C "$PWD/box/cache" -f /dev/null
}

@test "Lua" {
	# shellcheck disable=SC2046 # words
	"$CC" -O2 -static $(pkg-config --cflags lua5.4) "$real/lua.c" -o lua -llua5.4 -lm -ldl
	prepare lua lua
	same "$BIN/lua" "$real/program.lua"
	assert_contains "status 6"
	placed_and_counted "$BIN/lua" "$real/program.lua"
}

@test "SQLite" {
	"$CC" -O2 -static "$real/sql.c" -o sql -lsqlite3 -lm
	prepare sql sql
	same "$BIN/sql" database "$real/program.sql"
	assert_contains "5000|12502500|"
	assert_contains "no such table: missing"
	assert_contains "status 0"
	placed_and_counted "$BIN/sql" database "$real/program.sql"
}

@test "Rust" {
	need_tools rustc
	rustc -O --edition 2021 -C target-feature=+crt-static "$real/program.rs" -o program-rust
	prepare program-rust program-rust
	same "$BIN/program-rust"
	assert_contains "status 7"
	assert_contains dropped
	placed_and_counted "$BIN/program-rust"
}

@test "Rust, without its library, with musl" {
	need_tools rustc
	rustc -O --edition 2021 -C panic=abort --emit=obj "$real/core.rs" -o core-rust.o
	musl-gcc -static -o core-rust core-rust.o
	prepare core-rust core-rust
	same "$BIN/core-rust"
	assert_contains "5000 calls, child 5, file 1"
	assert_contains "status 7"
	placed_and_counted "$BIN/core-rust"
}

@test "C, with glibc, musl and dietlibc" {
	need_tools diet
	local library
	"$CC" -O2 -static "$real/libc.c" -o libc-glibc
	musl-gcc -O2 -static "$real/libc.c" -o libc-musl
	diet gcc -O2 "$real/libc.c" -o libc-diet
	for library in glibc musl diet; do
		strip libc-$library
		prepare $library libc-$library
		same "$BIN/$library"
		assert_contains "0: right"
		placed_and_counted "$BIN/$library"
	done
}

@test "Go: also position independent, and stripped" {
	local mode what
	export GOCACHE=$BATS_FILE_TMPDIR/cache GO111MODULE=off GOFLAGS='' CGO_ENABLED=0 GOPROXY=off
	for mode in exe pie; do
		go build -buildmode=$mode -ldflags='-s -w' -o go-$mode "$SRC/tests/sites/go.go"
		prepare go-$mode go-$mode
		for what in hello children serve goroutines; do
			same "$BIN/go-$mode" $what
			assert_contains "$what: right"
			# The other one is dynamic, and ld.so is as it was. Its threads still make calls when the layer has told
			# what it counted.
			[[ $mode == pie ]] || well_placed "$BIN/go-$mode" $what
		done
	done
}

@test "qemu: programs of other machines" {
	local machine
	for machine in aarch64 riscv64; do
		need_tools $machine-linux-gnu-gcc qemu-$machine-static
		$machine-linux-gnu-gcc -O2 -static -pthread "$real/foreign.c" -o "foreign-$machine"
		prepare qemu-$machine "$(command -v qemu-$machine-static)"
		same "$BIN/qemu-$machine" "../foreign-$machine"
		assert_equal "$(grep -c 'cancelled 1' <<<"$output")" 10
		assert_contains "interrupted 101 1"
		# Its threads still make calls when the layer has told what it counted.
		well_placed "$BIN/qemu-$machine" "../foreign-$machine"
	done
}
