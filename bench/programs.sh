#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Whole programs, as they are and rewritten, in turn. Goals: dd with blocks of one byte takes 1.02 times as long at
# most; SQLite, Lua and Go's net/http have 0.99 of the throughput at least. Beside dd, what Debian and the kernel have.
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
elfpatch=$BUILD/elfpatch/elfpatch
pair=$BUILD/bench/pair
cc="${CC:-gcc} -O2"
rounds=${ROUNDS:-15}

say() {
	awk -v what="$1" 'match($0, /ratio [0-9.]+/) {
		sub(/.*ratio /, ""); sub(/;/, ""); printf "| %s | %.3f |", what, $1
		if (match($0, /time [0-9.]+ us, [0-9.]+/)) { split(substr($0, RSTART + 5, RLENGTH), t, " us, "); printf " %.3f |", t[2] / t[1] }
		print ""
	}'
}

echo '| time of the second over that of the first | by the clock | processor time |'
echo '| --- | ---: | ---: |'
dd="dd if=/dev/zero of=/dev/null bs=1"
few="count=20k"
cp "$(command -v busybox)" busybox
"$elfpatch" rewrite -q -o busybox.rewritten busybox
python3 "$SRC/bench/two-jumps.py" busybox.rewritten busybox.jumps
# shellcheck disable=SC2046,SC2086 # words
{
	"$pair" -c 1 -n "$rounds" ./busybox $dd count=400k -- ./busybox.rewritten $dd count=400k 2>/dev/null |
		say 'busybox dd bs=1 count=400k: rewritten'
	"$pair" -c 1 -n "$rounds" ./busybox $dd count=400k -- ./busybox.jumps $dd count=400k 2>/dev/null |
		say 'the same, but two jumps alone: no frame, no stub'
	for layer in native count; do
		SYSLAYER_OUTPUT=/dev/null SYSLAYER_IMAGE=$BUILD/layers/$layer.img \
			"$pair" -c 1 -n "$rounds" ./busybox $dd count=400k -- ./busybox.rewritten $dd count=400k 2>/dev/null |
			say "busybox dd bs=1 count=400k: rewritten, \`$layer\`"
	done
	here=$SRC/bench/peers
	$cc -I"$here" -o peer "$here/peer.c" "$here/dispatch.c" "$here/seccomp.c" "$here/ptrace.c"
	$cc -I"$here" -shared -fPIC -o preload.so "$here/preload.c" "$here/dispatch.c"
	$cc -I"$here" -shared -fPIC -DDISPATCH -o dispatch.so "$here/preload.c" "$here/dispatch.c"
	# What follows is Debian's dynamic dd: there is no LD_PRELOAD for a static one. Filters are of read and write, too.
	"$pair" -c 1 -n "$rounds" $dd count=400k -- env LD_PRELOAD="$work/preload.so" $dd count=400k 2>/dev/null |
		say "dd bs=1: LD_PRELOAD of the C library's read and write"
	"$pair" -c 1 -n "$rounds" ./busybox $dd count=400k -- ./peer allow ./busybox $dd count=400k 2>/dev/null |
		say 'busybox dd bs=1: seccomp, RET_ALLOW'
	"$pair" -c 1 -n 5 $dd $few -- env LD_PRELOAD="$work/dispatch.so" $dd $few 2>/dev/null |
		say 'dd bs=1: Syscall User Dispatch, SIGSYS'
	"$pair" -c 1 -n 5 ./busybox $dd $few -- ./peer ptrace ./busybox $dd $few 2>/dev/null | say 'busybox dd bs=1: ptrace'
	"$pair" -c 1 -n 5 ./busybox $dd $few -- strace -o /dev/null ./busybox $dd $few 2>/dev/null |
		say 'busybox dd bs=1: strace'
	"$pair" -c 1 -n 5 ./busybox $dd $few -- strace --seccomp-bpf -fo /dev/null -e trace=read ./busybox $dd $few 2>/dev/null |
		say 'busybox dd bs=1: strace --seccomp-bpf, of read'

	$cc -static "$SRC/tests/real/sql.c" -o sql -lsqlite3 -lm 2>/dev/null
	{
		echo 'CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE written(x); BEGIN;'
		seq 1 20000 | sed "s/.*/INSERT INTO t VALUES(&, 'row &');/"
		echo 'COMMIT; CREATE INDEX i ON t(b); SELECT count(*), sum(a), min(b) FROM t GROUP BY a % 7;'
	} >large.sql
	# Many small transactions, each of which is many calls.
	{
		echo 'CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE written(x);'
		seq 1 400 | sed "s/.*/INSERT INTO t VALUES(&, 'row &');/"
		echo 'SELECT count(*), sum(a) FROM t;'
	} >small.sql
	$cc -static $(pkg-config --cflags lua5.4) "$SRC/tests/real/lua.c" -o lua -llua5.4 -lm -ldl 2>/dev/null
	cat >lines.lua <<-'END'
		for i = 1, 20000 do
			local f = io.open("/dev/null", "w")
			f:write(i, "\n")
			f:close()
		end
	END
	cat >words.lua <<-'END'
		local count, words = {}, {}
		local text = io.open("text", "w")
		for i = 1, 40000 do text:write("line ", i % 1009, " of ", i % 97, " words\n") end
		text:close()
		for line in io.lines("text") do
			for word in line:gmatch("%w+") do
				if not count[word] then words[#words + 1] = word end
				count[word] = (count[word] or 0) + 1
			end
		end
		table.sort(words)
		text = io.open("text", "w")
		for _, word in ipairs(words) do text:write(word, " ", count[word], "\n") end
		text:close()
	END
	GOCACHE=$work/cache GO111MODULE=off CGO_ENABLED=0 go build -o http "$SRC/bench/http.go"
	for program in sql lua http; do
		"$elfpatch" rewrite -q -o $program.rewritten $program
	done
	# The program itself ends with 40 transactions of two connections.
	for script in large small; do
		"$pair" -n "$rounds" sh -c "rm -f db; exec ./sql db $script.sql" -- \
			sh -c "rm -f db; exec ./sql.rewritten db $script.sql" | say "SQLite, $script script"
	done
	"$pair" -n "$rounds" ./lua words.lua -- ./lua.rewritten words.lua |
		say 'Lua: words of a text of 40,000 lines written, counted, sorted'
	"$pair" -n "$rounds" ./lua lines.lua -- ./lua.rewritten lines.lua | say 'Lua: 20,000 files opened, written, closed'
	"$pair" -n "$rounds" ./http 3000 -- ./http.rewritten 3000 | say 'Go, net/http: 3,000 requests of 8 clients'
}
