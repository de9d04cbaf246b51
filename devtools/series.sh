#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Make the patch series that adds fastmem to DPDK, as it is sent to the list.
# Works in a worktree of its own: branches and files of the user's tree are not touched.

set -euo pipefail

# DPDK's build wants a python3 that has elftools; of several, Debian's own is the one
python3 -c 'import elftools' 2>/dev/null || PATH=/usr/bin:$PATH

home=$(dirname "$(readlink -f "$0")")
parts='lib test app example'
drivers=bus/vdev,mempool/ring,mempool/stack,net/null,net/ring
out=
build=false

usage() {
	cat <<-END
	usage: series.sh [-b] [-o DIR] DPDK_GIT_DIR

	Make patches for the commit that is checked out in DPDK_GIT_DIR (25.07 or newer),
	in DIR (default: build/series of this repository), and check them with DPDK's
	check-git-log.sh and, if the kernel's checkpatch.pl is found, checkpatches.sh.
	Fails when check-git-log.sh does or, with -b, a build.

	  -b      build each patch's tree, too, with warnings as errors
	  -o DIR  where to put the *.patch files; those already there are removed
	END
}

die() {
	echo "series.sh: $*" >&2
	exit 1
}

while getopts bho: opt; do
	case $opt in
	b) build=true ;;
	o) out=$OPTARG ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 1 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || { usage >&2; exit 1; }
[ -d "$1" ] || die "$1 is not a directory"
dpdk=$(readlink -f "$1")
out=$(readlink -m "${out:-$home/../build/series}")

git -C "$dpdk" rev-parse --git-dir >/dev/null 2>&1 || die "$dpdk is not a git tree"
[ -e "$dpdk/lib/eal/common/eal_export.h" ] || die "$dpdk is not DPDK 25.07 or newer"
git -C "$dpdk" var GIT_AUTHOR_IDENT >/dev/null || die 'git does not know who you are'
author=$(git -C "$dpdk" var GIT_AUTHOR_IDENT | sed 's/> .*/>/')
base=$(git -C "$dpdk" rev-parse HEAD)

tmp=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	git -C "$dpdk" worktree remove --force "$tmp/dpdk" 2>/dev/null || true
	rm -rf "$tmp"
	git -C "$dpdk" worktree prune
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# a message file: the subject, an empty line, the body
subject_of() {
	head -n 1 "$home/series/$1.txt"
}

body_of() {
	tail -n +3 "$home/series/$1.txt"
}

make_commits() {
	local part done_parts=

	git -C "$dpdk" worktree add --quiet --detach "$tmp/dpdk" "$base"
	for part in $parts; do
		done_parts=${done_parts:+$done_parts,}$part
		"$home/graft.sh" --parts "$done_parts" --mailmap "$author" "$tmp/dpdk" >/dev/null
		git -C "$tmp/dpdk" add -A
		git -C "$tmp/dpdk" commit --quiet --no-verify --signoff -F "$home/series/$part.txt"
	done
}

make_patches() {
	mkdir -p "$out"
	rm -f "$out"/*.patch
	git -C "$tmp/dpdk" format-patch --quiet --cover-letter --thread -o "$out" "$base..HEAD"
	local cover=$out/0000-cover-letter.patch
	body_of cover >"$tmp/body"
	sed -i -e "s/\*\*\* SUBJECT HERE \*\*\*/$(subject_of cover)/" \
		-e "/\*\*\* BLURB HERE \*\*\*/{r $tmp/body
			d}" "$cover"
}

# Where DPDK's checkpatches.sh finds the kernel's script; prints nothing when there is none.
find_checkpatch() {
	local tar kept=$home/../build/checkpatch found

	found=${DPDK_CHECKPATCH_PATH:-/lib/modules/$(uname -r)/source/scripts/checkpatch.pl}
	if [ -x "$found" ]; then
		echo "$found"
		return
	fi
	# Debian's package linux-source-* has it in an archive
	for tar in /usr/src/linux-source-*.tar.xz; do
		[ -e "$tar" ] || return 0
		if [ ! -x "$kept/checkpatch.pl" ]; then
			echo "taking checkpatch.pl out of $tar ..." >&2
			mkdir -p "$kept"
			tar -xJf "$tar" -C "$kept" --strip-components=2 --wildcards \
				'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
				'*/scripts/const_structs.checkpatch'
		fi
		echo "$kept/checkpatch.pl"
		return
	done
}

