"""Floods with a bound: many requests over some connections, as fast as the gateway answers."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from .outsider import Outsider

# The head and body of a request, made for its number.
MakeRequest = Callable[[int], tuple[str, dict[str, str], bytes]]


async def flood(sender: Outsider, count: int, make: MakeRequest, connections: int = 16) -> Counter[int]:
    """Sends `count` requests and returns the number of answers of each status. 0 counts broken connections."""
    numbers = itertools.count()
    statuses: Counter[int] = Counter()
    await asyncio.gather(*(_send(sender, count, make, numbers, statuses) for _ in range(connections)))
    return statuses


async def _send(sender: Outsider, count: int, make: MakeRequest, numbers, statuses: Counter[int]) -> None:
    target = urlsplit(sender.at)
    secure = {"ssl": sender.trust} if target.scheme == "https" else {}
    writer = None
    while (number := next(numbers)) < count:
        line, headers, body = make(number)
        fields = {"host": target.netloc, "content-length": str(len(body))} | sender.headers | headers
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection(
                    target.hostname, target.port, local_addr=(sender.address, 0), **secure
                )
            writer.write(f"{line} HTTP/1.1\r\n{head}\r\n".encode() + body)
            status, stays = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            status, stays = 0, False
        statuses[status] += 1
        if not stays and writer is not None:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if fields.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(fields.get("content-length", 0)))
    return int(head.split(" ")[1]), fields.get("connection") != "close"
