#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The layer deny: policies that hold, and policies that are wrong.

load helpers

setup_file() {
	"$BUILD/elfpatch/elfpatch" rewrite -q -o "$BATS_FILE_TMPDIR/busybox" /usr/bin/busybox
}

setup() {
	common_setup
	busybox=$BATS_FILE_TMPDIR/busybox
	export SYSLAYER_IMAGE=$BUILD/layers/deny.img
	ulimit -c 0
}

# under POLICY ARG...: an applet under a policy.
under() {
	printf '%s\n' "$1" >policy
	SYSLAYER_POLICY=$PWD/policy "$busybox" "${@:2}"
}

@test "what the policy does not mention is as before" {
	run under "errno EPERM reboot" echo hello
	assert_equal "$status:$output" 0:hello
	run under "" echo hello
	assert_equal "$status:$output" 0:hello
}

@test "an error instead of a call, by name, number and class" {
	run under "errno EACCES mkdir" mkdir a
	assert_equal "$status:$output" "1:mkdir: can't create directory 'a': Permission denied"
	run under "errno 28 83" mkdir a
	assert_equal "$output" "mkdir: can't create directory 'a': No space left on device"
	run under "errno EPERM %network" wget -q http://127.0.0.1:1/
	assert_status 1
	assert_contains "Operation not permitted"
	[[ ! -e a ]] || fail "it was made"
}

@test "the first rule that fits decides" {
	under $'allow mkdir\nerrno EPERM mkdir,rmdir' mkdir a
	run under $'allow mkdir\nerrno EPERM mkdir,rmdir' rmdir a
	assert_status 1
	[[ -d a ]] || fail "a is gone"
}

@test "conditions: values, comparisons, bits, several at once" {
	# mkdir(2) of busybox has the mode 0777.
	run under "errno EPERM mkdir if a1 == 0777" mkdir a
	assert_status 1
	under "errno EPERM mkdir if a1 == 0700" mkdir a
	under "errno EPERM mkdir if a1 > 0x1ff" mkdir b
	run under "errno EPERM mkdir if a1 >= 0x1ff" mkdir c
	assert_status 1
	run under "errno EPERM mkdir if a1 & 0400" mkdir c
	assert_status 1
	under "errno EPERM mkdir if a1 & 01000" mkdir c
	run under "errno EPERM mkdir if a1 & 0700 == 0700 and a1 != 0700 and a1 < 01000" mkdir d
	assert_status 1
	under "errno EPERM mkdir if a1 & 0700 == 0700 and a1 <= 0700" mkdir d
	# Files may be read, not written.
	run under "errno EROFS open,openat if a2 & 3" sh -c 'cat /etc/hostname >/dev/null && echo x >file'
	assert_status 1
	assert_contains "Read-only file system"
}

@test "kill: the process ends with SIGSYS, and the call is named" {
	run under "kill mkdir" mkdir a
	assert_equal "$status:$output" "159:syslayer: deny: mkdir is against the policy"
	# It cannot be caught.
	run under "kill mkdir" sh -c 'trap "echo caught" SYS; mkdir a; echo not reached'
	refute_contains "caught"
}

@test "everything is denied but what is allowed" {
	local needed=brk,arch_prctl,%creds,set_tid_address,set_robust_list,rseq,prlimit64,readlink,getrandom,mprotect,prctl,%signal
	run under "default errno EPERM
		allow $needed,write,exit_group  # what echo needs" echo hello
	assert_equal "$status:$output" 0:hello
	run under "default kill
		allow $needed,exit_group" echo hello
	assert_equal "$status:$output" "159:syslayer: deny: write is against the policy"
}

@test "a child has the same policy" {
	run under "errno EPERM mkdir" sh -c '(mkdir a); exec '"$busybox"' mkdir b'
	assert_equal "$(ls -d a b 2>/dev/null)" ""
}

@test "a policy that is wrong stops the program, with file, line and reason" {
	local policy message
	while IFS='|' read -r policy message; do
		printf '# a comment\n\nallow read\n%b\n' "$policy" >policy
		SYSLAYER_POLICY=$PWD/policy run -127 "$busybox" echo hello
		assert_equal "$output" "syslayer: deny: $PWD/policy:4: $message"
	done <<-'END'
		permit read|permit: not allow, errno, kill or default
		errno ENOSUCH read|ENOSUCH: no such error
		errno|no such error
		allow|no calls are named
		allow read,nosuch|nosuch: no such call or set of calls
		allow read if|not an argument, a0 to a5
		allow read if a6 == 1|a6: not an argument, a0 to a5
		allow read if a0 = 1|=: not a comparison
		allow read if a0 == x|x: not a number
		allow read if a0 == 1 or a1 == 1|or: not expected here
		allow read write|write: not expected here
		allow read if a0 == 1 and a0 == 1 and a0 == 1 and a0 == 1 and a0 == 1|a0: too many conditions
		default allow all|all: not expected here
		default deny|deny: not allow, errno, kill or default
		allow \0read|not a text
	END
	printf 'default allow\ndefault kill\n' >policy
	SYSLAYER_POLICY=$PWD/policy run -127 "$busybox" echo hello
	assert_equal "$output" "syslayer: deny: $PWD/policy:2: default: there is one already"
}

@test "no policy, no program" {
	SYSLAYER_POLICY=/nowhere/policy run -127 "$busybox" echo hello
	assert_equal "$output" "syslayer: deny: /nowhere/policy: No such file or directory"
	SYSLAYER_POLICY=/etc run -127 "$busybox" echo hello
	assert_equal "$output" "syslayer: deny: /etc: Is a directory"
	run -127 env -u SYSLAYER_POLICY "$busybox" echo hello
	assert_equal "$output" "syslayer: deny: SYSLAYER_POLICY is not set"
	head -c 70000 /dev/zero | tr '\0' '#' >policy
	SYSLAYER_POLICY=$PWD/policy run -127 "$busybox" echo hello
	assert_contains "larger than 64 KiB"
}
