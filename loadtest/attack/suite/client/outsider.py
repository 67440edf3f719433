"""An outsider: an address from which requests come."""

import base64
import hashlib
import json
import secrets
import ssl
from functools import cached_property
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ..stage.stage import CALLBACK, ORIGIN, Stage

# A browser that the gateway can name.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def made_up(length: int) -> str:
    """Returns random characters of a login id or of a scan code."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))


def made_up_secret() -> str:
    """Returns a random receive key, in the form of one that a gateway makes."""
    return secrets.token_urlsafe(32)


def pkce() -> tuple[str, str]:
    """Returns a verifier and its challenge (RFC 7636)."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Outsider:
    """Sends requests through nginx from an address of its own, or to one node as its proxy does."""

    def __init__(self, stage: Stage, at: str | None = None, forwarded: str | None = None, address: str | None = None):
        self.stage = stage
        self.at = at or stage.origin
        # A node trusts 127.0.0.1, from where nginx connects. A request with `forwarded` plays the proxy.
        self.address = address or ("127.0.0.1" if forwarded else stage.address())
        self.headers: dict[str, str | bytes] = {"user-agent": USER_AGENT}
        if forwarded:
            self.headers["x-forwarded-for"] = forwarded

    @cached_property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.stage.certificate))

    @cached_property
    def http(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=64)
        transport = httpx.AsyncHTTPTransport(verify=self.trust, local_address=self.address, limits=limits)
        return httpx.AsyncClient(base_url=self.at, transport=transport, timeout=40, headers=self.headers)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(path, **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.post(path, **more)

    async def open(self, client: str = "shop", **members: Any) -> "Login":
        """Opens a login by HTTP, and raises an error if that is refused."""
        request = Request(client, **members)
        answer = await self.post("/v1/logins", json=request.members, headers={"origin": request.origin})
        if answer.status_code != 201:
            raise RuntimeError(f"a login was refused: {answer.status_code} {answer.text}")
        return Login(self, request, answer.json())

    async def try_open(self, client: str = "shop", **members: Any) -> httpx.Response:
        request = Request(client, **members)
        return await self.post("/v1/logins", json=request.members, headers={"origin": request.origin})

    async def socket(self, origin: str | None = ORIGIN, headers: dict[str, str] | None = None) -> "Socket":
        address = self.at.replace("http", "ws", 1) + "/v1/socket"
        more: dict[str, Any] = {"ssl": self.trust} if address.startswith("wss") else {}
        connection = await connect(
            address,
            origin=origin,
            subprotocols=["saoma.v1"],
            local_addr=(self.address, 0),
            additional_headers={**self.headers, **(headers or {})},
            user_agent_header=None,
            proxy=None,
            compression=None,
            **more,
        )
        return Socket(self, connection)

    async def close(self) -> None:
        if "http" in self.__dict__:
            await self.http.aclose()


class Request:
    """An authentication request with PKCE, as a page of the relying party makes it."""

    def __init__(self, client: str = "shop", redirect_uri: str = CALLBACK, origin: str = ORIGIN, **members: Any):
        self.verifier, challenge = pkce()
        self.origin, self.client, self.redirect_uri = origin, client, redirect_uri
        self.state = secrets.token_urlsafe(16)
        self.members = {
            "client_id": client,
            "redirect_uri": redirect_uri,
            "state": self.state,
            "nonce": secrets.token_urlsafe(16),
            "scope": "openid profile",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **members,
        }


class Login:
    """A login as its browser knows it, over HTTP."""

    def __init__(self, browser: Outsider, request: Request, opened: dict[str, Any]):
        self.browser, self.request, self.opened = browser, request, opened
        self.id, self.key = opened["login_id"], opened["receive_key"]
        self.qr, self.user_code = opened["qr"], opened["user_code"]
        browser.stage.secrets |= {self.key, self.qr, self.qr[-32:], request.state, request.verifier}

    @property
    def proof(self) -> dict[str, str]:
        return {"saoma-receive-key": self.key, "origin": self.request.origin}

    async def poll(self, after: int = 0, wait: int = 0, by: Outsider | None = None, **more: Any) -> httpx.Response:
        members = {"after": after, "wait": wait}
        return await (by or self.browser).get(
            f"/v1/logins/{self.id}/events", params=members, headers=self.proof, **more
        )

    async def post(self, step: str, **more: Any) -> httpx.Response:
        """Posts `refresh`, `cancel` or `agree`."""
        return await self.browser.post(f"/v1/logins/{self.id}/{step}", headers=self.proof, **more)

    async def until(self, kind: str, by: Outsider | None = None) -> dict[str, Any]:
        """Polls until the login has a message of this type, and returns it."""
        for _ in range(3):
            answer = await self.poll(wait=10, after=0 if kind == "scanned" else 2, by=by)
            messages = answer.json().get("messages", [])
            for message in messages:
                if message["type"] == kind:
                    return message
        raise RuntimeError(f"no {kind}: {answer.status_code} {answer.text}")

    async def agree(self) -> None:
        """Says "yes, log me in here", if the gateway asks this browser."""
        if (await self.until("scanned")).get("agree"):
            answer = await self.post("agree")
            if answer.status_code != 204:
                raise RuntimeError(f"agree was refused: {answer.status_code} {answer.text}")

    async def code(self) -> str:
        """Waits for the confirm, and returns the authorization code."""
        answer = await self.poll(after=1, wait=10)
        for message in answer.json().get("messages", []):
            if message["type"] == "confirmed":
                code = httpx.URL(message["redirect_to"]).params["code"]
                self.browser.stage.secrets.add(code)
                return code
        raise RuntimeError(f"no code: {answer.status_code} {answer.text}")


class Socket:
    """A browser's socket."""

    def __init__(self, browser: Outsider, connection: ClientConnection):
        self.browser, self.connection = browser, connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        """Returns the next message that is no heartbeat."""
        while (message := json.loads(await self.connection.recv()))["type"] == "heartbeat":
            pass
        return message

    async def rest(self) -> tuple[list[dict[str, Any]], int | None]:
        """Returns all messages up to the close, and its code."""
        messages = []
        try:
            while True:
                messages.append(await self.receive())
        except ConnectionClosed:
            return messages, self.connection.close_code

    async def open(self, client: str = "shop", **members: Any) -> Login:
        request = Request(client, **members)
        await self.send(type="open", **request.members)
        opened = await self.receive()
        if opened["type"] != "opened":
            raise RuntimeError(f"a login was refused: {opened}")
        return Login(self.browser, request, opened)

    async def close(self) -> None:
        await self.connection.close()
