#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fetch-kernels.sh DIRECTORY: Debian's kernels and what is needed to build modules for them, from the
# archive that apt knows, unpacked and not installed: DIRECTORY/SERIES/{vmlinuz,headers,modules}.
# shellcheck disable=SC2086 # lists of names are split into words
set -eu

# SERIES and the names of its packages.
series="6.1:linux-image-cloud-amd64:linux-headers-cloud-amd64
6.12:linux-image-6.12-cloud-amd64:linux-headers-6.12-cloud-amd64"
# Modules that tests need.
modules="binfmt_misc overlay"
patterns=$(printf '*/%s.ko* ' $modules)

# depends PACKAGE PATTERN: what it depends on.
depends() {
	LC_ALL=C apt-cache depends --important "$1" 2>/dev/null | sed -n 's/^ [ |]Depends: //p' | grep -E -m 1 -e "$2"
}

fetch() {
	image=$(depends "$2" '^linux-image-[0-9.]+') && headers=$(depends "$3" '^linux-headers-[0-9.]+') &&
		common=$(depends "$headers" -common) && kbuild=$(depends "$headers" '^linux-kbuild-') || kbuild=
	[ -n "$kbuild" ] || { echo "fetch-kernels: apt offers no kernel $1 ($2, $3)" >&2; return 1; }
	rm -rf "$1.part"
	mkdir -p "$1.part/debs"
	(cd "$1.part/debs" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$image" "$headers" "$common" "$kbuild") || return
	for deb in "$1.part"/debs/*.deb; do
		case $deb in
			*/linux-image-*)
				set -f
				dpkg-deb --fsys-tarfile "$deb" | tar -C "$1.part" -x --wildcards './boot/vmlinuz*' $patterns
				set +f
				;;
			*) dpkg-deb -x "$deb" "$1.part" ;;
		esac || return
	done
	rm -rf "$1.part/debs"
	release=${image#linux-image-}
	ln -s "boot/vmlinuz-$release" "$1.part/vmlinuz"
	ln -s "usr/src/linux-headers-$release" "$1.part/headers"
	mkdir "$1.part/modules"
	for m in $modules; do
		find "$1.part" -name "$m.ko.xz" -exec xz -d {} +
		find "$1.part" -name "$m.ko" -exec mv {} "$1.part/modules/" \;
	done
	# The headers name each other as they are installed; BTF of modules needs one tool more.
	sed -i "s,^include /usr/src/,include $PWD/$1/usr/src/," "$1.part/headers/Makefile"
	rm -f "$1.part/headers/vmlinux"
	rm -rf "$1"
	mv "$1.part" "$1"
}

[ $# -eq 1 ] || { echo "usage: fetch-kernels.sh DIRECTORY" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
status=0
for s in $series; do
	name=${s%%:*}
	[ -e "$name/vmlinuz" ] && [ -e "$name/headers/Module.symvers" ] && continue
	rest=${s#*:}
	fetch "$name" "${rest%:*}" "${rest#*:}" || status=1
done
exit $status
