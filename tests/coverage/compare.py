#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""compare.py [--run] trace|count LOG SAID IMAGE PROGRAM...: whether a layer has seen what strace has.

LOG is of `strace -f -i -o LOG` over programs under the layer IMAGE, in the same run in which the layer wrote SAID.
What the layer and the runtime of the rewritten PROGRAM... call themselves is told by its address. Under trace, each
thread must have made the same calls in the same order, with the same results; under count, all together as many of each,
and as many that failed. syslayer-trace(7), CAVEATS, says what is left out here.
"""
import collections
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from own_calls import own_offsets, own_places  # noqa: E402

TABLE = os.path.join(os.path.dirname(__file__), "../../include/syslayer/syscalls-x86_64.tbl")
STRACE = re.compile(r"(\d+) +\[([0-9a-f?]+)\] (.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\w+|\?)(.*)", re.S)
# Calls that a layer makes for the program, in its place.
BIRTHS = {"fork", "vfork", "clone", "clone3"}
EXECS = {"execve", "execveat"}
# Under elfpatch run, as a file may have to be freed from its mount (init.c).
FILES = set(
    "truncate rename creat unlink chmod chown lchown utime utimes fchownat unlinkat renameat fchmodat utimensat"
    " renameat2".split()
)
IN_PLACE = BIRTHS | EXECS | FILES | {"rt_sigaction", "close_range"}
VDSO = {"clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu"}
ENDS = {"exit", "exit_group"}


class Call:
    def __init__(self, name, result, line=0, thread=False):
        self.name, self.result, self.line = name, result, line
        # It makes a thread of this process.
        self.thread = thread
        # A signal came; a handler of one returned.
        self.signal = self.returned = False

    def __str__(self):
        return f"{self.name}={self.result}"


class Thread:
    def __init__(self):
        self.calls, self.begun, self.interrupted, self.unfinished = [], None, [], []
        self.killed = False
        # Where the layer has asked for the number of the process: at the end of it, before it takes a table.
        self.asked = 0


class Places:
    """Where the layer and the runtimes make calls of their own."""

    def __init__(self, log, image, programs):
        self.places = own_places([image, *programs])
        self.image, self.size = own_offsets(image), os.path.getsize(image)
        # Where images were, which the calls in their slots tell: another's place may be one of a program's in its page.
        self.bases = set()
        with open(TABLE) as file:
            numbers = {words[1]: int(words[0]) for words in map(str.split, file) if words and words[0].isdigit()}
        with open(log, errors="replace") as file:
            for line in file:
                m = re.match(r"\d+ +\[([0-9a-f]+)\] (\w+)\(", line)
                base = int(m[1], 16) - 64 * numbers[m[2]] - 2 if m and m[2] in numbers else 1
                if base & 0xFFF == 0:
                    self.bases.add(base)

    def __contains__(self, pc):
        for base in self.bases:
            if 0 <= pc - base < self.size:
                return pc - base in self.image
        return pc & 0xFFF in self.places


def read_strace(path, places):
    threads = collections.defaultdict(Thread)
    with open(path, errors="replace") as file:
        for at, line in enumerate(file):
            m = STRACE.match(line)
            if not m:
                continue
            t = threads[int(m[1])]
            t.line = at
            pc, text = m[2], m[3]
            resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)", text, re.S)
            if text.startswith("+++ killed by"):
                t.killed = True
            if text.startswith("---") and t.calls:
                t.calls[-1].signal = True
            if text.startswith(("+++", "---")):
                continue
            if resumed:
                # The pid changes to the leader's when another thread makes an exec.
                text = (t.begun or resumed[1] + "(") + resumed[2]
                pc = t.begun_at if t.begun else pc
                t.begun = None
            elif text.endswith("<unfinished ...>"):
                t.begun, t.begun_at = text.removesuffix("<unfinished ...>"), pc
                continue
            m = CALL.match(text)
            if m:
                one_call(t, pc, m, places)
    return threads


def one_call(t, pc, m, places):
    name, result, rest = m[1], m[3], m[4]
    own = pc[0] != "?" and int(pc, 16) in places
    if name == "execve" and result == "0":
        t.calls.append(Call(name, result, t.line))
        t.interrupted = []
        return
    if own and name == "getpid":
        t.asked = t.line
    # The second half of one around the layer's output.
    if own and (name not in IN_PLACE or m[2].startswith(("769,", "4294967295,"))):
        return
    # Whether an exec would succeed, the layer asks (AT_EXECVE_CHECK).
    if own and name == "execveat" and "0x10000" in m[2]:
        return
    if name in ("rt_sigreturn", "rt_sigaction", "restart_syscall"):
        returned(t, name, result, rest)
        return
    if pc[0] == "7" and name in VDSO and not own and len(pc) == 16 and pc.startswith("00007ff"):
        return
    if result == "?" and "ERESTART" in rest:
        t.interrupted.append((name, rest))
        return
    if t.interrupted and t.interrupted[-1][0] == name:
        t.interrupted.pop()
    if result == "?" and name not in ENDS:
        t.unfinished.append(name)
        return
    t.calls.append(Call(name, result, t.line, name in BIRTHS and "CLONE_THREAD" in m[2]))


def only_program(threads, first):
    """What elfpatch run has started, from the exec that did so on; the first one of all was its own."""
    execs = [i for i, call in enumerate(threads[first].calls) if call.name == "execve" and call.result == "0"]
    threads[first].calls = threads[first].calls[execs[1] :]
    kept, new = {}, [first]
    while new:
        tid = new.pop()
        if tid in kept or tid not in threads:
            continue
        kept[tid] = threads[tid]
        new += [int(call.result) for call in kept[tid].calls if call.name in BIRTHS and call.result.isdigit()]
    return kept


def returned(t, name, result, rest):
    """An interrupted call ends where its handler does, or where it is taken up again."""
    if name == "rt_sigreturn" and t.calls:
        t.calls[-1].returned = True
    if not t.interrupted or name == "rt_sigaction":
        return
    call, _ = t.interrupted[-1]
    if name == "rt_sigreturn" and not (result == "-1" and "EINTR" in rest):
        return
    t.interrupted.pop()
    t.calls.append(Call(call, result))


def read_trace(path):
    threads = collections.defaultdict(list)
    with open(path, errors="replace") as file:
        for line in file:
            tid, _, text = line.partition(" ")
            m = CALL.match(text.strip())
            if m and m[1] != "rt_sigaction":
                threads[int(tid)].append(Call(m[1], m[3]))
    return threads


def read_tables(path):
    calls, errors = collections.Counter(), collections.Counter()
    with open(path) as file:
        for words in map(str.split, file):
            if len(words) in (2, 3, 4) and words[0].isdigit() and words[-1] not in ("total", "rt_sigaction"):
                calls[words[-1]] += int(words[0])
                errors[words[-1]] += int(words[1]) if len(words) > 2 else 0
    return calls, errors


def compare_counts(threads, said):
    calls, errors = collections.Counter(), collections.Counter()
    for t in threads.values():
        calls.update(call.name for call in t.calls)
        calls.update(t.unfinished)
        errors.update(call.name for call in t.calls if call.result == "-1")
    # The first exec comes before the layer.
    calls["execve"] -= 1
    early, late = at_the_end(threads)
    # What does not come back is not counted, unless a layer in C looks at it before.
    for t in threads.values():
        late.update(t.unfinished)
    bad = 0
    for name in sorted(calls.keys() | said[0].keys()):
        more = said[0][name] - calls[name]
        fewer = errors[name] - said[1][name]
        if 0 < more <= early:
            early -= more
        elif more > 0 or -more > late[name] or (name not in IN_PLACE and not 0 <= fewer <= late[name]):
            bad += 1
            print(f"{name}: {calls[name]} calls, {errors[name]} errors; counted: {said[0][name]}, {said[1][name]}")
    return bad, sum(calls.values())


def is_ended(thread):
    """Whether the end of the process, by another thread, was that of this one."""
    return not thread.calls or thread.calls[-1].name not in ENDS


def processes(threads):
    """The thread that began the process of each."""
    began = {}
    for tid, t in threads.items():
        began.update((int(call.result), tid) for call in t.calls if call.thread and call.result.isdigit())
    process = {}
    for tid in threads:
        first = tid
        while began.get(first, first) != first:
            first = began[first]
        process[tid] = first
    return process


def at_the_end(threads):
    """Of threads that another ended: those that may have counted a call and not made it; calls after the table."""
    late = collections.Counter()
    process = processes(threads)
    tables = {}
    for tid, t in threads.items():
        if t.asked and t.calls and t.calls[-1].name == "exit_group":
            tables[process[tid]] = min(t.asked, tables.get(process[tid], t.asked))
    for tid, t in threads.items():
        table = tables.get(process[tid])
        if not table:
            continue
        if t.asked == table:
            # A signal's handler came while the table was written.
            late.update(call.name for call in t.calls if call.line > table and call.name not in ENDS)
            continue
        before = sum(call.line <= table for call in t.calls)
        # The last one before may have come back and not be counted yet.
        first = before - 1 if before and t.calls[before - 1].name not in ENDS else before
        late.update(call.name for call in t.calls[first:])
    return sum(map(is_ended, threads.values())), late


def alike(seen, said):
    # What shares its memory with a child, or what stays in its place: not known how it ends.
    return seen.name == said.name and (
        "?" in (said.result, seen.result) or number(seen.result) == number(said.result)
    )


def in_order(seen, said):
    """A signal that comes at the end of a call has its handler's calls in the trace before it."""
    seen = list(seen)
    for i, mine in enumerate(said):
        if i < len(seen) and seen[i].signal and not alike(seen[i], mine):
            for k in range(i + 1, min(len(seen), len(said))):
                if seen[k].returned and alike(seen[i], said[k]) and all(map(alike, seen[i + 1 : k + 1], said[i:k])):
                    seen[i : k + 1] = seen[i + 1 : k + 1] + [seen[i]]
                    break
    return seen


