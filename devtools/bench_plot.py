#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The fastmem developers

"""Writes a data file and a gnuplot script per plot from a results.json, and runs gnuplot.

usage: bench_plot.py DIRECTORY
"""

import json
import os
import subprocess
import sys

# Title, colour, dash type, point type and line width of each allocator, in the order of the legend.
STYLE = {
    'fastmem': ('fastmem', '#d62728', 1, 7, 2),
    'fastmem_sized': ('fastmem, sized free', '#ff7f0e', 2, 5, 2),
    'fastmem_handle': ('fastmem, handle', '#e377c2', 4, 9, 2),
    'mempool_ring': ('rte_mempool, ring', '#1f77b4', 1, 6, 2),
    'mempool_stack': ('rte_mempool, stack', '#17becf', 2, 4, 2),
    'mempool_lf_stack': ('rte_mempool, lf_stack', '#2ca02c', 4, 8, 2),
    'rte_malloc': ('rte_malloc', '#7f7f7f', 1, 10, 2),
    'libc': ('libc malloc', '#000000', 2, 12, 2),
    'floor': ('floor: no allocator', '#b0b0b0', 1, 0, 1),
}
FIVE = ['fastmem', 'mempool_ring', 'mempool_stack', 'mempool_lf_stack', 'rte_malloc', 'libc']
USES = FIVE[:1] + ['fastmem_sized', 'fastmem_handle'] + FIVE[1:] + ['floor']

SIZE_AXIS = ('set logscale x 2; set xlabel "object size, bytes"; set xtics ("8" 8, "16" 16, "32" 32, '
             '"64" 64, "128" 128, "256" 256, "512" 512, "1K" 1024, "2K" 2048, "4K" 4096, "8K" 8192, '
             '"64K" 65536, "1M" 1048576)')
CYCLES = 'set logscale y 10; set ylabel "TSC cycles per object"'

# name, title, axes, which records, what is x, allocators
PLOTS = [
    ('tight', 'One object allocated, written, freed', SIZE_AXIS + '; ' + CYCLES,
     {'case': 'tight'}, 'size', USES),
    ('batch', '256 objects allocated, then freed in order', SIZE_AXIS + '; ' + CYCLES,
     {'case': 'batch'}, 'size', USES),
    ('random', '2048 objects allocated, then freed in random order', SIZE_AXIS + '; ' + CYCLES,
     {'case': 'random'}, 'size', USES),
    ('random_bulk', '2048 objects allocated 32 at once, freed 32 at once in random order',
     SIZE_AXIS + '; ' + CYCLES, {'case': 'random_bulk'}, 'size', USES),
    ('bulk', 'Bulk allocation and free of 256-byte objects, each written',
     'set logscale x 2; set xtics (4, 8, 32, 256); set xlabel "objects a call"; ' + CYCLES,
     {'case': 'bulk', 'size': 256}, 'n', USES),
    ('bulk_ptrs', 'Bulk allocation and free of 256-byte objects, pointers only',
     'set logscale x 2; set xtics (4, 8, 32, 256); set xlabel "objects a call"; ' + CYCLES,
     {'case': 'bulk_ptrs', 'size': 256}, 'n', USES),
    ('mixed', 'Live set of mixed sizes, 16 to 2048 bytes, a random object replaced',
     'set logscale x 10; set xtics (1000, 20000); set xlabel "live objects"; ' + CYCLES,
     {'case': 'mixed'}, 'n', USES),
    ('chase', 'Following links through the first line of 1024 objects',
     SIZE_AXIS + '; set ylabel "TSC cycles per load"; set yrange [0:]',
     {'case': 'chase'}, 'size', FIVE + ['floor']),
    ('pipeline', 'Allocated on one lcore, freed on another, a ring between',
     SIZE_AXIS + '; ' + CYCLES, {'case': 'pipeline'}, 'size', USES),
    ('latency', 'Latency of one free and allocation, mixed sizes, one lcore',
     'set xlabel "percentile"; set logscale y 10; set ylabel "TSC cycles"',
     {'case': 'latency', 'n': 1000}, 'metric', FIVE + ['floor']),
    ('latency_many', 'Latency of one free and allocation, mixed sizes, 8 lcores',
     'set xlabel "percentile"; set logscale y 10; set ylabel "TSC cycles"',
     {'case': 'latency_many'}, 'metric', FIVE),
    ('self', 'Each lcore allocates 2048 objects of 256 bytes and frees them',
     'set xlabel "lcores"; set logscale y 10; set ylabel "million objects a second"',
     {'case': 'self', 'n': 2048, 'metric': ''}, 'lcores', FIVE),
    ('self_worst', 'Each lcore allocates 2048 objects and frees them: the worst time it took',
     'set xlabel "lcores"; set logscale y 10; set ylabel "milliseconds"',
     {'case': 'self', 'n': 2048, 'metric': 'worst'}, 'lcores', FIVE),
    ('pairs', 'Half of the lcores allocate, the others free (256 bytes)',
     'set xlabel "lcores"; set logscale y 10; set ylabel "million objects a second"',
     {'case': 'pairs', 'metric': ''}, 'lcores', FIVE),
    ('growth', 'A random one of n live objects of 64 bytes replaced',
     'set logscale x 10; set xlabel "live objects"; set format x "10^{%L}"; ' + CYCLES,
     {'case': 'growth', 'metric': 'replace'}, 'n', FIVE),
    ('growth_fill', 'n objects of 64 bytes allocated, then freed',
     'set logscale x 10; set xlabel "live objects"; set format x "10^{%L}"; ' + CYCLES,
     {'case': 'growth', 'metric': 'fill+drain'}, 'n', FIVE),
    ('memory', 'Memory from EAL (or the kernel) for live objects', None,
     {'case': 'payload', 'metric': 'all'}, 'size', FIVE),
]

