#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""two-jumps.py FILE OUTPUT: what the way there and back costs by itself.

FILE is a rewritten program. In OUTPUT its trampolines have the instruction itself in place of the way to the section: a call
is a jump to the trampoline, syscall, and a jump back, with neither frame nor stub.
"""
import re
import shutil
import struct
import sys

# lea -(128 + 8)(%rsp), %rsp; lea BACK(%rip), %rcx; mov %rcx, (%rsp); jmp SLOT
TO_SECTION = re.compile(rb"\x48\x8d\xa4\x24\x78\xff\xff\xff\x48\x8d\x0d(....)\x48\x89\x0c\x24\xe9....", re.S)
AFTER_LEA, AFTER_JUMP = 15, 7


def direct(match):
    back = struct.unpack("<i", match[1])[0] + AFTER_LEA - AFTER_JUMP
    return (b"\x0f\x05\xe9" + struct.pack("<i", back)).ljust(len(match[0]), b"\xcc")


def main():
    source, output = sys.argv[1:]
    with open(source, "rb") as file:
        data, count = TO_SECTION.subn(direct, file.read())
    if not count:
        sys.exit(f"{source}: no trampoline")
    with open(output, "wb") as file:
        file.write(data)
    shutil.copymode(source, output)


main()
