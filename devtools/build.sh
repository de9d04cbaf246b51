#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Configures a build directory and builds everything in it.
#
# usage: build.sh [DIRECTORY [MESON OPTION...]]     default: build

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

dir=${1:-$FASTMEM_BUILD}
[ $# -eq 0 ] || shift

for tool in meson ninja pkg-config; do
	command -v "$tool" > /dev/null || die "$tool is missing; devtools/setup.sh installs it"
done
pkg-config --exists libdpdk || die "DPDK is missing (pkg-config libdpdk); devtools/setup.sh installs it"

configure "$dir" -Dexamples=all "$@" || exit 1
exec ninja -C "$dir"
