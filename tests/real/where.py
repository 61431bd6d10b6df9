#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""where.py LOG TABLES IMAGE PROGRAM...: where the calls in a log of `strace -f -i -o LOG` were made.

LOG is of rewritten programs under the counting layer IMAGE, TABLES what that said. Every call must have been made in
the section, in a trampoline, by the runtime, or at a site of which `elfpatch inspect --sites` says that it was
left; and those that are not the runtime's or the layer's own must be those that the layer counted, number by number.
A process that executes none of PROGRAM... is not looked at from there on.
"""
import collections
import json
import os
import re
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from own_calls import own_places  # noqa: E402

# The pid, the address behind the instruction, and the call or the rest of one that others came between.
LINE = re.compile(r"(\d+) +\[([0-9a-f?]+)\] (?:<\.\.\. (\w+) resumed>|(\w+)\(|\+\+\+ (?=killed by SIGKILL))(.*)")
MAKES = ("fork", "vfork", "clone", "clone3")
SLOTS = 512 * 64


class Program:
    """The places of a rewritten program from which calls may come, as in the file."""

    def __init__(self, path):
        words = ["elfpatch", "inspect", "--sites", "--json", path]
        facts = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)[0]
        self.section = range(facts["address"], facts["address"] + facts["size"])
        self.left = {s["address"] + 2 for s in facts["site"] if s["tactic"] == "left"}
        # The layer was asked, and the call was made where it stood.
        self.asked = {s["address"] + 2 for s in facts["site"] if s["tactic"] == "range"}
        with open(path, "rb") as file:
            self.data = file.read()
        offset, address = next((o, a) for kind, o, a, _ in self.headers() if kind == 4 and self.is_note(o))
        # struct syslayer_added
        block = struct.unpack_from("<II8xII", self.data, offset + 132)
        self.runtime = self.calls(address + block[0], block[1])
        self.trampolines = self.calls(address + block[2], block[3])

    def headers(self):
        start, = struct.unpack_from("<Q", self.data, 32)
        count, = struct.unpack_from("<H", self.data, 56)
        for i in range(count):
            kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", self.data, start + 56 * i)
            yield kind, offset, address, size

    def is_note(self, offset):
        return self.data[offset + 12 : offset + 21] == b"Syslayer\0"

    def calls(self, address, size):
        """Addresses behind what looks like a system call there."""
        offset = next(o + address - a for kind, o, a, s in self.headers() if kind == 1 and a <= address < a + s)
        code = self.data[offset : offset + size]
        return {address + m.end() for m in re.finditer(b"\x0f\x05", code)}


class Process:
    """What a process executes, and by how much it was moved."""

    def __init__(self, program=None):
        self.program, self.bias = program, None
        self.where, self.interrupted = None, []
        self.calls = collections.Counter()

    def child(self, thread):
        copy = Process(self.program)
        if thread:
            copy.calls = self.calls
        copy.bias = self.bias
        return copy


def place(process, pc, name, own):
    program = process.program
    if process.bias is None:
        # The first call of a program is the runtime's.
        process.bias = next((pc - a for a in program.runtime if (pc - a) % 4096 == 0), None)
        if process.bias is None:
            return "before the runtime"
    address = pc - process.bias
    if address in program.runtime:
        return "runtime"
    if address in program.section:
        behind = address >= program.section.start + SLOTS
        return "layer" if behind and address & 0xFFF in own else "section"
    if address in program.trampolines or address in program.asked:
        return "trampoline"
    # What the vDSO cannot answer it asks the kernel; its code is no file's.
    if pc >> 40 == 0x7F and name in ("clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu"):
        return "vdso"
    return "left" if address in program.left else "elsewhere"


def read_lines(path):
    """(pid, pc, name, rest, resumed); the rest of a call that is resumed has its beginning, too."""
    begun = {}
    with open(path, errors="replace") as file:
        for m in filter(None, map(LINE.match, file)):
            pid, pc, resumed, name, rest = m.groups()
            if resumed:
                rest = begun.pop(pid, "") + rest
            elif rest.endswith("<unfinished ...>"):
                begun[pid] = rest.removesuffix("<unfinished ...>")
            yield pid, pc, resumed or name, rest, bool(resumed)


def read_log(path, programs, own):
    lines = list(read_lines(path))
    # A child may be heard of before the call that makes it is done.
    made = {}
    for pid, _, name, rest, _ in lines:
        result = re.search(r" = (\d+)$", rest)
        if name in MAKES and result:
            made[result[1]] = (pid, "CLONE_THREAD" in rest)
    processes, places, calls = {}, collections.Counter(), collections.Counter()
    for pid, pc, name, rest, resumed in lines:
        if pid not in processes:
            maker, thread = made.get(pid, (None, False))
            processes[pid] = processes[maker].child(thread) if maker in processes else Process()
        process = processes[pid]
        if rest.startswith("killed"):
            # It told nothing.
            process.calls.clear()
            continue
        if process.program and not resumed:
            # At the end of a process there is no pc to be had any more.
            where = process.where = "section" if pc[0] == "?" else place(process, int(pc, 16), name, own)
            places[where] += 1
            if where in ("before the runtime", "elsewhere"):
                print(f"{where}: {pid} [{pc}] {name}({rest}")
            if where in ("section", "trampoline") and name != "restart_syscall":
                if process.interrupted and process.interrupted[-1] == name:
                    process.interrupted.pop()
                else:
                    process.calls[name] += 1
        # An interrupted call is made again, as the one that it was, unless the handler's end says otherwise.
        if process.program and "? ERESTART" in rest and "RESTARTBLOCK" not in rest:
            process.interrupted.append(name)
        if process.interrupted and name == "rt_sigreturn" and "-1 EINTR" in rest:
            process.interrupted.pop()
        if name == "execve" and rest.endswith(" = 0"):
            # What was counted is told at execve, when the layer knows of that.
            if process.where != "left":
                calls += process.calls
            process.calls.clear()
            file = re.match(r'"([^"]*)"', rest)[1]
            program = process.program if file == "/proc/self/exe" else programs.get(os.path.realpath(file))
            processes[pid] = Process(program)
    # Threads share what they called.
    for shared in {id(p.calls): p.calls for p in processes.values()}.values():
        calls += shared
    return places, calls


def read_tables(path):
    counted = collections.Counter()
    with open(path) as file:
        for words in map(str.split, file):
            if len(words) in (2, 3) and words[0].isdigit() and words[-1] != "total":
                counted[words[-1]] += int(words[0])
    return counted


def main():
    programs = {os.path.realpath(p): Program(p) for p in sys.argv[4:]}
    places, calls = read_log(sys.argv[1], programs, own_places(sys.argv[3:4]))
    counted = calls if sys.argv[2] == "/dev/null" else read_tables(sys.argv[2])
    bad = places["before the runtime"] + places["elsewhere"]
    for name in sorted(calls.keys() | counted.keys()):
        # The layer answers rt_sigaction by calls of its own, and its handler ends with rt_sigreturn.
        if calls[name] != counted[name] and name not in ("rt_sigaction", "rt_sigreturn"):
            print(f"{name}: {calls[name]} made, {counted[name]} counted")
            bad += 1
    print(*(f"{places[p]} {p}" for p in ("section", "trampoline", "left", "vdso", "runtime", "layer")), sep=", ")
    return bad != 0 or not places["section"]


if __name__ == "__main__":
    sys.exit(main())
