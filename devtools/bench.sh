#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Builds and runs the benchmark, dpdk-test-fastmem, with hugepages where they can be had,
# and draws its plots. Everything lands in build/bench/.
#
# usage: bench.sh [BENCHMARK OPTION...]      see dpdk-test-fastmem -- --help

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

OUT=$FASTMEM_BUILD/bench
EAL_PREFIX=fmbench$$
# what the largest cases hold, for every allocator in turn
PAGES_NEEDED=768

trap 'remove_eal_files "$EAL_PREFIX"' EXIT

# Two lcores that keep their CPU, for what one or two lcores do; then eight that share
# all CPUs, for what many do.
bench_lcores() {
	local list
	mapfile -t list < <(cpus)
	printf -- '--lcores=0@%s,1@%s,(2-9)@(%s)\n' "${list[0]}" "${list[1]:-${list[0]}}" \
		"$(IFS=,; echo "${list[*]}")"
}

eal_args() {
	printf '%s\n' --no-pci --no-telemetry --log-level=warning --file-prefix="$EAL_PREFIX"
	bench_lcores
	if have_hugepages $PAGES_NEEDED; then
		echo --iova-mode=va
	else
		printf '%s\n' --no-huge -m 1536
	fi
}

main() {
	local args
	note "bench: building (the first time that takes a minute)"
	"$FASTMEM_TOP/devtools/build.sh" > "$FASTMEM_BUILD/bench-build.log" 2>&1 || {
		tail -n 20 "$FASTMEM_BUILD/bench-build.log"
		die "the build failed; all of its output is in $FASTMEM_BUILD/bench-build.log"
	}
	if ! have_hugepages $PAGES_NEEDED; then
		note "bench: NO HUGEPAGES ($(hugepages free_hugepages) of $PAGES_NEEDED pages of 2 MiB free):" \
			"running with --no-huge; figures will be worse for every allocator"
	fi
	mkdir -p "$OUT"
	mapfile -t args < <(eal_args)
	"$FASTMEM_BUILD/app/dpdk-test-fastmem" "${args[@]}" -- --out "$OUT" "$@" < /dev/null ||
		die "the benchmark failed"
	note "bench: results in $OUT/results.json"
	"$FASTMEM_TOP/devtools/plot.sh" "$OUT" || die "the plots could not be drawn"
}

mkdir -p "$FASTMEM_BUILD"
main "$@"
