#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What syslayer adds to the start of a static program, exec to exit; goal: 25 microseconds.
set -eu
: "${BUILD:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo 'int main(void) { return 0; }' >true.c
plugin=$BUILD/plugin/.libs/syslayer.so
for libc in glibc musl; do
	case $libc in glibc) cc=gcc ;; musl) cc=musl-gcc ;; esac
	$cc -O2 -static -o plain true.c
	$cc -O2 -static -Wl,-plugin,"$plugin" -o layered true.c
	printf '%-5s native stubs: ' "$libc"
	"$BUILD/bench/pair" -n "${ROUNDS:-2000}" -c 1 ./plain -- ./layered
	for layer in native count; do
		printf '%-5s %s.img: ' "$libc" "$layer"
		SYSLAYER_OUTPUT=/dev/null SYSLAYER_IMAGE=$BUILD/layers/$layer.img \
			"$BUILD/bench/pair" -n "${ROUNDS:-2000}" -c 1 ./plain -- ./layered
	done
done
