# SPDX-License-Identifier: BSD-2-Clause
"""sweep.py [--table FILE] PATH...: every ELF file with sites below the paths: rewritten, verified, restored.

Each rewritten site is looked up in an independent disassembly, that of objdump: there must be a syscall
instruction, wherever a symbol says which function it is in, and what was replaced must begin and end where
instructions do. Functions with symbols must have no syscall instruction that the table of sites does not have. Fill
that a site jumps to must be padding for objdump, too, and in no function with a symbol.
"""
import argparse
import bisect
import collections
import filecmp
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

LINE = re.compile(rb"^ *([0-9a-f]+):\t(?:lock |rex[.A-Z]* |data16 |cs |ds )*(\(bad\)|[a-z0-9]+) *(.*)")
# Lines to where fill is, at most: as many instructions as 160 bytes can be, and labels.
NEAR = "200"


def run(*command):
    return subprocess.run(command, capture_output=True, check=False)


def symbols(file):
    """Functions, as sorted lists of starts and ends, of both symbol tables."""
    found = {}
    out = run("readelf", "--wide", "--syms", file).stdout.decode(errors="replace")
    for line in out.splitlines():
        f = line.split()
        if len(f) >= 8 and f[3] in ("FUNC", "IFUNC") and f[6] != "UND":
            start, size = int(f[1], 16), int(f[2], 0)
            if size:
                found[start] = max(size, found.get(start, 0))
    starts = sorted(found)
    return starts, [s + found[s] for s in starts]


def inside(functions, address):
    starts, ends = functions
    i = bisect.bisect_right(starts, address) - 1
    return starts[i] if i >= 0 and address < ends[i] else None


