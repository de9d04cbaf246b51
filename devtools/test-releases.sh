#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Builds fastmem on its own and runs its tests against several releases of DPDK: the one of
# this machine, and those of other releases of Debian, each in a directory of its own that
# debootstrap makes once. Keeps the table of releases in the README true.
#
# usage: test-releases.sh [--fresh] [SUITE...]     default: host trixie sid
#        --fresh    make the directories anew
#
# RELEASES_DIR=DIR puts the directories there instead of build/releases; each takes 1 GiB.
# Needs root. Mounts are made in a mount namespace, so none is left whatever happens.

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

RELEASES_DIR=$(readlink -m "${RELEASES_DIR:-$FASTMEM_BUILD/releases}")
SUITES='host trixie sid'
PACKAGES='gcc libc6-dev make meson ninja-build pkgconf python3 libdpdk-dev'
# what differs between releases of DPDK: that it compiles, links and works, statically and shared
STAGES='build unit'
BUILDS='gcc shared'

mirror() {
	python3 "$FASTMEM_TOP/devtools/apt_sources.py" mirror
}

make_root() {
	local suite=$1 root=$2 from
	from=$(mirror) || return 1
	command -v debootstrap > /dev/null ||
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q debootstrap || return 1
	rm -rf "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase "$suite" "$root" "$from" || return 1
	# services must not be started
	printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2086 # a list
	in_root "$root" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $PACKAGES || return 1
	touch "$root/.fastmem-ready"
}

# Run a command in a root directory, which sees this machine's devices, hugepages and our sources.
in_root() {
	local root=$1
	shift
	mkdir -p "$root/fastmem" "$root/build"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --fork --pid --kill-child sh -ec '
		root=$1 top=$2
		shift 2
		mount --rbind /dev "$root/dev"
		mount --rbind /sys "$root/sys"
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmpfs "$root/tmp"
		mount -t tmpfs tmpfs "$root/run"
		mount --bind "$top" "$root/fastmem"
		mount -o remount,bind,ro "$root/fastmem"
		cp /etc/resolv.conf "$root/etc/resolv.conf" 2> /dev/null || true
		exec chroot "$root" "$@"
	' sh "$root" "$FASTMEM_TOP" "$@"
}

# Run the tests; $1 is a command prefix that gets into the release, or nothing.
run_tests() {
	local suite=$1 log=$RELEASES_DIR/$1.log version compiler result from
	shift
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; a list
	"$@" bash -c 'cd "$1" && shift && exec devtools/test.sh "$@"' bash "$top" $STAGES 2>&1 |
		tee "$log"
	result=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$log")
	if [ -z "$result" ]; then
		note "$suite: the tests did not come to their end; see $log"
		return 1
	fi
	version=$("$@" pkg-config --modversion libdpdk)
	compiler=gcc\ $("$@" gcc -dumpfullversion)
	from=Debian\ $suite
	if [ "$suite" = host ]; then
		# shellcheck disable=SC2016 # expanded by the inner shell
		from=$(sh -c '. /etc/os-release && echo "${NAME%% *} $VERSION_CODENAME"')
	fi
	# shellcheck disable=SC2086 # three numbers
	printf '    %-10s %-17s %-12s %7s %7s %8s\n' "$version" "$from" "$compiler" $result \
		> "$RELEASES_DIR/$suite.row"
	[ "$(echo "$result" | cut -d' ' -f2)" -eq 0 ]
}

test_suite() {
	local suite=$1 root=$RELEASES_DIR/$1 top
	rm -f "$RELEASES_DIR/$suite.row"
	if [ "$suite" = host ]; then
		top=$FASTMEM_TOP
		run_tests host env FASTMEM_BUILD="$RELEASES_DIR/host" TEST_ONLY_BUILDS="$BUILDS"
		return
	fi
	if [ ! -e "$root/.fastmem-ready" ]; then
		note "making $root (some minutes; output in $RELEASES_DIR/$suite-setup.log)"
		if ! make_root "$suite" "$root" > "$RELEASES_DIR/$suite-setup.log" 2>&1; then
			tail -n 5 "$RELEASES_DIR/$suite-setup.log"
			note "can't make $root"
			return 1
		fi
	fi
	top=/fastmem
	run_tests "$suite" in_root "$root" env PATH=/usr/bin:/bin:/usr/sbin:/sbin \
		FASTMEM_BUILD=/build TEST_ONLY_BUILDS="$BUILDS"
}

# The table is what follows the line that begins with "    DPDK ", up to an empty line. A
# release that was not run now keeps its row.
update_readme() {
	local readme=$FASTMEM_TOP/README suite
	grep -q '^    DPDK  ' "$readme" || die "the README has no table of releases"
	for suite in "$@"; do
		cat "$RELEASES_DIR/$suite.row" 2> /dev/null
	done > "$RELEASES_DIR/rows"
	[ -s "$RELEASES_DIR/rows" ] || return
	awk '
		FNR == NR { new[$2 " " $3] = $0; order[++n] = $2 " " $3; next }
		/^    DPDK  / { table = 1; print; next }
		table && NF == 0 {
			for (i = 1; i <= n; i++)
				if (order[i] in new)
					print new[order[i]]
			table = 0
		}
		table {
			key = $2 " " $3
			if (key in new) {
				print new[key]
				delete new[key]
			} else {
				print
			}
			next
		}
		{ print }
	' "$RELEASES_DIR/rows" "$readme" > "$RELEASES_DIR/README"
	cmp -s "$RELEASES_DIR/README" "$readme" || cat "$RELEASES_DIR/README" > "$readme"
	sed -n '/^    DPDK  /,/^$/p' "$readme"
}

main() {
	local fresh=false suite failed=0
	if [ "${1:-}" = --fresh ]; then
		fresh=true
		shift
	fi
	for suite in "$@"; do
		case " $SUITES " in
		*" $suite "*) ;;
		*) die "no suite '$suite'; there are: $SUITES" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list
	[ $# -gt 0 ] || set -- $SUITES
	[ "$(id -u)" -eq 0 ] || die "only root can mount and change into the directories"
	mkdir -p "$RELEASES_DIR"
	if $fresh; then
		for suite in "$@"; do
			rm -rf "${RELEASES_DIR:?}/$suite"
		done
	fi
	"$FASTMEM_TOP/devtools/setup.sh" build || exit 1
	for suite in "$@"; do
		note "=== $suite"
		test_suite "$suite" || failed=1
	done
	note
	update_readme "$@"
	exit $failed
}

main "$@"
