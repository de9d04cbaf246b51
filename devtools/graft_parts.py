# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers
"""The parts of fastmem in a DPDK tree: library, tests, benchmark application, example.

Fills a graft_plan.Plan; every list and file of DPDK that names libraries, tests and the like
is known here. Registrations are those of DPDK's contribution guide and of recent new libraries.
"""

import glob
import os
import re

from graft_plan import MAINTAINERS_TITLE, PARTS, PlanError, TEST_FILE
from graft_plan import end_of_section, exported, first_match, section_of, version_map

# What MAINTAINERS may list, by part.
PART_OF_PATH = (
    ('lib/', 'lib'),
    ('doc/guides/prog_guide/', 'lib'),
    ('app/test/', 'test'),
    ('app/test-fastmem/', 'app'),
    ('doc/guides/tools/', 'app'),
    ('examples/', 'example'),
    ('doc/guides/sample_app_ug/', 'example'),
)
REGISTRATION = re.compile(r'^REGISTER_(FAST|PERF|STRESS|DRIVER)_TEST\(([^)]*)\)', re.M)
# Names that our tests use and that DPDK's app/test/test.h got later.
TEST_H_NAMES = (
    ('REGISTER_FAST_TEST(cmd, no_huge, asan, func)', 'REGISTER_TEST_COMMAND(cmd, func)'),
    ('REGISTER_PERF_TEST', 'REGISTER_TEST_COMMAND'),
    ('REGISTER_STRESS_TEST', 'REGISTER_TEST_COMMAND'),
)


def fill(plan, parts=PARTS, people=()):
    """Put the named parts into the plan; people: more lines for .mailmap."""
    lib_part(plan)
    if 'test' in parts:
        test_part(plan)
    if 'app' in parts:
        app_part(plan)
    if 'example' in parts:
        example_part(plan)
    # files of a part that comes later
    plan.files = {name: (content, part) for name, (content, part) in plan.files.items()
                  if part in parts}
    maintainers(plan, parts, people)


def compat_names(plan):
    """The headers that this release lacks, as our compat/meson.build says."""
    if plan.native:
        return []
    text = plan.ours.text('compat/meson.build')
    until = re.findall(r"^\s+'(\w+)': '(\d\d)\.(\d\d)',", text, re.M)
    if not until:
        raise PlanError('compat/meson.build does not say which release needs what')
    return ['eal_export'] + [name for name, year, month in until
                             if plan.version < (int(year), int(month))]


def compat_meson(plan, up):
    """Lines for a meson.build that put the headers in front of DPDK's."""
    names = compat_names(plan)
    if not names:
        return ''
    dirs = ''.join(f"        '{up}compat/{name}',\n" for name in names)
    return ('# what this release of DPDK lacks\n'
            f'includes += include_directories(\n{dirs})\n')


def add_meson(plan, source, extra, part, wanted=None):
    """Add one of our directories, with lines appended to its meson.build."""
    plan.add_dir(source, source, part, wanted)
    name = source + '/meson.build'
    if name not in plan.files:
        raise PlanError(f'our {source} has no meson.build')
    if extra:
        plan.add(name, plan.files[name][0].decode() + '\n' + extra, part)


def lib_part(plan):
    add_meson(plan, 'lib/fastmem', compat_meson(plan, ''), 'lib')
    for name in compat_names(plan):
        header = f'{name}/{name}.h'
        plan.add('lib/fastmem/compat/' + header, plan.ours.bytes('compat/' + header), 'lib')
    if not plan.native:
        sources = [content.decode() for name, (content, part) in plan.files.items()
                   if name.startswith('lib/fastmem/') and name.endswith('.c')]
        plan.add('lib/fastmem/version.map', version_map(exported(sources)), 'lib')
    plan.insert_like('lib/meson.build', "'fastmem',", r"^\s+'(gpudev|graph|gro)',", 'lib')
    guide(plan)


