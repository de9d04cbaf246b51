# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Sourced by the scripts of devtools/: where things are, what the machine can do, and
# the EAL arguments that follow from it. Changes nothing on the machine.

# meson and the scripts of DPDK want the python3 that Debian's python3-* packages are for
PATH=/usr/bin:$PATH

FASTMEM_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FASTMEM_BUILD=${FASTMEM_BUILD:-$FASTMEM_TOP/build}
export FASTMEM_TOP FASTMEM_BUILD

HUGEPAGE_DIR=/sys/kernel/mm/hugepages/hugepages-2048kB

note() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Print $1 of the 2 MiB pages: nr_hugepages or free_hugepages; 0 where there are none.
hugepages() {
	cat "$HUGEPAGE_DIR/$1" 2>/dev/null || echo 0
}

# Print the first place where a hugetlbfs with 2 MiB pages is mounted.
hugepage_mount() {
	awk '$3 == "hugetlbfs" && ($4 !~ /pagesize=/ || $4 ~ /pagesize=2M/) { print $2; exit }' \
		/proc/mounts
}

# True when EAL can run with at least $1 free pages.
have_hugepages() {
	[ "$(hugepages free_hugepages)" -ge "$1" ] && [ -n "$(hugepage_mount)" ] &&
		[ -w "$(hugepage_mount)" ]
}

# True when this process may read physical addresses, which IOVA PA mode needs: without
# CAP_SYS_ADMIN the kernel shows every page frame number as 0.
have_physical_addresses() {
	python3 - <<-'EOF'
	import ctypes, sys
	page = ctypes.create_string_buffer(b"x", 8192)
	with open("/proc/self/pagemap", "rb") as pagemap:
	    pagemap.seek((ctypes.addressof(page) + 4095) // 4096 * 8)
	    entry = int.from_bytes(pagemap.read(8), sys.byteorder)
	sys.exit(entry & ((1 << 55) - 1) == 0)
	EOF
}

# Print the CPUs this process may use, one a line.
cpus() {
	taskset -pc $$ | sed 's/.*: //' | tr ',' '\n' |
		awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }'
}

# Print the EAL option for $1 lcores: one on each of the first CPUs, and where there are
# fewer CPUs the workers float over all of them.
lcores_option() {
	local count=$1 list=() i text
	mapfile -t list < <(cpus)
	if [ "$count" -le "${#list[@]}" ]; then
		text="0@${list[0]}"
		for ((i = 1; i < count; i++)); do
			text+=",$i@${list[i]}"
		done
	else
		floating_lcores_option "$count" "${#list[@]}"
		return
	fi
	printf -- '--lcores=%s\n' "$text"
}

# Print the EAL option for a main lcore and $1 - 1 workers that float over $2 CPUs.
floating_lcores_option() {
	local list
	mapfile -t list < <(cpus | head -n "$2")
	printf -- '--lcores=0@%s,(1-%d)@(%s)\n' "${list[0]}" $(($1 - 1)) \
		"$(IFS=,; echo "${list[*]}")"
}

# Configure build directory $1 with the options that follow, unless it is configured.
# What another configuration left is forgotten; not by meson's --wipe, which would remove
# everything else in the directory, too.
configure() {
	local dir=$1
	shift
	if [ -f "$dir/build.ninja" ] &&
			[ "$(cat "$dir/.fastmem-configuration" 2>/dev/null)" = "$(configuration "$@")" ]; then
		return 0
	fi
	rm -rf "$dir"/meson-* "$dir/build.ninja" "$dir"/.ninja_*
	meson setup "$dir" "$FASTMEM_TOP" "$@" || return 1
	configuration "$@" > "$dir/.fastmem-configuration"
}

# Print what a configured build directory depends on.
configuration() {
	printf '%s\n' "$@" "CC=${CC:-}" "DPDK $(pkg-config --modversion libdpdk 2>&1)" \
		"sources $FASTMEM_TOP"
}

# Remove what an EAL with --file-prefix=$1 may have left.
remove_eal_files() {
	local mount
	mount=$(hugepage_mount)
	if [ -n "$mount" ]; then
		rm -f "$mount/$1"map_*
	fi
	rm -rf "/var/run/dpdk/$1" "${XDG_RUNTIME_DIR:-/tmp}/dpdk/$1"
}
