#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

# Configures build/ and builds everything in it. The environment may say otherwise:
# FASTMEM_BUILD the directory, PREFIX where `make install` goes, MESON_OPTIONS for meson.
#
# usage: build.sh

# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

for tool in meson ninja pkg-config; do
	command -v "$tool" > /dev/null || die "$tool is missing; devtools/setup.sh installs it"
done
pkg-config --exists libdpdk || die "DPDK is missing (pkg-config libdpdk); devtools/setup.sh installs it"

# Without Debian's dpkg-dev meson takes lib64, where neither pkg-config nor ld.so look.
libdir=()
multiarch=$(${CC:-cc} -print-multiarch 2> /dev/null)
if [ -n "$multiarch" ] && [ -d "/usr/lib/$multiarch/pkgconfig" ]; then
	libdir=("--libdir=lib/$multiarch")
fi
read -ra options <<< "${MESON_OPTIONS:-}"
configure "$FASTMEM_BUILD" -Dexamples=all --prefix="${PREFIX:-/usr/local}" "${libdir[@]}" "${options[@]}" || exit 1
exec ninja -C "$FASTMEM_BUILD"
