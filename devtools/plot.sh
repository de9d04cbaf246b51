#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Draws the plots of a benchmark run with gnuplot: $1/results.json becomes $1/*.svg and
# $1/*.png, and $1/plots/ the data and gnuplot scripts they were drawn from.
#
# usage: plot.sh DIRECTORY

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

[ $# -eq 1 ] || die "usage: plot.sh DIRECTORY"
[ -f "$1/results.json" ] || die "$1/results.json is missing: run the benchmark first"
command -v gnuplot > /dev/null || die "gnuplot is missing (Debian: gnuplot-nox)"
exec python3 "$FASTMEM_TOP/devtools/bench_plot.py" "$1"
