# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: each public header compiles alone, in C and C++, with and without experimental API

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

FLAGS="-O2 -Wall -Wextra -Werror -Wundef -Wpointer-arith -Wno-missing-field-initializers"

# compile COMPILER LANGUAGE HEADER FLAGS...: a file that includes nothing but the header
compile() {
	local compiler=$1 language=$2 header=$3
	shift 3
	printf '#include <%s>\nint fastmem_include_check;\n' "$header" > "$WORK/check.$language"
	# shellcheck disable=SC2046,SC2086 # flags are words
	"$compiler" $FLAGS "$@" $(pkg-config --cflags libfastmem) \
		-c -o "$WORK/check.o" "$WORK/check.$language"
}

need_build gcc || exit 0
WORK=$TEST_BUILDS/headers
rm -rf "$WORK"
mkdir -p "$WORK"
row "install for the headers" install_to "$WORK/root" || exit 0
use_install "$WORK/root"

# The others are indirect headers: they come with rte_fastmem.h, never alone.
header=rte_fastmem.h
for define in -DALLOW_EXPERIMENTAL_API -UALLOW_EXPERIMENTAL_API; do
	for compiler in gcc clang; do
		row "header $header $compiler C $define" compile $compiler c "$header" \
			-std=c11 -D_GNU_SOURCE $define
	done
	for compiler in g++ clang++; do
		row "header $header $compiler C++ $define" compile $compiler cc "$header" $define
	done
done
exit 0
