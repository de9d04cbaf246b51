# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
"""Put fastmem into a DPDK source tree, bring it up to date there, or take it out again.

Plans everything first and writes only when nothing is in the way; what was written is
remembered in a file of the tree, so that changes made by others are never overwritten.
"""

import argparse
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys

import graft_parts
from graft_plan import PARTS, Plan, PlanError, Tree

STATE_NAME = '.fastmem-graft'
HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def digest(content):
    return hashlib.sha256(content).hexdigest()


class State:
    """What was put into a tree: files by digest, inserted blocks by file.

    In a git tree it is kept in the git directory, so that it is never committed.
    """

    def __init__(self, tree):
        self.path = self._where(tree)
        self.files = {}
        self.blocks = {}
        if os.path.exists(self.path):
            with open(self.path, encoding='utf-8') as f:
                data = json.load(f)
            self.files = data['files']
            self.blocks = data['blocks']

    @staticmethod
    def _where(tree):
        if os.path.lexists(tree.path('.git')):
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                out = subprocess.run(['git', '-C', tree.top, 'rev-parse', '--absolute-git-dir'],
                                     check=True, capture_output=True, text=True).stdout
                return os.path.join(out.rstrip('\n'), STATE_NAME[1:] + '.json')
        return tree.path(STATE_NAME)

    def content(self):
        return json.dumps({'files': self.files, 'blocks': self.blocks}, indent=1).encode()


class Graft:
    """One run on one tree: self.new maps a path to its content, None to remove it."""

    def __init__(self, top, force):
        self.tree = Tree(top)
        self.state = State(self.tree)
        self.force = force
        self.new = {}
        self.problems = []

    def base_lines(self, name):
        """The lines of one of DPDK's files without what was inserted before."""
        text = self.tree.text(name)
        for block in self.state.blocks.get(name, []):
            if text.count(block) == 1:
                text = text.replace(block, '', 1)
            elif block in text:
                self.problems.append(f'{name}: found several times, so cannot be removed:\n'
                                     f'{block.rstrip()}')
        return text.splitlines(keepends=True)

    def write(self, name, content):
        """Plan to write, or with None to remove, a file that only we may have changed."""
        old = self.tree.bytes(name) if self.tree.has(name) else None
        if old == content:
            return
        if old is not None and digest(old) != self.state.files.get(name) and not self.force:
            if name in self.state.files:
                self.problems.append(f'{name}: was changed after it was put there')
            else:
                self.problems.append(f'{name}: exists and is not ours')
            return
        self.new[name] = content

    def insert(self, insertions):
        """Plan the changes of DPDK's files; with no insertions the old ones are removed."""
        by_name = {name: [] for name in self.state.blocks if self.tree.has(name)}
        for ins in insertions:
            by_name.setdefault(ins.path, []).append(ins)
        for name, todo in by_name.items():
            text = self.tree.text(name)
            lines = self.base_lines(name)
            if any('fastmem' in line for line in lines):
                # without our state it may still be our work: a clone of a tree, say
                if name in self.state.blocks or any(text.count(i.block) != 1 for i in todo):
                    self.problems.append(f'{name}: says something of fastmem that is not ours')
                continue
            for pos in sorted({ins.pos for ins in todo}, reverse=True):
                lines[pos:pos] = [ins.block for ins in todo if ins.pos == pos]
            content = ''.join(lines).encode()
            if content != text.encode():
                self.new[name] = content

    def apply(self, state_content):
        """Write all or nothing: new files beside the old ones, then renamed."""
        self.new[self.state.path] = state_content
        made, renamed, dirs = [], [], []
        try:
            for name, content in self.new.items():
                path = self.tree.path(name)
                if content is not None:
                    dirs += make_dirs(os.path.dirname(path))
                    with open(path + '.fastmem-new', 'wb') as f:
                        made.append(f.name)
                        f.write(content)
                    if os.path.exists(path):
                        os.chmod(f.name, os.stat(path).st_mode & 0o7777)
            for name, content in self.new.items():
                path = self.tree.path(name)
                old = self.tree.bytes(name) if os.path.exists(path) else None
                if content is not None:
                    os.replace(path + '.fastmem-new', path)
                elif old is not None:
                    os.unlink(path)
                renamed.append((path, old))
        except BaseException:
            roll_back(made, renamed, dirs)
            raise
        # those of the state, too: an earlier run may have been killed before it came here
        for name in [*self.new, *self.state.files]:
            if not self.tree.has(name):
                remove_empty_dirs(os.path.dirname(self.tree.path(name)), self.tree.top)


