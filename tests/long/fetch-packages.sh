#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fetch-packages.sh DIR [PACKAGE...]: unpacks Debian packages below DIR, without installing them: what the sweep
# looks at besides /usr.
set -eu
: "${1:?directory}"
mkdir -p "$1"
cd "$1"
shift
[ $# -gt 0 ] || set -- busybox-static chromium docker.io firefox-esr gdb gnat-12 golang-1.19-go libllvm16 libllvm19 \
	libmariadb3 libnode108 libreoffice-core libstd-rust-1.63 libwebkit2gtk-4.1-0 mariadb-server-core \
	openjdk-17-jre-headless php8.2-cli podman postgresql-15 qemu-user-static
for package; do
	[ ! -d "$package" ] || continue
	apt-get download -q "$package" || continue # what this release does not have
	dpkg -x "$package"_*.deb "$package"
	rm "$package"_*.deb
done
