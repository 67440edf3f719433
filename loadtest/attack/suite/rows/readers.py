"""Clients that never read, and bodies that never end."""

import asyncio
import socket
from urllib.parse import urlsplit

from ..client.outsider import Outsider
from ..stage.stage import Stage
from ..verdict import expect, row


@row("three clients that never read 400 pipelined answers", patient=True)
async def a14_clients_that_never_read(stage: Stage) -> str:
    target = urlsplit(stage.nodes[0])
    request = f"GET /assets/qr-login.js HTTP/1.1\r\nhost: {target.netloc}\r\n\r\n".encode()
    clients = []
    for _ in range(3):
        client = socket.socket()
        # A small window: the answers stay in the gateway.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.bind((stage.address(), 0))
        client.connect((target.hostname, target.port))
        client.setblocking(False)
        client.send(request * 400)
        clients.append(client)
    await asyncio.sleep(25)
    alive = 0
    for client in clients:
        try:
            # A connection that the gateway has ended answers the first of these by a reset.
            for _ in range(3):
                client.send(b"\r\n")
                await asyncio.sleep(0.2)
            alive += 1
        except BlockingIOError:
            alive += 1
        except OSError:
            pass
        finally:
            client.close()
    expect(alive == 0, f"{alive} of 3 connections still held after 25 s")
    return "all ended within 25 s"


async def seconds_until_closed(origin: str, path: str, limit: float) -> float | None:
    """Sends half a body and waits. Returns the seconds until the server answers or closes."""
    target = urlsplit(origin)
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    head = f"POST {path} HTTP/1.1\r\nhost: {target.netloc}\r\norigin: {origin}\r\ncontent-length: 100\r\n"
    writer.write(f"{head}content-type: application/x-www-form-urlencoded\r\n\r\nuser_name=".encode())
    begun = asyncio.get_running_loop().time()
    try:
        await asyncio.wait_for(reader.read(1), limit)
        return asyncio.get_running_loop().time() - begun
    except TimeoutError:
        return None
    except OSError:
        return asyncio.get_running_loop().time() - begun
    finally:
        writer.transport.abort()


@row("bodies that never end, at the hall and at the gateway", patient=True)
async def a19_t12_bodies_that_never_end(stage: Stage) -> str:
    doors = [
        ("portal", stage.hall.portal, "/login/password"),
        ("phone", stage.hall.phone, "/login"),
        ("gateway", stage.nodes[0], "/oauth2/token"),
    ]
    waited = await asyncio.gather(*(seconds_until_closed(origin, path, 40) for _, origin, path in doors))
    figure = ", ".join(
        f"{name} {seconds:.0f} s" if seconds is not None else f"{name} still open after 40 s"
        for (name, _, _), seconds in zip(doors, waited, strict=True)
    )
    expect(all(seconds is not None for seconds in waited), figure)
    return figure


@row("sockets that never open a login, and heads that never end", patient=True)
async def t12_sockets_that_never_open(stage: Stage) -> str:
    target = urlsplit(stage.nodes[0])
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    writer.write(b"GET /v1/socket HTTP/1.1\r\nhost: slow\r\nx-slow: ")
    idle = await Outsider(stage).socket()
    (messages, close), _ = await asyncio.gather(asyncio.wait_for(idle.rest(), 30), asyncio.wait_for(reader.read(), 30))
    writer.close()
    expect(close == 4003 and not any("seq" in message for message in messages), f"close {close}")
    return f"the socket is closed by {close}, the half head is ended"
