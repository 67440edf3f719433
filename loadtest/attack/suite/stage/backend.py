"""The backend of an app: answers whose token a phone sends (RFC 7662).

The gateway asks it for every token. It knows the people whom rows invent, and passes all other tokens on to the hall's
own endpoint, so that one deployment serves both.
"""

import asyncio
import base64
import itertools
import json
import secrets
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

import httpx

PERSONAL = {"id": "personal", "kind": "personal", "name": "示例甲"}


class Backend:
    def __init__(self, port: int, client_id: str, client_secret: str, tokens_are_for: dict[str, Any]):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.hall: str | None = None
        # Tokens that the gateway asked for, with the number of times.
        self.asked: Counter[str] = Counter()
        self._credentials = (client_id, client_secret)
        self._tokens_are_for = tokens_are_for
        self._answers: dict[str, dict[str, Any]] = {}
        self._pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._client = httpx.AsyncClient(timeout=5)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        await self._client.aclose()

    def person(self, name: str = "示例甲", **members: Any) -> str:
        """Invents a person and returns their token. `None` leaves a member out of the answer."""
        token = secrets.token_urlsafe(32)
        answer = {
            "active": True,
            "sub": f"attack-{next(self._numbers)}",
            "name": name,
            "identities": [PERSONAL | {"name": name}],
            **self._tokens_are_for,
            **members,
        }
        self._answers[token] = {key: value for key, value in answer.items() if value is not None}
        return token

    def change(self, token: str, **members: Any) -> None:
        """Changes the answer for a token from now on."""
        self._answers[token] |= members

    def page(self, path: str, status: int, headers: dict[str, str], body: bytes) -> str:
        """Serves a page, and returns its address."""
        self._pages[path] = (status, headers, body)
        return f"{self.url}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                _, path, _ = lines[0].split(" ", 2)
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines[1:])
                    if value
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, more, answer = await self._answer(path, headers, body)
                fields = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(answer)}\r\n{fields}\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if path in self._pages:
            return self._pages[path]
        token = parse_qs(body.decode()).get("token", [""])[0]
        self.asked[token] += 1
        plain = base64.b64encode(":".join(self._credentials).encode()).decode()
        if headers.get("authorization") != f"Basic {plain}":
            return 401, {}, b""
        kind = {"content-type": "application/json"}
        if token in self._answers:
            return 200, kind, json.dumps(self._answers[token]).encode()
        if self.hall is None or not body or len(token) < 20 or token.startswith("made-up"):
            return 200, kind, b'{"active":false}'
        answer = await self._client.post(self.hall, data={"token": token}, auth=self._credentials)
        return answer.status_code, kind, answer.content
