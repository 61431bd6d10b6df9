# SPDX-License-Identifier: BSD-2-Clause
# large.py DIRECTORY: programs of a megabyte, each made so that a reader which looks at things for other things
# would take hours: tables that overlap, and all that is many.
import os
import struct
import sys

MEGABYTE = 1 << 20
BASE = 0x400000
LOAD, DYNAMIC, NOTE = 1, 2, 4
PROGBITS, SYMTAB, STRTAB = 1, 2, 3
ALLOC, EXEC = 2, 4


def phdr(kind, flags, offset, size, address=None, memory=None):
    address = BASE + offset if address is None else address
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, size, memory or size, 4096)


def shdr(name, kind, flags, offset, size, link=0, entry=0):
    address = BASE + offset if flags & ALLOC else 0
    return struct.pack("<IIQQQQIIQQ", name, kind, flags, address, offset, size, link, 0, 1, entry)


def write(name, body, sections=(), segments=(), names=b"\0.text\0.eh_frame\0.shstrtab\0"):
    """body begins at 4096, in one executable segment; sections: functions of its offset, or bytes."""
    at = 4096
    data = at + len(body)
    table = (data + len(names) + 7) & ~7
    ph = [phdr(LOAD, 5, 0, data), phdr(LOAD, 6, 0, 0, BASE + (data + 8191 & ~4095), 4096), *segments]
    where = 64
    if len(ph) > 70:
        where = table + 64 * (len(sections) + 2 if sections else 0)
    out = bytearray(struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, BASE + at, where, table if sections else 0,
        0, 64, 56, len(ph), 64, len(sections) + 2 if sections else 0, len(sections) + 1 if sections else 0))
    if where == 64:
        out += b"".join(ph)
    out = out.ljust(at, b"\0") + body + names
    out = out.ljust(table, b"\0")
    if sections:
        out += bytes(64) + b"".join(sections) + shdr(17, STRTAB, 0, data, len(names))
    if where != 64:
        out += b"".join(ph)
    with open(os.path.join(sys.argv[1], name), "wb") as f:
        f.write(out)


half = MEGABYTE // 2
sections = half // 64
call = b"\xb8\x27\0\0\0\x0f\x05"  # mov $39, %eax; syscall
code = call * (half // len(call))
text = shdr(1, PROGBITS, ALLOC | EXEC, 4096, len(code))

write("sites-alone", b"\x0f\x05" * half)
write("sites", call * (MEGABYTE // len(call)))
write("text-many-times", code, [text] * sections)
write("text-in-steps", code, [shdr(1, PROGBITS, ALLOC | EXEC, 4096 + i, len(code) - i) for i in range(sections)])
write("text-in-pieces", code, [shdr(1, PROGBITS, ALLOC | EXEC, 4096 + 14 * i, 14) for i in range(sections)])
write("long-names", code, [shdr(1, PROGBITS, ALLOC, 4096, 16)] * (sections // 2), names=b"\0" + b"n" * half + b"\0.shstrtab\0")
write("loads-many-times", code, [], [phdr(LOAD, 5, 0, half, BASE + (i + 2) * 2 * MEGABYTE) for i in range(9000)])
write("loads", code, [], [phdr(LOAD, 4, 0, 8, BASE + (i + 2) * 2 * MEGABYTE) for i in range(1100)])
write("loads-far", code, [], [phdr(LOAD, 5, 0, 4096, 1 << 45)])
write("headers", code[:1024], [text[:32] + struct.pack("<Q", 16) + text[40:]] * sections,
      [phdr(6, 4, 64, 56)] * (half // 56))

# Branches, jump tables and pointers to the same sites from everywhere.
near = b"".join(b"\xe8" + struct.pack("<i", -5 * i - 6) for i in range(MEGABYTE // 5))
write("branches", b"\x90" * 32 + call + near)
tables = b"".join(b"\x8d\x05" + struct.pack("<i", 4 * i - 6 * i) for i in range(half // 6))
write("tables", b"\x90" * 32 + call + b"\x90" + tables + bytes(half // 2))
write("pointers", b"\x90" * 32 + call + struct.pack("<I", BASE + 4096 + 34) * (MEGABYTE // 4))

# Functions.
symbols = b"".join(struct.pack("<IBBHQQ", 1, 0x12, 0, 1, BASE + 4096, len(code)) for i in range(half // 2 // 24))
body = code[:half // 2] + symbols
symtab = shdr(1, SYMTAB, 0, 4096 + half // 2, len(symbols), 1, 24)
write("symbols", body, [shdr(1, PROGBITS, ALLOC | EXEC, 4096, half // 2), symtab])
write("symbols-many-times", body, [symtab] * sections)
cie = b"\1" + b"z" + b"P" * (half // 2) + b"\0"
cie = struct.pack("<II", len(cie) + 7 & ~3, 0) + cie.ljust(len(cie) + 3 & ~3, b"\0")
frame = 2 * cie
while len(frame) < MEGABYTE - 64:
    for target in 0, len(cie):
        frame += struct.pack("<IIQQ", 20, len(frame) + 4 - target, BASE + 4096, 16)
write("unwind-augmentation", code[:7] + frame,
      [text[:32] + struct.pack("<Q", 7) + text[40:], shdr(7, PROGBITS, ALLOC, 4096 + 7, len(frame))])
cie = struct.pack("<II", 12, 0) + b"\1\0\1\x78\x10\0\0\0"
frame = cie + b"".join(struct.pack("<IIQQ", 20, 24 * i + len(cie) + 4, BASE + 4096 + 2 * i, 2) for i in range(half // 2 // 24))
write("unwind-many-times", code[:half // 2] + frame,
      [shdr(1, PROGBITS, ALLOC | EXEC, 4096, half // 2)] + [shdr(7, PROGBITS, ALLOC, 4096 + half // 2, len(frame))] * sections)

notes = struct.pack("<III", 0, 0, 7) * (half // 12)
write("notes", notes, [], [phdr(NOTE, 4, 4096, len(notes))] * (half // 56))
dynamic = struct.pack("<QQ", 21, 0) * (half // 16)
write("dynamic", dynamic, [], [phdr(DYNAMIC, 4, 4096, len(dynamic))] * (half // 56))
