#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin as users get at it: pkg-config, clang's configuration file, gcc's specs, CMake, Meson, Cargo.

load helpers
load plugin

# An installed tree, as it will lie in / : only the prefix in the files is a temporary one.
setup_file() {
	local prefix=$BATS_FILE_TMPDIR/inst dir=$BATS_FILE_TMPDIR/files
	mkdir "$dir" "$dir/plugin"
	make -s -C "$BUILD" plugin/syslayer.la
	make -s -C "$BUILD" install-pkgconfigDATA install-pkgdataDATA install-pkglibLTLIBRARIES DESTDIR="$dir/root"
	find "$dir/root" -name '*.la' -delete
	sed -n 's/^prefix=//p' "$(find "$dir/root" -name syslayer.pc)" >"$dir/prefix"
	mkdir -p "$prefix"
	cp -r "$dir/root$(cat "$dir/prefix")/." "$prefix"
	# What DESTDIR leaves of the real prefix in the two files that are no templates any more.
	sed -i "s|$(cat "$dir/prefix")/|$prefix/|g" "$prefix/share/syslayer/"*
	compile_fixtures
}

setup() {
	plugin_setup
	PREFIX=$BATS_FILE_TMPDIR/inst
	export PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig
	cp "$FIXTURES/program.c" .
	"$CC" -O1 program.c -o plain
}

pc() {
	pkg-config --define-variable=prefix="$PREFIX" "$@" syslayer | sed 's, *$,,' # it adds a blank
}

# assert_works FILE: it has the layer, and the calls of the program itself go through it.
assert_works() {
	assert_layered "$1"
	assert_same_run ./plain "$1" word
	[[ -e table ]] || fail "$1: nothing was counted"
}

@test "installed: no file tells of the build directory, the flags agree" {
	need_files "$PREFIX/lib/syslayer/syslayer.so" "$(pc --variable=clang_config)" "$(pc --variable=gcc_specs)"
	run grep -rlF "$BUILD" "$PREFIX/share" "$PREFIX/lib/pkgconfig"
	assert_equal "$status" 1
	assert_equal "$(pc --variable=plugin)" "$PREFIX/lib/syslayer/syslayer.so"
	assert_equal "$(grep -v '^#' "$(pc --variable=clang_config)")" "$(pc --libs)"
	run grep '^+' "$(pc --variable=gcc_specs)"
	assert_equal "-Wl,$(sed 's/^+ //; s/ /,/g' <<<"$output")" "$(pc --libs)"
}

@test "pkg-config: every compiler and every linker" {
	local v
	for v in 14 16 19 22; do
		# shellcheck disable=SC2046 # flags are words
		"clang-$v" --ld-path="/usr/bin/ld.lld-$v" program.c -o "p$v" $(pc --cflags --libs)
		assert_works "./p$v"
		# shellcheck disable=SC2046
		"clang-$v" -fuse-ld=bfd program.c -o "b$v" $(pc --libs)
		assert_works "./b$v"
	done
	# shellcheck disable=SC2046
	gcc program.c -o g $(pc --libs)
	assert_works ./g
	# shellcheck disable=SC2046
	gcc -fuse-ld=lld program.c -o gl $(pc --libs)
	assert_works ./gl
	# shellcheck disable=SC2046
	musl-gcc -static program.c -o m $(pc --libs)
	assert_works ./m
}

@test "clang: the configuration file; compile-only commands are silent" {
	local v cfg
	cfg=$(pc --variable=clang_config)
	for v in 14 16 19 22; do
		run "clang-$v" --config "$cfg" -Werror -Weverything -Wno-everything -c program.c -o p.o
		assert_equal "$status:$output" 0:
		run "clang-$v" --config "$cfg" -Werror --ld-path="/usr/bin/ld.lld-$v" p.o -o "p$v"
		assert_equal "$status:$output" 0:
		assert_works "./p$v"
		"clang-$v" --config "$cfg" --ld-path="/usr/bin/ld.lld-$v" -r p.o -o r.o
		refute_layered r.o
		"clang-$v" --config "$cfg" --ld-path="/usr/bin/ld.lld-$v" -shared -fPIC "$FIXTURES/library.c" -o libx.so
		assert_layered libx.so
	done
	# The spelling of newer ones; 14 has none of it.
	for v in 16 19 22; do
		"clang-$v" "--config=$cfg" -fuse-ld=lld p.o -o p
		assert_works ./p
		(cd "$(dirname "$cfg")" && "clang-$v" --config-user-dir=. --config=syslayer.cfg -fuse-ld=lld \
			"$BATS_TEST_TMPDIR/p.o" -o "$BATS_TEST_TMPDIR/q")
		assert_works ./q
	done
}

