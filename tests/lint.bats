#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The sources as text: shell, manual pages, C layout, licences, stray paths and white space.

load helpers

# What is ours, relative to SRC, one a line: what git tracks; in a tarball, what no tool has generated.
sources() {
	if [[ -e $SRC/.git ]] && git -C "$SRC" ls-files >tracked 2>/dev/null; then
		# A file removed but not yet committed is still listed.
		while read -r f; do
			[[ ! -f $SRC/$f ]] || echo "$f"
		done <tracked
	elif [[ $BUILD == "$SRC" ]]; then
		skip "built in the source directory of a tarball: sources and products cannot be told apart"
	else
		(cd "$SRC" && find . \( -name .git -o -name autom4te.cache -o -path './build*' \
			-o -path './_build' -o -path './_inst' -o -path "./${BUILD#"$SRC/"}" \) -prune \
			-o \( -name configure -o -name aclocal.m4 -o -name config.h.in \
			-o -name Makefile.in -o -name '*~' \) -o -type f -print) | sed 's,^\./,,'
	fi
}

setup() {
	common_setup
	sources >unsorted
	sort unsorted >sources
	cd "$SRC" || return
}

# those PATTERN: the sources whose names match the extended regular expression; at least one.
those() {
	grep -E "$1" "$BATS_TEST_TMPDIR/sources" || fail "no source matches $1"
}

# refute_lines REGEXP <LIST: a line that matches is a failure, and is shown.
refute_lines() {
	local found
	found=$(xargs -d '\n' grep -nIE "$1" /dev/null || true)
	[[ -z $found ]] || fail "$found"
}

@test "shell: shellcheck finds nothing" {
	need_tools "$SHELLCHECK"
	those '^(bootstrap|\.ci/run|.*\.sh)$' | xargs -d '\n' "$SHELLCHECK" -x
	those '\.(bats|bash)$' | xargs -d '\n' "$SHELLCHECK" -x -s bats
}

@test "manual: mandoc finds nothing" {
	need_tools "$MANDOC"
	grep -qE '^man/.*\.[1-9]$' "$BATS_TEST_TMPDIR/sources" || skip "no page yet"
	those '^man/.*\.[1-9]$' | xargs -d '\n' "$MANDOC" -T lint -W warning
}

@test "C: clang-format would change nothing" {
	need_tools "$CLANG_FORMAT"
	# A header of assembler macros is not C.
	those '\.[ch]$' | xargs -d '\n' grep -L '^\.macro' | xargs -d '\n' "$CLANG_FORMAT" --dry-run -Werror
}

@test "licence: each source says its own in its first lines" {
	local f first bad=()
	while read -r f; do
		case $f in
		*.[chSs1-9] | *.sh | *.bats | *.bash | *.mk | *.ac | *.am | *.ld | *.lds | *.py | *.awk | *.in) ;;
		*.go | *.rs | *.cc | *.cpp | Makefile | */Makefile | */Kbuild | .ci/* | bootstrap) ;;
		*) continue ;;
		esac
		first=$(head -n 3 "$f")
		[[ $first =~ SPDX-License-Identifier:\ (BSD-2-Clause|GPL-2\.0-only) ]] || bad+=("$f")
	done <"$BATS_TEST_TMPDIR/sources"
	[[ ${#bad[@]} -eq 0 ]] || fail "no SPDX-License-Identifier in:" "${bad[@]}"
}

@test "text: no path of one machine" {
	those . | refute_lines '(^|[^[:alnum:]_.$}-])/(home|root|work(space)?|Users)/[[:alnum:]]'
}

@test "text: no white space at the end of a line" {
	those . | refute_lines '[[:blank:]]$'
}

@test "tests: each suite is run, and none is empty" {
	# An empty suite prints the plan 1..0, which the driver takes for a skip.
	local f bad=()
	for f in $(those '^tests/[^/]*\.bats$'); do
		grep -qE "(^|[[:blank:]])$f( |\$)" tests/local.mk || bad+=("$f: not in tests/local.mk")
		grep -q '^@test ' "$f" || bad+=("$f: no test")
	done
	[[ ${#bad[@]} -eq 0 ]] || fail "${bad[@]}"
}

@test "engine: its page has each of its files in a step, and no other" {
	run -0 diff <(cd elfpatch/engine && printf '%s\n' *.[cS] | LC_ALL=C sort) \
		<(grep -o "\`[a-z0-9_-]*\.[cS]\`" elfpatch/engine/README.md | tr -d "\`" | LC_ALL=C sort)
}
