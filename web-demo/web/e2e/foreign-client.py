"""A login by the package `websockets`: opens, drops its socket when the code was scanned, comes back by `resume`.

Tells on standard output, one JSON object a line, each message of the gateway and what becomes of its sockets. Arguments: the
socket's address, the page's origin, a file with the certificate to trust, the address to connect from, the first message.
"""

import json
import ssl
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

address, origin, certificate, source, first = sys.argv[1:]


def tell(told: dict) -> None:
    print(json.dumps(told), flush=True)


def dial() -> ClientConnection:
    trust = ssl.create_default_context(cafile=certificate)
    return connect(
        address, ssl=trust, origin=origin, subprotocols=["saoma.v1"], source_address=(source, 0), proxy=None
    )


def receive(socket: ClientConnection) -> dict:
    while (message := json.loads(socket.recv()))["type"] == "heartbeat":
        pass
    tell(message)
    return message


socket = dial()
socket.send(first)
opened = receive(socket)
receive(socket)
socket.close()
tell({"type": "closed", "code": socket.protocol.close_code})

socket = dial()
resume = {"type": "resume", "login_id": opened["login_id"], "receive_key": opened["receive_key"], "last_seq": 2}
socket.send(json.dumps(resume))
tell({"type": "resumed"})
receive(socket)
try:
    socket.recv()
except ConnectionClosed:
    tell({"type": "closed", "code": socket.protocol.close_code})
