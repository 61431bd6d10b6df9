#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""suites.py [--layers=NAMES] [--table=FILE] DIR SUITE [UNIT...]: a program's own tests under elfpatch run, with the
results that they have without.

SUITE is a name below suites/; its sources are fetched, unpacked and built in DIR. A test whose result differs is run again,
with its unit, directly and under the layer: tests that look at a clock fail by chance on a busy machine. What differs three
times is a difference.
"""
import argparse
import collections
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD", os.path.join(HERE, "../../build"))
LAYERS = {name: [f"--layer={BUILD}/layers/{name}.img", "--output=/dev/null"] for name in ("trace", "count")}
LAYERS["native"] = []
AGAIN = 3


class Suite:
    def __init__(self, name, directory, units):
        self.name, self.directory = name, os.path.join(directory, name)
        self.script = [os.path.join(HERE, "suites/suite.sh"), name]
        self.prepare(directory)
        self.units = units or self.output("units").split()
        self.known = self.output("known").split()

    def output(self, *arguments):
        command = [*self.script, *arguments]
        return subprocess.run(command, cwd=self.directory, stdout=subprocess.PIPE, check=True, text=True).stdout

    def prepare(self, directory):
        done = os.path.join(directory, self.name + ".done")
        if os.path.exists(done):
            return
        os.makedirs(directory, exist_ok=True)
        source = subprocess.run([*self.script, "package"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
        if source and not os.path.exists(self.directory):
            subprocess.run([os.path.join(HERE, "fetch-source.sh"), self.directory, source], check=True)
        os.makedirs(self.directory, exist_ok=True)
        subprocess.run([*self.script, "prepare"], cwd=self.directory, stdout=sys.stderr, check=True)
        open(done, "w").close()

    def results(self, layer, units):
        """{(unit, test, which of that name): result}"""
        command = [*self.script, "check", *units]
        if layer:
            command = ["elfpatch", "run", *LAYERS[layer], "--", *command]
        log = os.path.join(self.directory, f"{layer or 'directly'}.log")
        with open(log, "a") as errors:
            p = subprocess.run(
                command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
            )
        found, seen = {}, collections.Counter()
        for line in p.stdout.decode(errors="replace").split("\n"):
            if line.count("\t") < 2:
                continue
            unit, test, result = line.split("\t", 2)
            seen[unit, test] += 1
            found[unit, test, seen[unit, test]] = result
        return found


def differing(a, b):
    return {key for key in a.keys() | b.keys() if a.get(key) != b.get(key)}


def compare(suite, layer, direct):
    """How many tests there are, and how many differ in the first run only, as is known, and in each."""
    under = suite.results(layer, suite.units)
    first = differing(direct, under)
    known = {key for key in first if key[0] in suite.known}
    first -= known
    different = first
    for _ in range(AGAIN):
        if not different:
            break
        units = [unit for unit in suite.units if unit in {key[0] for key in different}] or suite.units
        mine = suite.results(None, units)
        different &= differing(mine, suite.results(layer, units))
    for key in sorted(different):
        print(f"{suite.name}, {layer}: {key[0]}: {key[1]}: {under.get(key)}; directly: {direct.get(key)}")
    for key in sorted(first - different):
        print(f"{suite.name}, {layer}: by chance: {key[0]}: {key[1]}", file=sys.stderr)
    return len(first - different), len(known), len(different)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", default="native,trace,count")
    parser.add_argument("--table")
    parser.add_argument("directory")
    parser.add_argument("suite")
    parser.add_argument("units", nargs="*")
    a = parser.parse_args()
    suite = Suite(a.suite, os.path.abspath(a.directory), a.units)
    direct = suite.results(None, suite.units)
    if not direct:
        sys.exit(f"{a.suite}: no test has been run")
    good = sum(result.lower().startswith(("pass", "ok", "xfail", "4294967295 0")) for result in direct.values())
    bad = 0
    for layer in a.layers.split(","):
        chance, known, different = compare(suite, layer, direct)
        bad += different
        row = f"| {a.suite} | {layer} | {len(direct)} | {good} | {chance} | {known} | {different} |"
        print(row)
        if a.table:
            with open(a.table, "a") as table:
                print(row, file=table)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
