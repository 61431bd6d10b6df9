# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# What is tried in a guest: each function test_* is a test, run by its busybox sh with set -eu.

default=/etc/syslayer/linux-x86_64.img
counters=/sys/kernel/syslayer

# The module without an image; whatever a test has left is gone.
setup() {
	export SYSLAYER_OUTPUT=/dev/null
	rmmod syslayer 2>/dev/null || true
	mkdir -p /etc/syslayer
	chmod 755 /etc/syslayer
	rm -rf /etc/syslayer/* /tmp/t
	mkdir /tmp/t
	cd /tmp/t || exit
	insmod /modules/syslayer.ko
	dmesg -c >/dev/null
}

fail() {
	echo "$@"
	exit 1
}

# same ACTUAL EXPECTED
same() {
	[ "$1" = "$2" ] || fail "expected: $2
actual: $1"
}

# an_image LAYER: the one that is mapped from now on.
an_image() {
	cp "/layers/$1.img" "$default.new"
	chmod 644 "$default.new"
	mv "$default.new" "$default"
}

# Without starting a program, which would be counted.
counter() {
	read -r counter <"$counters/$1"
}

# counts COUNTER NUMBER COMMAND...: it goes up by so much.
counts() {
	counted=$1 more=$2
	shift 2
	counter "$counted"
	before=$counter
	"$@"
	counter "$counted"
	[ $((counter - before)) -eq "$more" ] || fail "$counted: $before, then $counter, after $*
$(grep -v ':0$' $counters/*/*)"
}

# gives TEXT COMMAND...: it prints the text, and succeeds.
gives() {
	expected=$1
	shift
	"$@" >gives.out 2>&1 || fail "$*: $?: $(cat gives.out)"
	actual=
	while IFS= read -r line || [ -n "$line" ]; do
		actual="$actual${actual:+
}$line"
	done <gives.out
	same "$actual" "$expected"
}

test_maps_static_program() {
	an_image count
	counts mapped/executable 1 gives "count works
r-xp $default" /programs/static who where
}

test_maps_static_pie() {
	an_image count
	counts mapped/executable 1 gives "count works
r-xp $default" /programs/static-pie who where
}

test_maps_musl_program() {
	an_image count
	counts mapped/executable 1 gives "count works
r-xp $default" /programs/musl who where
}

test_maps_dynamic_program() {
	an_image count
	counts mapped/executable 1 gives "count works
r-xp $default" /programs/dynamic who where
}

test_without_image_the_runtime_serves() {
	counts no_image/no_file 1 gives "native works
r-xp /programs/static
zero" /programs/static who where rest
}

test_without_module_the_runtime_serves() {
	rmmod syslayer
	for p in static static-pie musl dynamic; do
		gives "native works
r-xp /programs/$p
zero" /programs/$p who where rest
		SYSLAYER_IMAGE=/layers/count.img gives "count works
r-xp /layers/count.img" /programs/$p who where
	done
}

test_program_without_note_is_not_ours() {
	an_image count
	counts not_ours/no_note 1 /programs/plain
	counts mapped/executable 0 /programs/plain
}

# The last one: what the kernel has said meanwhile.
test_zz_kernel_log_is_clean() {
	! grep -E 'BUG|WARNING|Oops|Call Trace|RIP:|general protection|leak|Bad page|hung task|rcu.*stall' /tmp/messages
}
