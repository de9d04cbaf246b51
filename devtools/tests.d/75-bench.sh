# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: the tools that watch the performance

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

cd "$FASTMEM_TOP" || exit 1

# Every case once, with few and short samples: its figures mean nothing, its output must be whole.
short_benchmark() {
	local out=$TEST_BUILDS/bench
	build_it gcc > "$TEST_LOGS/bench-build.log" 2>&1 ||
		{ tail -n 5 "$TEST_LOGS/bench-build.log"; return 1; }
	mkdir -p "$out"
	"$(build_dir gcc)/app/dpdk-test-fastmem" --no-pci --no-telemetry --no-huge -m 1024 \
		--log-level=warning --file-prefix="$TEST_PREFIX" "$(lcores_option 3)" -- \
		--quick --reps 1 --sample-us 50 --out "$out" || return 1
	devtools/bench-compare "$out/results.json" "$out/results.json" || return 1
	command -v gnuplot > /dev/null || return 0
	devtools/plot.sh "$out"
}

row "hot paths as in hotpath.golden" devtools/hotpath --check
row "bench-compare finds what is slower" devtools/bench-compare --self-test
row "benchmark, results.json and plots in short" short_benchmark
exit 0
