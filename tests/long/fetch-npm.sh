#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fetch-npm.sh DIR PACKAGE...: unpacks npm packages as DIR/NAME, the last word of their names, without installing them.
# Some carry whole programs of Rust, which is what they are wanted for.
set -eu
: "${2:?directory and packages}"
mkdir -p "$1"
cd "$1"
shift
for package; do
	name=${package##*/}
	[ ! -d "$name" ] || continue
	archive=$(npm pack --silent "$package")
	mkdir "$name.part"
	tar -xzf "$archive" -C "$name.part" --strip-components=1
	rm "$archive"
	mv "$name.part" "$name"
done
