#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

"""Print the linker arguments, one a line, that put DPDK statically into a program.

`pkg-config --static --libs libdpdk` names the archives of all libraries and all
drivers, and every external library that any driver needs. This keeps the libraries,
the drivers asked for, and of the external libraries those that are installed.
"""

import argparse
import os
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout.split()


def find(cc, file_names, directories):
    """Return the path of the first file that exists, or None."""
    for name in file_names:
        for directory in directories:
            if os.path.exists(os.path.join(directory, name)):
                return os.path.join(directory, name)
        path = "".join(run(*cc, f"-print-file-name={name}"))
        if os.path.isabs(path):
            return path
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pkg-config", required=True)
    parser.add_argument("--drivers", required=True, help="comma-separated, as mempool_ring")
    parser.add_argument("--cc", required=True, nargs="+", help="compiler command, last")
    args = parser.parse_args()

    shared = run(args.pkg_config, "--libs", "libdpdk")
    static = run(args.pkg_config, "--static", "--libs", "libdpdk")
    directories = [word[2:] for word in static if word.startswith("-L")]
    directories += run(args.pkg_config, "--variable=libdir", "libdpdk")

    wanted = [word[len("-lrte_"):] for word in shared if word.startswith("-lrte_")]
    optional = args.drivers.split(",")
    archives = []
    for name in optional + wanted:
        path = find(args.cc, [f"librte_{name}.a"], directories)
        if path and path not in archives:
            archives.append(path)
        elif not path and name in wanted:
            sys.exit(f"DPDK has no static library librte_{name}.a; use -Ddefault_library=shared")

    external = []
    for word in static:
        if not word.startswith("-l") or word.startswith(("-l:librte_", "-lrte_")):
            continue
        name = word[2:]
        if word not in external and find(args.cc, [f"lib{name}.so", f"lib{name}.a"], directories):
            external.append(word)

    print("-Wl," + ",".join(["--whole-archive"] + archives + ["--no-whole-archive"]))
    print("-pthread")
    print("-Wl,--as-needed")
    print("\n".join(external))


if __name__ == "__main__":
    main()
