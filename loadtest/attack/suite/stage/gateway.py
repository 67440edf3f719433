"""Nodes of the gateway, started by their binary and a settings file."""

from pathlib import Path
from typing import Any

from . import settings
from .process import BINARIES, Child, output_of

SAOMA = BINARIES / "saoma"


async def start(folder: Path, name: str, wanted: dict[str, Any], **more: str) -> Child:
    """Starts a node with these settings. Resolves once it serves."""
    file = folder / f"{name}.toml"
    file.write_text(settings.written(wanted))
    file.chmod(0o600)
    child = await Child.start(folder / f"{name}.log", SAOMA, "serve", "--config", file, **more)
    await child.prints("serving")
    return child


async def check(folder: Path, wanted: dict[str, Any]) -> tuple[int, str]:
    """Asks `saoma check-config` about settings. Returns its exit code and what it says."""
    file = folder / "checked.toml"
    file.write_text(settings.written(wanted))
    file.chmod(0o600)
    return await output_of(SAOMA, "check-config", "--config", file)


async def key(folder: Path) -> Path:
    """Makes the key that signs ID tokens."""
    file = folder / "oidc.pem"
    code, said = await output_of(SAOMA, "generate-key", file)
    if code:
        raise RuntimeError(said)
    return file


async def cluster(folder: Path) -> dict[str, Any]:
    """Makes the secret that the nodes share, if this gateway knows one."""
    file = folder / "cluster.secret"
    code, _ = await output_of(SAOMA, "generate-secret", file)
    return {} if code else {"cluster": {"secret_files": [str(file)]}}
