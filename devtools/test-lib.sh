# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Sourced by the stages in tests.d/, which devtools/test.sh runs.
#
# A row is one command with a name, a log, a time limit and a result. How it counts:
#   - `row` and `skip_row` count 1 test.
#   - `suite_row` runs dpdk-test and counts each line `TestCase [ n] : name succeeded`, or
#     failed, or skipped, or unsupported (as skipped), that its suites print; a command
#     without a suite counts 1.
#   - Any row that ends otherwise than it should (exit status, time limit, a sanitizer's
#     report) counts at least 1 as failed.
#   - Exit status 77 skips the row; the last line of its log is the reason.

# shellcheck source=devtools/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

: "${TEST_LOGS:=$FASTMEM_BUILD/test-logs}" "${TEST_BUILDS:=$FASTMEM_BUILD/test}"
: "${TEST_ROWS:=$TEST_LOGS/rows}"
mkdir -p "$TEST_LOGS" "$TEST_BUILDS"

# what a sanitizer finds ends the program, with a stack
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0}
unset DPDK_TEST DPDK_TEST_PARAMS DPDK_TEST_SKIP RTE_TEST_RECURSIVE

# Stages run with this prefix, so that several runs on one machine don't collide; who starts
# them in a namespace, where process ids repeat, chooses it.
: "${TEST_PREFIX:=fmtest$$}"
trap 'remove_eal_files "$TEST_PREFIX"' EXIT

# Print a row and write it down: RESULT SECONDS NAME DETAIL PASSED FAILED SKIPPED
report_row() {
	printf '%-5s %6s s  %s%s\n' "$1" "$2" "$3" "${4:+  ($4)}"
	# a row that is not counted may have failed
	echo "$5 $6 $7 ${3// /-}" >> "$TEST_ROWS" || exit 1
}

row_log() {
	echo "$TEST_LOGS/$(printf '%s' "$1" | tr -c 'A-Za-z0-9._+-' '-').log"
}

seconds_since() {
	awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }'
}

# Run a command with its output in a log: LOG LIMIT COMMAND...
run_logged() {
	local log=$1 limit=$2
	shift 2
	echo "+ $*" > "$log"
	if [ "$(type -t "$1")" = function ]; then
		run_function "$limit" "$@" < /dev/null >> "$log" 2>&1
	else
		# shellcheck disable=SC2086 # a command with its arguments
		${TEST_WRAPPER:-} timeout -k 10 "$limit" "$@" < /dev/null >> "$log" 2>&1
	fi
}

# What timeout does, for a function of the stage: LIMIT FUNCTION ARGUMENT...
run_function() {
	local limit=$1 function_pid watch_pid status
	shift
	set -m # process groups of their own, to be ended as a whole
	( "$@" ) &
	function_pid=$!
	( sleep "$limit" && kill -TERM -- "-$function_pid" ) 2> /dev/null &
	watch_pid=$!
	set +m
	wait "$function_pid"
	status=$?
	kill -TERM -- "-$watch_pid" 2> /dev/null
	wait "$watch_pid" 2> /dev/null
	[ "$status" -ne 143 ] || status=124 # ended by SIGTERM
	return "$status"
}

# Print what of a log tells why: the lines with an error, or the last ones.
show_failure() {
	local log=$1 status=$2
	[ "$status" -ne 124 ] || echo "      time limit reached"
	{
		grep -aE 'Test assert|not true: |TestCase.* failed$|[Ee]rror:|FAILED|panic|warning:|Sanitizer' "$log" |
			head -n 16
		tail -n 3 "$log" | grep -av -- '-----'
	} | awk '!seen[$0]++' | cut -c1-200 | sed 's/^/      /'
	echo "      log: $log"
}

skip_row() {
	report_row skip 0.0 "$1" "$2" 0 0 1
}

# row [-t LIMIT] NAME COMMAND...: one test
row() {
	local limit=300 name log started status
	if [ "$1" = -t ]; then
		limit=$2
		shift 2
	fi
	name=$1
	shift
	log=$(row_log "$name")
	started=$(date +%s.%N)
	run_logged "$log" "$limit" "$@"
	status=$?
	if [ $status -eq 77 ]; then
		skip_row "$name" "$(tail -n 1 "$log")"
	elif [ $status -ne 0 ] || sanitizer_report "$log"; then
		report_row FAIL "$(seconds_since "$started")" "$name" "" 0 1 0
		show_failure "$log" $status
		return 1
	else
		report_row ok "$(seconds_since "$started")" "$name" "" 1 0 0
	fi
}

