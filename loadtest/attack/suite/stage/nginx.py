"""nginx with the configuration for operators (docs/nginx.conf), on other addresses."""

import os
from pathlib import Path

from .process import TREE, Child, accepts

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def replaced(text: str, pairs: list[tuple[str, str]]) -> str:
    """Replaces texts. Raises an error if one is missing, because the configuration has then changed."""
    for old, new in pairs:
        if old not in text:
            raise RuntimeError(f"docs/nginx.conf has no {old}")
        text = text.replace(old, new)
    return text


async def start(folder: Path, port: int, nodes: list[int], certificate: Path, key: Path) -> Child:
    """Starts it at this port, in front of two nodes."""
    site = replaced(
        (TREE / "docs" / "nginx.conf").read_text(),
        [
            ("192.0.2.11:8080", f"127.0.0.1:{nodes[0]}"),
            ("192.0.2.12:8080", f"127.0.0.1:{nodes[1]}"),
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("server_name login.example", "server_name 127.0.0.1"),
            ("/etc/ssl/login.example.crt", str(certificate)),
            ("/etc/ssl/login.example.key", str(key)),
        ],
    )
    root = folder / "nginx"
    (root / "temporary").mkdir(parents=True)
    (root / "saoma.conf").write_text(site)
    temporary = " ".join(f"{kind}_temp_path temporary/{kind};" for kind in TEMPORARY)
    lines = [
        "daemon off;",
        "worker_processes 2;",
        "pid nginx.pid;",
        "events { worker_connections 8192; }",
        f"http {{ access_log off; {temporary} include saoma.conf; }}",
    ]
    if os.getuid() == 0:
        # Workers of an nginx that root starts run as another user, who may not read the folder.
        lines.insert(0, "user root;")
    (root / "nginx.conf").write_text("\n".join(lines))
    child = await Child.start(folder / "nginx.log", "nginx", "-p", root, "-c", "nginx.conf", "-e", "stderr")
    await accepts(port)
    return child
