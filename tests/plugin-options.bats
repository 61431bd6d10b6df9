#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin: options of linkers, LTO, unusual layouts, scripts, and what must pass untouched.

load helpers
load plugin

ALL="14 16 19 22 bfd"
LLDS="14 16 19 22"

setup_file() {
	compile_fixtures
	"$CC" -O1 -fno-pie -mcmodel=medium -c "$FIXTURES/medium.c" -o medium.o
}

# each_glibc LINKERS OBJECT FLAG...: with the option, as plain, and the layer works.
each_glibc() {
	local linkers=$1 object=$2 linker
	shift 2
	for linker in $linkers; do
		both_glibc "$linker" program "$OBJECTS/$object" "$@"
		assert_layered program program.plain
		assert_same_run ./program.plain ./program word
		assert_counted 3 getppid
	done
}

# each_tiny LINKERS FLAG...: the program without a C library, whose counter lies in .data or in .bss.
each_tiny() {
	local linkers=$1 linker object
	shift
	for linker in $linkers; do
		for object in tiny.o tiny-bss.o; do
			both_direct "$linker" tiny "$OBJECTS/$object" "$@"
			assert_layered tiny tiny.plain
			assert_same_run ./tiny.plain ./tiny
			assert_equal "$status:$output" 6:tiny
			assert_counted 3 getppid
		done
	done
}

@test "--gc-sections, --build-id, --emit-relocs" {
	each_glibc "$ALL" program.o -Wl,--gc-sections,--build-id=sha1
	each_glibc "$ALL" program.o -Wl,--emit-relocs
	run readelf -SW program
	assert_contains .rela.text
}

@test "-z relro -z now, -z norelro, -z nognustack" {
	each_glibc "$ALL" program.o -Wl,-z,relro,-z,now
	each_glibc "$ALL" program.o -Wl,-z,norelro
	each_glibc "$LLDS" program.o -Wl,-z,nognustack
}

@test "-z separate-code, -z noseparate-code, -z separate-loadable-segments, --no-rosegment" {
	each_glibc "$ALL" program.o -Wl,-z,separate-code
	each_glibc "$ALL" program.o -Wl,-z,noseparate-code
	each_glibc "$LLDS" program.o -Wl,-z,separate-loadable-segments
	each_glibc "$LLDS" program.o -Wl,--no-rosegment
}

@test "-z max-page-size=2097152" {
	each_glibc "$ALL" program.o -Wl,-z,max-page-size=2097152
}

@test "--strip-all" {
	each_glibc "$ALL" program.o -Wl,--strip-all
}

@test "RELR" {
	local linker
	for linker in $LLDS; do
		both_direct "$linker" program -static -pie --no-dynamic-linker -z text --pack-dyn-relocs=relr \
			"$MUSL/rcrt1.o" "$MUSL/crti.o" "$OBJECTS/program-musl.o" "-L$MUSL" -lc "$MUSL/crtn.o"
		assert_layered program program.plain "$DEFAULT_SIZE" static-pie
	done
	each_glibc "19 22 bfd" program.o -Wl,-z,pack-relative-relocs
	run readelf -dW program
	assert_contains RELR
}

@test "-mcmodel=medium: .lbss lies behind .bss, and stays as it is" {
	local linker
	for linker in $ALL; do
		link_glibc "$linker" medium.plain -static "$OBJECTS/medium.o"
		link_glibc "$linker" medium -static "$(glibc_plugin "$linker")" "$OBJECTS/medium.o"
		assert_layered medium medium.plain
		assert_same_run ./medium.plain ./medium
		assert_counted 1 getppid
		run readelf -SW medium
		assert_contains .lbss
	done
}

@test "no C library; -N, --omagic" {
	each_tiny "$ALL"
	each_tiny "$ALL" -N
	each_tiny "$ALL" --omagic
	each_tiny "$ALL" -z nognustack
}

@test "a script of one's own: one segment, readable, writable and executable" {
	cat >rwx.ld <<-'END'
		ENTRY(_start)
		PHDRS { all PT_LOAD FLAGS(7); }
		SECTIONS {
			. = 0x500000;
			.all : { *(.text*) *(.rodata*) *(.data*) *(.bss*) } :all
			/DISCARD/ : { *(.note.gnu.property) }
		}
	END
	each_tiny "$ALL" -T rwx.ld
}

