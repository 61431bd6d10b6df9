# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# What is tried in a guest: each function test_* is a test, run by its busybox sh with set -eu.

directory=@directory@
default=$directory/linux-x86_64.img
parameters=/sys/module/syslayer/parameters
counters=/sys/kernel/syslayer

# The module without an image; whatever a test has left is gone.
setup() {
	export SYSLAYER_OUTPUT=/dev/null
	rmmod syslayer 2>/dev/null || true
	# The last ones first.
	awk '$2 ~ "^/tmp/t/" { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount
	mkdir -p $directory
	chmod 755 $directory
	rm -rf ${directory:?}/* /tmp/t
	mkdir /tmp/t
	cd /tmp/t || exit
	insmod /modules/syslayer.ko
	dmesg -c >>/tmp/messages
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

# wait_a_while: until the module has let go of the images that it has open.
wait_a_while() {
	sleep 1
}

# Without starting a program, which would be counted.
counter() {
	read -r counter <"$counters/$1"
}

# counts COUNTER NUMBER COMMAND...: it goes up by so much.
counts() {
	# shellcheck disable=SC3043 # busybox has it, and this calls itself
	local counted=$1 more=$2 before
	shift 2
	counter "$counted"
	before=$counter
	"$@"
	counter "$counted"
	[ $((counter - before)) -eq "$more" ] || fail "$counted: $before, then $counter, after $*
$(grep -v ':0$' $counters/*/*)"
}

# storm NUMBER PROGRAM...: NUMBER times in each of two processes; a fifth of that where all takes longer.
storm() {
	times=$1
	shift
	[ "${patience:-1}" -lt 10 ] || times=$((times / 5))
	/programs/start storm "$times" "$@"
}

# gives TEXT COMMAND...: it prints the text, and succeeds.
gives() {
	expected=$1
	shift
	"$@" >gives.out 2>&1 || fail "$*: $?: $(cat gives.out)"
	actual=
	# As $(cat) would have it, without a program that is counted.
	while IFS= read -r line || [ -n "$line" ]; do
		actual="$actual${actual:+
}$line"
	done <gives.out
	same "$actual" "$expected"
}

# exits STATUS COMMAND...
exits() {
	expected=$1
	shift
	status=0
	"$@" >exits.out 2>&1 || status=$?
	same $status "$expected"
}

# fails COMMAND...
fails() {
	if "$@" 2>/dev/null; then
		fail "$*: it does not fail"
	fi
}

# dies SIGNAL COMMAND...
dies() {
	expected=$((128 + $1))
	shift
	exits $expected "$@"
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
	# Smaller than the stubs that were there.
	an_image native
	counts mapped/executable 1 gives "native works
r-xp $default
zero" /programs/dynamic who where rest
}

test_without_image_the_runtime_serves() {
	counts no_image/no_file 1 gives "native works
r-xp /programs/static
zero" /programs/static who where rest
}

test_without_module_the_runtime_serves() {
	rmmod syslayer
	for p in static static-pie musl dynamic; do
		stubs=native
		[ $p != dynamic ] || stubs=forward
		gives "$stubs works
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

test_first_instruction_of_a_static_program() {
	an_image native
	counts mapped/executable 1 gives "first works" /programs/first-static
}

test_first_instruction_of_a_static_pie() {
	an_image native
	counts mapped/executable 1 gives "first works" /programs/first-pie
}

test_first_instruction_of_a_dynamic_program() {
	an_image native
	counts mapped/executable 1 gives "first works" /programs/first-dynamic
}

test_first_instruction_of_an_interpreter() {
	an_image native
	# The program itself has no section, then it has.
	counts mapped/interpreter 1 gives "first works" /programs/interpreted
	counts mapped/interpreter 1 counts mapped/executable 1 gives "first works" /programs/interpreted-too
	counts not_ours/no_note 1 gives "first works" /programs/interpreted
}

test_section_of_an_interpreter_that_is_no_memory() {
	an_image native
	# Before Linux 6.2 nothing is there.
	case $(uname -r) in
		6.1.*)
			counts refused/memory 1 counts mapped/interpreter 0 dies 11 /programs/interpreted-low
			dmesg | grep -q 'interpreted-low\[[0-9]*\]: no image mapped: its section is not ordinary anonymous memory$'
			;;
		*) counts refused/memory 0 counts mapped/interpreter 1 gives "first works" /programs/interpreted-low ;;
	esac
}

