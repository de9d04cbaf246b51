#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Builds fastmem on its own and runs its tests against several releases of DPDK, and on several
# architectures: those of this machine, and those of other Debians, each in a directory of its own
# that debootstrap makes once. Keeps the table of releases in the README true.
#
# usage: test-releases.sh [--fresh] [SUITE...]     default: host trixie sid, and on x86-64
#                                                 bookworm-i386
#        SUITE      host, or a release of Debian[-architecture]; also bookworm-arm64,
#                   which takes 40 minutes where it has to be emulated
#        --fresh    make the directories anew
#
# RELEASES_DIR=DIR puts the directories there instead of build/releases; each takes 1 GiB.
# A second run with the same one waits for the first.
# Needs root. Everything runs in namespaces for mounts and processes: when this script ends,
# however that comes, neither a mount nor a process of it is left.

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

RELEASES_DIR=$(readlink -m "${RELEASES_DIR:-$FASTMEM_BUILD/releases}")
SUITES='host trixie sid'
MORE_SUITES='bookworm-arm64'
if [ "$(uname -m)" = x86_64 ]; then
	SUITES+=' bookworm-i386'
fi
PACKAGES='gcc libc6-dev make meson ninja-build pkgconf python3 libdpdk-dev'
# what differs between releases of DPDK: that it compiles, links and works, statically and shared
STAGES='build unit'
BUILDS='gcc shared'

mirror() {
	python3 "$FASTMEM_TOP/devtools/apt_sources.py" mirror
}

suite_arch() {
	case $1 in
	*-*) echo "${1#*-}" ;;
	*) dpkg --print-architecture ;;
	esac
}

# Whether this machine runs programs of an architecture by itself.
is_native() {
	[ "$1" = "$(dpkg --print-architecture)" ] || [ "$1:$(uname -m)" = i386:x86_64 ]
}

# Let this machine run programs of an architecture, by an emulator if need be. The kernel knows
# the emulator while somebody has binfmt_misc mounted: a process does, until this script ends.
emulating=
enable_arch() {
	local arch=$1 cpu magic mask line=
	is_native "$arch" && return
	[ "$emulating" != "$arch" ] || return 0
	case $arch in
	arm64)
		cpu=aarch64
		# a 64-bit little-endian ELF executable or shared object for machine 183
		magic='\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
		mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
		;;
	*) echo "this machine runs no programs for $arch"; return 1 ;;
	esac
	[ -x "/usr/bin/qemu-$cpu-static" ] ||
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q qemu-user-static || return 1
	# F: the emulator is opened now, as no root directory below has it.
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec {emulator}< <(exec setpriv --pdeathsig TERM unshare --mount sh -ec '
		cd /proc/sys/fs/binfmt_misc
		[ -e register ] || mount -t binfmt_misc binfmt_misc .
		cd /proc/sys/fs/binfmt_misc
		sleep infinity > /dev/null &
		trap "kill $!; echo -1 > $1" TERM
		printf ":%s:M::%s:%s:%s:F" "$@" > register
		echo ready
		wait
	' sh "fastmem-$cpu-$$" "$magic" "$mask" "/usr/bin/qemu-$cpu-static")
	read -r -u "$emulator" line
	[ "$line" = ready ] || return 1
	emulating=$arch
}

make_root() {
	local suite=$1 root=$2 from
	from=$(mirror) || return 1
	command -v debootstrap > /dev/null ||
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q debootstrap || return 1
	rm -rf "$root"
	mkdir -p "$root"
	supervised debootstrap --variant=minbase --arch="$(suite_arch "$suite")" \
		"${suite%-*}" "$root" "$from" || return 1
	# services must not be started
	printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2086 # a list
	in_root "$root" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $PACKAGES || return 1
	touch "$root/.fastmem-ready"
}

# Run a command with mounts and processes of its own, which end when it or this script does.
child=
supervised() {
	local status
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc "$@" &
	child=$!
	wait "$child"
	status=$?
	child=
	return $status
}

cleanup() {
	# unshare takes no SIGTERM; without it the kernel kills all that runs below it
	[ -z "$child" ] || kill -KILL "$child" 2> /dev/null
	remove_eal_files "$TEST_PREFIX"
}

