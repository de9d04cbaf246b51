#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Fuzzes the library with AddressSanitizer and UndefinedBehaviorSanitizer, starting from
# the corpus in the tree. New inputs are kept in build/fuzz/corpus/ for the next run, an input that
# fails in build/fuzz/; the exit status is then not 0.
#
# usage: fuzz.sh [SECONDS]          default: 60
#        fuzz.sh --input FILE...    run these inputs, once each
#        fuzz.sh --merge            add to the corpus in the tree what new inputs reach

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/test-lib.sh"

CORPUS=$FASTMEM_TOP/app/test-fastmem/fuzz/corpus
WORK=$FASTMEM_BUILD/fuzz
FUZZER=$(build_dir clang-fuzz)/app/test-fastmem/fuzz/fuzz-fastmem
MAX_LEN=1000

# Print what to say of a run: how many inputs, and how much of the code they reached.
summary() {
	sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$1" | sort -n | tail -n 1 |
		sed 's/$/ edges reached/'
	grep '^Done ' "$1"
}

main() {
	build_it clang-fuzz > "$TEST_LOGS/build-fuzz.log" 2>&1 ||
		{ tail -n 20 "$TEST_LOGS/build-fuzz.log"; die "the fuzzer does not build"; }
	mkdir -p "$WORK/corpus"
	cd "$WORK" || exit 1
	case ${1:-} in
	--input)
		shift
		exec "$FUZZER" "$@"
		;;
	--merge)
		exec "$FUZZER" -merge=1 -max_len=$MAX_LEN "$CORPUS" "$WORK/corpus"
		;;
	esac
	if ! "$FUZZER" -max_total_time="${1:-60}" -max_len=$MAX_LEN -len_control=20 -timeout=60 \
			-rss_limit_mb=3000 -print_final_stats=1 -artifact_prefix="$WORK/" \
			"$WORK/corpus" "$CORPUS" > "$WORK/log" 2>&1; then
		grep -v '^#' "$WORK/log" | tail -n 60
		die "failed; the input is named above, run it with: devtools/fuzz.sh --input FILE"
	fi
	summary "$WORK/log"
}

main "$@"
