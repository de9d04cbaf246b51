#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

"""Copy a public header, or a compat header it needs, for installation.

usage: install-header.py INPUT OUTPUT [NAME...]

NAME.h are the headers that the installed DPDK lacks or has without something newer. An
application sees no directory of compat/, so that what it includes itself is DPDK's own:
`#include <NAME.h>` becomes `#include "compat/NAME.h"`, found beside the header whatever
the order of the include path, and `#include_next <NAME.h>` becomes `#include <NAME.h>`.
"""

import re
import sys


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    source, target, names = sys.argv[1], sys.argv[2], set(sys.argv[3:])

    def redirect(match):
        name = match.group(2)
        return f'{match.group(1)}"compat/{name}.h"' if name in names else match.group(0)

    with open(source, encoding="utf-8") as header:
        text = header.read()
    text = re.sub(r"^(\s*#\s*include\s+)<(\w+)\.h>", redirect, text, flags=re.MULTILINE)
    text = re.sub(r"^(\s*#\s*include)_next\s", r"\1 ", text, flags=re.MULTILINE)
    with open(target, "w", encoding="utf-8") as header:
        header.write(text)


if __name__ == "__main__":
    main()
