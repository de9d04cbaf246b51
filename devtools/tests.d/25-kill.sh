# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: what a process has can be taken over when it is killed at any instruction

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

# Compilers order what is stored in different ways.
for build in gcc clang; do
	if need_build "$build"; then
		for world in caches slabs; do
			for seed in 1 2; do
				row "$build $world killed in every state, seed $seed" \
					"$(build_dir "$build")/app/test-fastmem/kill/kill-$world" \
					"$seed"
			done
		done
	fi
done
exit 0
