#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Put fastmem into a DPDK source tree, or with --undo take it out again; see --help.

if ! command -v python3 >/dev/null; then
	echo "graft.sh: python3 is needed, as it is to build DPDK" >&2
	exit 1
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 "$(dirname "$(readlink -f "$0")")/graft.py" "$@"
