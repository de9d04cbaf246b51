#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Runs the tests that differ from run to run, in turn, until the time is over: stress with
# a new seed each, several processes, the functional tests, the fuzzer with what it
# found before. Ends in time, with a report in build/soak/report; the exit status is 0 when
# nothing failed. The logs of what failed stay beside it.
#
# usage: soak.sh [SECONDS]      default: 600

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/test-lib.sh"

WORK=$FASTMEM_BUILD/soak
REPORT=$WORK/report
RUNS=$WORK/runs
ITEM_LIMIT=300 # a test that takes longer hangs
FUZZ_SLICE=60
PAGES_NEEDED=256

# Print the EAL arguments of mode $1, one a line.
mode_args() {
	printf '%s\n' --no-pci --file-prefix="$TEST_PREFIX"
	case $1 in
	lcores8) floating_lcores_option 9 2 ;;
	*) lcores_option 3 ;;
	esac
	if [ "$1" = no-huge ] || ! have_hugepages $PAGES_NEEDED; then
		printf '%s\n' --no-huge -m 512
	fi
}

# The items of a round: BUILD MODE TEST
items() {
	cat <<-EOL
	gcc default fastmem_stress_autotest
	gcc default fastmem_mp_autotest
	asan no-huge fastmem_stress_autotest
	clang-fuzz - fuzz
	gcc lcores8 fastmem_stress_autotest
	gcc lcores8 fastmem_mp_autotest
	gcc no-huge fastmem_stress_autotest
	gcc default fastmem_autotest
	asan default fastmem_autotest
	EOL
}

left() {
	echo $((deadline - $(date +%s)))
}

# Run one item: ROUND BUILD MODE TEST
run_item() {
	local name="$4-$2-$3" log limit status started args result=passed
	log=$WORK/$1-$name.log
	limit=$(left)
	[ "$limit" -gt 0 ] || return # 0 is no limit to fuzz.sh and timeout
	[ "$limit" -lt $ITEM_LIMIT ] || limit=$ITEM_LIMIT
	started=$(date +%s)
	if [ "$4" = fuzz ]; then
		timeout -k 10 $((limit + ITEM_LIMIT)) "$FASTMEM_TOP/devtools/fuzz.sh" $((limit < FUZZ_SLICE ? limit : FUZZ_SLICE)) > "$log" 2>&1
		status=$?
	else
		mapfile -t args < <(mode_args "$3")
		timeout -k 10 "$limit" "$(build_dir "$2")/app/dpdk-test" "${args[@]}" "$4" \
			< /dev/null > "$log" 2>&1
		status=$?
		remove_eal_files "$TEST_PREFIX"
	fi
	if [ $status -eq 77 ]; then
		result=skipped
	elif [ $status -eq 124 ] && [ "$limit" -lt $ITEM_LIMIT ]; then
		result="cut"
	elif [ $status -ne 0 ] || sanitizer_report "$log"; then
		result=failed
	fi
	echo "$name $result $(($(date +%s) - started)) $log" >> "$RUNS"
	printf '%5d s left  %-7s %s\n' "$(left)" $result "$name"
	[ $result = failed ] || rm -f "$log"
}

report() {
	awk '
		{ runs[$1]++; count[$1, $2]++; time[$1] += $3 }
		END {
			printf "%-45s %6s %6s %6s %7s %6s %8s\n", "test", "runs", "passed",
				"failed", "skipped", "cut", "seconds"
			for (name in runs)
				printf "%-45s %6d %6d %6d %7d %6d %8d\n", name, runs[name],
					count[name, "passed"], count[name, "failed"],
					count[name, "skipped"], count[name, "cut"], time[name]
		}' "$RUNS" | { IFS= read -r line; echo "$line"; sort; }
	awk '$2 == "failed" { print "failed: " $4 }' "$RUNS"
	# stress tests say their seed, for FASTMEM_STRESS_SEED
	awk '$2 == "failed" { print $4 }' "$RUNS" | xargs -r grep -aH -m 1 -i 'seed' || true
	echo "hugepages free: $pages_before before, $(hugepages free_hugepages) after"
}

main() {
	local build round=0 item
	rm -rf "$WORK"
	mkdir -p "$WORK"
	: > "$RUNS"
	for build in gcc asan clang-fuzz clang-fuzz-fast; do
		note "soak: building $build"
		build_it "$build" > "$WORK/build-$build.log" 2>&1 || die "see $WORK/build-$build.log"
	done
	pages_before=$(hugepages free_hugepages)
	deadline=$(($(date +%s) + ${1:-600}))
	while [ "$(left)" -gt 0 ]; do
		round=$((round + 1))
		while read -ra item; do
			[ "$(left)" -gt 0 ] || break
			run_item $round "${item[@]}" < /dev/null
		done < <(items)
	done
	note
	report | tee "$REPORT"
	! grep -q ' failed ' "$RUNS"
}

main "$@"
