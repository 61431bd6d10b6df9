# SPDX-License-Identifier: BSD-2-Clause
"""low-segment.py FILE OUT: the last PT_LOAD's bytes move to the end of the file, far behind what its address tells."""
import struct
import sys

d = bytearray(open(sys.argv[1], "rb").read())
phoff, shoff = struct.unpack_from("<QQ", d, 32)
phnum, = struct.unpack_from("<H", d, 56)
shnum, = struct.unpack_from("<H", d, 60)
phdrs = [phoff + 56 * i for i in range(phnum)]
load = [p for p in phdrs if struct.unpack_from("<I", d, p)[0] == 1][-1]
offset, address, _, size = struct.unpack_from("<QQQQ", d, load + 8)
new = ((len(d) + 0x200000) & ~4095) + address % 4096
d += b"\0" * (new - len(d)) + d[offset:offset + size]
for p in phdrs:
    kind, at = struct.unpack_from("<I", d, p)[0], struct.unpack_from("<Q", d, p + 8)[0]
    if p == load or (kind != 1 and offset <= at < offset + size):
        struct.pack_into("<Q", d, p + 8, at - offset + new)
for s in range(shoff, shoff + 64 * shnum, 64):
    flags, addr, at = struct.unpack_from("<QQQ", d, s + 8)
    if flags & 2 and addr >= address:
        struct.pack_into("<Q", d, s + 24, at - offset + new)
d += b"\0" * (-len(d) % 8)
table = bytes(d[shoff:shoff + 64 * shnum])
struct.pack_into("<Q", d, 40, len(d))
open(sys.argv[2], "wb").write(d + table)
