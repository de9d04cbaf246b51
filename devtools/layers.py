#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
"""The layers of lib/fastmem, the topmost first: a file stands above all whose functions it calls.

A file is a .c and the header of its name. An inline function of the public header counts as what
it calls, wherever that is. Exits with 1 when calls go round in a circle, and prints it.
"""

import glob
import os
import re
import sys

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib', 'fastmem')
NOT_CODE = re.compile(r'/\*.*?\*/|^RTE_EXPORT_\w+\(.*?\)$', re.S | re.M)
# As DPDK writes it: the name begins a line, the body ends with a brace that does.
FUNCTION = re.compile(r'^(\w+)\([^;{}]*?\)[^;{}]*\n\{\n(.*?)^\}', re.S | re.M)
CALL = re.compile(r'\b(\w*fastmem_\w+)\(')

# Calls that go up, and are to.
REPAIR = 'who takes the lock of a dead process over repairs what it guards'
UP = {
    ('fastmem_pool', 'fastmem_repair'): REPAIR,
    ('fastmem_slab', 'fastmem_repair'): REPAIR,
    ('fastmem_zone', 'fastmem_repair'): REPAIR,
    ('fastmem_report', 'fastmem_record'): 'a report tells the history of an object',
}


def read_functions():
    """What each file defines: {file: {function: the text of its body}}."""
    files = {}
    for path in sorted(glob.glob(os.path.join(LIB, '*.[ch]'))):
        name = os.path.splitext(os.path.basename(path))[0]
        if path.endswith('.h') and name.startswith('rte_'):
            name += '.h'
        with open(path, encoding='utf-8') as file:
            text = NOT_CODE.sub('', file.read())
        functions = FUNCTION.findall(text)
        if len(functions) != text.count('\n{\n'):
            sys.exit(f'{path}: not all functions are written as expected')
        files.setdefault(name, {}).update(functions)
    if not files:
        sys.exit('no files')
    return files


def place_functions(files):
    """In which files a call of a function ends: {function: files}."""
    inline = {}
    places = {}
    for name, functions in files.items():
        for function, body in functions.items():
            if name.endswith('.h'):
                inline[function] = CALL.findall(body)
            else:
                places[function] = {name}
    for _ in inline:  # as often as one may call another
        for function, called in inline.items():
            if function not in places or function.startswith('__'):
                places[function] = set().union(*(places.get(name, ()) for name in called))
    return places


def find_calls(files, places):
    """Whom each file calls: {file: {file: one of the functions}}."""
    calls = {}
    for name, functions in files.items():
        if name.endswith('.h'):
            continue
        calls[name] = {}
        for body in functions.values():
            for function in CALL.findall(body):
                for place in places.get(function, ()):
                    if place != name:
                        calls[name].setdefault(place, function)
    return calls


def find_circle(calls):
    """Some files of which each calls the next, and the last the first."""
    path = [next(iter(calls))]
    while True:
        following = next(name for name in calls[path[-1]] if name in calls)
        if following in path:
            return path[path.index(following):] + [following]
        path.append(following)


def main():
    """Print the layers."""
    files = read_functions()
    calls = find_calls(files, place_functions(files))
    for caller, called in UP:
        if calls.get(caller, {}).pop(called, None) is None:
            print(f'{caller} does not call {called}: no exception is needed', file=sys.stderr)
            return 1
    layers = []
    while calls:
        layer = [name for name, called in calls.items() if not called.keys() & calls.keys()]
        if not layer:
            circle = find_circle(calls)
            for caller, called in zip(circle, circle[1:]):
                print(f'{caller} calls {calls[caller][called]}() of {called}', file=sys.stderr)
            return 1
        layers.insert(0, layer)
        for name in layer:
            del calls[name]
    for number, layer in zip(range(len(layers), 0, -1), layers):
        print(f'{number:2}  {" ".join(layer)}')
    for (caller, called), reason in UP.items():
        print(f'up: {caller} to {called}: {reason}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