# calls NUMBER NAME: in the report of the layer count, which is the only one.
calls() {
	gives 1 grep -c ' total$' report
	grep -q "^ *$1  *$2$" report || fail "$(cat report)"
}

test_stubs_that_go_on_are_replaced_before_the_first_instruction() {
	an_image count
	SYSLAYER_OUTPUT=report counts mapped/executable 1 gives works /programs/early
	calls 3 getppid
}

test_stubs_that_go_on_stay_beside_an_interpreter_with_a_section() {
	an_image native
	for p in dynamic fixed; do
		counts mapped/interpreter 1 counts not_ours/forward 1 counts mapped/executable 0 gives "forward works
r-xp /programs/rewritten/$p" /programs/rewritten/$p who where
	done
	counts mapped/interpreter 1 counts not_ours/no_note 1 /programs/rewritten/plain
	# What the linker's section has instead is the linker's business.
	rm $default
	counts no_image/no_file 1 counts not_ours/forward 1 gives "forward works" /programs/rewritten/dynamic who
}

test_one_layer_for_program_linker_and_libraries() {
	an_image count
	SYSLAYER_OUTPUT=report counts mapped/interpreter 1 gives works /programs/rewritten/early
	calls 3 getppid
	# The linker's and the library's.
	calls 1 write
	calls '[1-9][0-9]*' mmap
	calls '[1-9][0-9]*' set_tid_address
	SYSLAYER_OUTPUT=report2 counts mapped/interpreter 1 gives "forward works" /programs/rewritten/musl who
	gives 1 grep -c ' total$' report2
}

test_rewritten_dynamic_linker_without_module() {
	rmmod syslayer
	for p in static static-pie dynamic fixed musl; do
		stubs=forward
		case $p in static*) stubs=native ;; esac
		gives "$stubs works
r-xp /programs/rewritten/$p
zero" /programs/rewritten/$p who where rest
	done
	export SYSLAYER_IMAGE=/layers/count.img
	for p in static static-pie; do
		gives "count works
r-xp /layers/count.img" /programs/rewritten/$p who where
	done
	SYSLAYER_OUTPUT=report gives works /programs/rewritten/early
	calls 3 getppid
	calls 1 write
	calls '[1-9][0-9]*' mmap
	rm report
	SYSLAYER_OUTPUT=report gives "forward works" /programs/rewritten/musl who
	calls '[1-9][0-9]*' getpid
}

# Files that are not those that are mapped.
test_overlay_file_systems() {
	insmod /modules/overlay.ko 2>/dev/null || true
	mkdir -m 755 lower work upper all
	mount -t tmpfs -o mode=755 none lower
	mount -t tmpfs -o mode=755 none work
	mkdir -m 755 work/upper work/work
	cp -r /programs lower
	mkdir -p "lower$directory"
	cp /layers/count.img "lower$default"
	mount -t overlay -o lowerdir=lower,upperdir=work/upper,workdir=work/work overlay all
	echo "/tmp/t/all$directory" >$parameters/directory
	for p in static static-pie musl dynamic; do
		counts mapped/executable 1 gives "count works
r-xp /tmp/t/all$default" all/programs/$p who where
	done
	cp /layers/native.img "all$default"
	counts mapped/executable 1 gives "native works" all/programs/dynamic who
	wait_a_while
	umount all work lower
	rmmod overlay
}

test_script_gets_the_layer_of_its_interpreter() {
	an_image count
	printf '#!/programs/static who\nwhere\n' >script
	chmod +x script
	counts mapped/executable 1 gives "count works" ./script
	printf '#!/tmp/t/script\n' >outer
	chmod +x outer
	counts mapped/executable 1 gives "count works" ./outer
}

# Images: where they come from, and which are taken.

