# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What shells make system calls for; bash and zsh both read this.
echo "subshells $( (echo one; (echo two)) | cat | while read -r x; do echo "<$x>"; done)"
for i in 1 2 3 4 5 6 7 8 9 10; do (exit "$i"); echo "$?"; done
cat <<END
here $((6 * 7)) $(printf document)
END
while read -r a b; do echo "$b $a"; done < <(printf '%s\n' "1 one" "2 two")
trap 'echo usr1' USR1
kill -USR1 $$
trap : CHLD
sleep 0.05 &
wait
trap - CHLD
(trap 'echo term; exit 9' TERM; kill -TERM "$(exec sh -c 'echo $PPID')"; sleep 1)
echo "$?"
{
	sleep 10 &
	kill -KILL $!
	wait $!
	echo "killed: $?"
} 2>/dev/null
mkdir -p a/b/c && cd a/b/c && pwd | sed 's,.*/a/,a/,' && cd ../../.. || exit
for i in 1 2 3 4 5; do echo "line $i" >>file; done
exec 3<file 4>copy
while read -r line <&3; do echo "$line" >&4; done
exec 3<&- 4>&-
cmp file copy && echo same
: >new && [ -f new ] && [ ! -s new ] && [ -d a ] && [ ! -e nothing ] && rm new && ls
umask 027
: >masked
stat -c %a masked
echo nothing >/nowhere/at/all || echo "no such place"
ulimit -n 64 && ulimit -n
seq 1 2000 | (sum=0; while read -r x; do sum=$((sum + x)); done; echo "$sum")
for i in 1 2 3 4 5 6 7 8; do { (:); (exit "$i"); } & done
wait
echo a >&2 2>&1 | cat
exec sh -c 'echo "another program"; exit 5'
