"""A login by the package `websockets`: opens it, closes the socket after the scan, resumes the login, and agrees to the
person who scanned.

Prints each message of the gateway and each close of a socket as one JSON object a line. Arguments: the socket's address,
the page's origin, a file with the trusted certificate, the address to connect from, the first message.
"""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

address, origin, certificate, source, first = sys.argv[1:]


def tell(told: dict) -> None:
    print(json.dumps(told), flush=True)


async def dial() -> ClientConnection:
    # Not by `websockets.sync`: it reads and writes one TLS connection from two threads, which Python's `ssl` does not bear.
    trust = ssl.create_default_context(cafile=certificate)
    return await connect(
        address, ssl=trust, origin=origin, subprotocols=["saoma.v1"], local_addr=(source, 0), proxy=None
    )


async def receive(socket: ClientConnection) -> dict:
    while (message := json.loads(await socket.recv()))["type"] == "heartbeat":
        pass
    tell(message)
    return message


async def log_in() -> None:
    socket = await dial()
    await socket.send(first)
    opened = await receive(socket)
    await receive(socket)
    await socket.close()
    tell({"type": "closed", "code": socket.close_code})

    socket = await dial()
    resume = {"type": "resume", "login_id": opened["login_id"], "receive_key": opened["receive_key"], "last_seq": 2}
    await socket.send(json.dumps(resume))
    tell({"type": "resumed"})
    await socket.send(json.dumps({"type": "agree"}))
    await receive(socket)
    await receive(socket)
    try:
        await socket.recv()
    except ConnectionClosed:
        tell({"type": "closed", "code": socket.close_code})


asyncio.run(log_in())