test_image_is_the_kernels_choice() {
	an_image count
	SYSLAYER_IMAGE=/layers/native.img gives "count works" /programs/static who
	for p in static static-pie musl dynamic; do
		SYSLAYER_IMAGE=/layers/native.img SYSLAYER_VERBOSE=1 gives \
			"syslayer: /programs/$p: /layers/native.img: refused: there is an image in the section already
count works" /programs/$p who
	done
	SYSLAYER_OUTPUT=report SYSLAYER_IMAGE=/layers/native.img gives works /programs/rewritten/early
	calls 3 getppid
}

test_image_upgraded_by_rename_is_seen_at_once() {
	an_image native
	gives "native works" /programs/static who
	an_image count
	gives "count works" /programs/static who
	rm $default
	counts no_image/no_file 1 gives "native works
r-xp /programs/static" /programs/static who where
}

test_image_behind_a_symbolic_link_is_seen_soon() {
	ln -s /layers/native.img $default
	gives "native works
r-xp /layers/native.img" /programs/static who where
	ln -sfn /layers/count.img $default
	wait_a_while
	gives "count works" /programs/static who
	# So is a directory.
	mkdir "$directory-new"
	chmod 755 "$directory-new"
	cp /layers/native.img "$directory-new/linux-x86_64.img"
	gives "count works" /programs/static who
	mv $directory "$directory-old"
	mv "$directory-new" $directory
	wait_a_while
	gives "native works
r-xp $default" /programs/static who where
	rm -r "$directory-old"
}

test_image_is_held_open_for_a_moment() {
	an_image native
	# One open file for all of them.
	storm 200 /programs/first-static
	counter mapped/executable
	same "$counter" $((2 * times))
	# What has been written over it, or put in its place by a link, counts at once.
	gives "native works" /programs/static who
	cat /layers/count.img >$default
	gives "count works" /programs/static who
	cp /layers/native.img $directory/other
	ln -f $directory/other $default
	gives "native works" /programs/static who
}

test_image_of_the_parameter_comes_first() {
	an_image native
	echo /layers/count.img >$parameters/image
	gives "count works" /programs/static who
	echo >$parameters/image
	gives "native works" /programs/static who
	mkdir other
	chmod 755 /tmp /tmp/t other
	cp /layers/count.img other/linux-x86_64.img
	echo /tmp/t/other >$parameters/directory
	counts mapped/executable 1 gives "count works" /programs/static who
}

test_parameters_are_absolute_paths_and_roots() {
	fails sh -c "echo layers/count.img >$parameters/image"
	fails sh -c "echo . >$parameters/directory"
	fails /programs/start as /bin/busybox sh -c "echo /layers/count.img >$parameters/image"
	gives "$directory" cat $parameters/directory
	gives "" cat $parameters/image
	rmmod syslayer
	insmod /modules/syslayer.ko image=/layers/count.img directory=/nowhere
	counts mapped/executable 1 gives "count works" /programs/static who
	rmmod syslayer
	fails insmod /modules/syslayer.ko image=count.img
}

# refuses COUNTER TEXT: the image is not mapped, and the kernel log has one line that says why.
refuses() {
	dmesg -c >>/tmp/messages
	counts "$1" 1 gives "native works
r-xp /programs/static" /programs/static who where
	gives 1 grep -c syslayer: <<-END
		$(dmesg)
	END
	dmesg | grep -q "syslayer: static\[[0-9]*\]: no image mapped: $2$" || fail "$(dmesg)"
}

test_image_must_be_roots() {
	text="file and directory must be root's, and not writable by others"
	# Not where the runtime looks.
	mkdir folder
	cp /layers/count.img folder
	echo /tmp/t/folder/count.img >$parameters/image
	gives "count works" /programs/static who
	chmod g+w folder/count.img
	refuses refused/image_owner "$text"
	chmod 602 folder/count.img
	refuses refused/image_owner "$text"
	chmod 644 folder/count.img
	chown 1000 folder/count.img
	refuses refused/image_owner "$text"
	chown 0 folder/count.img
	chmod 777 folder
	refuses refused/image_owner "$text"
	chmod 1777 folder
	refuses refused/image_owner "$text"
	chmod 755 folder
	gives "count works" /programs/static who
}

