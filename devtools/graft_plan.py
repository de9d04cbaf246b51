# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
"""What fastmem puts into a DPDK tree, and where.

Owns the knowledge of DPDK trees, from 22.11 on: the files that are added and the lines that
are inserted into DPDK's own files. Reads both trees, writes nothing; graft.py applies a plan.
"""

import os
import re
from collections import namedtuple

# The parts in the order in which they can be sent: each builds on its predecessors only.
PARTS = ('lib', 'test', 'app', 'example')

SUFFIXES = ('.c', '.h', '.pml', '.build', '.rst', '.svg', '.py', 'Makefile')
# An application of DPDK's app/test and our benchmark share files: they live in app/test.
TEST_FILE = re.compile(r'test_fastmem\w*\.[ch]$')
MAINTAINERS_TITLE = 'Fastmem - EXPERIMENTAL'


class PlanError(Exception):
    """The tree is not one that fastmem can be put into; the message says why."""


# block: the text to insert; pos: the number of the line that it is inserted before
Insertion = namedtuple('Insertion', 'path block pos part')


class Tree:
    """A DPDK source tree, or our own."""

    def __init__(self, top):
        self.top = top

    def path(self, name):
        return os.path.join(self.top, name)

    def has(self, name):
        return os.path.lexists(self.path(name))

    def bytes(self, name):
        with open(self.path(name), 'rb') as f:
            return f.read()

    def text(self, name):
        return self.bytes(name).decode('utf-8')


def dpdk_version(tree):
    """(year, month) of a DPDK tree."""
    for name in ('VERSION', 'meson.build', 'lib/meson.build', 'lib/eal/meson.build',
                 'app/test/meson.build', 'MAINTAINERS'):
        if not tree.has(name):
            raise PlanError(f'{tree.top} is not a DPDK source tree: it has no {name}')
    if not re.search(r"project\('DPDK'", tree.text('meson.build'), re.I):
        raise PlanError(f'{tree.top} is not a DPDK source tree: see its meson.build')
    match = re.match(r'(\d\d)\.(\d\d)\b', tree.text('VERSION'))
    if match is None:
        raise PlanError(f'{tree.top}/VERSION names no release of DPDK')
    version = int(match[1]), int(match[2])
    if version < (22, 11):
        raise PlanError(f'DPDK {match[0]} is too old: fastmem needs 22.11 or newer')
    return version


class Plan:
    """files: name -> (content, part); insertions: in order; problems: why it can't be done."""

    def __init__(self, ours, dpdk, lines_of=None):
        self.ours = ours
        self.dpdk = dpdk
        self.version = dpdk_version(dpdk)
        self.native = dpdk.has('lib/eal/common/eal_export.h')
        self.listed_tests = 'source_file_deps' not in dpdk.text('app/test/meson.build')
        self.files = {}
        self.insertions = []
        self.problems = []
        self._lines_of = lines_of or (lambda name: dpdk.text(name).splitlines(keepends=True))
        self._lines = {}

    def lines(self, name):
        if name not in self._lines:
            self._lines[name] = self._lines_of(name)
        return self._lines[name]

    # files

    def add(self, name, content, part):
        if isinstance(content, str):
            content = content.encode()
        self.files[name] = (content, part)

    def add_dir(self, source, target, part, wanted=None):
        """Add the files below one of our directories whose names are wanted (a function)."""
        top = self.ours.path(source)
        for where, dirs, names in os.walk(top):
            dirs[:] = sorted(d for d in dirs if not d.startswith('.') and d != 'build')
            for name in sorted(names):
                if name.startswith('.') or not name.endswith(SUFFIXES):
                    continue
                rel = os.path.relpath(os.path.join(where, name), top)
                if wanted is None or wanted(rel):
                    self.add(os.path.join(target, rel),
                             self.ours.bytes(os.path.join(source, rel)), part)

    # insertions

    def insert(self, name, block, finder, part):
        """Insert block where finder, a function of the lines of the file, says."""
        if not self.dpdk.has(name):
            self.problems.append(f'{name}: no such file')
            return
        pos = finder(self.lines(name))
        if pos is None:
            self.problems.append(f'{name}: found no place for\n{block.rstrip()}')
        else:
            self.insertions.append(Insertion(name, block, pos, part))

    def insert_like(self, name, text, pattern, part, after=False):
        """Insert a line with the indentation of the first one that matches pattern."""
        indent = ''

        def find(lines):
            nonlocal indent
            for i, line in enumerate(lines):
                if re.search(pattern, line):
                    indent = re.match(r'\s*', line)[0]
                    return i + (1 if after else 0)
            return None

        pos = find(self.lines(name)) if self.dpdk.has(name) else None
        self.insert(name, indent + text + '\n', lambda lines: pos, part)


def first_match(pattern, after=False):
    def find(lines):
        for i, line in enumerate(lines):
            if re.search(pattern, line):
                return i + (1 if after else 0)
        return None
    return find


def section_of(text, title):
    """The lines below a title and its underline, up to the next underlined title."""
    lines = text.splitlines(keepends=True)
    start = next((i + 2 for i, line in enumerate(lines) if line.strip() == title), None)
    if start is None:
        return None
    end = section_end(lines, start)
    return ''.join(lines[start:end]).strip('\n')


def section_end(lines, start):
    for i in range(start, len(lines) - 1):
        if re.match(r'(-{4,}|={4,})\n', lines[i + 1]) and re.match(r'\w', lines[i]):
            return i
    return len(lines)


def end_of_section(title):
    """Behind the last line of text in a section of a release note."""
    def find(lines):
        start = next((i for i, line in enumerate(lines) if line.rstrip() == title), None)
        if start is None:
            return None
        end = section_end(lines, start + 2)
        while lines[end - 1].strip() == '':
            end -= 1
        return end
    return find


def exported(sources):
    """The symbols that the export macros in sources name, as DPDK's gen-version-map.py."""
    pattern = re.compile(r'^RTE_EXPORT_(EXPERIMENTAL|INTERNAL|)_?SYMBOL\((\w+)', re.M)
    return sorted((kind or 'STABLE', name) for text in sources
                  for kind, name in pattern.findall(text))


def version_map(symbols):
    """lib/fastmem/version.map for releases that do not generate it."""
    nodes = []
    for node in ('EXPERIMENTAL', 'INTERNAL'):
        names = [name for kind, name in symbols if kind == node]
        if names:
            # the checks of a tree want a release, which is that of the macros
            added = '\t# added in 26.11\n' if node == 'EXPERIMENTAL' else ''
            nodes.append(node + ' {\n\tglobal:\n\n' + added +
                         ''.join(f'\t{name};\n' for name in names) +
                         ('\n\tlocal: *;\n' if not nodes else '') + '};\n')
    if any(kind == 'STABLE' for kind, name in symbols) or not nodes:
        raise PlanError('lib/fastmem exports nothing, or something that is not experimental')
    return '\n'.join(nodes)
