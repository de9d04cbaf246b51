#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Gets a Debian machine ready: installs the packages that are missing, reserves 2 MiB
# hugepages and mounts hugetlbfs. Asks nothing, says what it does, changes nothing that
# is in place already. Without root it says what is missing and how to get it.
#
# usage: setup.sh [build] [bench] [test]     what to get ready for; default: build

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

HUGEPAGES_WANTED=1024

# What is needed: purpose, how to see that it is there, the Debian package.
needs() {
	cat <<-'EOF'
	build command:gcc gcc
	build command:make make
	build command:meson meson
	build command:ninja ninja-build
	build command:pkg-config pkgconf
	build command:python3 python3
	build pc:libdpdk libdpdk-dev
	build file:stdio.h libc6-dev
	bench command:gnuplot gnuplot-nox
	test command:gnuplot gnuplot-nox
	test command:g++ g++
	test command:clang clang
	test package:libclang-rt-dev libclang-rt-dev
	test command:doxygen doxygen
	test command:dpkg-source dpkg-dev
	test python:elftools python3-pyelftools
	test python:sphinx python3-sphinx
	test command:shellcheck shellcheck
	test command:cppcheck cppcheck
	test file:valgrind/memcheck.h valgrind
	test command:spin spin
	test pc:libsystemd libsystemd-dev
	EOF
}

is_there() {
	local kind=${1%%:*} name=${1#*:}
	case $kind in
	command) command -v "$name" >/dev/null ;;
	pc) pkg-config --exists "$name" 2>/dev/null ;;
	file) [ -e "/usr/include/$name" ] ;;
	python) /usr/bin/python3 -c "import $name" 2>/dev/null ;;
	package) dpkg -s "$name" 2>/dev/null | grep -q '^Status: .* installed' ;;
	esac
}

missing_packages() {
	local purpose check package
	needs | while read -r purpose check package; do
		case " $* " in
		*" $purpose "*) is_there "$check" || echo "$package" ;;
		esac
	done | sort -u
}

apt_install() {
	apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

install_packages() {
	local packages=("$@") log
	if ! command -v apt-get >/dev/null; then
		die "this is not Debian; install what these packages have: ${packages[*]}"
	fi
	if [ "$(id -u)" -ne 0 ]; then
		note "These packages are missing, and only root can install them:" >&2
		note "    sudo apt-get install --no-install-recommends ${packages[*]}" >&2
		note "Run that, or this command as root." >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	mkdir -p "$FASTMEM_BUILD"
	log=$FASTMEM_BUILD/setup.log
	note "setup: installing ${packages[*]}"
	note "       (a few minutes on a fresh machine; output in ${log#"$FASTMEM_TOP"/})"
	if ! apt_install "${packages[@]}" < /dev/null > "$log" 2>&1; then
		note "setup: reading the package lists first"
		{ apt-get update -q && apt_install "${packages[@]}"; } < /dev/null >> "$log" 2>&1 || {
			tail -n 15 "$log" >&2
			die "apt-get failed; all of its output is in $log"
		}
	fi
}

# Pages to have: enough for the tests, but no more than half of the memory that is free.
pages_to_reserve() {
	local free have pages
	free=$(awk '/^MemAvailable:/ { print int($2 / 2048 / 2) }' /proc/meminfo)
	have=$(hugepages nr_hugepages)
	pages=$((have + free))
	echo $((pages < HUGEPAGES_WANTED ? pages : HUGEPAGES_WANTED))
}

setup_hugepages() {
	local have want
	have=$(hugepages nr_hugepages)
	want=$(pages_to_reserve)
	if [ "$have" -lt "$want" ]; then
		if { echo "$want" > "$HUGEPAGE_DIR/nr_hugepages"; } 2>/dev/null; then
			have=$(hugepages nr_hugepages)
			note "setup: reserved $have hugepages of 2 MiB (give back: echo 0 > $HUGEPAGE_DIR/nr_hugepages)"
		elif [ "$have" -eq 0 ]; then
			note "setup: can't reserve hugepages here ($(no_hugepages_reason)); going on with --no-huge"
			return
		fi
	fi
	if [ -z "$(hugepage_mount)" ]; then
		if mkdir -p /dev/hugepages 2>/dev/null &&
				mount -t hugetlbfs -o pagesize=2M nodev /dev/hugepages 2>/dev/null; then
			note "setup: mounted hugetlbfs on /dev/hugepages"
		else
			note "setup: can't mount hugetlbfs here; going on with --no-huge"
			return
		fi
	fi
	if [ ! -w "$(hugepage_mount)" ]; then
		note "setup: may not write to $(hugepage_mount); going on with --no-huge"
		return
	fi
	note "setup: $(hugepages nr_hugepages) hugepages of 2 MiB, $(hugepages free_hugepages) free, on $(hugepage_mount)"
}

no_hugepages_reason() {
	if [ ! -d "$HUGEPAGE_DIR" ]; then
		echo "the kernel has no 2 MiB pages"
	elif [ "$(id -u)" -ne 0 ]; then
		echo "not root"
	else
		echo "/sys is read-only, or too little memory is free"
	fi
}

main() {
	local purposes=("$@") packages
	[ $# -gt 0 ] || purposes=(build)
	mapfile -t packages < <(missing_packages "${purposes[@]}")
	if [ "${#packages[@]}" -gt 0 ]; then
		install_packages "${packages[@]}"
		mapfile -t packages < <(missing_packages "${purposes[@]}")
		[ "${#packages[@]}" -eq 0 ] || die "still missing after installation: ${packages[*]}"
	fi
	note "setup: DPDK $(pkg-config --modversion libdpdk), all packages for ${purposes[*]} are here"
	case " ${purposes[*]} " in
	*" bench "*|*" test "*) setup_hugepages ;;
	esac
}

main "$@"
