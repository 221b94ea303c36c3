#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An authority that takes its time: the name `N.anything` is answered after N ms. usage: late.py ADDRESS"""

import asyncio
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden"))

import wire  # noqa: E402


def answer(query):
    """When to answer (s), and what."""
    label = query[13:13 + query[12]]
    end = query.index(b"\0", 12) + 5
    rdata = wire.rr(12, "A", 60, wire.a("192.0.2.7"))
    return int(label) / 1000, query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0) + query[12:end] + rdata


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        after, what = answer(data)
        asyncio.get_running_loop().call_later(after, self.transport.sendto, what, peer)


async def stream(reader, writer):
    try:
        while True:
            after, what = answer(await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0]))
            await asyncio.sleep(after)
            writer.write(wire.framed(what))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve(address):
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Datagrams, local_addr=(address, 53))
    server = await asyncio.start_server(stream, address, 53)
    print("ready", file=sys.stderr, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
