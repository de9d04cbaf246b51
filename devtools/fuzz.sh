#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Fuzzes the library, starting from the corpus in the tree: half of the time with
# AddressSanitizer, which checks every object; half of it without, in the form that applications
# get, fast path inline. New inputs are kept in build/fuzz/corpus/ for the next run, an input that
# fails in build/fuzz/; the exit status is then not 0.
#
# usage: fuzz.sh [SECONDS]          default: 60
#        fuzz.sh --afresh [SECONDS] the same, without what earlier runs left
#        fuzz.sh --input FILE...    run these inputs, once each
#        fuzz.sh --merge            add to the corpus in the tree what new inputs reach

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/test-lib.sh"

CORPUS=$FASTMEM_TOP/app/test-fastmem/fuzz/corpus
WORK=$FASTMEM_BUILD/fuzz
BUILDS=(clang-fuzz clang-fuzz-fast)
MAX_LEN=1000

fuzzer() {
	echo "$(build_dir "$1")/app/test-fastmem/fuzz/fuzz-fastmem"
}

# Print what to say of a run: how many inputs, and how much of the code they reached.
summary() {
	sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$2" | sort -n | tail -n 1 |
		sed "s/\$/ edges reached by $1/"
	grep '^Done ' "$2"
}

# Print why a run failed, and the input, as all that is left of a machine may be this output.
tell_failure() {
	local input
	grep -v '^#' "$1" | tail -n 60
	grep -aE 'not true: |ERROR: |runtime error: ' "$1" | sed 's/^/FAILED: /'
	input=$(sed -n 's/.*Test unit written to //p' "$1" | tail -n 1)
	if [ -f "$input" ]; then
		echo "FAILED with an input that is in base64 (base64 -d > FILE):"
		base64 -w 160 "$input" | sed 's/^/FAILED input /'
	fi
}

# fuzz BUILD SECONDS
fuzz() {
	local log=$WORK/log-$1
	if ! "$(fuzzer "$1")" -max_total_time="$2" -max_len=$MAX_LEN -len_control=20 \
			-entropic=0 -timeout=60 -rss_limit_mb=3000 -print_final_stats=1 \
			-artifact_prefix="$WORK/" \
			"$WORK/corpus" "$CORPUS" > "$log" 2>&1; then
		tell_failure "$log"
		die "failed; the input is named above, run it with: devtools/fuzz.sh --input FILE"
	fi
	summary "$1" "$log"
	# Reading what is there counts as time.
	awk '/INITED/ { known = substr($1, 2) + 0 } /^Done / { runs = $2 } END { exit runs + 0 <= known }' \
		"$log" || die "no time for new inputs: more SECONDS, or --afresh"
}

main() {
	local build
	for build in "${BUILDS[@]}"; do
		build_it "$build" > "$TEST_LOGS/build-fuzz.log" 2>&1 ||
			{ tail -n 20 "$TEST_LOGS/build-fuzz.log"; die "the fuzzer does not build"; }
	done
	if [ "${1:-}" = --afresh ]; then
		rm -rf "$WORK/corpus"
		shift
	fi
	mkdir -p "$WORK/corpus"
	case ${1:-} in
	--input)
		shift
		for build in "${BUILDS[@]}"; do
			# not its own status, 77, which the tests take for a reason to skip
			"$(fuzzer "$build")" "$@" || die "failed; see above"
		done
		;;
	--merge)
		"$(fuzzer clang-fuzz)" -merge=1 -max_len=$MAX_LEN "$CORPUS" "$WORK/corpus"
		;;
	*)
		for build in "${BUILDS[@]}"; do
			fuzz "$build" $(((${1:-60} + 1) / ${#BUILDS[@]})) # 0 is without end
		done
		;;
	esac
}

main "$@"
