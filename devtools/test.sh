#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Runs the tests: each stage is a file devtools/tests.d/NN-name.sh, run in the order of
# its number. test-lib.sh says what a row is and how tests are counted. The last line is
# `N passed, N failed, N skipped`; the exit status is 0 when none failed.
#
# usage: test.sh [STAGE...]      default: all stages
#        test.sh --list          print the stages
#
# Logs: build/test-logs/. A command in TEST_WRAPPER is put in front of every test. Two runs at
# a time need two build directories: FASTMEM_BUILD=DIR says where the second one's is.

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

STAGES_DIR=$FASTMEM_TOP/devtools/tests.d
export TEST_LOGS=$FASTMEM_BUILD/test-logs
export TEST_BUILDS=$FASTMEM_BUILD/test
export TEST_ROWS=$TEST_LOGS/rows

stage_name() {
	basename "$1" .sh | sed 's/^[0-9]*-//'
}

# Print the files of the stages that are named, or of all.
stage_files() {
	local file name
	for file in "$STAGES_DIR"/[0-9]*.sh; do
		name=$(stage_name "$file")
		case " ${*:-$name} " in
		*" $name "*) echo "$file" ;;
		esac
	done
}

check_names() {
	local name
	for name in "$@"; do
		compgen -G "$STAGES_DIR/[0-9]*-$name.sh" > /dev/null ||
			die "no stage '$name'; --list names them"
	done
}

# Print the sums over all rows and return whether none failed.
closing_line() {
	awk '
		{ passed += $1; failed += $2; skipped += $3 }
		END {
			printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
			exit failed > 0 || passed == 0
		}' "$TEST_ROWS"
}

main() {
	local file started=$SECONDS status nb_early=0
	if [ "${1:-}" = --list ]; then
		for file in "$STAGES_DIR"/[0-9]*.sh; do
			printf '%-12s %s\n' "$(stage_name "$file")" "$(sed -n 's/^# Stage: //p' "$file")"
		done
		return 0
	fi
	check_names "$@"
	mkdir -p "$TEST_LOGS" "$TEST_BUILDS"
	exec 9> "$FASTMEM_BUILD/.test-lock"
	flock --nonblock 9 || die "tests run in $FASTMEM_BUILD already"
	rm -f "$TEST_LOGS"/*
	: > "$TEST_ROWS"

	while read -r file; do
		note "== $(stage_name "$file"): $(sed -n 's/^# Stage: //p' "$file")"
		bash "$file" < /dev/null 9>&-
		status=$?
		if [ $status -ne 0 ]; then
			note "FAIL  stage $(stage_name "$file") ended early with status $status"
			echo "0 1 0 stage-$(stage_name "$file")" >> "$TEST_ROWS"
			nb_early=$((nb_early + 1)) # also when the disk is full
		fi
	done < <(stage_files "$@")

	note
	if grep -q '^[0-9]* [1-9]' "$TEST_ROWS"; then
		note "failed (logs in $TEST_LOGS):"
		awk '$2 > 0 { print "  " $4 }' "$TEST_ROWS"
	fi
	note "$((SECONDS - started)) s"
	closing_line && [ $nb_early -eq 0 ]
}

main "$@"