test_image_must_be_a_regular_file() {
	mkdir $default
	refuses refused/image_kind "not a regular file"
	rmdir $default
	mkfifo -m 600 $default
	refuses refused/image_kind "not a regular file"
	rm $default
	mknod -m 600 $default c 1 5
	refuses refused/image_kind "not a regular file"
	rm $default
	ln -s linux-x86_64.img $default
	refuses failed/open "it cannot be opened or read"
}

test_image_may_be_unreadable_for_users() {
	an_image native
	chmod 600 $default
	chmod 700 $directory
	counts mapped/executable 1 gives "native works
r-xp $default" /programs/start as /programs/static who where
}

test_image_on_noexec_mount_is_refused() {
	mkdir noexec
	mount -t tmpfs -o noexec,mode=755 none noexec
	cp /layers/count.img noexec
	echo /tmp/t/noexec/count.img >$parameters/image
	refuses refused/image_noexec "it is on a file system mounted noexec"
	mount -o remount,exec noexec
	gives "count works" /programs/static who
	echo >$parameters/image
	wait_a_while
	umount noexec
}

test_image_mount_can_be_unmounted() {
	mkdir layers
	mount -t tmpfs -o mode=755 none layers
	cp /layers/count.img layers
	echo /tmp/t/layers/count.img >$parameters/image
	gives "count works" /programs/static who
	wait_a_while
	umount layers
	counts no_image/no_file 1 gives "native works" /programs/static who
}

test_image_that_is_damaged_is_refused() {
	an_image count
	truncate -s 16384 $default
	refuses refused/image_form "it is truncated"
	truncate -s 100 $default
	refuses refused/image_form "it is for another ABI"
	: >$default
	refuses refused/image_form "not a stub image (wrong magic)"
	cp /programs/plain $default
	refuses refused/image_form "not a stub image (wrong magic)"
	an_image count
	printf '\3' | dd of=$default bs=1 seek=26 conv=notrunc 2>/dev/null
	refuses refused/image_form "it is for another machine"
}

test_image_larger_than_the_section_is_refused() {
	an_image count
	counts refused/image_form 1 gives "native works
r-xp /programs/small" /programs/small who where
	dmesg | grep -q 'syslayer: small\[[0-9]*\]: no image mapped: it is larger than the section$'
	an_image native
	counts mapped/executable 1 gives "native works
r-xp $default
zero" /programs/small who where rest
}

test_image_shorter_than_the_section_leaves_the_rest_zero() {
	an_image native
	counts mapped/executable 1 gives "native works
r-xp $default
zero" /programs/static who where rest
}

test_image_that_cannot_be_mapped_leaves_no_hole() {
	insmod /modules/nomap.ko
	mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
	cat /layers/count.img >/sys/kernel/debug/nomap
	echo /sys/kernel/debug/nomap >$parameters/image
	counts failed/map 1 gives "native works
r-xp /programs/static
zero" /programs/static who where rest
	counts failed/map 1 gives "native works" /programs/static-pie who
	# What goes on to others' sections is there again.
	counts failed/map 1 gives "forward works
r-xp /programs/dynamic
zero" /programs/dynamic who where rest
	counts failed/map 1 gives works /programs/early
	# Nor can anything else be mapped.
	echo >/sys/kernel/debug/nomap-at-all
	counts failed/hole 1 dies 11 /programs/static who
	echo >$parameters/image
	wait_a_while
	rmmod nomap
}

# ABI names and revisions.

# revision NUMBER FILE: count.img, of another revision.
revision() {
	cp /layers/count.img "$2"
	# shellcheck disable=SC2059 # an escape
	printf "\\$1" | dd of="$2" bs=1 seek=28 conv=notrunc 2>/dev/null
}

test_abi_older_image_is_refused_with_one_line() {
	text="the program requires a newer revision of the ABI"
	an_image count
	counts refused/abi_version 1 gives "native works" /programs/newer who
	gives 1 grep -c syslayer: <<-END
		$(dmesg)
	END
	dmesg | grep -q "syslayer: newer\[[0-9]*\]: no image mapped: $text$"
	# With a layer that is required the runtime says it, too, and ends.
	status=0
	/programs/newer-strict who >out 2>&1 || status=$?
	same "$status $(cat out)" "127 syslayer: /programs/newer-strict: $default: $text"
	# Programs for the older one are served.
	gives "count works" /programs/static who
}

