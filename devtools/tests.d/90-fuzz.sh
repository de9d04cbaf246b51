# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: sequences of calls against a model, by a fuzzer

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

FUZZ_SECONDS=60

# The corpus first: what was found once is not to come back.
corpus() {
	"$FASTMEM_TOP/devtools/fuzz.sh" --input "$FASTMEM_TOP"/app/test-fastmem/fuzz/corpus/*
}

if need_build clang-fuzz && need_build clang-fuzz-fast; then
	row -t 300 "fuzzing: the corpus" corpus
	row -t 300 "fuzzing: $FUZZ_SECONDS s" "$FASTMEM_TOP/devtools/fuzz.sh" --afresh $FUZZ_SECONDS
fi
exit 0
