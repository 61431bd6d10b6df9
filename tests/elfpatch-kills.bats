#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# 1,000 in-place rewrites that are killed at any moment: the file is always the old one or the new one.

load helpers

@test "a thousand kills" {
	local i was_old=0 was_new=0 start longest
	need_files /bin/busybox
	elfpatch rewrite -q -o new /bin/busybox
	cp /bin/busybox file
	start=${EPOCHREALTIME/./}
	elfpatch rewrite -q -i file
	longest=$((${EPOCHREALTIME/./} - start))
	for i in $(seq 1000); do
		cp /bin/busybox file
		elfpatch rewrite -q -i file &
		sleep "$(printf '0.%06d' $((RANDOM * longest / 32768 % 1000000)))"
		kill -KILL $! 2>/dev/null || true
		wait $! || true
		if cmp -s file /bin/busybox; then
			was_old=$((was_old + 1))
		else
			cmp file new || fail "neither old nor new, round $i"
			was_new=$((was_new + 1))
		fi
	done
	((was_old >= 100 && was_new >= 1)) || fail "$was_old times the old one, $was_new the new one: too few kills hit"
}
