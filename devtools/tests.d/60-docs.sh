# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
# shellcheck shell=bash

# Stage: API documentation and guides build without a warning

# shellcheck source=devtools/test-lib.sh
. "$(dirname "$0")/../test-lib.sh"

WORK=$TEST_BUILDS/docs
rm -rf "$WORK"
mkdir -p "$WORK"

# The settings of DPDK's doc/api/doxy-api.conf.in that decide what is a warning.
api_docs() {
	cat > "$WORK/Doxyfile" <<-EOF
	PROJECT_NAME           = fastmem
	INPUT                  = $FASTMEM_TOP/lib/fastmem
	FILE_PATTERNS          = rte_*.h
	PREDEFINED             = __DOXYGEN__ RTE_ATOMIC __attribute__(x)=
	OPTIMIZE_OUTPUT_FOR_C  = YES
	MACRO_EXPANSION        = YES
	EXPAND_ONLY_PREDEF     = YES
	EXTRACT_STATIC         = YES
	HIDE_UNDOC_MEMBERS     = YES
	HIDE_UNDOC_CLASSES     = YES
	GENERATE_LATEX         = NO
	HAVE_DOT               = NO
	GENERATE_XML           = YES
	QUIET                  = YES
	WARN_IF_UNDOCUMENTED   = YES
	WARN_NO_PARAMDOC       = YES
	OUTPUT_DIRECTORY       = $WORK/api
	EOF
	doxygen "$WORK/Doxyfile" > "$WORK/api.log" 2>&1 || { cat "$WORK/api.log"; return 1; }
	cat "$WORK/api.log"
	! grep -q 'warning:\|error:' "$WORK/api.log"
}

# Each exported function must be in what doxygen made, which leaves out what has no comment.
api_complete() {
	local name missing=0
	grep -hoE '^RTE_EXPORT_EXPERIMENTAL_SYMBOL\(rte_[a-z_0-9]+' "$FASTMEM_TOP"/lib/fastmem/*.c |
		sed 's/.*(//' > "$WORK/symbols"
	[ -s "$WORK/symbols" ] || return 1
	while read -r name; do
		grep -qs "<name>$name</name>" "$WORK"/api/xml/*.xml || { echo "not documented: $name"; missing=1; }
	done < "$WORK/symbols"
	return "$missing"
}

# The guides refer to chapters of DPDK's own; only these references stay unresolved here.
guides() {
	local python=/usr/bin/python3
	cp -r "$FASTMEM_TOP/doc" "$WORK/"
	ln -s "$FASTMEM_TOP/examples" "$FASTMEM_TOP/lib" "$FASTMEM_TOP/app" "$WORK/"
	cat > "$WORK/conf.py" <<-'EOF'
	project = "fastmem"
	root_doc = "index"
	numfig = True
	suppress_warnings = ["ref.ref", "ref.doc", "ref.numref"]
	EOF
	printf 'fastmem\n=======\n\n.. toctree::\n   :glob:\n\n   *\n   */*\n' > "$WORK/doc/guides/index.rst"
	$python -m sphinx -q -W --keep-going -c "$WORK" -b html "$WORK/doc/guides" "$WORK/guides"
}

row "API documentation" api_docs
row "every exported function is documented" api_complete
if /usr/bin/python3 -c 'import sphinx' 2> /dev/null; then
	row "guides" guides
else
	skip_row "guides" "no python3-sphinx"
fi
exit 0
