"""Clients that never read, and bodies that never end."""

import asyncio
from urllib.parse import urlsplit

from ..stage.stage import Stage
from ..verdict import expect, row


@row("three clients that never read 400 pipelined answers", patient=True)
async def a14_clients_that_never_read(stage: Stage) -> str:
    target = urlsplit(stage.nodes[0])
    request = f"GET /oauth2/jwks HTTP/1.1\r\nhost: {target.netloc}\r\n\r\n".encode()
    writers = []
    for _ in range(3):
        # A small window: the answers stay in the gateway.
        reader, writer = await asyncio.open_connection(
            target.hostname, target.port, limit=1024, local_addr=(stage.address(), 0)
        )
        reader._transport.pause_reading()
        writer.write(request * 4000)
        writers.append(writer)
    await asyncio.sleep(25)
    alive = 0
    for writer in writers:
        try:
            # A connection that the gateway has reset refuses one of the next bytes.
            for _ in range(3):
                writer.write(b"\r\n")
                await asyncio.wait_for(writer.drain(), 0.2)
                await asyncio.sleep(0.2)
            alive += 1
        except TimeoutError:
            alive += 1
        except OSError:
            pass
        finally:
            writer.transport.abort()
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
