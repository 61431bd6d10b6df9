#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Large programs of Rust, with its library and musl, linked by others as static PIEs: rewritten they do what they did, on
# trees of files, with many threads and children. Needs npm and the network; what is fetched stays in the build.

load ../helpers
load ../calls
load ../real

setup_file() {
	real_setup_file
	local fetched=$BUILD/tests/rust
	command -v npm >/dev/null || skip "npm is not installed"
	"$SRC/tests/long/fetch-npm.sh" "$fetched" @vscode/ripgrep-linux-x64 @biomejs/cli-linux-x64-musl turbo-linux-64 || return
	prepare rg "$fetched/ripgrep-linux-x64/bin/rg" && prepare biome "$fetched/cli-linux-x64-musl/biome" &&
		prepare turbo "$fetched/turbo-linux-64/bin/turbo" || return
	# npm itself: some hundred files of JavaScript and JSON.
	mkdir tree
	cp -rL "$(dirname "$(readlink -f "$(command -v npm)")")/.." tree/npm
	rm -rf tree/npm/docs tree/npm/man
}

setup() {
	real_setup
	TREE=$PWD/tree
	export TREE
	# Neither asks somewhere else whether there is a newer version.
	export DO_NOT_TRACK=1 TURBO_TELEMETRY_DISABLED=1 CI=1
}

# traced COMMAND [ARG]...: as same, with the tracing layer.
traced() {
	local image=$BUILD/layers/trace.img
	need_files "$image"
	as plain "$@" >expected
	SYSLAYER_IMAGE=$image SYSLAYER_OUTPUT=$PWD/trace as rewritten "$@" >actual
	diff expected actual >difference || fail "trace: $*" "$(head -n 50 difference)" || return
	[[ -s trace ]] || fail "trace: $*: nothing was written"
}

@test "static PIEs, which verify, and are restored" {
	local p
	for p in rg biome turbo; do
		run -0 elfpatch inspect "rewritten/$p"
		assert_contains "static position-independent executable"
		run -0 elfpatch verify "rewritten/$p" "stamped/$p"
		elfpatch restore -o restored "rewritten/$p"
		cmp restored "plain/$p"
		rm restored
	done
}

@test "ripgrep: a search with threads" {
	# shellcheck disable=SC2016 # for the inner shell
	local search='$BIN/rg --threads 4 --no-ignore --count-matches "function|return" "$TREE" /usr/include | sort'
	same sh -c "$search"
	traced sh -c "$search"
	# shellcheck disable=SC2016 # for the inner shell
	same sh -c '"$BIN/rg" --sort path --pre cat --pre-glob "*.json" -n "\"license\"" "$TREE"'
	same "$BIN/rg" "no such words, here or there" "$TREE"
	assert_contains "status 1"
	same "$BIN/rg" "(" "$TREE"
	assert_contains "status 2"
	placed_and_counted "$BIN/rg" --threads 4 --no-ignore --count-matches function "$TREE"
}

@test "biome: a tree of files is formatted, with threads" {
	# shellcheck disable=SC2016 # for the inner shell
	local format='cp -r "$TREE" . && RAYON_NUM_THREADS=4 $BIN/biome format --write --vcs-enabled=false tree 2>&1 |
		sed "s/ in [0-9.a-zµ]*//; s/ [0-9.]*[mµ]s//" | sort | uniq -c'
	same sh -c "$format"
	assert_contains Formatted
	traced sh -c "$format"
	cp -r tree placed
	well_placed "$BIN/biome" format --write --vcs-enabled=false ../placed
	rm -rf placed
}

@test "turbo: a build of packages that need one another, with children" {
	mkdir -p mono
	printf '%s\n' '{"name":"mono","private":true,"packageManager":"npm@10.0.0","workspaces":["packages/*"]}' >mono/package.json
	echo '{"tasks":{"build":{"dependsOn":["^build"],"outputs":["out"]}}}' >mono/turbo.json
	local p needs='"none":"*"'
	for p in a b c d; do
		mkdir -p mono/packages/$p
		printf '{"name":"%s","version":"1.0.0","dependencies":{%s},"scripts":{"build":"cat ../*/package.json | cksum >out"}}\n' \
			$p "$needs" >mono/packages/$p/package.json
		needs+=",\"$p\":\"*\""
	done
	# shellcheck disable=SC2016 # for the inner shell
	local script='cp -r ../mono . && cd mono && "$BIN/turbo" run build 2>&1 | grep -v "Time:" | sort; ls -R .turbo/cache | wc -l
		rm -rf .turbo'
	same sh -c "$script"
	assert_contains "4 successful, 4 total"
	traced sh -c "$script"
	cp -r mono placed
	# shellcheck disable=SC2016 # for the inner shell
	well_placed sh -c 'cd ../placed && "$BIN/turbo" run build'
	rm -rf placed
}
