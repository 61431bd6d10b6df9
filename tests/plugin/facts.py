# SPDX-License-Identifier: BSD-2-Clause
"""facts.py FILE SIZE [PLAIN]: what must be true of a linked file with a section of SIZE bytes.

PLAIN is the same link without the plugin. Prints what is not true; exits 1 then."""
import os
import struct
import sys

PAGE = 4096
PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_PHDR = 1, 2, 4, 6
X, W, R = 1, 2, 4


class Elf:
    def __init__(self, path):
        d = self.data = open(path, "rb").read()
        assert d[:6] == b"\x7fELF\x02\x01", path
        (self.type, self.machine, _, self.entry, phoff, shoff, _, _, phsize, phnum, shsize, shnum,
         names) = struct.unpack_from("<HHIQQQIHHHHHH", d, 16)
        self.phoff = phoff
        self.phdrs = []
        for i in range(phnum):
            t, f, off, va, _, fs, ms, al = struct.unpack_from("<IIQQQQQQ", d, phoff + i * phsize)
            self.phdrs.append(dict(type=t, flags=f, offset=off, addr=va, filesz=fs, memsz=ms, align=al))
        self.sections = []
        for i in range(shnum):
            n, t, f, a, off, s, _, _, al, _ = struct.unpack_from("<IIQQQQIIQQ", d, shoff + i * shsize)
            self.sections.append(dict(nameat=n, type=t, flags=f, addr=a, offset=off, size=s, align=al))
        table = self.sections[names]["offset"] if shnum else 0
        for s in self.sections:
            at = table + s["nameat"]
            s["name"] = d[at:d.index(b"\0", at)].decode()
        self.loads = [p for p in self.phdrs if p["type"] == PT_LOAD]

    def section(self, name):
        found = [s for s in self.sections if s["name"] == name]
        return found[0] if len(found) == 1 else None


bad = []


def fact(true, text):
    if not true:
        bad.append(text)


elf, size = Elf(sys.argv[1]), int(sys.argv[2])
s = elf.section(".syscalls")
note, text = elf.section(".note.syslayer"), elf.section(".syslayer")
fact(s, "there is one .syscalls")
undo = elf.section(".syslayer.undo")
fact(note and text and undo, "there is one .note.syslayer, one .syslayer, one .syslayer.undo")
if s and note and text and undo:
    fact(s["align"] == PAGE and s["addr"] % PAGE == 0, ".syscalls is page aligned")
    state = elf.section(".syscalls.state")
    stubs = s  # the file's own, of what is no primary object
    if state:
        fact(s["type"] == 1 and s["flags"] == 6, "the stubs in .syscalls are PROGBITS AX")
        fact(elf.type == 3 or any(p["type"] == 3 for p in elf.phdrs), "they are for what ld.so loads")
        segment = [p for p in elf.loads if p["addr"] == s["addr"]]
        fact(len(segment) == 1 and segment[0]["flags"] == R | X and segment[0]["filesz"] == s["size"] and
             segment[0]["offset"] == s["offset"], "the stubs have a segment of their own")
        fact(state["addr"] == s["addr"] + s["size"], ".syscalls.state is right behind .syscalls")
        s = dict(state, addr=s["addr"], size=s["size"] + state["size"])
    fact(s["type"] == 8 and s["flags"] == 3, "the section is NOBITS WA, but for stubs")
    fact(s["size"] == size, "the section has %d bytes, not %d" % (s["size"], size))
    end = s["addr"] + s["size"]
    first = state or s
    owner = [p for p in elf.loads if p["addr"] <= first["addr"] and end <= p["addr"] + p["memsz"]]
    fact(len(owner) == 1, ".syscalls lies in one PT_LOAD")
    for p in owner:
        fact(p["flags"] & W, ".syscalls is writable")
        fact(p["addr"] + p["memsz"] == end, ".syscalls is the last of its segment")
        fact(p["addr"] + p["filesz"] <= first["addr"], ".syscalls has no file bytes")
    for o in elf.sections:  # .tbss takes no memory
        if o["flags"] & 2 and o["size"] and o not in (s, stubs, state, note, text, undo) and not (o["type"] == 8 and o["flags"] & 0x400):
            fact(o["addr"] + o["size"] <= s["addr"], o["name"] + " ends below .syscalls")
    added = [p for p in elf.loads if p["addr"] <= note["addr"] < p["addr"] + p["filesz"]][0]
    fact(not added["flags"] & W, "the added segment is not writable")
    fact(added["addr"] + added["memsz"] <= s["addr"], "the added segment lies below .syscalls")
    table = [p for p in elf.loads if p["offset"] <= elf.phoff < p["offset"] + p["filesz"]][0]
    # Kernels before 5.18 take it for granted.
    first = elf.loads[0]
    fact(table["addr"] - table["offset"] == first["addr"] - first["offset"], "e_phoff leads to the table in memory")
    fact(added["filesz"] == added["memsz"], "the added segment is all file bytes")
    inside = added["addr"] <= elf.entry < added["addr"] + added["memsz"]
    program = elf.type == 2 or any(p["type"] == 3 for p in elf.phdrs) or "static-pie" in sys.argv
    fact(inside == program, "e_entry is%s in the added segment" % ("" if program else " not"))
    fact(any(p["type"] == PT_NOTE and p["offset"] == note["offset"] and p["filesz"] == note["size"]
             for p in elf.phdrs), "a PT_NOTE covers .note.syslayer")
    n = elf.data[note["offset"]:note["offset"] + note["size"]]
    namesz, descsz, kind = struct.unpack_from("<III", n)
    fact(n[12:12 + namesz] == b"Syslayer\0" and kind == 1, "the note's owner is Syslayer")
    version, machine, flags, address, bytes_, slot, slots = struct.unpack_from("<IHHQQII", n, 24)
    fact((version, machine, address, bytes_, slot, slots) == (1, 62, s["addr"], size, 64, 512), "the note is right")
    fact(flags == (1 if "required" in sys.argv else 0), "the note's flags are right: %d" % flags)
last = 0
for p in elf.loads:
    fact(p["addr"] >= last, "PT_LOADs ascend")
    last = p["addr"] + p["memsz"]
    fact(p["align"] <= 1 or p["addr"] % p["align"] == p["offset"] % p["align"], "p_vaddr = p_offset mod p_align")
if len(sys.argv) > 3 and sys.argv[3]:
    plain = Elf(sys.argv[3])
    wx = [sum(p["flags"] & (W | X) == W | X for p in e.loads) for e in (plain, elf)]
    fact(wx[0] == wx[1], "no W+X segment more than the linker made: %d, %d" % tuple(wx))
    # What is a hole does not count.
    grew = [os.stat(f).st_blocks * 512 for f in (sys.argv[1], sys.argv[3])]
    fact(grew[0] < grew[1] + 72 * 1024, "the file grew by %d" % (grew[0] - grew[1]))
    for o in plain.sections[1:]:
        now = elf.section(o["name"])
        if plain.section(o["name"]) and o["flags"] & 2:
            fact(now and now["addr"] == o["addr"] and now["size"] == o["size"], o["name"] + " is where it was")
for b in bad:
    print("%s: not so: %s" % (sys.argv[1], b))
sys.exit(bool(bad))