@test "a script of one's own: .bss has another name" {
	cat >renamed.ld <<-'END'
		ENTRY(_start)
		SECTIONS {
			. = 0x400000 + SIZEOF_HEADERS;
			.text : { *(.text*) }
			. = ALIGN(0x1000);
			.data : { *(.data*) }
			.mine (NOLOAD) : { *(.bss*) *(COMMON) }
			/DISCARD/ : { *(.note.gnu.property) }
		}
	END
	each_tiny "$ALL" -T renamed.ld
}

@test "a script of one's own: .bss below .data, .text on top" {
	cat >upside-down.ld <<-'END'
		ENTRY(_start)
		SECTIONS {
			. = 0x200000;
			.bss : { *(.bss*) *(COMMON) }
			. = 0x600000;
			.data : { *(.data*) }
			. = 0xa00000;
			.text : { *(.text*) }
			/DISCARD/ : { *(.note.gnu.property) }
		}
	END
	each_tiny "$ALL" -T upside-down.ld
}

@test "a script of one's own: .bss is discarded" {
	local linker
	cat >discard.ld <<-'END'
		ENTRY(_start)
		SECTIONS {
			. = 0x400000 + SIZEOF_HEADERS;
			.text : { *(.text*) }
			. = ALIGN(0x1000);
			.data : { *(.data*) }
			/DISCARD/ : { *(.bss*) *(.note.gnu.property) }
		}
	END
	for linker in $ALL; do
		both_direct "$linker" tiny "$OBJECTS/tiny.o" -T discard.ld
		assert_layered tiny tiny.plain
		assert_same_run ./tiny.plain ./tiny
		assert_counted 3 getppid
	done
}

@test "a script of one's own that names the output" {
	local linker words
	cat >named.ld <<-'END'
		/* OUTPUT(not-this) */
		OUTPUT_FORMAT(elf64-x86-64)
		OUTPUT( named.elf )
		ENTRY(_start)
		SECTIONS { . = 0x400000 + SIZEOF_HEADERS; .text : { *(.text*) } . = ALIGN(0x1000);
			.data : { *(.data*) *(.bss*) } }
	END
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		rm -f named.elf
		"$(linker "$linker")" "${words[@]}" -T named.ld "$OBJECTS/tiny.o"
		assert_layered named.elf
		run ./named.elf
		assert_equal "$status:$output" 6:tiny
	done
}

@test "full LTO and ThinLTO" {
	local v
	for v in $LLDS; do
		for kind in full thin; do
			"clang-$v" -O2 "-flto=$kind" -fPIE -c "$FIXTURES/program.c" -o lto.o
			both_glibc "$v" "$kind" -O2 "-flto=$kind" -static-pie lto.o
			assert_layered "$kind" "$kind.plain" "$DEFAULT_SIZE" static-pie
			assert_same_run "./$kind.plain" "./$kind" word
			assert_counted 6 getppid
		done
	done
}

@test "gcc's LTO with GNU ld: its plugin and ours" {
	gcc -O2 -flto -c "$FIXTURES/program.c" -o lto.o
	gcc -O2 -flto -static lto.o -o lto.plain
	gcc -O2 -flto -static "-Wl,-plugin,$PLUGIN" lto.o -o lto
	# Code of a link-time compiler is named after its temporary files, so nothing is where it was.
	assert_layered lto
	assert_same_run ./lto.plain ./lto word
	assert_counted 6 getppid
	gcc -O2 -flto=auto -flto-partition=max -pie "-Wl,-plugin,$PLUGIN" lto.o -o wpa
	assert_layered wpa
}

@test "ThinLTO's cache: its directory can be entered by who is not root" {
	local dir
	dir=$(mktemp -d)
	chmod 777 "$dir"
	clang-19 -O1 -flto=thin -fPIE -c "$FIXTURES/program.c" -o "$dir/lto.o"
	cp "$PLUGIN" "$dir/syslayer.so"
	chmod a+rx "$dir/syslayer.so"
	chmod a+r "$dir/lto.o"
	run as_nobody "$dir" clang-19 -fuse-ld=lld -pie -flto=thin -Wl,--thinlto-cache-dir=a/cache \
		"-Wl,-mllvm,-load=$dir/syslayer.so" lto.o -o program
	assert_silent clang
	assert_layered "$dir/program"
	[[ -n $(ls "$dir/a/cache") ]] || fail "the cache is empty"
	assert_equal "$(stat -c %a "$dir/a/cache")" 755
	rm -rf "$dir"
}