def guide(plan):
    plan.add('doc/guides/prog_guide/fastmem_lib.rst',
             plan.ours.bytes('doc/guides/prog_guide/fastmem_lib.rst'), 'lib')
    for image in glob.glob(plan.ours.path('doc/guides/prog_guide/img/fastmem*.svg')):
        name = os.path.relpath(image, plan.ours.top)
        plan.add(name, plan.ours.bytes(name), 'lib')
    plan.insert_like('doc/guides/prog_guide/index.rst', 'fastmem_lib', r'^\s+mempool_lib$',
                     'lib', after=True)
    plan.insert_like('doc/api/doxy-api-index.md', '[fastmem](@ref rte_fastmem.h),',
                     r'^\s+\[mempool\]', 'lib', after=True)
    plan.insert_like('doc/api/doxy-api.conf.in', '@TOPDIR@/lib/fastmem \\',
                     r'@TOPDIR@/lib/(fib|gpudev|graph|gro) ', 'lib')

    notes = glob.glob(plan.ours.path('doc/guides/rel_notes/release_*.rst'))
    item = section_of(open(notes[0], encoding='utf-8').read(), 'New Features') if notes else None
    if not item:
        raise PlanError('our doc/guides/rel_notes has no New Features')
    plan.insert('doc/guides/rel_notes/release_%02d_%02d.rst' % plan.version,
                f'\n{item}\n', end_of_section('New Features'), 'lib')


def test_part(plan):
    plan.add_dir('app/test-fastmem', 'app/test', 'test', TEST_FILE.match)
    tests = {os.path.basename(name): content.decode()
             for name, (content, part) in plan.files.items() if part == 'test'}
    if not tests:
        raise PlanError('our app/test-fastmem has no test_fastmem*.c')
    sources = sorted(name for name in tests if name.endswith('.c'))
    registered = [(kind, [arg.strip() for arg in args.split(',')])
                  for name in sources for kind, args in REGISTRATION.findall(tests[name])]

    if plan.listed_tests:
        list_tests(plan, sources, registered)
    else:
        plan.insert('app/test/meson.build',
                    ''.join(f"    '{name}': ['fastmem'],\n" for name in sources),
                    first_match(r"^    'test_fbarray.c'"), 'test')
        if compat_names(plan):
            plan.insert('app/test/meson.build',
                        compat_meson(plan, '../../lib/fastmem/') + '\n',
                        first_match(r'^source_file_deps = \{'), 'test')
    translate_tokens(plan, sources)
    complete_test_h(plan)


def list_tests(plan, sources, registered):
    """22.11 lists sources and test names in app/test/meson.build."""
    name = 'app/test/meson.build'
    for source in sources:
        plan.insert_like(name, f"'{source}',", r"^\s+'test_fbarray.c',", 'test')
    for kind, args in registered:
        test = args[0]
        if kind == 'FAST':
            flags = ', '.join('true' if arg in ('true', 'NOHUGE_OK', 'ASAN_OK') else 'false'
                              for arg in args[1:3])
            plan.insert_like(name, f"['{test}', {flags}],", r"^\s+\['fbarray_autotest'", 'test')
        elif kind == 'PERF':
            plan.insert_like(name, f"'{test}',", r"^\s+'hash_perf_autotest'", 'test')
        else:
            plan.insert(name, f"        '{test}',\n",
                        first_match(r'^extra_test_names = \[', after=True), 'test')
    dirs = ''.join(f"            '../../lib/fastmem/compat/{header}',\n"
                   for header in compat_names(plan))
    plan.insert_like(name, f'include_directories: include_directories(\n{dirs}        ),',
                     r'^\s+link_whole: link_libs,', 'test')


def translate_tokens(plan, sources):
    """Before 26.03 the tokens of REGISTER_FAST_TEST() were true and false."""
    if 'NOHUGE_OK' in ''.join(plan.lines('app/test/test.h')):
        return
    for source in sources:
        name = 'app/test/' + source
        text = plan.files[name][0].decode()
        text = re.sub(r'\b(NOHUGE|ASAN)_OK\b', 'true', text)
        plan.add(name, re.sub(r'\b(NOHUGE|ASAN)_SKIP\b', 'false', text), 'test')


