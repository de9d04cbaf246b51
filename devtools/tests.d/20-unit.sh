# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: the autotests of dpdk-test, in every memory mode and build

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

# EAL may not take pages for itself at start: 512 MiB must be enough for everything.
PAGES_NEEDED=256

# Print why mode $1 can't be had here, if so.
mode_missing() {
	case $1 in
	no-huge) return ;;
	esac
	if ! have_hugepages $PAGES_NEEDED; then
		echo "no hugepages"
	elif [ "$1" = legacy-mem ] && [ -n "${TEST_EMULATED:-}" ]; then
		echo "EAL does not find its pages by the addresses of an emulated process"
	elif [ "$1" = huge-pa ] && ! have_physical_addresses; then
		echo "no physical addresses"
	fi
}

# Print the EAL arguments of mode $1, one a line.
mode_args() {
	printf '%s\n' --no-pci --file-prefix="$TEST_PREFIX"
	# where 32-bit processes have EAL's memory is else a matter of chance
	[ "$(getconf LONG_BIT)" != 32 ] || echo --base-virtaddr=0x60000000
	case $1 in
	lcores8) floating_lcores_option 9 2 ;;
	*) lcores_option 3 ;;
	esac
	case $1 in
	huge-va|lcores8) echo --iova-mode=va ;;
	huge-pa) echo --iova-mode=pa ;;
	no-huge) printf '%s\n' --no-huge -m 512 ;;
	in-memory) echo --in-memory ;;
	preallocated) printf '%s\n' -m 256 ;;
	legacy-mem) printf '%s\n' --legacy-mem -m 256 ;;
	single-file) echo --single-file-segments ;;
	*) die "no mode $1" ;;
	esac
}

# run BUILD MODE TEST [LIMIT]
run() {
	local build=$1 mode=$2 test=$3 limit=${4:-300} reason args prefix=()
	# ThreadSanitizer's shadow memory has a fixed place; any report of it fails the test
	[ "$build" != tsan ] || prefix=(setarch -R env TSAN_OPTIONS=exitcode=66)
	reason=$(mode_missing "$mode")
	if [ -n "$reason" ]; then
		skip_row "$build $mode $test" "$reason"
		return
	fi
	mapfile -t args < <(mode_args "$mode")
	suite_row -t "$limit" "$build $mode $test" "${prefix[@]}" \
		"$(build_dir "$build")/app/dpdk-test" "${args[@]}" "$test"
	remove_eal_files "$TEST_PREFIX"
}

FUNCTIONAL=fastmem_autotest
STRESS=fastmem_stress_autotest
MP=fastmem_mp_autotest
PERF=fastmem_perf_autotest
MISUSE=fastmem_misuse_autotest

if need_build gcc; then
	for mode in huge-va huge-pa no-huge lcores8 in-memory preallocated legacy-mem single-file; do
		run gcc $mode $FUNCTIONAL
	done
	for mode in huge-va huge-pa no-huge lcores8; do
		run gcc $mode $STRESS
	done
	for mode in huge-va huge-pa lcores8; do
		run gcc $mode $MP
	done
	for mode in huge-va no-huge; do
		run gcc $mode $PERF 300
	done
	for mode in huge-va no-huge; do
		run gcc $mode $MISUSE
	done
fi

if need_build clang; then
	for mode in huge-va no-huge lcores8; do
		run clang $mode $FUNCTIONAL
	done
	run clang huge-va $STRESS
	run clang huge-va $MP
	run clang huge-va $MISUSE
fi

if need_build shared; then
	run shared huge-va $FUNCTIONAL
	run shared no-huge $FUNCTIONAL
	run shared huge-va $MP
fi

if need_build debug; then
	for mode in huge-va huge-pa no-huge lcores8; do
		run debug $mode $FUNCTIONAL
	done
	run debug huge-va $STRESS
	run debug huge-va $MP
	for mode in huge-va no-huge; do
		run debug $mode $MISUSE
	done
fi

if need_build asan; then
	for mode in huge-va no-huge lcores8; do
		run asan $mode $FUNCTIONAL 600
		run asan $mode $STRESS 600
	done
	run asan huge-va $MISUSE
fi

if need_build clang-asan; then
	run clang-asan huge-va $FUNCTIONAL 600
	run clang-asan huge-va $STRESS 600
	run clang-asan huge-va $MISUSE
fi

if need_build tsan; then
	run tsan huge-va $FUNCTIONAL 600
	run tsan huge-va $STRESS 600
fi
exit 0