test_abi_newer_image_serves_both() {
	revision 2 $default
	for p in newer newer-strict static; do
		counts mapped/executable 1 gives "count works
r-xp $default" /programs/$p who where
	done
}

test_abi_two_revisions_side_by_side() {
	# The parameter's is too old for some; the directory has one for them.
	echo /layers/native.img >$parameters/image
	revision 2 $default
	counts mapped/executable 1 gives "native works
r-xp /layers/native.img" /programs/static who where
	counts mapped/executable 1 gives "count works
r-xp $default" /programs/newer who where
	dmesg | grep syslayer: && fail "nothing to be said"
	true
}

test_abi_name_finds_its_image() {
	an_image count
	counts no_image/no_file 1 gives "native works" /programs/other-abi who
	cp /layers/count.img $directory/other_abi.1.img
	printf 'other_abi.1\0\0\0' | dd of=$directory/other_abi.1.img bs=1 seek=96 conv=notrunc 2>/dev/null
	counts mapped/executable 1 gives "count works
r-xp $directory/other_abi.1.img" /programs/other-abi who where
	# An image of another ABI under that name is none.
	cp /layers/count.img $directory/other_abi.1.img
	counts refused/image_form 1 gives "native works" /programs/other-abi who
}

# Enforcement.

test_enforce_kills_calls_outside_of_the_section() {
	an_image enforce
	gives works /programs/outside here
	echo Y >$parameters/enforce
	counts mapped/enforced 1 gives works /programs/outside
	for way in here thread; do
		dies 31 /programs/outside $way
	done
	# Children die, and are reported.
	exits 31 /programs/outside fork
	exits 31 /programs/outside vfork
	for p in musl static-pie; do
		counts mapped/enforced 1 gives works /programs/outside-$p
		dies 31 /programs/outside-$p here
		dies 31 /programs/outside-$p thread
		exits 31 /programs/outside-$p fork
	done
}

test_enforce_cannot_be_switched_off_by_the_program() {
	an_image enforce
	echo Y >$parameters/enforce
	status=0
	/programs/outside prctl >out 2>&1 || status=$?
	same "$status $(head -n 1 out)" "159 Operation not permitted"
}

test_enforce_kills_calls_outside_of_dynamic_programs() {
	an_image enforce
	for p in outside outside-fixed outside-musl; do
		echo N >$parameters/enforce
		gives works /programs/rewritten/$p here
		echo Y >$parameters/enforce
		counts mapped/enforced 1 gives works /programs/rewritten/$p
		for way in here thread; do
			dies 31 /programs/rewritten/$p $way
		done
		exits 31 /programs/rewritten/$p fork
		exits 31 /programs/rewritten/$p vfork
		status=0
		/programs/rewritten/$p prctl >out 2>&1 || status=$?
		same "$status $(head -n 1 out)" "159 Operation not permitted"
		gives "enforce works" /programs/rewritten/$p exec /programs/static who
	done
	# The dynamic linker run as a program.
	counts mapped/enforced 1 gives works /programs/rewritten/ld.so /programs/rewritten/outside
	dies 31 /programs/rewritten/ld.so /programs/rewritten/outside here
	# A program with calls of its own, and one without; then one with a library that has not been rewritten.
	counts mapped/enforced 1 gives works /programs/rewritten/early
	counts mapped/enforced 1 /programs/rewritten/plain
	dies 31 env LD_LIBRARY_PATH=/lib/x86_64-linux-gnu /programs/rewritten/ld.so /programs/plain-dynamic
}

test_enforce_leaves_handlers_that_are_left_by_unwinding() {
	an_image enforce
	echo Y >$parameters/enforce
	for p in handlers handlers-dynamic; do
		counts mapped/enforced 1 gives "throw: 5, destroyed 2" /programs/rewritten/$p throw
		counts mapped/enforced 1 gives "cancel: 1, destroyed 3" /programs/rewritten/$p cancel
		counts mapped/enforced 1 gives "return: 0, destroyed 2" /programs/rewritten/$p return
		counts mapped/enforced 1 gives "faults
main
backtrace: 6, destroyed 2" /programs/rewritten/$p backtrace
	done
}

