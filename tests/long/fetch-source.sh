#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fetch-source.sh DIR PACKAGE: unpacks a Debian source package as DIR. The lists are of our own: a system has not always
# those of sources. Where the newest is not to be had, an older one is.
set -eu
: "${2:?directory and package}"
mkdir -p "$(dirname "$1")"
directory=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") package=$2
lists=$(dirname "$directory")/sources
mkdir -p "$lists/parts" "$lists/lists/partial" "$lists/archives/partial"
for file in /etc/apt/sources.list.d/*.sources; do
	[ ! -e "$file" ] || sed 's/^Types: .*/Types: deb-src/' "$file" >"$lists/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ ! -e "$file" ] || sed -n 's/^deb /deb-src /p' "$file" >"$lists/parts/$(basename "$file").list"
done
cat >"$lists/apt.conf" <<-CONF
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$lists/parts/";
	Dir::State::lists "$lists/lists/";
	Dir::Cache "$lists/";
	APT::Sandbox::User "root";
CONF
APT_CONFIG=$lists/apt.conf
export APT_CONFIG
apt-get update -q
cd "$lists"
for version in $(apt-cache showsrc "$package" | sed -n 's/^Version: //p' | sort -rV); do
	rm -f "${package}"_*
	if apt-get source -q --download-only "$package=$version"; then
		dpkg-source --no-check -x "${package}"_*.dsc "$directory"
		exit
	fi
done
echo "$package: no source to be had" >&2
exit 1
