"""The service hall: a portal and a phone app that use the gateway as any site and app do."""

import re
from dataclasses import dataclass
from pathlib import Path

from .process import BINARIES, Child

# Names and password of the seeded people, as `make demo` prints them.
PASSWORD = "shili2026"

INTROSPECTION = "/oauth2/introspect"


@dataclass
class Hall:
    child: Child
    portal: str
    phone: str
    data: Path

    @classmethod
    async def start(
        cls, folder: Path, gateway: str, certificate: Path, client_secret: str, secret: str, ports: tuple[int, int]
    ) -> "Hall":
        data = folder / "hall"
        child = await Child.start(
            folder / "hall.log",
            BINARIES / "saoma-demo",
            *("--portal", f"127.0.0.1:{ports[0]}", "--phone", f"127.0.0.1:{ports[1]}"),
            *("--data", data, "--gateway-url", gateway, "--log", "trace"),
            SAOMA_DEMO_CLIENT_SECRET=client_secret,
            SAOMA_DEMO_INTROSPECTION_SECRET=secret,
            SAOMA_DEMO_EVENTS_SECRET=secret,
            SSL_CERT_FILE=str(certificate),
        )
        await child.prints("\nready\n")
        return cls(child, f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", data)

    async def stop(self) -> None:
        await self.child.stop()


def hidden(page: str, name: str) -> str:
    """Returns the value of a hidden field of a page's form."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""