# Run a command in a root directory, which sees this machine's devices, hugepages and our sources.
in_root() {
	local root=$1
	shift
	mkdir -p "$root/fastmem" "$root/build"
	# shellcheck disable=SC2016 # expanded by the inner shell
	supervised sh -ec '
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

# Run the tests of the sources in $1; the rest is a command prefix that gets into the release.
run_tests() {
	local top=$1
	shift
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; a list
	"$@" TEST_PREFIX="$TEST_PREFIX" TEST_ONLY_BUILDS="$BUILDS" bash -c '
		cd "$1" && shift || exit 1
		echo "DPDK $(pkg-config --modversion libdpdk), gcc $(gcc -dumpfullversion)"
		exec devtools/test.sh "$@"
	' bash "$top" $STAGES
}

run_suite() {
	local suite=$1
	if [ "$suite" = host ]; then
		run_tests "$FASTMEM_TOP" supervised env FASTMEM_BUILD="$RELEASES_DIR/host"
	else
		run_tests /fastmem in_root "$RELEASES_DIR/$suite" \
			env PATH=/usr/bin:/bin:/usr/sbin:/sbin FASTMEM_BUILD=/build \
			TEST_EMULATED="$(is_native "$(suite_arch "$suite")" || echo 1)"
	fi
}

# Print the row of a release for the table, from the log of its tests.
table_row() {
	local log=$1 from=$2 version compiler result
	version=$(sed -nE 's/^DPDK ([^ ]+), gcc .*/\1/p' "$log")
	compiler=$(sed -nE 's/^DPDK [^ ]+, (gcc .*)/\1/p' "$log")
	result=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$log")
	[ -n "$version" ] && [ -n "$result" ] || return 1
	# shellcheck disable=SC2086 # three numbers
	printf '    %-10s %-22s %-12s %7s %7s %8s\n' "$version" "$from" "$compiler" $result
}

debian_name() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	case $1 in
	host) sh -c '. /etc/os-release && echo "${NAME%% *} $VERSION_CODENAME"' ;;
	*) echo "Debian ${1/-/ }" ;;
	esac
}

test_suite() {
	local suite=$1 log=$RELEASES_DIR/$1.log setup_log=$RELEASES_DIR/$1-setup.log status viewer
	rm -f "$RELEASES_DIR/$suite.row"
	if ! enable_arch "$(suite_arch "$suite")" > "$setup_log" 2>&1; then
		tail -n 5 "$setup_log"
		note "can't run programs of $suite"
		return 1
	fi
	if [ "$suite" != host ] && [ ! -e "$RELEASES_DIR/$suite/.fastmem-ready" ]; then
		note "making $RELEASES_DIR/$suite (some minutes; output in $setup_log)"
		if ! make_root "$suite" "$RELEASES_DIR/$suite" >> "$setup_log" 2>&1; then
			tail -n 5 "$setup_log"
			note "can't make $RELEASES_DIR/$suite"
			return 1
		fi
	fi
	: > "$log"
	tail -f --pid=$$ "$log" &
	viewer=$!
	run_suite "$suite" >> "$log" 2>&1
	status=$?
	sleep 1 # for the last lines to be shown
	kill "$viewer"
	wait "$viewer" 2> /dev/null
	if ! table_row "$log" "$(debian_name "$suite")" > "$RELEASES_DIR/$suite.row"; then
		note "$suite: the tests did not come to their end; see $log"
		return 1
	fi
	return $status
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
		# where it is from
		function key_of(line) {
			sub(/^ *[^ ]+ +/, "", line)
			sub(/ +gcc .*/, "", line)
			return line
		}
		FNR == NR { key = key_of($0); new[key] = $0; order[++n] = key; next }
		/^    DPDK  / { table = 1; print; next }
		table && NF == 0 {
			for (i = 1; i <= n; i++)
				if (order[i] in new)
					print new[order[i]]
			table = 0
		}
		table {
			key = key_of($0)
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
		case " $SUITES $MORE_SUITES " in
		*" $suite "*) ;;
		*) die "no suite '$suite'; there are: $SUITES $MORE_SUITES" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list
	[ $# -gt 0 ] || set -- $SUITES
	[ "$(id -u)" -eq 0 ] || die "only root can mount and change into the directories"
	mkdir -p "$RELEASES_DIR"
	TEST_PREFIX=fmrel$$
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	exec 9> "$RELEASES_DIR/lock"
	if ! flock --nonblock 9; then
		note "waiting for another run in $RELEASES_DIR"
		flock 9 &
		wait $! || exit 1
	fi
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
