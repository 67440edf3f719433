"""Floods from an IPv6 prefix, by the door without a socket."""

import asyncio
import math
import time

from ..client.flood import flood
from ..client.outsider import Outsider
from ..stage.process import memory
from ..stage.stage import Stage
from ..verdict import expect, row
from .floods import opening


def from_networks(first: str):
    """Returns requests that open a login, each from another /64 of the /48."""

    def make(number: int):
        line, headers, body = opening(number)
        return line, headers | {"x-forwarded-for": f"{first}:{number % 65536:x}::1"}, body

    return make


@row("20,000 logins by POST from one /48, each from another /64", alone=True)
async def a6_opens_from_one_48(stage: Stage) -> str:
    # The node trusts 127.0.0.1, from where nginx connects: a connection from there plays the proxy.
    proxy = Outsider(stage, at=stage.nodes[0], address="127.0.0.1")
    count = stage.few_or_many(3000, 20_000)
    begun = time.monotonic()
    statuses = await flood(proxy, count, from_networks("2001:db8:a6"), connections=16)
    allowed = 1920 + 32 * (time.monotonic() - begun)
    other = await Outsider(stage, at=stage.nodes[0], forwarded="2001:db8:ffff::1").try_open()
    figure = f"{statuses[201]} of {count} opened ({dict(statuses)}), another /48: {other.status_code}"
    expect(statuses[201] <= allowed * 1.05 and other.status_code == 201, figure)
    return figure


@row("1,000 logins by POST from one /56", alone=True)
async def a6_opens_from_one_56(stage: Stage) -> str:
    proxy = Outsider(stage, at=stage.nodes[0], address="127.0.0.1")
    make = from_networks("2001:db8:56")
    begun = time.monotonic()
    statuses = await flood(proxy, 1000, lambda number: make(number % 256), connections=16)
    allowed = 480 + 8 * (time.monotonic() - begun)
    figure = f"{statuses[201]} of 1000 opened ({dict(statuses)})"
    expect(statuses[201] <= allowed * 1.05, figure)
    return figure


@row("400 logins by POST on a node with max_sockets = 50")
async def a6_waiting_logins_have_a_ceiling(stage: Stage) -> str:
    node = await stage.small_node("full", {"server": {"max_sockets": 50}})
    proxy = Outsider(stage, at=node, address="127.0.0.1")
    statuses = await flood(proxy, 400, from_networks("2001:db8:50"), connections=4)
    figure = f"{statuses[201]} opened ({dict(statuses)})"
    expect(statuses[201] <= 60, figure)
    return figure


@row("a login by POST that its browser never follows", patient=True)
async def a6_a_login_that_no_browser_follows(stage: Stage) -> str:
    browser = Outsider(stage)
    login = await browser.open()
    await asyncio.sleep(19)
    answer = await login.poll()
    ended = answer.status_code == 404 or any(m["type"] == "expired" for m in answer.json().get("messages", []))
    expect(ended, f"after 19 s still there: {answer.status_code} {answer.text[:80]}")
    return f"gone within 19 s ({answer.status_code})"


@row("65,536 networks of one /48 open logins for a minute: memory", alone=True, last=True)
async def t37_memory_under_a_flood_of_networks(stage: Stage) -> str:
    proxy = Outsider(stage, at=stage.nodes[0], address="127.0.0.1")
    nodes = [child.pid for child in stage.children]
    before = [memory(pid) for pid in nodes], await stage.redis.used_memory()
    seconds, peak_node, peak_redis = stage.few_or_many(5, 60), 0, 0
    sent = opened = 0
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        make = from_networks("2001:db8:37")
        statuses = await flood(proxy, 4096, lambda number, base=sent, make=make: make(base + number), connections=32)
        sent, opened = sent + 4096, opened + statuses[201]
        peak_node = max(peak_node, *(memory(pid) - old for pid, old in zip(nodes, before[0], strict=True)))
        peak_redis = max(peak_redis, await stage.redis.used_memory() - before[1])
    # The last round can end late.
    seconds = math.ceil(time.monotonic() - begun)
    honest = await Outsider(stage).try_open()
    mib = 1024 * 1024
    figure = (
        f"{opened} of {sent} opened in {seconds} s; node +{peak_node / mib:.1f} MiB, "
        f"Redis +{peak_redis / mib:.1f} MiB; another address {honest.status_code}"
    )
    # 65,536 networks times a few hundred bytes, and the logins that the allowance of a /48 admits.
    expect(peak_node < 96 * mib and peak_redis < 64 * mib and honest.status_code == 201, figure)
    expect(opened <= (1920 + 32 * seconds) * 1.1, figure)
    return figure
