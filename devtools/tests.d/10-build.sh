# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: gcc, clang, shared, debug and sanitizer builds without a warning

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

build_clean() {
	build_it "$1" || return 1
	# quietly: grep reads no file that it writes to
	! grep -aq 'warning:' "$(row_log "build $1")"
}

limit=900
[ -z "${TEST_EMULATED:-}" ] || limit=3600 # an emulated compiler takes its time

for name in gcc clang shared debug asan clang-asan tsan; do
	wanted_build "$name" && row -t $limit "build $name" build_clean "$name"
done
exit 0
