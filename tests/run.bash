# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to the suites of elfpatch run: a cache for the suite, and a plain user.

# Once a suite: what both users can reach.
run_setup_file() {
	mkdir "$BATS_FILE_TMPDIR/bin" "$BATS_FILE_TMPDIR/root" "$BATS_FILE_TMPDIR/plain" &&
		cp "$BUILD/elfpatch/elfpatch" "$BUILD/elfpatch/elfpatch-main" "$BUILD"/layers/*.img "$BATS_FILE_TMPDIR/bin" &&
		chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" &&
		chmod 755 "$BATS_FILE_TMPDIR/bin" && chmod 777 "$BATS_FILE_TMPDIR/plain" || return
	if ((UID == 0)); then chown 65534:65534 "$BATS_FILE_TMPDIR/plain"; fi
}

run_setup() {
	common_setup
	PATH=$BATS_FILE_TMPDIR/bin:$PATH
	LAYERS=$BATS_FILE_TMPDIR/bin
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/root/cache
	export LAYERS
	unset SYSLAYER_IMAGE SYSLAYER_OUTPUT SYSLAYER_TRACE SYSLAYER_FORMAT SYSLAYER_CACHE_SIZE
}

# plain COMMAND...: as a user without privileges, in a folder of his.
plain() {
	(
		cd "$BATS_FILE_TMPDIR/plain" || exit
		export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/plain/cache
		if ((UID == 0)); then
			exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
		fi
		exec "$@"
	)
}

# What the runtime calls to find an image and the primary section, and rt_sigreturn, which layers do not see; and munmap, of which glibc
# makes one or two for a library that is aligned to more than a page, by chance.
not_compared='^(mremap|munmap|open|prctl|rt_sigreturn)$'

# calls_of STRACE: the names of the calls in what strace -f -o or the layer trace wrote, thread by thread, from the
# last execve(2) that the first thread made by itself on.
calls_of() {
	sed -E 's/^([0-9]+) +/\1 /; / (---|\+\+\+) /d; / <\.\.\. /d' "$1" | grep -E '^[0-9]+ [a-z0-9_]+\(' |
		sed -E 's/\(.*//' | awk -v n="$not_compared" '$2 !~ n'
}
