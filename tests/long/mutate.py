#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# mutate.py [--elfpatch=PROGRAM] [--count=N] [--seed=N] [--keep=DIR] [--table=FILE] FILE...: real programs and
# libraries, damaged, go through the tool itself. It may refuse them. None crashes it or makes it wait, none is
# destroyed: after rewrite --in-place a file is the damaged one or one that verify has nothing against, and
# that restore gives back byte for byte.
import argparse
import collections
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

# For a loaded machine; see "the slowest" in the table for what it takes.
SLOW = 20
VALUES = [0, 1, 2, 7, 8, 0x10, 0x38, 0x40, 0x7F, 0x80, 0xFF, 0x1000, 0xFFF, 0x200000, 0x7FFF, 0xFFFF, 1 << 31,
          (1 << 31) - 1, (1 << 32) - 1, 1 << 46, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 4096]


class Program:
    """Where the bytes are that a reader of the file looks at."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as f:
            self.bytes = f.read()
        b = self.bytes
        e_phoff, e_shoff = struct.unpack_from("<QQ", b, 32)
        e_phnum, _, e_shnum = struct.unpack_from("<HHH", b, 56)
        self.regions = [("ELF header", 0, 64, 8), ("program headers", e_phoff, 56 * e_phnum, 8)]
        if e_shnum:
            self.regions.append(("section headers", e_shoff, 64 * e_shnum, 8))
        for i in range(e_phnum):
            kind, flags, offset, _, _, size = struct.unpack_from("<IIQQQQ", b, e_phoff + 56 * i)
            name = {2: ".dynamic", 4: "notes", 0x6474E550: ".eh_frame_hdr"}.get(kind)
            if kind == 1 and flags & 1:
                name = "code"
            if name and size:
                self.regions.append((name, offset, size, 1 if name == "code" else 4))
        names = {2: ".symtab", 3: "names", 4: "relocations", 11: ".dynsym"}
        for i in range(e_shnum):
            name, kind, _, _, offset, size = struct.unpack_from("<IIQQQQ", b, e_shoff + 64 * i)
            if kind in names and size:
                self.regions.append((names[kind], offset, size, 4))
        eh = b.find(b"\x01zR\x00")
        if eh > 0:
            self.regions.append((".eh_frame", eh - 8, min(1 << 16, len(b) - eh), 4))
        # Sites: what stands around them is what is decided about.
        self.sites, at = [], b.find(b"\x0f\x05")
        while at >= 0:
            self.sites.append(at)
            at = b.find(b"\x0f\x05", at + 1)
        self.regions = [r for r in self.regions if r[1] + r[2] <= len(b)]

    def damaged(self, r):
        b = bytearray(self.bytes)
        name, offset, size, step = r.choice(self.regions)
        if self.sites and r.random() < 0.2:
            name, offset, size, step = "sites", max(0, r.choice(self.sites) - 16), 40, 1
        for _ in range(r.choice((1, 1, 1, 2, 4, 16))):
            at = offset + r.randrange(size) // step * step
            how = r.randrange(6)
            if how == 0:
                b[at] ^= 1 << r.randrange(8)
            elif how == 1:
                b[at] = r.randrange(256)
            elif how == 2:
                width = r.choice((1, 2, 4, 8))
                value = r.choice(VALUES + [len(b), len(b) - 1, at, offset])
                field = struct.pack("<Q", value & (1 << 64) - 1)[:width]
                b[at:at + width] = field[:max(0, len(b) - at)]
            elif how == 3:
                length = min(r.choice((2, 4, 8, 24, 56, 64)), len(b) - at)
                start = offset + r.randrange(size) // step * step
                piece = b[start:start + length]
                b[at:at + len(piece)] = piece
            elif how == 4 and at + 8 <= len(b):
                value, = struct.unpack_from("<Q", b, at)
                struct.pack_into("<Q", b, at, value + r.choice((-4096, -64, -1, 1, 64, 4096)) & (1 << 64) - 1)
            else:
                length = min(r.choice((1, 4, 16, 64)), len(b) - at)
                b[at:at + length] = bytes(length)
        if r.random() < 0.05:
            name = "truncated"
            del b[r.randrange(len(b)):]
        elif r.random() < 0.05:
            name = "with a payload"
            b += bytes(r.randrange(256) for _ in range(r.randrange(1, 5000)))
        return name, bytes(b)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--elfpatch", default="elfpatch")
    p.add_argument("--count", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--keep", help="directory for the files with which something is wrong")
    p.add_argument("--table", help="a table of the figures, in Markdown")
    p.add_argument("files", nargs="+")
    options = p.parse_args()
    programs = [Program(f) for f in options.files]
    r = random.Random(options.seed)
    counts, where, wrong, slowest = collections.Counter(), collections.Counter(), 0, 0.0

    with tempfile.TemporaryDirectory() as directory:
        file, back = os.path.join(directory, "file"), os.path.join(directory, "back")

        def tool(*arguments):
            nonlocal slowest
            start = time.monotonic()
            try:
                done = subprocess.run([options.elfpatch, *arguments], capture_output=True, timeout=SLOW)
            except subprocess.TimeoutExpired:
                return None, "takes more than %d s" % SLOW
            slowest = max(slowest, time.monotonic() - start)
            return done.returncode, done.stderr.decode(errors="replace").strip()

        for number in range(options.count):
            program = r.choice(programs)
            name, damaged = program.damaged(r)
            where[name] += 1
            with open(file, "wb") as f:
                f.write(damaged)

            def complain(what):
                nonlocal wrong
                wrong += 1
                print("%d: %s, %s: %s" % (number, program.path, name, what), flush=True)
                if options.keep:
                    os.makedirs(options.keep, exist_ok=True)
                    with open(os.path.join(options.keep, "%d-%d" % (options.seed, number)), "wb") as f:
                        f.write(damaged)

            for verb in (("inspect", "--sites"), ("verify", "-q")):
                status, text = tool(*verb, file)
                if status not in (0, 1, 2, 3):
                    complain("%s: status %s: %s" % (verb[0], status, text))
            status, text = tool("rewrite", "-q", "-i", file)
            with open(file, "rb") as f:
                now = f.read()
            if status not in (0, 1, 2, 3) or (status and not text):
                complain("rewrite: status %s: %s" % (status, text))
            if now == damaged:
                counts["refused" if status else "nothing to do"] += 1
                continue
            counts["rewritten"] += 1
            if status:
                complain("rewrite: status %s, and the file is another" % status)
            status, text = tool("verify", file)
            if status:
                complain("verify of what rewrite made: %s" % text)
            status, text = tool("restore", "-o", back, file)
            if status:
                complain("restore: status %s: %s" % (status, text))
                continue
            with open(back, "rb") as f:
                if f.read() != damaged:
                    complain("restore gave back something else")
            os.remove(back)
        if len(os.listdir(directory)) > 1:
            wrong += 1
            print("temporary files were left: %s" % os.listdir(directory))

    rows = [("damaged files", options.count), ("of so many programs and libraries", len(programs)),
            ("rewritten, verified, given back byte for byte", counts["rewritten"]),
            ("nothing to rewrite left", counts["nothing to do"]), ("refused", counts["refused"]),
            ("with an error", wrong)]
    rows += [("damaged: " + name, n) for name, n in where.most_common()]
    table = "| files | |\n| --- | ---: |\n" + "".join("| %s | %d |\n" % row for row in rows)
    print(table, end="")
    print("the slowest: %.2f s" % slowest)
    if options.table:
        with open(options.table, "w") as f:
            f.write(table)
    return wrong > 0


sys.exit(main())
