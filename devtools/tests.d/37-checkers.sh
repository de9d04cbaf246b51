# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: compilers, analyzers and Valgrind find the mistakes of samples that use fastmem

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

SAMPLES=$FASTMEM_TOP/devtools/samples

# What each checker says of a sample: a word of its diagnostic, "-" for
# nothing, "*" where it is not asked.
# The compiler's warnings and its analyzer need the functions out of line, as they are without
# optimisation ("gcc-O0", "analyzer") or when told so ("gcc", "analyzer-O2"); of the inline form
# ("inline") they know nothing, and must not say anything wrong. gcc follows no object to
# rte_free() of a DPDK before 24.11.
CHECKERS=(gcc gcc-O0 analyzer analyzer-O2 inline clang cppcheck)
static_table() {
	local use=use-after-free double=analyzer-double-free mix=mismatched-dealloc
	local analyzer_mix=analyzer-mismatching-deallocation leak=analyzer-malloc-leak
	local analyzer_use=analyzer-use-after-free
	cat <<-END
		correct         -             -                   -              -              -  -                      -
		leak            *             *                   $leak          $leak          *  Potential.leak         memleak
		double_free     $use          $use                $double        $double        *  after.it.is.freed      doubleFree
		double_hfree    $use          $use                $double        $double        *  after.it.is.freed      doubleFree
		use_after_free  $use          $use                $analyzer_use  $analyzer_use  *  after.it.is.freed      *
		free_libc       $mix          $mix                $analyzer_mix  $analyzer_mix  *  *                      mismatchAllocDealloc
		free_rte        *             *                   *              *              *  *                      mismatchAllocDealloc
		malloc_free     $mix          $mix                $analyzer_mix  $analyzer_mix  *  *                      mismatchAllocDealloc
		overflow        array-bounds  stringop-overflow   *              *              *  *                      bufferAccessOutOfBounds
	END
}

have_tool() {
	command -v "$1" > /dev/null && return
	echo "$1 is not installed"
	return 1
}

# check_sample CHECKER SAMPLE: its diagnostics
check_sample() {
	local source=$SAMPLES/$2.c flags
	read -ra flags <<< "$(pkg-config --cflags libfastmem) -DALLOW_EXPERIMENTAL_API"
	case $1 in
	gcc)
		gcc -O2 -Wall -DRTE_FASTMEM_NO_INLINE "${flags[@]}" -c -o /dev/null "$source"
		;;
	gcc-O0)
		gcc -Wall "${flags[@]}" -c -o /dev/null "$source"
		;;
	analyzer)
		gcc -Wall -fanalyzer "${flags[@]}" -c -o /dev/null "$source"
		;;
	analyzer-O2)
		gcc -O2 -Wall -fanalyzer -DRTE_FASTMEM_NO_INLINE "${flags[@]}" -c -o /dev/null \
			"$source"
		;;
	inline)
		gcc -O2 -Wall -fanalyzer "${flags[@]}" -c -o /dev/null "$source"
		;;
	clang)
		clang --analyze --analyzer-output text "${flags[@]}" -o /dev/null "$source"
		;;
	cppcheck)
		cppcheck --quiet --library="$FASTMEM_TOP/devtools/fastmem.cfg" "$source"
		;;
	esac 2>&1
}

# expect CHECKER SAMPLE WORD
expect() {
	local tool=$1 said
	case $tool in
	gcc*|analyzer*|inline) tool=gcc ;;
	esac
	have_tool "$tool" || return 77
	said=$(check_sample "$1" "$2")
	echo "$said"
	if [ "$3" = - ]; then
		! grep -qE 'warning:|error:' <<< "$said"
	else
		grep -q "$3" <<< "$said"
	fi
}

static_samples() {
	local sample words i
	while read -r sample words; do
		read -ra words <<< "$words"
		for i in "${!CHECKERS[@]}"; do
			[ "${words[i]}" = '*' ] || row "${CHECKERS[i]} on $sample" \
				expect "${CHECKERS[i]}" "$sample" "${words[i]}"
		done
	done < <(set -f; static_table)
}

# valgrind_finds MISTAKE WORDS: memcheck's words, and the function that is to blame
valgrind_finds() {
	local said status
	have_tool valgrind || return 77
	if [ ! -e /usr/include/valgrind/memcheck.h ]; then
		echo "no header of valgrind"
		return 77
	fi
	said=$(valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite \
		--show-leak-kinds=definite --error-exitcode=9 "$WORK/run" --no-huge --no-pci -m 64 \
		--no-telemetry --file-prefix="$TEST_PREFIX" "$(lcores_option 1)" "$1" 2>&1)
	status=$?
	echo "$said"
	if [ "$2" = - ]; then
		[ "$status" -eq 0 ] && ! grep -q '^==' <<< "$said"
	else
		[ "$status" -eq 9 ] && grep -q "$2" <<< "$said" && grep -q ": $1 (main.c:" <<< "$said"
	fi
}

# The sample program, against the debug build.
build_run() {
	local flags libs
	read -ra flags <<< "$(pkg-config --cflags libfastmem) -DRTE_FASTMEM_DEBUG -DALLOW_EXPERIMENTAL_API"
	read -ra libs <<< "$(pkg-config --libs libdpdk)"
	gcc -g -O1 "${flags[@]}" -o "$WORK/run" "$SAMPLES/run/main.c" \
		"$(build_dir debug)/lib/librte_fastmem.a" "${libs[@]}"
}

need_build gcc || exit 0
WORK=$TEST_BUILDS/checkers
rm -rf "$WORK"
mkdir -p "$WORK"
row "install for the checkers" install_to "$WORK/root" || exit 0
use_install "$WORK/root"

static_samples
if need_build debug && row "build sample for valgrind" build_run; then
	valgrind_row() {
		row -t 120 "valgrind on $1" valgrind_finds "$@"
	}
	valgrind_row correct -
	valgrind_row leak 'definitely lost'
	valgrind_row double_free 'Invalid free'
	valgrind_row write_after_free 'Invalid write'
	valgrind_row overflow 'Invalid write'
	valgrind_row uninitialised 'uninitialised value'
	remove_eal_files "$TEST_PREFIX"
fi
exit 0