test_enforce_that_cannot_be_set_is_counted_and_told() {
	an_image enforce
	echo Y >$parameters/enforce
	counts mapped/enforced 1 /programs/rewritten/plain
	# There is room for the program and its dynamic linker, but not for what is put between the trampolines of that and
	# its section.
	times=0
	for limit in $(seq 1000 4 2000); do
		counter failed/enforce
		before=$counter
		status=0
		(ulimit -v "$limit"; exec /programs/rewritten/plain) 2>/dev/null || status=$?
		counter failed/enforce
		[ "$counter" -gt "$before" ] || continue
		# It goes on, up to where the dynamic linker says that there is no room for libraries.
		same $status 127
		times=$((times + 1))
	done
	[ $times -gt 0 ] || fail "it could be set with each limit"
	dmesg | grep -q 'syslayer: plain\[[0-9]*\]: not enforced: its memory cannot be prepared$' || fail "$(dmesg)"
}

test_enforce_is_for_programs_with_an_image_that_can() {
	an_image count
	echo Y >$parameters/enforce
	# The layer would make calls elsewhere.
	counts mapped/enforced 0 gives works /programs/rewritten/outside here
	an_image enforce
	counts mapped/enforced 0 gives works /programs/outside-dynamic here
	counts mapped/enforced 0 /programs/plain
	# What an enforced program starts is judged anew.
	counts mapped/enforced 1 gives "enforce works" /programs/outside exec /programs/dynamic who
	counts mapped/enforced 2 dies 31 /programs/outside exec /programs/outside here
	rm $default
	counts mapped/enforced 0 gives works /programs/outside here
}

test_enforce_stays_when_the_parameter_or_the_module_goes() {
	an_image enforce
	rmmod syslayer
	insmod /modules/syslayer.ko enforce
	gives Y cat $parameters/enforce
	dies 31 /programs/outside here
	mkfifo go
	/programs/outside wait go &
	# Until it waits.
	exec 4>go
	rmmod syslayer
	echo >&4
	exec 4>&-
	status=0
	wait $! || status=$?
	same $status 159
}

# Hostile programs.

test_hostile_notes_map_nothing_elsewhere() {
	echo /layers/native.img >$parameters/image
	# In the directory there is nothing that the runtime could map.
	gives "0 failures" /programs/hostile
	rm copy
	# The dynamic linker complains of some.
	gives "0 failures" sh -c "/programs/hostile-dynamic 2>/dev/null"
	for c in refused/note refused/range refused/segment refused/headers refused/image_form not_ours/no_note \
		refused/abi_version; do
		counter $c
		[ "$counter" -gt 0 ] || fail "$c: none"
	done
}

test_stamped_program_is_left_alone() {
	an_image native
	for p in stamped stamped-dynamic; do
		counts not_ours/stamped 1 gives "count works
r-xp /programs/$p" /programs/$p who where
	done
}

# Under all conditions.

test_secure_programs_get_the_layer() {
	an_image native
	cp /programs/static setuid
	chmod 4755 setuid
	chmod 755 . ..
	export SYSLAYER_IMAGE=/layers/count.img
	counts mapped/executable 1 gives "native works
r-xp $default
1" /programs/start as ./setuid who where secure
	cp /programs/static able
	counts mapped/executable 1 gives "native works
r-xp $default
1" /programs/start capable ./able who where secure
}

test_chroot_does_not_hide_the_image() {
	an_image count
	mkdir -p jail/dev
	cp /programs/static jail
	mknod jail/dev/null c 1 3
	counts mapped/executable 1 gives "count works
no /proc" chroot jail /static who where
	# Nor does it give another one.
	mkdir -p "jail$directory"
	cp /layers/native.img "jail$default"
	counts mapped/executable 1 gives "count works" chroot jail /static who
}

