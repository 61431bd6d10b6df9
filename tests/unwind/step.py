# SPDX-License-Identifier: BSD-2-Clause
"""For gdb: steps through functions of `step`, and compares the callers at each instruction with those at its start.

STEP_AT: where to begin, names or *addresses, in the order in which they are called. Says of each how many
instructions there were, and how many of them outside of the file's own code; or what is wrong.
"""
import os
import gdb

SAVED = ("rbx", "rbp", "rsp", "r12", "r13", "r14", "r15")


def callers():
    """What a debugger shows of each frame but the first: its pc, and what its registers are."""
    frame, found = gdb.newest_frame().older(), []
    while frame is not None:
        found.append((frame.pc(), [int(frame.read_register(r)) for r in SAVED]))
        frame = frame.older()
    return found


def added_ranges():
    """Where the section and the added segment are, in memory."""
    files = gdb.execute("info files", to_string=True).split("\n")
    words = [line.split() for line in files if line.endswith((" is .syslayer", " is .syscalls"))]
    return [(int(w[0], 16), int(w[2], 16)) for w in words]


def step_through(name):
    must = callers()
    count = added = 0
    while True:
        gdb.execute("stepi", to_string=True)
        frame = gdb.newest_frame()
        if frame.pc() == must[0][0]:
            break
        count += 1
        are = callers()
        # Nothing, or the site's function, or that and the gate's trampoline, comes between.
        if are[-len(must):] != must or len(are) - len(must) > 2:
            print(f"{name}: wrong at instruction {count}, {frame.pc():#x}: {are}, must end with {must}")
            return
        added += any(start <= frame.pc() < end for start, end in ranges)
    print(f"{name}: {count} instructions, {added} added, {len(must)} callers")


gdb.execute("set pagination off")
gdb.execute("set confirm off")
places = os.environ["STEP_AT"].split()
for place in places:
    gdb.execute(f"tbreak {place}", to_string=True)
gdb.execute("run", to_string=True)
ranges = added_ranges()
for place in places:
    step_through(place)
    if place != places[-1]:
        gdb.execute("continue", to_string=True)
gdb.execute("kill", to_string=True)
