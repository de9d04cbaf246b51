#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
"""The layers of lib/fastmem, the topmost first: a file stands above all that it calls.

A file's functions are declared in the header of its name, so who may call whom is what includes
what. Exits with 1 when there is a circle: two files of which each calls the other.
"""

import os
import re
import sys

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib', 'fastmem')
INCLUDE = re.compile(r'^#include "(fastmem_\w+)\.h"', re.M)

# Calls that go up, and are to.
UP = {
    ('*', 'fastmem_repair'): 'who takes the lock of a dead process over repairs what it guards',
    ('fastmem_report', 'fastmem_record'): 'builds that check objects: a report tells their history',
}


def includes(unit):
    """The names of the headers that a unit, a file and its header, includes."""
    names = set()
    for end in '.c', '.h':
        path = os.path.join(LIB, unit + end)
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                text = file.read()
            names.update(INCLUDE.findall(text))
            if end == '.c' and '#include "rte_fastmem.h"' in text:
                names.add('rte_fastmem')  # an application like others
    return names - {unit}


def goes_up(caller, called):
    """Whether it is one of the calls that may."""
    return ('*', called) in UP or (caller, called) in UP


def main():
    """Print the layers."""
    units = {os.path.splitext(name)[0] for name in os.listdir(LIB)
             if name.endswith('.c') or re.fullmatch(r'fastmem_\w+\.h', name)}
    below = {unit: {name for name in includes(unit) if not goes_up(unit, name)}
             for unit in units}
    floors = []
    while below:
        floor = sorted(unit for unit, names in below.items() if not names & below.keys())
        if not floor:
            print('in a circle, or above one:', ' '.join(sorted(below)), file=sys.stderr)
            return 1
        floors.insert(0, floor)
        for unit in floor:
            del below[unit]
    width = len(str(len(floors)))
    for number, floor in zip(range(len(floors), 0, -1), floors):
        print(f'{number:{width}}  {" ".join(floor)}')
    for (caller, called), reason in UP.items():
        print(f'up: {"any" if caller == "*" else caller} to {called}: {reason}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