def disassemble(file):
    """Addresses of syscall instructions, and of all instructions near them: whether they are padding."""
    boundaries, syscalls = {}, set()
    with subprocess.Popen(["objdump", "-d", "-w", "--no-show-raw-insn", file], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as objdump:
        out = subprocess.run(["grep", "-F", "-B", NEAR, "-A", NEAR, "syscall"], stdin=objdump.stdout,
                             capture_output=True, check=False)
    for m in filter(None, map(LINE.match, out.stdout.splitlines())):
        padding = m[2].startswith(b"nop") or m[2] == b"int3" or m.group(2, 3) == (b"xchg", b"%ax,%ax")
        boundaries[int(m[1], 16)] = padding
        if m[2] == b"syscall":
            syscalls.add(int(m[1], 16))
    return boundaries, syscalls


def whole(site, boundaries):
    """Whether what was replaced begins and ends where instructions do; padding may be left out by objdump."""
    end = site["start"] + site["length"]
    ends = end in boundaries or not any(a in boundaries for a in range(end + 1, end + 16))
    # A range goes on to the call that stays, over what is left of the moves (x86_64-range.c).
    return site["start"] in boundaries and (ends or site["tactic"] == "range")


def check_fill(site, functions, boundaries):
    """What is wrong with the bytes that a site has taken of what lies between functions, or None."""
    start, end = site["fill"]["start"], site["fill"]["start"] + site["fill"]["length"]
    if inside(functions, start) is not None or inside(functions, end - 1) is not None:
        return "a function has it"
    if start not in boundaries or end not in boundaries:
        return "no whole instructions"
    if not all(boundaries[a] for a in range(start, end) if a in boundaries):
        return "no padding"
    return None


def check(file, sites, result):
    """Counts the rewritten sites that were looked up, and those that objdump sees without the help of symbols."""
    errors = result["errors"]
    functions = symbols(file)
    known = {s["address"] for s in sites}
    routed = [s for s in sites if s["tactic"] != "left"]
    boundaries, syscalls = disassemble(file) if routed else ({}, set())
    for s in routed:
        covered = inside(functions, s["address"]) is not None
        if s["address"] not in syscalls:
            # Decoded from the start of the section on: that is in step nearly everywhere.
            if covered:
                errors.append(f"0x{s['address']:x}: no syscall instruction for objdump")
            else:
                result["unseen"].append(s["address"])
            continue
        result["checked" if covered else "seen"] += 1
        if "fill" in s:
            result["fills"] += 1
            wrong = check_fill(s, functions, boundaries)
            if wrong:
                errors.append(f"0x{s['address']:x}: fill at 0x{s['fill']['start']:x}: {wrong}")
        if not whole(s, boundaries):
            errors.append(f"0x{s['address']:x}: {s['length']} bytes from 0x{s['start']:x} are no whole instructions")
    for address in sorted(syscalls - known):
        if inside(functions, address) is not None:
            errors.append(f"0x{address:x}: a syscall instruction that was not found")


def sweep(file, directory, can_restore):
    """Returns a dictionary: errors, checked, tactics, reasons, growth."""
    errors = []
    out = os.path.join(directory, f"{os.getpid()}-{abs(hash(file)):x}")
    r = run("elfpatch", "rewrite", "-o", out, file)
    result = {"file": file, "errors": errors, "checked": 0, "seen": 0, "fills": 0, "unseen": [],
              "tactics": {}, "reasons": {}, "size": 0, "growth": 0}
    if r.returncode:
        errors.append(f"rewrite: {r.stderr.decode(errors='replace').strip()}")
        return result
    try:
        r = run("elfpatch", "verify", "-q", out)
        if r.returncode:
            errors.append(f"verify: {r.stderr.decode(errors='replace').strip()}")
        r = run("elfpatch", "inspect", "--sites", "--json", out)
        sites = json.loads(r.stdout)[0]["site"]
        result["tactics"] = collections.Counter(s["tactic"] for s in sites)
        result["reasons"] = collections.Counter(s["reason"] for s in sites if s["tactic"] == "left")
        result["size"] = os.path.getsize(file)
        result["growth"] = os.path.getsize(out) - result["size"]
        check(file, sites, result)
        if can_restore:
            r = run("elfpatch", "restore", "-i", out)
            if r.returncode or not filecmp.cmp(file, out, shallow=False):
                errors.append(f"restore: not the same file {r.stderr.decode(errors='replace').strip()}")
    finally:
        os.unlink(out)
    return result


def table(results, summary, restored, write):
    total, left = collections.Counter(), collections.Counter()
    for r in results:
        total.update(r["tactics"])
        left.update(r["reasons"])
    rewritten = sum(n for t, n in total.items() if t != "left")
    files = sum(n for k, n in summary.items() if k != "sites")
    write("<!-- SPDX-License-Identifier: BSD-2-Clause -->")
    write("# Figures of the last run of the sweep\n")
    write("`SWEEP=DIR make check-long`, over /usr of a Debian 12 and the packages in DIR, which")
    write("`tests/long/fetch-packages.sh DIR` has put there.\n")
    write("| files | |\n| --- | ---: |")
    write(f"| looked at | {files} |")
    write(f"| ELF programs and libraries for x86-64 | {files - summary['not ELF'] - summary['other ELF']} |")
    write(f"| with sites, rewritten and verified{', restored to the byte' if restored else ''} | {len(results)} |")
    write(f"| with an error | {sum(1 for r in results if r['errors'])} |\n")
    write("| sites | | of all |\n| --- | ---: | ---: |")
    everything = rewritten + sum(left.values())
    write(f"| found | {everything} | |")
    for tactic, n in sorted(total.items(), key=lambda x: -x[1]):
        if tactic != "left":
            write(f"| rewritten: {tactic} | {n} | {100 * n / everything:.2f} % |")
    for reason, n in left.most_common():
        write(f"| left: {reason} | {n} | {100 * n / everything:.2f} % |")
    checked = sum(r["checked"] for r in results)
    seen, unseen = (sum(r["seen"] for r in results), sum(len(r["unseen"]) for r in results))
    write(f"| rewritten, in functions with symbols: all are what objdump says | {checked} | |")
    write(f"| rewritten, elsewhere: objdump, from the start of the section, sees them too | {seen} | |")
    write(f"| and does not, being out of step there | {unseen} | |")
    write(f"| of these jump to fill that is padding for objdump, too | {sum(r['fills'] for r in results)} | |\n")
    growth = sorted(100 * r["growth"] / r["size"] for r in results if r["size"])
    if growth:
        write(f"A file grows by {growth[len(growth) // 2]:.1f} % (median), {growth[-1]:.1f} % at most.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--table")
    parser.add_argument("paths", nargs="+")
    args = parser.parse_args()
    listing = run("elfpatch", "rewrite", "--json", "--dry-run", "--hardlinks=relink", "-ri", *args.paths)
    if listing.returncode:
        sys.exit(f"elfpatch rewrite -r: exit {listing.returncode}: {listing.stderr.decode(errors='replace')}")
    listing = json.loads(listing.stdout)
    files = [f["file"] for f in listing["files"] if f["result"] == "would be rewritten" and os.path.exists(f["file"])]
    if not files:
        sys.exit("no file with sites")
    can_restore = b"\n  restore" in run("elfpatch", "--help").stdout
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda f: sweep(f, directory, can_restore), files))
    with open(args.table, "w", encoding="utf-8") if args.table else sys.stdout as out:
        table(results, listing["summary"], can_restore, lambda line: print(line, file=out))
    bad = [r for r in results if r["errors"]]
    for r in bad:
        for error in r["errors"][:10]:
            print(f"{r['file']}: {error}", file=sys.stderr)
    for r in results:
        if r["unseen"]:
            print(f"{r['file']}: not seen by objdump: {', '.join(hex(a) for a in r['unseen'][:10])}")
    sys.exit(1 if bad else 0)


main()
