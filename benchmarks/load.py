"""A bounded load on a server of this machine: connections that send one request at a time each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Load:
    """What a round measured: requests a second, milliseconds of each, and the statuses seen."""

    per_second: float
    latencies: list[float]
    statuses: dict[int, int]


def push(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> Load:
    """Send every request once to 127.0.0.1 and return what was measured."""
    return asyncio.run(_push(port, requests, connections))


def request(path: str, token: str, kind: str, body: bytes) -> bytes:
    """Return the bytes of one POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _push(port: int, requests: Sequence[bytes], connections: int) -> Load:
    waiting = iter(requests)
    latencies: list[float] = []
    statuses: dict[int, int] = {}

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for raw in waiting:
            began = perf_counter()
            status = await exchange(reader, writer, raw)
            latencies.append((perf_counter() - began) * 1000)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    began = perf_counter()
    await asyncio.gather(*(one() for _ in range(min(connections, len(requests)))))
    return Load(len(requests) / (perf_counter() - began), latencies, statuses)


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> int:
    """Send one request on an open connection and return the status of its answer."""
    writer.write(raw)
    return await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
