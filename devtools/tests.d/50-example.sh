# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: the example, built by meson and by its own Makefile, runs and frees all it took

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

need_build gcc || exit 0
WORK=$TEST_BUILDS/example

eal_args() {
	printf '%s\n' --no-pci --file-prefix="$TEST_PREFIX"
	lcores_option 2
	if have_hugepages 256; then
		echo --iova-mode=va
	else
		printf '%s\n' --no-huge -m 512
	fi
}
mapfile -t EAL_ARGS < <(eal_args)

# run_example PROGRAM EAL-ARGUMENT...: the program itself checks that nothing is left
run_example() {
	local program=$1
	shift
	LD_LIBRARY_PATH=$(pkg-config --variable=libdir libfastmem) \
		timeout -k 10 60 "$program" "${EAL_ARGS[@]}" "$@" -- --duration 3
}

make_example() {
	CC=$1 CFLAGS=-Werror make -B -C "$WORK/fastmem" "$2"
}

rm -rf "$WORK"
mkdir -p "$WORK"
row "install for the example" install_to "$WORK/root" || exit 0
use_install "$WORK/root"
cp -r "$FASTMEM_TOP/examples/fastmem" "$WORK/"

row "example by meson, net_ring loopback" run_example "$(build_dir gcc)/examples/dpdk-fastmem"
row "example by meson, net_null" \
	run_example "$(build_dir gcc)/examples/dpdk-fastmem" --vdev=net_null0
row "example makefile clang shared" make_example clang shared
row "example makefile shared" make_example gcc shared &&
	row "example by makefile shared, net_ring loopback" run_example "$WORK/fastmem/build/fastmem-shared"
if pkg-config --exists libsystemd; then
	row "example makefile static" make_example gcc static &&
		row "example by makefile static, net_ring loopback" \
			run_example "$WORK/fastmem/build/fastmem-static"
else
	skip_row "example makefile static" "libdpdk's static link wants libsystemd-dev"
fi
exit 0
