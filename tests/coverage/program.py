# SPDX-License-Identifier: BSD-2-Clause
"""Threads, children and an event loop."""
import asyncio
import subprocess
import threading


def write(i):
    with open("/dev/null", "w") as null:
        null.write(str(i))


async def echo(reader, writer):
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


async def client(port, i):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"%d\n" % i)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


async def child(i):
    process = await asyncio.create_subprocess_exec("echo", str(i), stdout=subprocess.PIPE)
    return (await process.communicate())[0]


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await asyncio.gather(*[client(port, i) for i in range(10)]))
    print(await asyncio.gather(*[child(i) for i in range(3)]))


print(subprocess.run(["ls", "-d", "/"], capture_output=True, check=True).stdout)
threads = [threading.Thread(target=write, args=(i,)) for i in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
asyncio.run(main())
