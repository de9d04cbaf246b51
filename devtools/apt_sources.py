#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
"""Read where apt gets Debian's packages from, for scripts that need other packages of it.

usage: apt_sources.py src        entries for source packages of this release, as a .sources file
       apt_sources.py mirror     the address of the archive, as debootstrap wants it

Understands one-line (.list) and deb822 (.sources) entries. Changes nothing.
"""

import glob
import os
import re
import subprocess
import sys

OPTIONS = {'signed-by': 'Signed-By', 'trusted': 'Trusted',
           'check-valid-until': 'Check-Valid-Until', 'check-date': 'Check-Date',
           'allow-insecure': 'Allow-Insecure'}


def apt_paths():
    out = subprocess.run(['apt-config', 'shell', 'LIST', 'Dir::Etc::sourcelist/f',
                          'PARTS', 'Dir::Etc::sourceparts/d'],
                         check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"(\w+)='(.*)'", out))


def one_line_entries(text):
    """Entries like `deb [signed-by=/x] http://host/debian bookworm main`, as dicts."""
    for line in text.splitlines():
        match = re.match(r'\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)([^#]*)', line)
        if match is None:
            continue
        entry = {'URIs': match[2], 'Suites': match[3], 'Components': match[4].strip()}
        for option in (match[1] or '').split():
            name, _, value = option.partition('=')
            if name.lower() in OPTIONS:
                entry[OPTIONS[name.lower()]] = value
        yield entry


def deb822_entries(text):
    """Stanzas of fields; a field goes on in lines that begin with a blank."""
    text = re.sub(r'^#.*\n', '', text, flags=re.M)
    for stanza in re.split(r'\n\s*\n', text):
        fields = {name.title(): value.strip() for name, value in
                  re.findall(r'^([\w-]+):(.*(?:\n[ \t].*)*)', stanza, re.M)}
        if 'deb' not in fields.get('Types', '').split() or \
                fields.get('Enabled', 'yes').lower() in ('no', 'false', '0'):
            continue
        entry = {'URIs': fields.get('Uris', ''), 'Suites': fields.get('Suites', ''),
                 'Components': fields.get('Components', '')}
        entry.update({name: fields[name.title()] for name in OPTIONS.values()
                      if name.title() in fields})
        yield entry


def entries():
    paths = apt_paths()
    names = [paths['LIST']] + sorted(glob.glob(os.path.join(paths['PARTS'], '*')))
    for name in names:
        if not os.path.isfile(name):
            continue
        with open(name, encoding='utf-8') as f:
            text = f.read()
        if name.endswith('.list'):
            yield from one_line_entries(text)
        elif name.endswith('.sources'):
            yield from deb822_entries(text)


def codename():
    with open('/etc/os-release', encoding='utf-8') as f:
        match = re.search(r'^VERSION_CODENAME=(\w+)', f.read(), re.M)
    return match[1] if match else 'sid'


def debian_entries():
    """Only Debian's own: of this release and its updates, or the archives' own names."""
    suite = re.compile(rf'({codename()}|(old)*stable|testing|unstable|sid)([-/].*)?$')
    for entry in entries():
        suites = [s for s in entry['Suites'].split() if suite.match(s)]
        uris = [u for u in entry['URIs'].split() if re.match(r'(https?|file|ftp):', u)]
        if suites and uris and 'main' in entry['Components'].split():
            yield {**entry, 'Suites': ' '.join(suites), 'URIs': ' '.join(uris),
                   'Components': 'main'}


def print_src():
    for entry in debian_entries():
        print('Types: deb-src')
        for name, value in entry.items():
            print(f'{name}: {value}')
        print()


def print_mirror():
    for entry in debian_entries():
        # not updates or security, which are no complete archives
        if any(re.match(r'\w+$', s) for s in entry['Suites'].split()):
            print(entry['URIs'].split()[0])
            return
    sys.exit('apt_sources.py: apt is not told of any archive of Debian')


if __name__ == '__main__':
    if sys.argv[1:] == ['src']:
        print_src()
    elif sys.argv[1:] == ['mirror']:
        print_mirror()
    else:
        sys.exit(__doc__)
