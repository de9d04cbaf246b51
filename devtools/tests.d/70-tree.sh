# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: scripts and sources keep the rules of the tree

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

cd "$FASTMEM_TOP" || exit 1

# The files of the repository; in an unpacked archive, all but what is built.
tree_files() {
	git ls-files 2> /dev/null || find . -path ./build -prune -o -type f -print | sed 's,^\./,,'
}

shell_scripts() {
	# shellcheck disable=SC2046 # no spaces in names
	shellcheck $(grep -lE '^#!/bin/(ba)?sh|^# shellcheck shell=' $(tree_files | grep -E '\.sh$|^\.ci/|^devtools/'))
}

python_scripts() {
	# shellcheck disable=SC2046
	/usr/bin/python3 -W error -c 'import sys
for path in sys.argv[1:]:
    compile(open(path, encoding="utf-8").read(), path, "exec")' $(tree_files | grep '\.py$')
}

# Files that say what they are by themselves need no tag: data, text, plots.
spdx_tags() {
	local file missing=0
	while read -r file; do
		head -n 5 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' ||
			{ echo "no SPDX tag: $file"; missing=1; }
	done < <(tree_files | grep -E '\.(c|h|py|sh|rst|gp|gnuplot|in|svg)$|meson.build$|meson_options.txt$|Makefile$|^\.ci/')
	return "$missing"
}

# No line of the files matches: EXPRESSION FILE... A file that can't be read is no success.
has_none() {
	local status=0
	grep -nE "$@" || status=$?
	[ "$status" -eq 1 ]
}

white_space() {
	# shellcheck disable=SC2046
	has_none '[[:space:]]+$|^ +	' $(tree_files | grep -E '\.(c|h|py|sh|rst|build|md)$|Makefile$|^README')
}

# What DPDK's checkpatches.sh forbids in a library.
forbidden_tokens() {
	has_none '(^|[^_A-Za-z])(RTE_LOG\(|printf\(|rte_panic|rte_exit\(|__attribute__|__sync_|__atomic_|rte_smp_[rwm]+b|pthread_(create|join))|%l[xud]|__typeof__|#pragma|DALLOW_EXPERIMENTAL_API' \
		lib/fastmem/*.c lib/fastmem/*.h lib/fastmem/meson.build
}

# No file of the library calls one that calls it, but where layers.py says why.
layers() {
	/usr/bin/python3 devtools/layers.py
}

row "shell scripts (shellcheck)" shell_scripts
row "python scripts compile" python_scripts
row "SPDX tags" spdx_tags
row "white space" white_space
row "tokens that DPDK forbids in lib" forbidden_tokens
row "calls of the library go down (layers.py)" layers
exit 0
