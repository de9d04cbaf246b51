#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

"""Write the linker version script of a library from the export macros in its sources.

Reads what DPDK's script of the same name reads, at the start of a line:
RTE_EXPORT_EXPERIMENTAL_SYMBOL(name, YY.MM), RTE_EXPORT_INTERNAL_SYMBOL(name) and
RTE_EXPORT_SYMBOL(name). A symbol exported twice or a misspelt macro is an error.
"""

import argparse
import re
import sys

MACRO = re.compile(r"^\s*RTE_EXPORT_\w+")
PATTERNS = (
    ("EXPERIMENTAL", re.compile(r"^RTE_EXPORT_EXPERIMENTAL_SYMBOL\(([^,]+), ([0-9]+\.[0-9]+)\)")),
    ("INTERNAL", re.compile(r"^RTE_EXPORT_INTERNAL_SYMBOL\(([^)]+)\)")),
    (None, re.compile(r"^RTE_EXPORT_SYMBOL\(([^)]+)\)")),
)


def read_symbols(path, abi):
    """Return [(node, symbol, comment)] for one source file."""
    found = []
    with open(path, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            if not MACRO.match(line):
                continue
            for node, pattern in PATTERNS:
                match = pattern.match(line)
                if match:
                    comment = f" # added in {match.group(2)}" if match.lastindex == 2 else ""
                    found.append((node or abi, match.group(1), comment))
                    break
            else:
                sys.exit(f"{path}:{number}: not an export macro as DPDK wants it: {line.strip()}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--abi", required=True, help="version node of stable symbols")
    parser.add_argument("--output", required=True)
    parser.add_argument("--source", nargs="+", required=True)
    args = parser.parse_args()

    nodes = {args.abi: {}, "EXPERIMENTAL": {}, "INTERNAL": {}}
    seen = set()
    for path in args.source:
        for node, symbol, comment in read_symbols(path, args.abi):
            if symbol in seen:
                sys.exit(f"{path}: {symbol} is exported twice")
            seen.add(symbol)
            nodes[node][symbol] = comment

    used = {node: symbols for node, symbols in nodes.items() if symbols} or {args.abi: {}}
    text = []
    for place, (node, symbols) in enumerate(used.items()):
        text.append(f"{node} {{")
        if symbols:
            text.append("\tglobal:\n")
            text += [f"\t{symbol};{symbols[symbol]}" for symbol in sorted(symbols)]
        if place == 0:
            text.append("\n\tlocal: *;")
        text.append("};")
    with open(args.output, "w", encoding="utf-8") as output:
        output.write("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