def number(result):
    return int(result, 16) if re.fullmatch(r"0x[0-9a-f]+", result) else result


def compare_traces(threads, first, said, untraced):
    bad = total = 0
    for tid in sorted(threads.keys() | said.keys()):
        # With that flag of clone(2) there is nothing in strace's log.
        if untraced and tid not in threads:
            continue
        seen, t = threads[tid].calls, threads[tid]
        mine = said.get(tid, [])
        # The first exec comes before the layer.
        if tid == first and seen and seen[0].name == "execve":
            seen = seen[1:]
        total += len(mine)
        if t.killed:
            seen = seen[: len(mine)]
        seen = in_order(seen, mine)
        if is_ended(t):
            # Its last call is over, but has no line; or it has one, made before it, but did not come about.
            if len(seen) == len(mine) + 1:
                seen = seen[:-1]
            elif mine and mine[-1].name in ENDS | BIRTHS and len(seen) == len(mine) - 1:
                mine = mine[:-1]
        if len(seen) == len(mine) and all(map(alike, seen, mine)):
            continue
        bad += 1
        at = next((i for i, (a, b) in enumerate(zip(seen, mine)) if not alike(a, b)), min(len(seen), len(mine)))
        print(f"{tid}: {len(seen)} calls, {len(mine)} in the trace; from the {at}th on:")
        print("  strace:", *map(str, seen[max(0, at - 2) : at + 4]))
        print("  trace: ", *map(str, mine[max(0, at - 2) : at + 4]))
    return bad, total


def main():
    arguments = sys.argv[1:]
    run = arguments[0] == "--run"
    mode, log, said, image, *programs = arguments[run:]
    threads = read_strace(log, Places(log, image, programs))
    first = next(iter(threads), None)
    if run:
        threads = only_program(threads, first)
    if mode == "trace":
        bad, total = compare_traces(threads, first, read_trace(said), "CLONE_UNTRACED" in open(log, errors="replace").read())
    else:
        bad, total = compare_counts(threads, read_tables(said))
    print(f"{total} calls of {len(threads)} threads")
    return bad != 0 or not total


if __name__ == "__main__":
    sys.exit(main())