test_namespaces_do_not_change_the_image() {
	an_image count
	cat >inside <<-END
		mount -t tmpfs -o mode=755 none ${directory%/*}
		mkdir $directory
		cp /layers/native.img $default
		/programs/static who
	END
	counts mapped/executable 1 gives "count works" unshare -m sh inside
	echo 0 >/proc/sys/kernel/unprivileged_userns_clone 2>/dev/null || true
	counts mapped/executable 1 gives "count works" unshare -Urm sh inside
	counts mapped/executable 1 gives "count works" unshare -Ur /programs/static who
	counts mapped/executable 1 gives "count works" unshare -pf /programs/static who
}

test_program_without_a_name_gets_the_layer() {
	an_image count
	cp /programs/static gone
	counts mapped/executable 1 gives "count works" /programs/start deleted ./gone who
	counts mapped/executable 1 gives "count works" /programs/start memory /programs/static who
}

test_personality_does_not_change_the_layer() {
	an_image count
	for p in static static-pie musl; do
		counts mapped/executable 1 gives "count works" /programs/start fixed /programs/$p who
	done
	gives "count works" /programs/start fixed /programs/dynamic who
}

test_traced_program_has_the_image_before_its_first_instruction() {
	an_image native
	/programs/start traced /programs/static who >out
	grep -q "^r-xp .* $default\$" out || fail "$(cat out)"
	gives "native works" tail -n 1 out
}

test_core_dump() {
	an_image native
	ulimit -c unlimited
	status=0
	/programs/crash || status=$?
	same $status 132
	# What was mapped where, of which debuggers know the files (NT_FILE).
	grep -q "$default" core || fail "no image in the core"
	ulimit -c 0
}

test_limited_address_space_loses_no_program() {
	for p in static static-pie dynamic; do
		for limit in 500 1000 1500 2000 2500 3000 3500 4000 5000 6000; do
			rm -f $default
			without=$(ulimit -v $limit; /programs/$p who 2>&1) || true
			an_image native
			with=$(ulimit -v $limit; /programs/$p who 2>&1) || true
			# Whose stubs serve a dynamic program is the runtime's business.
			without=$(echo "$without" | sed 's/^forward/native/')
			with=$(echo "$with" | sed 's/^forward/native/')
			same "$p $limit: $with" "$p $limit: $without"
		done
	done
}

test_limited_memory_ends_at_most_the_program() {
	an_image native
	mkdir -p /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/t
	for limit in 0 64K 128K 256K 512K 1M 2M 4M; do
		echo $limit >/sys/fs/cgroup/t/memory.max
		for p in static dynamic; do
			# In a subshell that goes into the group.
			sh -c "echo \$\$ >/sys/fs/cgroup/t/cgroup.procs; exec /programs/$p who" >>out 2>&1 || true
		done
	done
	echo max >/sys/fs/cgroup/t/memory.max
	gives "native works" sh -c "echo \$\$ >/sys/fs/cgroup/t/cgroup.procs; exec /programs/static who"
	rmdir /sys/fs/cgroup/t
	umount /sys/fs/cgroup
	grep -q "native works" out || fail "$(cat out)"
}

# OOM in the middle: each number of pages that a group of processes may have.
test_memory_that_ends_anywhere() {
	an_image native
	mkdir -p /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/t
	for limit in $(seq 400 -8 0); do
		echo "${limit}K" >/sys/fs/cgroup/t/memory.max
		# The shell would say who was killed.
		sh -c "echo \$\$ >/sys/fs/cgroup/t/cgroup.procs; exec /programs/static who" || echo $? >&2
	done >out 2>bad
	# Several of them, with two processors.
	echo 3M >/sys/fs/cgroup/t/memory.max
	for i in 1 2 3 4; do
		sh -c "echo \$\$ >/sys/fs/cgroup/t/cgroup.procs; exec /programs/start storm 10 /programs/dynamic who" &
	done >/dev/null 2>&1
	wait
	rmdir /sys/fs/cgroup/t
	umount /sys/fs/cgroup
	# Enough, and not enough.
	grep -q "native works" out || fail "none works: $(cat bad)"
	grep -q 137 bad || fail "all work: $(cat bad)"
	counter failed/hole
	[ "$counter" -eq 0 ] || fail "$counter holes"
	counts mapped/executable 1 gives "native works" /programs/static who
}

# Where the kernel can do it, each allocation in turn.
test_allocations_that_fail() {
	[ -e /proc/self/fail-nth ] || return 0
	mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
	echo 0 >/sys/kernel/debug/failslab/verbose
	echo 0 >/sys/kernel/debug/fail_page_alloc/verbose
	an_image native
	for p in first-static first-dynamic interpreted-too; do
		run=0
		for n in $(seq 1 200); do
			/programs/start failing "$n" /programs/$p >out 2>&1 && run=$((run + 1))
		done
		[ $run -gt 20 ] || fail "$p: ran only $run times"
	done
	grep . $counters/failed/*
	counts mapped/executable 1 gives "first works" /programs/first-static
}

test_programs_of_32_bits_are_not_ours() {
	an_image count
	counts not_ours/no_note 0 counts mapped/executable 0 exits 32 /programs/compat
}

# binfmt_misc, loaded before the module and after.
misc() {
	mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
	echo ':t:E::foo::/programs/first-static:' >/proc/sys/fs/binfmt_misc/register
	echo "no ELF file" >text.foo
	chmod +x text.foo
	counts mapped/executable 1 gives "first works" ./text.foo
	counts mapped/executable 1 gives "native works" /programs/static who
	counts not_ours/no_note 1 /programs/plain
	echo -1 >/proc/sys/fs/binfmt_misc/t
	umount /proc/sys/fs/binfmt_misc
	rmmod binfmt_misc
}

test_binfmt_misc_loaded_after() {
	an_image native
	insmod /modules/binfmt_misc.ko
	misc
}

test_binfmt_misc_loaded_before() {
	an_image native
	rmmod syslayer
	insmod /modules/binfmt_misc.ko
	insmod /modules/syslayer.ko
	misc
}

test_storm_of_vfork_and_exec() {
	an_image native
	storm 200 /programs/first-static
	counter mapped/executable
	same "$counter" $((2 * times))
	storm 100 /programs/interpreted
	counter mapped/interpreter
	same "$counter" $((2 * times))
}

test_storm_while_images_and_module_come_and_go() {
	# Long enough to come between, also where all is slow.
	/programs/start storm 120 /programs/static who &
	i=0
	while kill -0 $! 2>/dev/null; do
		an_image native
		# While it has a program loaded it stays.
		if rmmod syslayer 2>/dev/null; then
			insmod /modules/syslayer.ko enforce
			i=$((i + 1))
		fi
		rm -f $default
	done
	wait $!
	[ $i -gt 0 ] || fail "it has never gone"
}

# slabs NAME...: how many objects are in use; what processors keep for themselves goes back before.
slabs() {
	for n; do
		echo 1 >"/sys/kernel/slab/$n/shrink"
		awk -v n="$n" '$1 == n { print $2 }' /proc/slabinfo
	done
}

test_nothing_leaks() {
	an_image native
	caches="filp cred_jar dentry vm_area_struct names_cache kmalloc-4k kmalloc-64"
	storm 10 /programs/interpreted-too
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	# shellcheck disable=SC2086
	before=$(slabs $caches)
	storm 120 /programs/interpreted-too
	chmod g+w $default
	storm 30 /programs/static who
	rm $default
	storm 30 /programs/static who
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	# shellcheck disable=SC2086
	after=$(slabs $caches)
	for c in $caches; do
		b=${before%%
*} a=${after%%
*}
		[ $((a - b)) -lt 100 ] || fail "$c: $b, then $a"
		before=${before#*
} after=${after#*
}
	done
}

test_module_can_be_unloaded_while_programs_run() {
	an_image native
	/programs/static who
	sleep 1000 &
	/programs/start traced /programs/static who >/dev/null
	rmmod syslayer
	[ ! -e /sys/kernel/syslayer ]
	kill $!
}

# The last one: what the kernel has said meanwhile.
test_zz_kernel_log_is_clean() {
	mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
	if echo scan 2>/dev/null >/sys/kernel/debug/kmemleak; then
		sleep 6
		echo scan >/sys/kernel/debug/kmemleak
		gives "" cat /sys/kernel/debug/kmemleak
	fi
	! grep -E 'BUG|WARNING|Oops|general protection|suspected memory leak|Bad page|hung task|rcu.*stall' /tmp/messages
}