@test "gcc: the specs file; compile-only commands are silent" {
	local specs
	specs=$(pc --variable=gcc_specs)
	run gcc -specs="$specs" -Wall -Werror -c program.c -o p.o
	assert_equal "$status:$output" 0:
	run gcc -specs="$specs" p.o -o p
	assert_equal "$status:$output" 0:
	assert_works ./p
	gcc -specs="$specs" -static p.o -o ps
	assert_works ./ps
	gcc -specs="$specs" -static-pie -fPIE program.c -o psp
	assert_layered psp '' "$DEFAULT_SIZE" static-pie
	assert_same_run ./plain ./psp word
	gcc -specs="$specs" -fuse-ld=lld p.o -o pl
	assert_works ./pl
	gcc -specs="$specs" -r p.o -o r.o
	refute_layered r.o
	gcc -specs="$specs" -shared -fPIC "$FIXTURES/library.c" -o libx.so
	assert_layered libx.so
	g++ -specs="$specs" "$OBJECTS/throw.o" -o throw
	assert_layered throw
	run ./throw
	assert_equal "$status:${lines[0]}" "4:thrown 4 global object"
}

@test "musl-gcc: our specs and its own" {
	local specs
	specs=$(pc --variable=gcc_specs)
	musl-gcc -specs="$specs" -static program.c -o p
	assert_works ./p
	assert_counted 6 getppid
	musl-gcc -specs="$specs" program.c -o d
	assert_works ./d
}

@test "CMake: one line" {
	local v
	cat >CMakeLists.txt <<-'END'
		cmake_minimum_required(VERSION 3.16)
		project(example C)
		find_package(PkgConfig REQUIRED)
		pkg_check_modules(SYSLAYER REQUIRED syslayer)
		add_executable(target program.c)
		target_link_options(target PRIVATE ${SYSLAYER_LDFLAGS})
		add_executable(bare program.c)
	END
	# The prefix of the .pc file is that of the build; pkg-config has no such option in CMake.
	mkdir pc
	sed "s|^prefix=.*|prefix=$PREFIX|" "$PKG_CONFIG_PATH/syslayer.pc" >pc/syslayer.pc
	for v in gcc clang-19; do
		PKG_CONFIG_PATH=$PWD/pc cmake -S . -B "$v" -DCMAKE_C_COMPILER="$v" >log
		cmake --build "$v" >>log
		assert_works "./$v/target"
		refute_layered "$v/bare"
	done
	# For all programs of a project that knows nothing of it.
	cmake -S . -B all -DCMAKE_EXE_LINKER_FLAGS="$(pc --libs)" -DPKG_CONFIG_ARGN="--define-variable=prefix=/" \
		>log
	cmake --build all --target bare >>log
	assert_works ./all/bare
}

@test "Meson: one line" {
	cat >meson.build <<-'END'
		project('example', 'c')
		executable('target', 'program.c', dependencies: dependency('syslayer'))
		executable('bare', 'program.c')
	END
	mkdir pc
	sed "s|^prefix=.*|prefix=$PREFIX|" "$PKG_CONFIG_PATH/syslayer.pc" >pc/syslayer.pc
	PKG_CONFIG_PATH=$PWD/pc meson setup build >log
	ninja -C build >>log
	assert_works ./build/target
	refute_layered build/bare
	meson setup -Dc_link_args="$(pc --libs)" -Dpkg_config_path="$PWD/pc" all >>log
	ninja -C all bare >>log
	assert_works ./all/bare
}

@test "Cargo: one line of configuration" {
	local target=x86_64-unknown-linux-gnu
	mkdir -p src .cargo
	cat >Cargo.toml <<-'END'
		[package]
		name = "example"
		version = "0.1.0"
		edition = "2021"
	END
	cat >src/main.rs <<-'END'
		use std::panic;
		use std::thread;

		fn main() {
		    let caught = panic::catch_unwind(|| thread::spawn(|| panic!("expected")).join().unwrap());
		    println!("{} {}", caught.is_err(), std::process::id() > 0);
		    std::process::exit(7);
		}
	END
	unset RUSTFLAGS CARGO_TARGET_DIR
	cat >.cargo/config.toml <<-END
		[target.$target]
		rustflags = ["-C", "link-arg=$(pc --libs)"]
	END
	cargo build -q --offline --target $target
	assert_layered target/$target/debug/example
	run --separate-stderr target/$target/debug/example
	assert_equal "$status:$output" "7:true true"
	cat >.cargo/config.toml <<-END
		[target.$target]
		rustflags = ["-C", "target-feature=+crt-static", "-C", "link-arg=$(pc --libs)"]
	END
	cargo build -q --offline --release --target $target
	assert_layered target/$target/release/example '' "$DEFAULT_SIZE" static-pie
	SYSLAYER_IMAGE=$COUNT SYSLAYER_OUTPUT=table run --separate-stderr target/$target/release/example
	assert_equal "$status:$output" "7:true true"
	assert_counted 1 exit_group
	assert_counted 1 clone3
}
