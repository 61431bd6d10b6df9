# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to suites of programs that somebody else has built: each is tried plainly and rewritten, by the same
# name in the same directory, with the native stubs, under the counting layer, and with that in the file.

# prepare NAME FILE: plain/NAME, rewritten/NAME and stamped/NAME, in the directory of the suite.
prepare() {
	mkdir -p plain rewritten stamped && cp "$2" "plain/$1" && rewrite_file "$2" "rewritten/$1" &&
		elfpatch stamp --image="$NATIVE" -o "stamped/$1" "rewritten/$1"
}

real_setup_file() {
	PATH=$BUILD/elfpatch:$PATH
	cd "$BATS_FILE_TMPDIR" || return
}

real_setup() {
	calls_setup
	cd "$BATS_FILE_TMPDIR" || return
	export BIN=$PWD/bin
	rm -rf box table log
	mkdir box
}

# as FORM COMMAND [ARG]...: in an empty directory of its own, with the programs of that form in bin/; what it says,
# how it ends, and what is there then.
as() {
	local form=$1
	shift
	rm -rf box bin
	ln -s "$form" bin
	mkdir box
	(
		cd box || exit
		ended=0
		timeout 120 "$@" 2>&1 </dev/null || ended=$?
		echo "status $ended"
		find . -type f -exec cksum {} + | sort
	)
}

# same COMMAND [ARG]...: COMMAND, $BIN/NAME as a rule, does the same whatever form its program has.
same() {
	local form image
	as plain "$@" >expected
	for form in rewritten:"$NATIVE" rewritten:"$COUNT" rewritten: stamped:; do
		image=${form#*:}
		SYSLAYER_IMAGE=$image SYSLAYER_OUTPUT=$PWD/table as "${form%:*}" "$@" >actual
		diff expected actual >difference || fail "$form: $*" "$(head -n 50 difference)" || return
	done
	run -0 cat expected
}

# placed_and_counted COMMAND [ARG]...: all calls come from where they should, and the layer counted just these.
placed_and_counted() {
	well_placed "$@"
	run python3 "$SRC/tests/real/where.py" log table "$COUNT" rewritten/*
	assert_status 0
}

# well_placed COMMAND [ARG]...: all calls come from where they should.
well_placed() {
	rm -rf box bin table log
	ln -s rewritten bin
	mkdir box
	(
		cd box || exit
		SYSLAYER_IMAGE=$COUNT SYSLAYER_OUTPUT=$BATS_FILE_TMPDIR/table \
			timeout 120 strace -f -i -o ../log "$@" >/dev/null 2>&1 </dev/null || true
	)
	run python3 "$SRC/tests/real/where.py" log /dev/null "$COUNT" rewritten/*
	assert_status 0
}
