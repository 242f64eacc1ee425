"""The proxy passes bytes on, and cuts connections where it should."""

from __future__ import annotations

import asyncio

from tests.chaos.proxy import CuttingProxy

BODY = b"x" * 200_000


async def echoed(share: float) -> tuple[int, int]:
    """How many of the bytes came back through a proxy, and how many connections it cut."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, CuttingProxy(port, "seed", share) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(BODY)
        back = 0
        try:
            while back < len(BODY) and (data := await reader.read(65536)):
                back += len(data)
        except ConnectionError:
            pass
        writer.close()
        return back, proxy.cuts


def test_without_cuts_all_bytes_come_back() -> None:
    assert asyncio.run(echoed(0.0)) == (len(BODY), 0)


def test_a_connection_that_is_cut_loses_the_rest() -> None:
    back, cuts = asyncio.run(echoed(1.0))
    assert back < len(BODY)
    assert cuts == 1
