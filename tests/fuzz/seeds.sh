#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# seeds.sh DIRECTORY: small programs of every kind, each with every shape of site. In the environment:
# SRC, BUILD (a configured and built tree), CC. What this machine cannot make is left out.
set -eu
: "${SRC:?}" "${BUILD:?}" "${CC:=cc}"
source=$SRC/tests/fuzz/seed.S
mkdir -p "$1"
cd "$1"

link() {
	name=$1
	shift
	"$CC" -nostdlib -Wl,--build-id=none -o "$name" "$@"
}

tight="-Wl,-z,noseparate-code"
link static -static $tight "$source"
link pie -static-pie -DPIC $tight "$source"
link library.so -shared -DPIC $tight -Wl,-soname,l -Wl,-init,gone "$source"
link no-init.so -shared -DPIC $tight "$source"
link pages -static "$source"
# Sections and calls of its own.
link libsys -static $tight -Os -ffreestanding -fno-stack-protector -fcf-protection=none \
	-I"$SRC/include" -I"$BUILD/include" "$SRC/tests/libsys/hello.c" "$BUILD/libsys/libsys.a"
if command -v ld.lld >/dev/null; then
	link lld -fuse-ld=lld -static "$source"
	link relr -fuse-ld=lld -pie -Wl,--pack-dyn-relocs=relr -DPIC "$source"
fi
# Without symbols; without unwind tables; without section headers; with a payload behind.
cp static stripped
"${STRIP:-strip}" stripped
"${OBJCOPY:-objcopy}" -R .eh_frame static no-unwind
cp stripped no-sections
printf '\0\0\0\0\0\0\0\0' | dd of=no-sections bs=1 seek=40 conv=notrunc status=none
printf '\0\0\0\0' | dd of=no-sections bs=1 seek=60 conv=notrunc status=none
cp pie payload
echo 'something behind the ELF file' >>payload
