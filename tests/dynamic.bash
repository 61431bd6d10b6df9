# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to the suites of dynamic programs: a directory of rewritten files, and a mount namespace in which they
# stand at their own places.

NATIVE=$BUILD/layers/native.img
COUNT=$BUILD/layers/count.img
export NATIVE COUNT

# rewritten DIRECTORY FILE...: DIRECTORY gets the FILEs, rewritten, below their own paths.
rewritten() {
	local directory=$1 file
	shift
	for file; do
		file=$(readlink -f "$file")
		mkdir -p "$directory${file%/*}"
		elfpatch rewrite -q -o "$directory$file" "$file" || return
		elfpatch verify -q "$directory$file" || return
	done
}

# within DIRECTORY COMMAND...: what is in DIRECTORY stands at its own path.
within() {
	local directory=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -ec '
		directory=$1
		shift
		for file in $(cd "$directory" && find . -type f); do
			mount --bind "$directory/$file" "/$file"
		done
		exec "$@"' sh "$(readlink -f "$directory")" "$@"
}

# strace_summary FILE: "calls errors name" of what strace -c wrote, sorted.
strace_summary() {
	awk '$1 ~ /^[0-9]/ && $NF != "total" { print $4, NF == 6 ? $5 : 0, $NF }' "$1" | sort -k3
}

# count_summary FILE: the same, of the tables that count wrote, added up.
count_summary() {
	awk '$1 ~ /^[0-9]/ && $NF != "total" { calls[$NF] += $1; errors[$NF] += NF == 3 ? $2 : 0 }
		END { for (name in calls) print calls[name], errors[name], name }' "$1" | sort -k3
}
