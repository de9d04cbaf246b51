# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: in Debian's DPDK source tree: graft, build, fastmem's tests and DPDK's memory tests

# The source package comes from where apt gets Debian's packages, with lists and caches of
# our own in build/graft; the system's configuration is not changed. Needs some 600 MiB.

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

GRAFT=$FASTMEM_TOP/devtools/graft.sh
WORK=$FASTMEM_BUILD/graft
TREE=$WORK/dpdk     # as unpacked
GRAFTED=$WORK/grafted
BUILD=$WORK/build
DPDK_TESTS='malloc memzone mempool mbuf ring stack stack_lf'

# What is built: old releases can only leave out libraries, newer ones take a list.
UNUSED_LIBS=bitratestats,cfgfile,flow_classify,gpudev,gro,gso,kni,jobstats,latencystats,metrics
UNUSED_LIBS+=,node,pdump,pipeline,port,power,table,vhost
LIBS=fastmem,hash,net,stack,timer
APPS=test,test-fastmem
DRIVERS=bus/vdev,mempool/ring,mempool/stack,net/null,net/ring

# --- the source package ---

# apt with a configuration of its own beside the system's
own_apt() {
	local apt=$WORK/apt
	mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
	python3 "$FASTMEM_TOP/devtools/apt_sources.py" src > "$apt/parts/src.sources" || return 1
	timeout 250 apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" \
		-o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

# 77 when it can't be had: that says nothing about fastmem
get_source() {
	local file
	if [ -f "$WORK/unpacked" ]; then
		cat "$WORK/unpacked"
		return
	fi
	if ! command -v apt-get > /dev/null || ! command -v dpkg-source > /dev/null; then
		echo "no apt-get, or no dpkg-source: not Debian, or dpkg-dev is missing"
		return 77
	fi
	mkdir -p "$WORK/src"
	if ! { own_apt update && (cd "$WORK/src" && own_apt source --download-only dpdk); }; then
		echo "apt can't get the source package of dpdk"
		return 77
	fi
	rm -rf "$TREE"
	# the signature was checked by apt, as that of the package lists
	file=$(find "$WORK/src" -name 'dpdk_*.dsc' | sort -V | tail -n 1)
	dpkg-source --no-check -x "$file" "$TREE" || return 1
	basename "$file" .dsc > "$WORK/unpacked"
}

# --- graft.sh itself, on copies ---

# Print what a tree holds: names, modes, contents; not what git keeps.
contents() {
	(cd "$1" && {
		find . -name .git -prune -o -printf '%p %y %m %l\n' | sort
		find . -name .git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
	}) | sha256sum
}

copy_tree() {
	rm -rf "$1"
	cp -a "$TREE" "$1"
}

# refuses TEXT ARGUMENT...: graft.sh must fail with that text in its message
refuses() {
	local text=$1
	shift
	if "$GRAFT" "$@" > "$WORK/out" 2>&1; then
		echo "graft.sh $* did not refuse"
		return 1
	fi
	cat "$WORK/out"
	grep -q "$text" "$WORK/out"
}

undo_restores() {
	local before
	before=$(contents "$1")
	"$GRAFT" "$1" && [ "$(contents "$1")" != "$before" ] && "$GRAFT" --undo "$1" &&
		[ "$(contents "$1")" = "$before" ]
}

again_changes_nothing() {
	local before
	"$GRAFT" "$1" > /dev/null && before=$(contents "$1") && "$GRAFT" "$1" &&
		[ "$(contents "$1")" = "$before" ]
}

works_on_git_tree() {
	git -C "$1" init -q && git -C "$1" add -A &&
		git -C "$1" -c user.name=x -c user.email=x@x commit -q -m x || return 1
	(cd / && "$GRAFT" "$1") && [ -n "$(git -C "$1" status --porcelain)" ] &&
		(cd "$1" && "$GRAFT" --undo .) && [ -z "$(git -C "$1" status --porcelain)" ]
}

refuses_and_leaves() {
	local before
	before=$(contents "$WORK/copy")
	refuses "$@" "$WORK/copy" && [ "$(contents "$WORK/copy")" = "$before" ]
}

refuses_foreign_file() {
	mkdir -p "$WORK/copy/lib/fastmem" && echo x > "$WORK/copy/lib/fastmem/meson.build"
	refuses_and_leaves 'lib/fastmem/meson.build: exists'
	local status=$?
	rm -r "$WORK/copy/lib/fastmem"
	return "$status"
}

refuses_changed_file() {
	"$GRAFT" "$WORK/copy" && echo >> "$WORK/copy/app/test/test_fastmem.c" &&
		refuses_and_leaves 'test_fastmem.c: was changed' --undo &&
		refuses_and_leaves 'test_fastmem.c: was changed' &&
		"$GRAFT" --undo --force "$WORK/copy"
}

refuses_missing_place() {
	sed -i '/mempool_lib/d' "$WORK/copy/doc/guides/prog_guide/index.rst"
	refuses_and_leaves 'index.rst: found no place'
}

# break_at N fail|SIGNAL ARGUMENT...: graft.sh, whose Nth renaming fails or is hit by a signal
break_at() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$FASTMEM_TOP/devtools python3 - "$@" <<-'END'
		import os, signal, sys
		import graft

		nth, what = int(sys.argv[1]), sys.argv[2]
		sys.argv = ['graft.sh'] + sys.argv[3:]
		replace, calls = os.replace, 0

		def broken_replace(source, target):
		    global calls
		    calls += 1
		    if calls == nth and what == 'fail':
		        raise OSError('no space, say')
		    replace(source, target)
		    if calls == nth:
		        os.kill(os.getpid(), getattr(signal, what))

		os.replace = broken_replace
		if what in ('SIGINT', 'SIGTERM'):
		    # what a shell runs in the background ignores SIGINT
		    signal.signal(getattr(signal, what), signal.SIG_DFL)
		graft.main()
	END
}

