#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch run: services, and programs that give a user the rights of another: what they do is what they do directly.
# Where they have files of the system's for their own, others are mounted there, for the test alone.
# shellcheck disable=SC2016,SC2154 # for inner shells; status is of run, too

load helpers
load run

setup_file() {
	run_setup_file
}

setup() {
	run_setup
}

# apart COMMAND...: as root, with a /run, users of sudo's and jobs of cron's of its own.
apart() {
	unshare -m bash -c '
		mount -t tmpfs -o mode=755 none /run && mkdir /run/sshd || exit 99
		if [[ -d /var/spool/cron/crontabs ]]; then
			mount -t tmpfs none /var/spool/cron/crontabs && mount -t tmpfs none /etc/cron.d && mount --bind /dev/null /etc/crontab || exit 99
		fi
		if [[ -e sudoers ]]; then
			mount --bind sudoers /etc/sudoers && mount -t tmpfs none /etc/sudoers.d || exit 99
		fi
		exec "$@"' apart "$@"
}

# as_directly HOW STATUS SCRIPT: what the script says, and how it ends, is the same under both layers, which see it end. HOW:
# apart, or plain. It is in the folder where the script runs.
as_directly() {
	local how=$1 expected=$2 script=$3 directly layer place=$PWD
	if [[ $how == plain ]]; then place=$BATS_FILE_TMPDIR/plain; fi
	run -"$expected" "$how" bash "$script" </dev/null
	directly=$output
	for layer in count trace; do
		rm -f "$place/$layer"
		run "$how" elfpatch run --layer="$LAYERS/$layer.img" -o "$layer" -- bash "$script" </dev/null
		assert_equal "$status: $output" "$expected: $directly" || return
		grep -q ' exit_group\b' "$place/$layer" || fail "$layer:" "$(head "$place/$layer")" || return
	done
	output=$directly
}

# counted PROGRAM...: each has a table in the file `count`, and has been executed in the file `trace`.
counted() {
	local program
	for program; do
		grep -q "^count: $program\[" count || fail "$program:" "$(grep ^count: count)" || return
		grep -q " execve(\"[^\"]*/$program\"" trace || fail "$program:" "$(grep ' execve(' trace)" || return
	done
}

@test "services: sshd, with a command, a terminal, a file by sftp" {
	((UID == 0)) || skip "needs root"
	need_tools /usr/sbin/sshd ssh sftp
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f key
	cat >settings <<-END
		ListenAddress 127.0.0.1:$port
		HostKey $PWD/host
		AuthorizedKeysFile $PWD/key.pub
		PidFile none
		StrictModes no
		UsePAM no
		PermitRootLogin prohibit-password
		Subsystem sftp /usr/lib/openssh/sftp-server
	END
	cat >client <<-END
		HostName 127.0.0.1
		Port $port
		User root
		IdentityFile $PWD/key
		IdentitiesOnly yes
		BatchMode yes
		StrictHostKeyChecking no
		UserKnownHostsFile /dev/null
		LogLevel ERROR
	END
	seq 1 20000 >file
	cat >script <<-'END'
		/usr/sbin/sshd -D -e -f settings 2>log &
		trap 'kill $!; wait' EXIT
		for i in {1..80}; do ! grep -q listening log || break; sleep 0.1; done
		ssh -F client there 'id -u; echo "${SSH_CONNECTION##* }"; tail -n 1; exit 3' <file
		echo "$?"
		ssh -F client -tt there 'stty rows 11 cols 22; stty size; test -t 0 && test -t 2 && echo terminal; exit 4' </dev/null
		echo "$?"
		rm -f copy
		echo "put file copy" | sftp -q -F client -b - "there:$PWD" >/dev/null
		cmp file copy
		exit 5
	END
	as_directly apart 5 script
	assert_equal "$(tr -d '\r' <<<"$output")" "0
$port
20000
3
11 22
terminal
4"
	counted sshd ssh sftp sftp-server stty
}