# What checkpatches.sh finds is to be judged by a person, and is no failure. Known, and to stay:
# macros that return from a test, as DPDK's own assertions do; names of functions that a report
# must contain; arrays for execv(), which can't be const; positive errors, as rte_errno has
# them; __has_include(<...>), taken for a comparison; a macro for "static __rte_always_inline",
# and that attribute itself, which the fast path needs; a report on stderr, in the format of
# AddressSanitizer; __builtin_return_address(), for which EAL has no other name; a name in
# capitals, taken for a constant, on the left of a comparison.
check_patches() {
	local failed=0 pl

	echo "== check-git-log.sh"
	(cd "$tmp/dpdk" && devtools/check-git-log.sh -r "$base..") || failed=1

	echo "== checkpatches.sh"
	pl=$(find_checkpatch)
	if [ -z "$pl" ]; then
		echo 'not run: there is no checkpatch.pl' \
			'(apt install linux-source, or set DPDK_CHECKPATCH_PATH)'
	else
		# with mawk some of its checks see nothing
		command -v gawk >/dev/null || echo 'gawk is missing: some checks are not made'
		(cd "$tmp/dpdk" && DPDK_CHECKPATCH_PATH=$pl \
			DPDK_CHECKPATCH_OPTIONS="--typedefsfile=$home/series/checkpatch-types" \
			devtools/checkpatches.sh \
			"$out"/0*[1-9]-*.patch) ||
			echo 'A person has to judge what was found; series.sh tells what is known.'
	fi
	return $failed
}

# What to build: of the checks of headers, which are most of the work, only those of ours.
targets() {
	ninja -C "$tmp/build" -t query all | sed -n 's/^    //p' | grep -vE '^(meson-|PHONY)|chkincs'
	ninja -C "$tmp/build" -t targets all |
		sed -nE 's,^(buildtools/chkincs/[^:]*fastmem[^:]*\.o): .*,\1,p'
}

# The build directory is kept from patch to patch: what one doesn't change is not built again.
build_one() {
	local apps='test' example='' again=()
	# what the first patches do not have yet
	[ ! -d "$tmp/dpdk/app/test-fastmem" ] || apps=test,test-fastmem
	[ ! -d "$tmp/dpdk/examples/fastmem" ] || example=fastmem
	[ ! -e "$tmp/build/build.ninja" ] || again=(--reconfigure)
	meson setup "${again[@]}" "$tmp/build" "$tmp/dpdk" \
		-Dwerror=true -Ddeveloper_mode=enabled -Dcheck_includes=true \
		-Denable_libs=fastmem,hash,timer,net -Denable_apps="$apps" \
		-Dexamples="$example" -Denable_drivers="$drivers" || return 1
	targets >"$tmp/targets"
	[ -s "$tmp/targets" ] || return 1
	xargs ninja -C "$tmp/build" <"$tmp/targets"
}

build_each() {
	local commit failed=0

	for commit in $(git -C "$tmp/dpdk" rev-list --reverse "$base..HEAD"); do
		git -C "$tmp/dpdk" checkout --quiet "$commit"
		echo "== build of: $(git -C "$tmp/dpdk" log -1 --format=%s)"
		if build_one >"$tmp/log" 2>&1; then
			echo "built $(wc -l <"$tmp/targets") targets"
		else
			tail -n 30 "$tmp/log"
			echo 'FAILED'
			failed=1
		fi
	done
	return $failed
}

make_commits
make_patches
failed=0
check_patches || failed=1
if $build; then
	build_each || failed=1
fi
echo "== $out"
(cd "$out" && ls -- *.patch)
exit $failed