error_leaves_nothing() {
	local before nth
	before=$(contents "$1")
	for nth in 1 40 95; do
		! break_at "$nth" fail "$1" && [ "$(contents "$1")" = "$before" ] || return 1
	done
}

# whatever ends it, the same command brings it to its end
again_after_signal() {
	local before grafted name
	before=$(contents "$1")
	"$GRAFT" "$1" && grafted=$(contents "$1") && "$GRAFT" --undo "$1" || return 1
	for name in SIGINT SIGTERM; do
		! break_at 40 "$name" "$1" && [ "$(contents "$1")" = "$grafted" ] || return 1
		! break_at 5 "$name" --undo "$1" && [ "$(contents "$1")" = "$before" ] || return 1
	done
	! break_at 40 SIGKILL "$1" && [ "$(contents "$1")" != "$grafted" ] && "$GRAFT" "$1" &&
		[ "$(contents "$1")" = "$grafted" ] || return 1
	! break_at 5 SIGKILL --undo "$1" && [ "$(contents "$1")" != "$before" ] &&
		"$GRAFT" --undo "$1" && [ "$(contents "$1")" = "$before" ]
}

# --- build and run ---

configure_dpdk() {
	local options=(-Denable_drivers="$DRIVERS" -Denable_apps="$APPS" -Dexamples=fastmem -Ddeveloper_mode=disabled
		-Dplatform=generic --buildtype=release --default-library=static)
	[ ! -f "$BUILD/build.ninja" ] || return 0
	if grep -q "'enable_libs'" "$GRAFTED/meson_options.txt"; then
		options+=(-Denable_libs="$LIBS")
	else
		options+=(-Ddisable_libs="$UNUSED_LIBS")
	fi
	rm -rf "$BUILD"
	meson setup "$BUILD" "$GRAFTED" "${options[@]}"
}

build_dpdk() {
	local test
	test=$(ninja -C "$BUILD" -t targets all | sed -n 's,^\(.*/dpdk-test\): .*,\1,p')
	ninja -C "$BUILD" "$test" app/dpdk-test-fastmem examples/dpdk-fastmem &&
		ln -sf "$BUILD/$test" "$WORK/dpdk-test"
}

no_warnings() {
	! grep -aE 'fastmem.*warning:' "$(row_log "$GRAFT_BUILD_ROW")"
}

eal_args() {
	printf '%s\n' --no-pci --file-prefix="$TEST_PREFIX"
	lcores_option 2
	have_hugepages 256 || printf '%s\n' --no-huge -m 1024
}

# Names of the fastmem tests of the kinds given, from the sources
registered() {
	sed -nE "s/^REGISTER_($1)_TEST\(([a-z0-9_]+),.*/\2/p" "$GRAFTED"/app/test/test_fastmem*.c | sort
}

row -t 600 "graft: source package of DPDK" get_source
[ -f "$WORK/unpacked" ] || exit 0
note "      $(cat "$WORK/unpacked")"

row "graft: refuses what is not DPDK" refuses 'is not a DPDK source tree' "$FASTMEM_TOP"
if copy_tree "$WORK/copy"; then
	row "graft: undo restores every byte" undo_restores "$WORK/copy"
	row "graft: again changes nothing" again_changes_nothing "$WORK/copy"
	"$GRAFT" --undo "$WORK/copy" > /dev/null
	row "graft: an error leaves nothing half done" error_leaves_nothing "$WORK/copy"
	row "graft: again after a signal" again_after_signal "$WORK/copy"
	row "graft: refuses a file of others" refuses_foreign_file
	row "graft: refuses a changed file" refuses_changed_file
	row "graft: git tree, any directory" works_on_git_tree "$WORK/copy"
	row "graft: refuses when a place is missing" refuses_missing_place
	rm -rf "$WORK/copy"
fi

[ -d "$GRAFTED" ] || copy_tree "$GRAFTED"
row "graft: apply" "$GRAFT" "$GRAFTED" || exit 0
row "graft: configure" configure_dpdk || exit 0
GRAFT_BUILD_ROW="graft: build"
row -t 1800 "$GRAFT_BUILD_ROW" build_dpdk || exit 0
row "graft: build without warnings from fastmem" no_warnings

mapfile -t EAL_ARGS < <(eal_args)
for name in $(registered 'FAST|STRESS'); do
	suite_row -t 900 "graft: $name" env DPDK_TEST="$name" "$WORK/dpdk-test" "${EAL_ARGS[@]}"
done
for name in $DPDK_TESTS; do
	row -t 600 "graft: DPDK's ${name}_autotest" env DPDK_TEST="${name}_autotest" \
		"$WORK/dpdk-test" "${EAL_ARGS[@]}"
done
exit 0
