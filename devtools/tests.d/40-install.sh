# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: an outside application builds against the installation by pkg-config alone, and runs

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

need_build gcc || exit 0
WORK=$TEST_BUILDS/install
rm -rf "$WORK"
mkdir -p "$WORK"

write_application() {
	cat > "$1" <<-'EOF'
	#include <stdio.h>
	#include <string.h>

	#include <rte_eal.h>
	#include <rte_fastmem.h>

	int
	main(int argc, char **argv)
	{
		struct rte_fastmem_stats stats;
		char *text;
		int ret = 1;

		if (rte_eal_init(argc, argv) < 0 || rte_fastmem_init() != 0)
			return 1;
		text = (char *)rte_fastmem_alloc(100, 0, RTE_FASTMEM_F_ZERO);
		if (text != NULL && text[99] == '\0') {
			strcpy(text, "allocated");
			if (rte_fastmem_stats(&stats) == 0 && stats.alloc_total == 1) {
				puts(text);
				ret = 0;
			}
		}
		rte_fastmem_free(text);
		rte_fastmem_deinit();
		return rte_eal_cleanup() == 0 ? ret : 1;
	}
	EOF
}

# compile COMPILER SOURCE PROGRAM [--static]
compile() {
	local compiler=$1 source=$2 program=$3 static=${4:-}
	# shellcheck disable=SC2046,SC2086 # flags are words
	"$compiler" -O2 -Wall -Wextra -Werror -DALLOW_EXPERIMENTAL_API -o "$program" "$source" \
		$(pkg-config --cflags libfastmem) $(pkg-config $static --libs libfastmem)
}

run_application() {
	LD_LIBRARY_PATH=$(pkg-config --variable=libdir libfastmem) "$1" --no-huge -m 64 --no-pci \
		--file-prefix="$TEST_PREFIX" > "$1.out" || { cat "$1.out"; return 1; }
	cat "$1.out"
	grep -q '^allocated$' "$1.out"
}

# The static program must need no librte_fastmem.so, the other one must.
links_fastmem() {
	readelf -d "$1" | grep -q 'NEEDED.*librte_fastmem\.so'
}

build_and_run() {
	local program
	program=$WORK/$1-$3${4:-}
	compile "$1" "$2" "$program" ${4:+"$4"} || return 1
	if [ -n "${4:-}" ]; then
		! links_fastmem "$program" || { echo "the static program needs librte_fastmem.so"; return 1; }
	else
		links_fastmem "$program" || { echo "the shared program lacks librte_fastmem.so"; return 1; }
	fi
	run_application "$program"
}

# The inline functions have asm in them, and an application chooses how asm is written.
same_code_in_intel_syntax() {
	local syntax
	for syntax in att intel; do
		# shellcheck disable=SC2046 # flags are words
		"$1" -O2 -DALLOW_EXPERIMENTAL_API -masm="$syntax" -c -o "$WORK/syntax.o" "$2" \
			$(pkg-config --cflags libfastmem) || return 1
		objdump -d "$WORK/syntax.o" > "$WORK/syntax.$syntax"
	done
	grep -q prefetchw "$WORK/syntax.att" || { echo "the allocation is not inline"; return 1; }
	diff "$WORK/syntax.att" "$WORK/syntax.intel"
}

row "install" install_to "$WORK/root" || exit 0
use_install "$WORK/root"
write_application "$WORK/app.c"
cp "$WORK/app.c" "$WORK/app.cc"
row "outside application C shared" build_and_run gcc "$WORK/app.c" c
row "outside application C++ shared" build_and_run g++ "$WORK/app.cc" cc
row "outside application C clang shared" build_and_run clang "$WORK/app.c" c
if [ "$(uname -m)" = x86_64 ]; then
	row "the same code in Intel's syntax, gcc" same_code_in_intel_syntax gcc "$WORK/app.c"
	row "the same code in Intel's syntax, clang" same_code_in_intel_syntax clang "$WORK/app.c"
else
	skip_row "the same code in Intel's syntax" "it is that of x86"
fi
if pkg-config --exists libsystemd; then
	row "outside application C static" build_and_run gcc "$WORK/app.c" c --static
	row "outside application C++ static" build_and_run g++ "$WORK/app.cc" cc --static
else
	skip_row "outside application static" "libdpdk's static link wants libsystemd-dev"
fi

exports_match() {
	local library
	library=$(pkg-config --variable=libdir libfastmem)/librte_fastmem.so
	nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort > "$WORK/exported"
	grep -hoE '^RTE_EXPORT_[A-Z_]*SYMBOL\([a-z_0-9]+' "$FASTMEM_TOP"/lib/fastmem/*.c |
		sed 's/.*(//' | sort > "$WORK/declared"
	[ -s "$WORK/declared" ] && diff "$WORK/declared" "$WORK/exported"
}
row "the shared library exports what the sources say" exports_match
exit 0