COMMON = '''set encoding utf8
set key outside right top vertical Left reverse samplen 3 spacing 1.2
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
'''

TERMINALS = (
    ('svg', 'svg size 960,540 dynamic font "DejaVu Sans,13" background rgb "white"'),
    ('png', 'pngcairo size 1200,675 font "DejaVu Sans,13" background rgb "white"'),
)


def matches(record, wanted):
    return all(record[k] == v for k, v in wanted.items())


def table_of(records, wanted, x_of, allocators):
    """The x values in order of appearance; per allocator, x -> (median, q1, q3)."""
    xs, table = [], {}
    for r in records:
        if not matches(r, wanted) or r['allocator'] not in allocators or r['median'] is None:
            continue
        x = r[x_of]
        if x not in xs:
            xs.append(x)
        table.setdefault(r['allocator'], {})[x] = (r['median'], r['q1'], r['q3'])
    return xs, table


def write_data(path, xs, table, names):
    """A line per x: its label, then median, q1, q3 of each allocator."""
    with open(path, 'w', encoding='utf-8') as f:
        f.write('# x, then median q1 q3 of: ' + ' '.join(names) + '\n')
        for x in xs:
            label = f'"{x}"' if isinstance(x, str) else str(x)
            cells = [str(c) for n in names for c in table[n].get(x, ('?', '?', '?'))]
            f.write(label + ' ' + ' '.join(cells) + '\n')


def lines(data, names, xs):
    """The plot command of lines with error bars from quartile to quartile."""
    labels = isinstance(xs[0], str)
    limits = '[-.3:]' if labels else f'[{min(xs) / 1.2}:{max(xs) * 1.2}]'
    parts = []
    for i, name in enumerate(names):
        title, colour, dash, point, width = STYLE[name]
        col = 2 + 3 * i
        x = '0' if labels else '1'
        look = f'lc rgb "{colour}" dt {dash} pt {point} lw {width} ps 1.1'
        using = f'{x}:{col}:{col + 1}:{col + 2}' + (':xtic(1)' if labels else '')
        parts.append(f'"{data}" using {using} with yerrorlines {look} title "{title}" noenhanced')
    return f'set datafile missing "?"\nset xrange {limits}\nplot ' + ', \\\n  '.join(parts)


def bars(data, names, labels):
    """The plot command of groups of bars."""
    ticks = ', '.join(f'"{text}" {i}' for i, text in enumerate(labels))
    parts = []
    for i, name in enumerate(names):
        title, colour = STYLE[name][:2]
        parts.append(f'"{data}" using {2 + 3 * i} lc rgb "{colour}" title "{title}" noenhanced')
    return (f'set style data histograms\nset style histogram clustered gap 1\n'
            f'set style fill solid .8 border -1\nset datafile missing "?"\n'
            f'set xtics ({ticks})\nset yrange [0:]\n'
            f'set ylabel "bytes taken / bytes asked for"\nplot ' + ', \\\n  '.join(parts))


def subtitle(results):
    mode = results['eal']['mode']
    return (f"{results['machine']['cpu']}, DPDK {results['dpdk'].replace('DPDK ', '')}, "
            f"{'NO HUGEPAGES' if mode == 'no-huge' else mode}, "
            f"IOVA as {results['eal']['iova']}")


def script_of(plot, results, xs, names, data, payload):
    _, title, axes = plot[:3]
    head = COMMON + f'set title "{title}\\n{subtitle(results)}" noenhanced\n'
    if axes is None:
        labels = [f'{payload[x]:,} × {x:,.0f} B' for x in xs]
        return head + bars(data, names, labels) + '\n'
    return head + axes.replace('; ', '\n') + '\n' + lines(data, names, xs) + '\n'


def draw(plot, results, out):
    """Draws one plot; False if the run has no records for it."""
    name, _, _, wanted, x_of, allocators = plot
    records = results['records']
    xs, table = table_of(records, wanted, x_of, allocators)
    names = [a for a in allocators if a in table]
    if not xs or not names:
        return False
    payload = {r['size']: r['n'] for r in records if matches(r, wanted)}
    data = os.path.join(out, 'plots', name + '.dat')
    script = os.path.join(out, 'plots', name + '.gp')
    write_data(data, xs, table, names)
    with open(script, 'w', encoding='utf-8') as f:
        f.write(script_of(plot, results, xs, names, data, payload))
    for suffix, terminal in TERMINALS:
        picture = os.path.join(out, f'{name}.{suffix}')
        subprocess.run(['gnuplot', '-e', f'set terminal {terminal}; set output "{picture}"', script],
                       check=True)
    return True


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = sys.argv[1]
    with open(os.path.join(out, 'results.json'), encoding='utf-8') as f:
        results = json.load(f)
    os.makedirs(os.path.join(out, 'plots'), exist_ok=True)
    drawn = [p[0] for p in PLOTS if draw(p, results, out)]
    print(f'{out}: {len(drawn)} plots as SVG and PNG: {" ".join(drawn)}')
    if not drawn:
        sys.exit('nothing to draw')


main()
