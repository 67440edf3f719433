"""The whole deployment: Redis, two nodes, nginx, the hall, and the backend of an app."""

import asyncio
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from . import certificates, gateway, nginx, settings
from .backend import Backend
from .hall import INTROSPECTION, Hall
from .process import free_port
from .redis import Redis

HALL_SECRET = "a-secret-of-the-hall-0123456789"
GATEWAY_SECRET = "a-secret-of-the-gateway-0123456789"
SHOP_SECRET = "a-secret-of-the-shop-0123456789"
CALLBACK = "https://shop.example/callback"
ORIGIN = "https://shop.example"

# Members of introspection settings that say for whom a token must be, and the members of an answer that say it.
TOKENS_ARE_FOR = {"audience": "aud", "scope": "scope", "client": "client_id"}


class Stage:
    """Where the parts are, and what rows share."""

    def __init__(self, short: bool):
        self.short = short
        self.folder = Path(tempfile.mkdtemp(prefix="saoma-attack-"))
        self.port = free_port()
        self.origin = f"https://127.0.0.1:{self.port}"
        self.nodes: list[str] = []
        # Texts that no log may hold.
        self.secrets: set[str] = {HALL_SECRET, GATEWAY_SECRET, SHOP_SECRET}
        self.started: list[Any] = []
        self._addresses = itertools.count(1)

    def few_or_many(self, few: int, many: int) -> int:
        """Returns the size of a flood: a small one in the short form."""
        return few if self.short else many

    def address(self) -> str:
        """Returns an address of this machine that no row has used yet, so that no row meets another's limits."""
        number = next(self._addresses)
        return f"127.77.{number // 250}.{number % 250 + 1}"

    async def start(self) -> "Stage":
        certificate, key = certificates.write(self.folder)
        self.certificate = certificate
        self.redis = await self._add(Redis.start(self.folder))
        ports = free_port(), free_port()
        wanted = await self.settings_of_nodes((f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"))
        introspection = wanted["identity"]["introspection"]
        tokens = {answer: introspection[name] for name, answer in TOKENS_ARE_FOR.items() if name in introspection}
        self.backend = Backend(self.app_port, introspection["client_id"], GATEWAY_SECRET, tokens)
        await self.backend.start()
        self.started.append(self.backend)
        self.children = []
        for number in (1, 2):
            listen = free_port()
            mine = settings.merged(wanted, {"server": {"listen": f"127.0.0.1:{listen}"}})
            self.children.append(await self._add(gateway.start(self.folder, f"node-{number}", mine)))
            self.nodes.append(f"http://127.0.0.1:{listen}")
        await self._add(
            nginx.start(self.folder, self.port, [int(node.rpartition(":")[2]) for node in self.nodes], certificate, key)
        )
        self.hall = await self._add(
            Hall.start(self.folder, self.origin, certificate, HALL_SECRET, GATEWAY_SECRET, ports)
        )
        self.backend.hall = f"{self.hall.phone}{INTROSPECTION}"
        return self

    async def settings_of_nodes(self, hall: tuple[str, str]) -> dict[str, Any]:
        """Returns the README's settings with the addresses and secrets of this stage, and what two nodes must share."""
        self.app_port = free_port()
        wanted = settings.of_readme()
        portal = wanted["clients"][0] | {
            "client_id": "service-hall",
            "name": "示例省人力资源和社会保障网上服务大厅",
            "secret": HALL_SECRET,
            "redirect_uris": [f"{hall[0]}/callback"],
            "origins": [hall[0]],
        }
        shop = {"redirect_uris": [CALLBACK], "origins": [ORIGIN]}
        more = {
            "server": {
                "public_url": self.origin,
                "trusted_proxies": ["127.0.0.1"],
                "drain_delay": "0s",
                "drain_window": "0s",
            },
            "operations": {"enabled": False},
            "store": {"url": self.redis.url},
            "oidc": {"signing_keys": [str(await gateway.key(self.folder))]},
            "identity": {
                "introspection": {
                    "url": f"http://127.0.0.1:{self.app_port}/introspect",
                    "client_secret": GATEWAY_SECRET,
                }
            },
            "clients": [
                portal,
                {"client_id": "shop", "name": "Shop", "secret": SHOP_SECRET, **shop},
                {"client_id": "kiosk", "name": "Kiosk", **shop},
            ],
        }
        more |= await gateway.cluster(self.folder)
        self.settings = settings.merged(wanted, more)
        return self.settings

    async def small_node(self, name: str, more: dict[str, Any]) -> str:
        """Starts one more node, alone with a memory store, and returns its address. It ends with the stage."""
        listen = free_port()
        alone = {"store": {"url": "memory:"}, "server": {"listen": f"127.0.0.1:{listen}"}}
        wanted = settings.merged(settings.merged(self.settings, alone), more)
        await self._add(gateway.start(self.folder, name, wanted, SSL_CERT_FILE=str(self.certificate)))
        return f"http://127.0.0.1:{listen}"

    async def _add(self, starting):
        part = await starting
        self.started.append(part)
        return part

    async def stop(self, keep: bool) -> None:
        await asyncio.gather(*(part.stop() for part in self.started))
        if keep:
            print(f"logs are kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