@contextlib.contextmanager
def uninterrupted():
    """Let signals wait that would end this program."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK,
                                 {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def make_dirs(path):
    """As os.makedirs(), and returns what it made, innermost last."""
    made = []
    while path and not os.path.isdir(path):
        made.insert(0, path)
        path = os.path.dirname(path)
    for path in made:
        os.mkdir(path)
    return made


def roll_back(made, renamed, dirs):
    for path, old in reversed(renamed):
        if old is not None:
            with open(path, 'wb') as f:
                f.write(old)
        elif os.path.exists(path):
            os.unlink(path)
    for path in made:
        if os.path.exists(path):
            os.unlink(path)
    for path in reversed(dirs):
        with contextlib.suppress(OSError):
            os.rmdir(path)


def remove_empty_dirs(path, top):
    while path != top:
        if os.path.isdir(path):
            if os.listdir(path):
                return
            os.rmdir(path)
        path = os.path.dirname(path)


def put_in(graft, parts, people):
    plan = Plan(Tree(HOME), graft.tree, graft.base_lines)
    graft_parts.fill(plan, parts, people)
    graft.problems += plan.problems
    for name in sorted(set(graft.state.files) - set(plan.files)):
        graft.write(name, None)
    for name, (content, part) in plan.files.items():
        graft.write(name, content)
    graft.insert(plan.insertions)
    graft.state.files = {name: digest(content) for name, (content, part) in plan.files.items()}
    graft.state.blocks = {}
    for ins in plan.insertions:
        graft.state.blocks.setdefault(ins.path, []).append(ins.block)
    return graft.state.content(), plan


def take_out(graft):
    if not graft.state.files:
        raise PlanError(f'{graft.tree.top}: nothing was put in here, or not by this script')
    for name in graft.state.files:
        graft.write(name, None)
    graft.insert([])
    return None


def parse_args():
    parser = argparse.ArgumentParser(
        prog='graft.sh', description='Put fastmem into a DPDK source tree (22.11 or newer).',
        epilog='Nothing is changed unless everything can be. Run it again to update.')
    parser.add_argument('dpdk_dir', metavar='DPDK_DIR', help='a git tree or an unpacked tarball')
    parser.add_argument('--undo', action='store_true', help='take it out again')
    parser.add_argument('--force', action='store_true',
                        help='overwrite, or with --undo remove, files changed since')
    parser.add_argument('-n', '--dry-run', action='store_true', help='only say what would be done')
    parser.add_argument('--parts', default=','.join(PARTS),
                        help='put in these only (default: %(default)s)')
    parser.add_argument('--mailmap', action='append', default=[], metavar='"NAME <EMAIL>"',
                        help='add a person to .mailmap')
    args = parser.parse_args()
    args.parts = args.parts.split(',')
    if not set(args.parts) <= set(PARTS) or 'lib' not in args.parts:
        parser.error(f'--parts: lib, and any of {", ".join(PARTS[1:])}')
    return args


def main():
    args = parse_args()
    top = os.path.realpath(args.dpdk_dir)
    if not os.path.isdir(top):
        raise PlanError(f'{args.dpdk_dir} is not a directory')
    graft = Graft(top, args.force)
    plan = None
    if args.undo:
        state_content = take_out(graft)
    else:
        state_content, plan = put_in(graft, args.parts, args.mailmap)
    if graft.problems:
        raise PlanError('\n  '.join([f'{top}: nothing was changed, because of'] + graft.problems))
    nb_new = len(graft.new)
    for name in sorted(graft.new):
        if args.dry_run:
            print(('remove ' if graft.new[name] is None else 'write  ') + name)
    if args.dry_run:
        return
    with uninterrupted():
        graft.apply(state_content)
    if args.undo:
        print(f'{top}: fastmem is out again ({nb_new} files)')
    else:
        release = '%02d.%02d' % plan.version
        print(f'{top}: fastmem is in DPDK {release} ({nb_new} files written, '
              f'{len(plan.files)} ours, {len(graft.state.blocks)} of DPDK\'s changed)')


if __name__ == '__main__':
    try:
        main()
    except (PlanError, OSError) as err:
        sys.exit(f'graft.sh: {err}')
    except KeyboardInterrupt:
        sys.exit(130)
