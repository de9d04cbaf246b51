# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: the tools that watch the performance

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

cd "$FASTMEM_TOP" || exit 1

OUT=$TEST_BUILDS/bench

# Every case once, with few and short samples: its figures mean nothing, its output must be whole.
short_benchmark() {
	rm -rf "$OUT"
	mkdir -p "$OUT"
	build_it gcc > "$TEST_LOGS/bench-build.log" 2>&1 ||
		{ tail -n 5 "$TEST_LOGS/bench-build.log"; return 1; }
	"$(build_dir gcc)/app/dpdk-test-fastmem" --no-pci --no-telemetry --no-huge -m 1024 \
		--log-level=warning --file-prefix="$TEST_PREFIX" "$(lcores_option 3)" -- \
		--quick --reps 1 --sample-us 50 --out "$OUT" > "$OUT/table" || { cat "$OUT/table"; return 1; }
	cat "$OUT/table"
	# A "-" left of the bar: an allocator that could not do what it was to do.
	! awk -F'|' 'NF > 1 && $1 ~ / -( |$)/ { print "not measured: " $0; bad = 1 } END { exit !bad }' \
		"$OUT/table" || return 1
	devtools/bench-compare "$OUT/results.json" "$OUT/results.json"
}

plots() {
	if ! command -v gnuplot > /dev/null; then
		echo "no gnuplot"
		return 77
	fi
	devtools/plot.sh "$OUT" && compgen -G "$OUT/*.svg"
}

row "hot paths as in hotpath.golden" devtools/hotpath --check
row "hot paths as in hotpath.golden, clang" devtools/hotpath --check --cc clang
row "bench-compare finds what is slower" devtools/bench-compare --self-test
if row "benchmark and results.json in short" short_benchmark; then
	row "plots of it" plots
fi
exit 0
