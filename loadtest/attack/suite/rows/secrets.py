"""Logs of nodes and their dependencies at the bare filter `trace`."""

import asyncio
from urllib.parse import quote

from ..client.outsider import Login, Outsider
from ..client.party import Party
from ..client.phone import App
from ..stage.process import output_of
from ..stage.stage import Stage
from ..verdict import expect, row
from .hosted_page import authorize

TRACE = {"log": {"filter": "trace"}}


async def all_doors(browser: Outsider, phones: Outsider) -> None:
    """Logs in by socket, by event stream and by polls, with a refresh, a resume and a redemption."""
    socket = await browser.socket()
    first = await socket.open()
    await socket.send(type="refresh")
    await socket.receive()
    await socket.close()
    socket = await browser.socket()
    await socket.send(type="resume", login_id=first.id, receive_key=first.key, last_seq=2, attempt=2)
    await first.post("cancel")
    await socket.rest()
    await browser.get("/oauth2/authorize", params=authorize(state=first.request.state))
    second = await browser.open()
    async with browser.http.stream("GET", f"/v1/logins/{second.id}/events", headers=second.proof) as stream:
        code = await scanned_and_confirmed(phones, second)
        async for line in stream.aiter_lines():
            if "confirmed" in line:
                break
    party = Party(browser)
    tokens = (await party.redeem(code, second.request.verifier)).json()
    await party.userinfo(tokens["access_token"])
    await party.redeem(code, "v" * 43)


async def scanned_and_confirmed(phones: Outsider, login: Login) -> str:
    app = App.of_new_person(phones)
    await app.type(login.user_code)
    return await app.confirmed(login)


@row("logs at `trace`, three doors, memory and Redis")
async def a9_t27_t39_secrets_in_logs(stage: Stage) -> str:
    mine = {"server": {"trusted_proxies": ["127.0.0.1"]}}
    nodes = {
        "traced-redis": await stage.small_node("traced-redis", mine | TRACE | {"store": {"url": stage.redis.url}}),
        "traced-memory": await stage.small_node("traced-memory", mine | TRACE),
    }
    for node in nodes.values():
        here = Outsider(stage, at=node, forwarded=stage.address())
        await all_doors(here, Outsider(stage, at=node, forwarded=stage.address()))
    # The nodes write their last lines.
    await asyncio.sleep(0.2)
    secrets = {secret for secret in stage.secrets if len(secret) >= 16}
    patterns = stage.folder / "secrets"
    patterns.write_text("\n".join(sorted(secrets | {quote(secret, safe="") for secret in secrets})))
    found: list[str] = []
    lines = 0
    for name in nodes:
        log = stage.folder / f"{name}.log"
        lines += log.read_bytes().count(b"\n")
        _, text = await output_of("grep", "-aiFf", patterns, log)
        found += text.splitlines()
    where = {next((word for word in line.split() if "::" in word), "unknown") for line in found}
    figure = f"{len(found)} of {lines} lines hold one of {len(secrets)} secrets"
    expect(not found, f"{figure}, from {sorted(where)[:4]}")
    return figure