# as_nobody DIRECTORY COMMAND...: there, and without privileges where we have them.
as_nobody() {
	cd "$1" || return
	shift
	if [[ $(id -u) -eq 0 ]]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

@test "-Map: the linker's own, and a line of ours at the end" {
	local linker words address
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		"$(linker "$linker")" -Map=plain.map -o tiny "$OBJECTS/tiny.o"
		"$(linker "$linker")" "${words[@]}" -Map=our.map -o tiny "$OBJECTS/tiny.o"
		head -c "$(stat -c %s plain.map)" our.map | diff <(sed '/^LOAD.*syslayer/d' plain.map) - >difference ||
			[[ $linker == bfd ]] || fail "$(cat difference)"
		address=$(readelf -SW tiny | awk '$2 == ".syscalls" || $3 == ".syscalls" {
			for (i = 1; i <= NF; i++) if ($i == "NOBITS") print $(i + 1) }')
		run tail -n 1 our.map
		assert_contains .syscalls
		assert_contains "${address#"${address%%[!0]*}"}"
	done
}

# shellcheck disable=SC2030,SC2031 # it takes the parentheses below for those of `run`
@test "--dependency-file, --time-trace, --save-temps: the linker's own, nothing else lies about" {
	local linker words
	for linker in $LLDS; do
		mapfile -t words < <(load_words "$linker")
		rm -rf ./* && mkdir plain our
		(cd plain && "ld.lld-$linker" --dependency-file=d -o tiny "$OBJECTS/tiny.o")
		(cd our && "ld.lld-$linker" "${words[@]}" --dependency-file=d -o tiny "$OBJECTS/tiny.o")
		cmp plain/d our/d
		(cd plain && "ld.lld-$linker" --time-trace -o tiny "$OBJECTS/tiny.o")
		(cd our && "ld.lld-$linker" "${words[@]}" --time-trace -o tiny "$OBJECTS/tiny.o")
		python3 -m json.tool our/tiny.time-trace >/dev/null
		echo 'void f(void) {}' | "clang-$linker" -flto -x c -c - -o f.o
		(cd plain && "ld.lld-$linker" --save-temps -o tiny "$OBJECTS/tiny.o" ../f.o)
		(cd our && "ld.lld-$linker" "${words[@]}" --save-temps -o tiny "$OBJECTS/tiny.o" ../f.o)
		assert_equal "$(ls -A our)" "$(ls -A plain)"
		assert_equal "$(cd our && stat -c '%n %a' ./*)" "$(cd plain && stat -c '%n %a' ./*)"
		assert_layered our/tiny
	done
	rm -rf plain our && mkdir plain our
	(cd plain && ld.bfd --dependency-file=d -o tiny "$OBJECTS/tiny.o")
	(cd our && ld.bfd -plugin "$PLUGIN" --dependency-file=d -o tiny "$OBJECTS/tiny.o")
	# GNU ld counts its plugins among the inputs, rightly.
	assert_equal "$(sed "s,  *$PLUGIN,,; /^$/d; /:\$/d" our/d | tr -d ' \\\n')" \
		"$(sed '/^$/d; /:$/d' plain/d | tr -d ' \\\n')"
}

# same_output LINKER OBJECT FLAG...: with the plugin, nothing is said, and bytes and mode are the linker's.
same_output() {
	local linker=$1 object=$2 words
	shift 2
	mapfile -t words < <(load_words "$linker")
	rm -f plain out
	"$(linker "$linker")" "$@" -o out "$object"
	mv out plain
	run "$(linker "$linker")" "${words[@]}" "$@" -o out "$object"
	assert_silent "$linker $*"
	cmp plain out
	assert_equal "$linker $*: $(stat -c %a out)" "$linker $*: $(stat -c %a plain)"
}

@test "-r, --oformat, bitcode, assembly: untouched" {
	local linker v
	for linker in $ALL; do
		same_output "$linker" "$OBJECTS/tiny.o" -r
		same_output "$linker" "$OBJECTS/tiny.o" --relocatable
		same_output "$linker" "$OBJECTS/tiny.o" --oformat=binary
		same_output "$linker" "$OBJECTS/tiny.o" --oformat binary
	done
	same_output bfd "$OBJECTS/tiny.o" -Ur
	same_output bfd "$OBJECTS/tiny.o" --oformat=srec
	for v in $LLDS; do
		"clang-$v" -flto -fPIE -c "$FIXTURES/library.c" -o lto.o
		same_output "$v" lto.o -shared --plugin-opt=emit-llvm
		# Newer ones make another name of it, out.lto.s.
		[[ $v -ge 19 ]] || same_output "$v" lto.o -shared --lto-emit-asm
	done
}

@test "a 32-bit program: a warning, and it is as it was" {
	local linker words
	as --32 -o t.o - <<-'END'
		.globl _start
		_start: mov $1, %eax
			mov $5, %ebx
			int $0x80
	END
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		"$(linker "$linker")" -m elf_i386 -o plain t.o
		run "$(linker "$linker")" "${words[@]}" -m elf_i386 -o out t.o
		assert_status 0
		assert_contains "warning: syslayer: out: EI_CLASS"
		cmp plain out
		assert_equal "$(stat -c %a out)" "$(stat -c %a plain)"
		# Nor does the warning go into the output, where there is no standard error.
		"$(linker "$linker")" "${words[@]}" -m elf_i386 -o out t.o 2>&-
		cmp plain out
	done
}

@test "--help, --version, -v, -V: nothing is added to what they say, nothing is made" {
	local linker words flag expected
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		for flag in --help --version -v -V; do
			run "$(linker "$linker")" $flag
			expected=$status:$output
			run "$(linker "$linker")" "${words[@]}" $flag
			assert_equal "$status:$output" "$expected"
		done
	done
	assert_equal "$(ls)" ""
	# With something to link, GNU ld and newer lld say their version and link.
	for linker in 16 19 22 bfd; do
		mapfile -t words < <(load_words "$linker")
		rm -f a.out
		"$(linker "$linker")" "${words[@]}" -V "$OBJECTS/tiny.o"
		assert_layered a.out
	done
}

@test "the size of the section" {
	local linker size
	for linker in $ALL; do
		for size in 32K 0x9000 2M 1048576 268435456; do
			link_glibc "$linker" program "$(glibc_plugin "$linker")" "-Wl,--defsym=__syslayer_size=$size" \
				"$OBJECTS/program.o"
			case $size in
				32K) assert_layered program '' 32768 ;;
				2M) assert_layered program '' 2097152 ;;
				*) assert_layered program '' $((size)) ;;
			esac
		done
		for size in 0 1 32767 33000 16K 257M 1G -1 x ''; do
			rm -f program
			run link_glibc "$linker" program "$(glibc_plugin "$linker")" \
				"-Wl,--defsym=__syslayer_size=$size" "$OBJECTS/program.o"
			[[ $status -ne 0 ]] || fail "$linker: $size was taken"
			assert_contains "__syslayer_size"
			[[ ! -e program ]] || fail "$linker: $size: there is an output"
		done
	done
}

@test "a layer that is required: the note says so, and without one the program does not start" {
	local linker words
	for linker in $ALL; do
		mapfile -t words < <(load_words "$linker")
		"$(linker "$linker")" "${words[@]}" -o tiny --defsym=__syslayer_require=1 "$OBJECTS/tiny.o"
		assert_layered tiny '' "$DEFAULT_SIZE" required
		run -127 ./tiny
		refute_contains tiny$'\n'
		assert_contains syslayer
		SYSLAYER_IMAGE=$COUNT SYSLAYER_OUTPUT=table run ./tiny
		assert_equal "$status:$output" 6:tiny
		"$(linker "$linker")" "${words[@]}" -o tiny --defsym __syslayer_require=0 "$OBJECTS/tiny.o"
		assert_layered tiny
	done
}

@test "two links give the same bytes" {
	local linker
	for linker in $ALL; do
		link_glibc "$linker" one "$(glibc_plugin "$linker")" -static "$OBJECTS/program.o"
		mv one first
		link_glibc "$linker" one "$(glibc_plugin "$linker")" -static "$OBJECTS/program.o"
		cmp one first
	done
}

@test "eu-strip and llvm-strip: a stripped program runs" {
	local linker
	for linker in $ALL; do
		link_glibc "$linker" program "$(glibc_plugin "$linker")" -pie "$OBJECTS/program.o"
		for strip in eu-strip llvm-strip-14; do
			$strip -o stripped program
			assert_layered stripped
			run ./stripped word
			assert_status 3
		done
	done
}

@test "other programs load the plugin: nothing happens" {
	run nm --plugin "$PLUGIN" "$OBJECTS/tiny.o"
	assert_status 0
	assert_contains "T _start"
	ar --plugin "$PLUGIN" rc lib.a "$OBJECTS/tiny.o"
	assert_equal "$(ar t lib.a)" tiny.o
	ranlib --plugin "$PLUGIN" lib.a
	run opt-14 "-load=$PLUGIN" -S -o out.ll - <<<''
	assert_equal "$status:$output" 0:
	LD_PRELOAD=$PLUGIN run echo word
	assert_equal "$status:$output" 0:word
	LD_PRELOAD=$PLUGIN ld.bfd "$OBJECTS/tiny.o" -o out
	refute_layered out
}