@test "services: sudo, to another user and back" {
	((UID == 0)) || skip "needs root"
	need_tools sudo
	printf '%s\n' 'root ALL=(ALL) ALL' '#65534 ALL=(ALL) NOPASSWD: ALL' >sudoers
	chmod 440 sudoers
	cat >script <<-'END'
		id=$(id -un 65534)
		sudo -u "$id" id
		sudo -u "$id" sudo -n id -un
		sudo -u "$id" env | grep -v ^HOSTNAME= | sort
		sudo -u "$id" sh -c 'exit 6'
		echo $?
		sudo -u "$id" sh -c 'kill -TERM $$'
		echo $?
		KEPT=one sudo --preserve-env=KEPT -u "$id" sh -c 'echo "$KEPT"; cat; exit 5' <<<two
	END
	as_directly apart 5 script
	assert_contains "uid=65534"
	assert_contains "SUDO_USER=root"
	assert_contains "one
two"
	counted id env sudo
}

@test "services: cron" {
	((UID == 0)) || skip "needs root"
	need_tools cron
	cat >script <<-'END'
		rm -f said end
		printf '%s\n' 'MAILTO=""' "HERE=$PWD" '@reboot cd "$HERE" && { id -u; echo "$LOGNAME"; tty; echo "$-"; } >said 2>&1; echo >end' >/var/spool/cron/crontabs/root
		chmod 600 /var/spool/cron/crontabs/root
		cron -f &
		for i in {1..80}; do [[ ! -e end ]] || break; sleep 0.1; done
		cat said
		kill $!
		wait $!
		echo $?
		exit 5
	END
	as_directly apart 5 script
	assert_equal "$output" "0
root
not a tty

143"
	counted cron id tty
}

redis() {
	cat <<-'END'
		rm -f socket dump.rdb pid
		redis-server --daemonize yes --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --pidfile "$PWD/pid" --logfile "$PWD/redis.log" --save ''
		echo "$?"
		for i in {1..80}; do [[ $(redis-cli -s socket ping 2>/dev/null) != PONG ]] || break; sleep 0.1; done
		redis-cli -s socket set key value
		redis-cli -s socket get key
		redis-cli -s socket save
		[[ $(<pid) != $(redis-cli -s socket config get pidfile | tail -n 1) && -d /proc/$(<pid) ]] && echo there
		redis-cli -s socket shutdown
		for i in {1..80}; do [[ -e pid ]] || break; sleep 0.1; done
		ls pid dump.rdb 2>/dev/null
		exit 5
	END
}

@test "services: redis-server, as a daemon" {
	need_tools redis-server redis-cli
	redis >script
	as_directly apart 5 script
	assert_equal "$output" "0
OK
value
OK
there
dump.rdb"
	counted redis-server redis-cli
	redis >"$BATS_FILE_TMPDIR/plain/script"
	as_directly plain 5 script
	assert_contains dump.rdb
	cd "$BATS_FILE_TMPDIR/plain"
	counted redis-server redis-cli
}

@test "services: postgresql, from initdb to its end" {
	local folder
	folder=$(compgen -G '/usr/lib/postgresql/*/bin' | tail -n 1)
	[[ -n $folder ]] || skip "postgresql is not installed"
	cat >"$BATS_FILE_TMPDIR/plain/script" <<-END
		PATH=$folder:\$PATH
		rm -rf data
		initdb -D data -A trust -N --locale=C -U me >/dev/null
		pg_ctl -D data -l log -w -s -o "-k \$PWD -h '' -F" start
		echo "\$?"
		psql -h "\$PWD" -U me postgres -Atc 'create table t as select generate_series(1, 10000) as n; select sum(n) from t'
		psql -h "\$PWD" -U me postgres -qAtc 'set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; select count(*) from t where n % 7 = 0'
		pg_ctl -D data -s -m fast stop
		echo "\$?"
		ls data/postmaster.pid 2>/dev/null
		exit 5
	END
	as_directly plain 5 script
	assert_equal "$output" "0
SELECT 10000
50005000
1428
0"
	cd "$BATS_FILE_TMPDIR/plain"
	counted initdb postgres psql pg_ctl
}
