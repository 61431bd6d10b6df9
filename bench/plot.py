#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""plot.py RESULTS.md OUT.svg: the table of mechanisms in it, as bars on a logarithmic scale."""
import math
import re
import sys

HEAD = "| mechanism |"
SERIES = (("goes on to the kernel", "#2f6db5"), ("is answered", "#d9822b"))
LOW, HIGH = 0.5, 100000.0  # ns
LEFT, WIDTH, BAR, GAP = 330, 520, 13, 10


def read(path):
    """(name, (ns or None, ns or None)) of each row."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(HEAD))
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            return
        name, *cells = (c.strip() for c in line.strip("|").split("|"))
        yield name.replace("`", ""), [float(c) if c else None for c in cells[:2]]


def x(value):
    value = min(max(value, LOW), HIGH)
    return LEFT + WIDTH * math.log(value / LOW) / math.log(HIGH / LOW)


def escape(text):
    return re.sub("[&<>]", lambda m: {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[m[0]], text)


def main():
    rows = list(read(sys.argv[1]))
    out, y = [], 64
    for name, values in rows:
        bars = [(v, SERIES[i][1]) for i, v in enumerate(values) if v is not None]
        middle = y + BAR * len(bars) / 2 + 4
        out.append(f'<text x="{LEFT - 8}" y="{middle:.1f}" text-anchor="end">{escape(name)}</text>')
        for value, colour in bars:
            out.append(f'<rect x="{LEFT}" y="{y}" width="{max(x(value) - LEFT, 1):.1f}" height="{BAR - 2}" '
                       f'fill="{colour}"/>')
            out.append(f'<text x="{x(value) + 5:.1f}" y="{y + BAR - 3}" font-size="11">{value:g}</text>')
            y += BAR
        y += GAP
    grid = []
    for power in range(0, 6):
        at = x(10 ** power)
        grid.append(f'<line x1="{at:.1f}" y1="56" x2="{at:.1f}" y2="{y}" stroke="#ddd"/>')
        grid.append(f'<text x="{at:.1f}" y="{y + 16}" text-anchor="middle" font-size="11">{10 ** power:,} ns</text>')
    legend = []
    for i, (name, colour) in enumerate(SERIES):
        legend.append(f'<rect x="{LEFT + 230 * i}" y="34" width="11" height="11" fill="{colour}"/>')
        legend.append(f'<text x="{LEFT + 16 + 230 * i}" y="44">a call {name}</text>')
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}" height="{y + 30}" '
                   'font-family="sans-serif" font-size="13">\n'
                   '<title>What a system call costs more, by mechanism</title>\n'
                   '<rect width="100%" height="100%" fill="#fff"/>\n'
                   '<text x="12" y="20" font-size="15">What a getppid(2) costs more than without, nanoseconds '
                   '(logarithmic)</text>\n' + "\n".join(legend + grid + out) + "\n</svg>\n")


main()
