#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# debug-kernels.sh DIRECTORY: Linux 6.1 and 6.12 with KASAN, PROVE_LOCKING, DEBUG_ATOMIC_SLEEP, kmemleak and fault
# injection, built from Debian's sources, from the archive that apt knows, for the tests of the module:
# DIRECTORY/SERIES/{vmlinuz,headers,modules}. Needs flex, bison, bc, libelf-dev and libssl-dev, and 5 GB.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: debug-kernels.sh DIRECTORY" >&2; exit 2; }
mkdir -p "$1"
cd "$1"

# fetch SERIES: its source, in SERIES/headers.
fetch() {
	(cd "$1.part" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "linux-source-$1") || return
	dpkg-deb --fsys-tarfile "$1.part"/linux-source-*.deb | tar -C "$1.part" -xO "./usr/src/linux-source-$1.tar.xz" |
		tar -C "$1.part" -xJ || return
	rm "$1.part"/*.deb
	mv "$1.part/linux-source-$1" "$1.part/headers"
}

# configure: all off that is not in debug.config.
configure() {
	make -s KCONFIG_ALLCONFIG="$here/debug.config" ARCH=x86_64 allnoconfig >/dev/null || return
	grep '^CONFIG_' "$here/debug.config" | while read -r line; do
		grep -qx "$line" .config || echo "debug-kernels: $PWD: $line has been dropped" >&2
	done
}

# build SERIES
build() {
	rm -rf "$1" "$1.part"
	mkdir -p "$1.part/modules"
	fetch "$1" || return
	(cd "$1.part/headers" && configure && make -s ARCH=x86_64 -j"$(nproc)" bzImage modules) || return
	cp "$1.part/headers/arch/x86/boot/bzImage" "$1.part/vmlinuz"
	cp "$1.part/headers/fs/binfmt_misc.ko" "$1.part/headers/fs/overlayfs/overlay.ko" "$1.part/modules/"
	mv "$1.part" "$1"
}

status=0
for series in 6.1 6.12; do
	[ -e "$series/vmlinuz" ] || build "$series" || status=1
done
exit $status