def complete_test_h(plan):
    """Give an older test.h the macros it lacks."""
    name = 'app/test/test.h'
    lines = plan.lines(name)
    text = ''.join(lines)
    missing = [(macro, value) for macro, value in TEST_H_NAMES
               if not re.search(r'#define\s+' + re.escape(macro.split('(')[0]) + r'\b', text)]
    if missing:
        last = max(i for i, line in enumerate(lines) if line.startswith('#endif'))
        plan.insert(name, '/* as in later releases, for fastmem */\n' +
                    ''.join(f'#define {macro} {value}\n' for macro, value in missing) + '\n',
                    lambda lines: last, 'test')


def app_part(plan):
    """The benchmark, which shares files with the tests: in a DPDK tree these lie in app/test."""
    name = 'app/test-fastmem/meson.build'
    add_meson(plan, 'app/test-fastmem', compat_meson(plan, '../../lib/fastmem/'), 'app',
              lambda rel: not TEST_FILE.match(rel) and not rel.startswith(('fuzz/', 'kill/')))
    text = plan.files[name][0].decode()
    shared = re.sub(r"'(test_fastmem\w*\.[ch])'", r"'../test/\1'", text)
    if shared != text:
        plan.add(name, shared + "\n# shares files with dpdk-test\n"
                 "includes += include_directories('../test')\n", 'app')
    plan.insert_like('app/meson.build', "'test-fastmem',", r"^\s+'test-(fib|flow-perf)',", 'app')
    plan.add('doc/guides/tools/testfastmem.rst',
             plan.ours.bytes('doc/guides/tools/testfastmem.rst'), 'app')
    plan.insert_like('doc/guides/tools/index.rst', 'testfastmem', r'^\s+testeventdev$', 'app',
                     after=True)


def example_part(plan):
    add_meson(plan, 'examples/fastmem', compat_meson(plan, '../../lib/fastmem/'), 'example')
    plan.add('doc/guides/sample_app_ug/fastmem.rst',
             plan.ours.bytes('doc/guides/sample_app_ug/fastmem.rst'), 'example')
    plan.insert_like('examples/meson.build', "'fastmem',", r"^\s+'fips_validation',", 'example')
    plan.insert_like('doc/guides/sample_app_ug/index.rst', 'fastmem', r'^\s+flow_filtering$',
                     'example')


def maintainers(plan, parts, people):
    """Our section of MAINTAINERS with the paths that exist, and .mailmap."""
    text = plan.ours.text('MAINTAINERS') if plan.ours.has('MAINTAINERS') else ''
    match = re.search('^' + re.escape(MAINTAINERS_TITLE) + r'\n((?:\w: .*\n)+)', text, re.M)
    if match is None:
        raise PlanError(f'our MAINTAINERS has no section "{MAINTAINERS_TITLE}"')
    block = MAINTAINERS_TITLE + '\n'
    for line in match[1].splitlines():
        kind, value = line.split(': ', 1)
        if kind == 'F':
            part = next((p for prefix, p in PART_OF_PATH if value.startswith(prefix)), None)
            if part not in parts:
                continue
        block += line + '\n'
    plan.insert('MAINTAINERS', block + '\n', first_match('^Ring queue$'), 'lib')

    if plan.dpdk.has('.mailmap'):
        names = re.findall(r'^M: (.+)$', match[1], re.M) + list(people)
        for name in dict.fromkeys(names):
            mailmap(plan, name)


def mailmap(plan, name):
    lines = plan.lines('.mailmap')
    if any(line.startswith(name) or name.split('<')[-1] in line for line in lines):
        return

    def find(lines):
        return next((i for i, line in enumerate(lines)
                     if line.casefold() > name.casefold()), len(lines))
    plan.insert('.mailmap', name + '\n', find, 'lib')
