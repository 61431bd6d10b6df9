# SPDX-License-Identifier: BSD-2-Clause
# truncate.py FILE: gives elfpatch the first N bytes of FILE, for every N in its headers and others.
import subprocess
import sys

data = open(sys.argv[1], "rb").read()
lengths = list(range(0, 128, 1)) + list(range(128, 800, 7)) + list(range(800, len(data), max(7, len(data) // 60)))
lengths += range(len(data) - 130, len(data), 9)
verbs = (["rewrite", "-i"], ["stamp", "-i"], ["inspect"], ["verify"], ["unstamp", "-i"])
runs = 0
for n in lengths:
    for verb in verbs if n < 64 or n % 4 == 0 else verbs[:2]:
        with open("cut", "wb") as f:
            f.write(data[:n])
        r = subprocess.run(["elfpatch", *verb, "cut"], capture_output=True, timeout=10)
        message = r.stderr.decode()
        if r.returncode not in (2, 3) or not message.startswith("elfpatch: cut: ") or r.stdout:
            sys.exit(f"{verb} of {n} bytes: exit {r.returncode}: {message}")
        if open("cut", "rb").read() != data[:n]:
            sys.exit(f"{verb} of {n} bytes: the file was touched")
        runs += 1
if runs < 300:
    sys.exit(f"{runs} runs only")