sanitizer_report() {
	grep -aqE 'runtime error:|ERROR: (Address|Thread|Leak|Memory)Sanitizer|WARNING: ThreadSanitizer' "$1"
}

# Print how many test cases of log $1 ended with one of the results $2.
cases() {
	grep -acE "\+ TestCase \[[ 0-9]+\] : .* ($2)\$" "$1"
}

# suite_row [-t LIMIT] NAME COMMAND...: a dpdk-test command, counted by its cases
suite_row() {
	local limit=300 name log started status passed failed skipped
	if [ "$1" = -t ]; then
		limit=$2
		shift 2
	fi
	name=$1
	shift
	log=$(row_log "$name")
	started=$(date +%s.%N)
	run_logged "$log" "$limit" "$@"
	status=$?
	passed=$(cases "$log" succeeded)
	failed=$(cases "$log" failed)
	skipped=$(cases "$log" 'skipped|unsupported')
	if [ $status -eq 77 ] && [ "$failed" -eq 0 ]; then
		[ $((passed + skipped)) -gt 0 ] || skipped=1
		report_row skip "$(seconds_since "$started")" "$name" "dpdk-test skipped it" \
			"$passed" 0 "$skipped"
	elif [ $status -ne 0 ] || [ "$failed" -gt 0 ] || sanitizer_report "$log"; then
		[ "$failed" -gt 0 ] || failed=1
		report_row FAIL "$(seconds_since "$started")" "$name" "exit status $status" \
			"$passed" "$failed" "$skipped"
		show_failure "$log" $status
		return 1
	else
		[ $((passed + skipped)) -gt 0 ] || passed=1
		report_row ok "$(seconds_since "$started")" "$name" \
			"$passed passed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")" \
			"$passed" 0 "$skipped"
	fi
}

# The builds that stages use: NAME -> compiler, meson options.
build_compiler() {
	case $1 in
	clang*) echo clang ;;
	*) echo gcc ;;
	esac
}

build_options() {
	case $1 in
	gcc|clang) echo ;;
	shared) echo -Ddefault_library=shared ;;
	debug) echo -Dfastmem_debug=true -Dbuildtype=debugoptimized ;;
	asan) echo -Db_sanitize=address,undefined -Dbuildtype=debugoptimized ;;
	clang-asan) echo -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized ;;
	tsan) echo -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debugoptimized ;;
	clang-fuzz) echo -Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized ;;
	clang-fuzz-fast) echo -Dfuzz=true -Dtests=false -Db_sanitize=undefined -Db_lundef=false -Dbuildtype=debugoptimized ;;
	*) die "no build named $1" ;;
	esac
}

build_dir() {
	echo "$TEST_BUILDS/$1"
}

# Build $1 in build/test/$1 with warnings as errors; cheap when it is built already.
build_it() {
	local options
	read -ra options <<< "$(build_options "$1")"
	CC=$(build_compiler "$1")
	export CC
	configure "$(build_dir "$1")" -Dexamples=all -Dwerror=true --prefix="$TEST_BUILDS/$1/root" \
		"${options[@]}" || return 1
	ninja -C "$(build_dir "$1")"
}

# With names in TEST_ONLY_BUILDS only these builds are made and tested.
wanted_build() {
	case " ${TEST_ONLY_BUILDS:-$1} " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# Make sure that build $1 is there, for a stage that needs it; a failure counts once.
need_build() {
	wanted_build "$1" || return 1
	build_it "$1" > "$TEST_LOGS/need-$1.log" 2>&1 && return 0
	report_row FAIL 0.0 "needs build $1" "" 0 1 0
	show_failure "$TEST_LOGS/need-$1.log" 1
	return 1
}

# Install the gcc build under directory $1.
install_to() {
	meson install --no-rebuild -C "$(build_dir gcc)" --destdir "$1.dest" || return 1
	rm -rf "$1"
	mv "$1.dest$(build_dir gcc)/root" "$1" && rm -rf "$1.dest"
	sed -i "s,^prefix=.*,prefix=$1," "$(pkgconfig_dir "$1")"/*.pc
}

pkgconfig_dir() {
	dirname "$(find "$1" -name libfastmem.pc)"
}

# Let pkg-config find what install_to put under directory $1, from here on.
use_install() {
	PKG_CONFIG_PATH=$(pkgconfig_dir "$1")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
	export PKG_CONFIG_PATH
}
