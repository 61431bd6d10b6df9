# SPDX-License-Identifier: BSD-2-Clause
"""System calls that a layer in C and the runtime make themselves, told by their instructions."""
import re

# A system call instruction, and what stands around those that are nobody's but the layer's and the runtime's:
# syslayer_system_call and runtime_syscall; those that get a stack for a layer, and guard it, and guard a call that leaves its own (enter.S, dispatch.S).
OWN = (
    rb"\x4c\x8b\x4c\x24\x08\x0f\x05(?=\xc3)",
    rb"\xb8\xba\0\0\0\x0f\x05(?=\x4c\x8d\x7c\0\x01)",
    rb"\xb8\x83\0\0\0\x0f\x05(?=\xf7\x44\x24\x08\x01)",
    rb"\x41\xba\x08\0\0\0\x0f\x05(?=\x48\x8b\x54\x24\x18)",
    rb"\x41\xba\x08\0\0\0\x0f\x05(?=\x48\x83\xc4\x38)",
    rb"\x41\xba\x08\0\0\0\x0f\x05(?=\x4c\x8b\x5c\x24\x48)",
    rb"\x41\xba\x08\0\0\0\x0f\x05(?=\x48\x8d\x64\x24\x10)",
    rb"\x41\xba\x08\0\0\0\x0f\x05(?=\x41\x5a\x5a\x5e\x5f)",
    rb"\x49\xc7\xc0\xff\xff\xff\xff\x45\x31\xc9\x0f\x05",
)


def own_offsets(path):
    """Those of what is behind such instructions."""
    with open(path, "rb") as file:
        data = file.read()
    return {m.end() for pattern in OWN for m in re.finditer(pattern, data)}


def own_places(paths):
    """The addresses in a page behind such instructions: images and programs are mapped at whole pages."""
    return {offset & 0xFFF for path in paths for offset in own_offsets(path)}
