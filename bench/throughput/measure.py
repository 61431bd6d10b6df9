#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""measure.py FOLDER ROUNDS: processor time of an operation of redis, nginx, sqlite3 and python, by what they run under.

Of the program and what traces it, from its start to its end, and of no client: so that other work on the machine is
not in it. All of them in turn, medians; the ratio is that of two neighbours in one round.
"""
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time

WORK, ROUNDS = sys.argv[1], int(sys.argv[2])
BUILD = os.environ["BUILD"]
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

# What it is under: words before the command, environment, how much less of the work, how often.
WAYS = {
    "directly": ([], {}, 1, 1),
    "native": ([f"{BUILD}/elfpatch/elfpatch", "run", "--"], {}, 1, 1),
    "LD_PRELOAD": ([], {"LD_PRELOAD": f"{WORK}/preload.so"}, 1, 3),
    "SUD": ([], {"LD_PRELOAD": f"{WORK}/dispatch.so"}, 4, 5),
    "strace --seccomp-bpf": (["strace", "-f", "--seccomp-bpf", "-e", "trace=execve", "-o", "/dev/null"], {}, 1, 3),
    "strace": (["strace", "-f", "-o", "/dev/null"], {}, 20, 5),
}

PYTHON = """
import os, sys
for i in range(int(sys.argv[1])):
    os.getppid()
    os.stat("/etc/passwd")
    f = os.open("/dev/zero", os.O_RDONLY)
    os.read(f, 64)
    os.close(f)
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what):
    for _ in range(1000):
        if what():
            return
        time.sleep(0.01)
    raise SystemExit("a server does not start")


def answers(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as s:
        return s.connect_ex(address) == 0


def redis(under, env, less):
    path, count = f"{WORK}/redis", 20000 // less
    server = subprocess.Popen(
        [*under, "redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", WORK],
        env={**env, "DISPATCH_LATE": "1"}, **QUIET)
    wait_for(lambda: os.path.exists(path) and answers(path))
    subprocess.run(["redis-benchmark", "-s", path, "-n", str(count), "-c", "10", "-q", "-t", "set,get"],
                   check=True, **QUIET)
    subprocess.run(["redis-cli", "-s", path, "shutdown", "nosave"], check=True, **QUIET)
    return server, 2 * count


def nginx(under, env, less):
    port = free_port()
    with open(f"{WORK}/nginx.conf", "w") as f:
        f.write(f"""daemon off; master_process off; pid {WORK}/nginx.pid; error_log {WORK}/error.log;
            events {{ worker_connections 64; }}
            http {{ access_log off; client_body_temp_path {WORK}/t1; proxy_temp_path {WORK}/t2;
                fastcgi_temp_path {WORK}/t3; uwsgi_temp_path {WORK}/t4; scgi_temp_path {WORK}/t5;
                keepalive_requests 1000000; server {{ listen 127.0.0.1:{port}; root {WORK}; }} }}""")
    with open(f"{WORK}/file", "w") as f:
        f.write("x" * 1000)
    server = subprocess.Popen([*under, "/usr/sbin/nginx", "-c", f"{WORK}/nginx.conf"],
                              env={**env, "DISPATCH_LATE": "1"}, **QUIET)
    wait_for(lambda: answers(("127.0.0.1", port)))
    said = subprocess.run(["wrk", "-t1", "-c8", "-d1", f"http://127.0.0.1:{port}/file"],
                          check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(said)
    with open(f"{WORK}/nginx.pid") as f:
        os.kill(int(f.read()), signal.SIGTERM)
    return server, int(re.search(r"(\d+) requests in", said)[1])


def sqlite(under, env, less):
    count = 2000 // less
    path = f"{WORK}/data"
    if os.path.exists(path):
        os.unlink(path)
    script = "pragma synchronous=off; create table t(a, b);" + "".join(
        f"insert into t values({i}, 'text {i}');\n" for i in range(count)) + "select count(*) from t;"
    p = subprocess.Popen([*under, "sqlite3", path], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    said = p.communicate(script)[0]
    # The last line: strace and the like say nothing on standard output.
    if said.split()[-1:] != [str(count)]:
        raise SystemExit(f"sqlite3: {said}")
    return p, count


def python(under, env, less):
    count = 40000 // less
    p = subprocess.Popen([*under, "/usr/bin/python3", "-I", "-S", "-c", PYTHON, str(count)], env=env, **QUIET)
    return p, 5 * count


def microseconds(program, way):
    """Processor time of one operation."""
    under, env, less, _ = WAYS[way]
    # Clients are children as well: what they took is known when they have been waited for.
    children = []
    run = subprocess.run

    def noted(*words, **more):
        before = used()
        result = run(*words, **more)
        children.append(used() - before)
        return result

    subprocess.run = noted
    try:
        before = used()
        process, count = program(under, {**os.environ, **env}, less)
        if process.wait() not in (0, -signal.SIGTERM):
            raise SystemExit(f"{program.__name__}, {way}: {process.returncode}")
    finally:
        subprocess.run = run
    return (used() - before - sum(children)) * 1e6 / count


def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def main():
    print(f"{'':24}", *(f"{p.__name__:>22}" for p in (redis, nginx, sqlite, python)))
    table = {way: [] for way in WAYS}
    for program in (redis, nginx, sqlite, python):
        times = {way: [] for way in WAYS}
        ratios = {way: [] for way in WAYS}
        microseconds(program, "native")  # fills the cache
        for i in range(ROUNDS):
            for way in list(WAYS)[:: 1 if i % 2 else -1]:
                if i % WAYS[way][3] == 0:
                    times[way].append(microseconds(program, way))
            for way in WAYS:
                if i % WAYS[way][3] == 0:
                    ratios[way].append(times["directly"][-1] / times[way][-1])
        for way in WAYS:
            table[way].append((statistics.median(times[way]), statistics.median(ratios[way])))
    for way, row in table.items():
        print(f"{way:24}", *(f"{t:10.2f} us, {r:7.3f}" for t, r in row))


if __name__ == "__main__":
    main()
