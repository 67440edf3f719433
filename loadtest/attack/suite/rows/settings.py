"""Settings that are unsafe, and `saoma check-config`."""

from typing import Any

from ..stage import gateway, settings
from ..stage.stage import Stage
from ..verdict import expect, row

JWKS = {"issuer": "https://app.example", "audience": "saoma"}


@row("unsafe settings at check-config")
async def a13_unsafe_settings(stage: Stage) -> str:
    open_key = stage.folder / "open.pem"
    open_key.write_bytes((stage.folder / "oidc.pem").read_bytes())
    open_key.chmod(0o644)
    shop = stage.settings["clients"][1]
    introspection = {"identity": {"introspection": {"url": "http://app.example/introspect"}}}
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "http to a foreign backend": (introspection, "http"),
        "http to foreign keys": (
            {"identity": {"introspection": None, "jwks": JWKS | {"url": "http://app.example/jwks"}}},
            "http",
        ),
        "http to a foreign client": ({"clients": [shop | {"redirect_uris": ["http://shop.example/cb"]}]}, "http"),
        "http as a foreign public address": ({"server": {"public_url": "http://login.example"}}, "http"),
        "every proxy trusted": ({"server": {"trusted_proxies": ["0.0.0.0/0"]}}, "trusted_proxies"),
        "every IPv6 proxy trusted": ({"server": {"trusted_proxies": ["::/0"]}}, "trusted_proxies"),
        "a secret of one character": ({"clients": [shop | {"secret": "x"}]}, "secret"),
        "a key that all can read": ({"oidc": {"signing_keys": [str(open_key)]}}, "open.pem"),
        "a key that is missing": ({"oidc": {"signing_keys": [str(stage.folder / "missing.pem")]}}, "missing.pem"),
    }
    # A gateway that other machines reach: on one machine weak secrets do no harm.
    public = settings.merged(stage.settings, {"server": {"public_url": "https://login.example"}})
    code, said = await gateway.check(stage.folder, public)
    expect(code == 0, f"the settings of this stage: {said}")
    silent = []
    for name, (unsafe, word) in cases.items():
        code, said = await gateway.check(stage.folder, settings.merged(public, unsafe))
        if word not in said or (code == 0 and "warn" not in said.lower()):
            silent.append(name)
    expect(not silent, f"passed in silence: {', '.join(silent)}")
    return f"{len(cases)} refused or warned about by name"
