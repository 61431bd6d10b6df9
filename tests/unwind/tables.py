# SPDX-License-Identifier: BSD-2-Clause
"""tables.py PLAIN REWRITTEN ADDRESS...: the search table of .eh_frame_hdr leads to an FDE for all that it led to
before, for the section, and for the addresses. Says how, or what is wrong."""
import bisect
import struct
import sys


class File:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        phoff, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        self.phdrs = [struct.unpack_from("<IIQQQQQQ", self.data, phoff + i * size) for i in range(count)]
        headers = [p for p in self.phdrs if p[0] == 0x6474E550]
        self.header = headers[-1][3] if headers else 0
        self.entries = self.read_table() if self.header else []
        self.starts = [start for start, _ in self.entries]

    def at(self, address, size):
        for kind, _, offset, start, _, filesz, *_ in self.phdrs:
            if kind == 1 and start <= address and address + size <= start + filesz:
                return self.data[offset + address - start:offset + address - start + size]
        raise SystemExit(f"wrong: nothing at {address:#x}")

    def read_table(self):
        assert self.at(self.header, 4) == bytes([1, 0x1B, 3, 0x3B])
        count, = struct.unpack("<I", self.at(self.header + 8, 4))
        table = struct.iter_unpack("<ii", self.at(self.header + 12, 8 * count))
        return [(self.header + start, self.header + fde) for start, fde in table]

    def fde(self, address):
        """Its range, by the encoding of its CIE."""
        delta, = struct.unpack("<I", self.at(address + 4, 4))
        cie = address + 4 - delta
        augmentation, i = b"", cie + 9
        while (byte := self.at(i, 1)) != b"\0":
            augmentation, i = augmentation + byte, i + 1
        i += 5  # three numbers of a byte each, and the length
        encoding = 0
        for letter in augmentation[1:]:
            if letter == ord("R"):
                encoding, = self.at(i, 1)
            i += {ord("P"): {0: 9, 0x9B: 5, 0x1B: 5, 3: 5}.get(self.at(i, 1)[0], 1)}.get(letter, 1)
        form = "<qq" if encoding & 15 in (0, 4, 12) else "<ii"
        start, size = struct.unpack(form, self.at(address + 8, struct.calcsize(form)))
        start += address + 8 if encoding & 0x70 == 0x10 else 0
        return start, start + size

    def find(self, pc):
        i = bisect.bisect_right(self.starts, pc)
        if not i:
            raise SystemExit(f"wrong: {pc:#x} is before the table")
        start, end = self.fde(self.entries[i - 1][1])
        if not (self.entries[i - 1][0] == start <= pc < end):
            raise SystemExit(f"wrong: {pc:#x} leads to {start:#x} to {end:#x}")


plain, new = File(sys.argv[1]), File(sys.argv[2])
if new.entries != sorted(new.entries):
    raise SystemExit("wrong: not sorted")
for start, fde in plain.entries:
    end = plain.fde(fde)[1]
    new.find(start)
    new.find(end - 1)
note = new.data.index(b"Syslayer\0") + 12
section, = struct.unpack_from("<Q", new.data, note + 8)
new.find(section)
new.find(section + 0x7FFF)
for address in sys.argv[3:]:
    new.find(int(address))
    new.find(int(address) + 4)
print("in place" if new.header == plain.header else "own header", len(new.entries) - len(plain.entries))
