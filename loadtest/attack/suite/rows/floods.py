"""Floods at the doors of browsers: refreshes, polls, guesses, opens."""

import asyncio
import json
import time

from websockets.exceptions import ConnectionClosed, InvalidStatus

from ..client.flood import flood
from ..client.outsider import Outsider, Request, made_up, made_up_secret
from ..stage.stage import ORIGIN, Stage
from ..verdict import expect, row


@row("10,000 refreshes on one socket", alone=True)
async def a1_refreshes_on_one_socket(stage: Stage) -> str:
    browser = Outsider(stage)
    socket = await browser.socket()
    await socket.open()
    before = await stage.redis.scripts()
    sent, limited = 0, 0

    async def send() -> None:
        nonlocal sent
        try:
            for sent in range(1, 10_001):  # noqa: B007
                await socket.connection.send('{"type":"refresh"}')
        except ConnectionClosed:
            pass

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(20):
            messages, close = await socket.rest()
    except TimeoutError:
        messages, close = [], None
    sending.cancel()
    limited = sum(message.get("error") == "too_many_requests" for message in messages)
    scripts = await stage.redis.scripts() - before
    neighbour = await browser.try_open()
    figure = f"{scripts} scripts in Redis, {limited} times limited, close {close}, neighbour {neighbour.status_code}"
    expect(scripts <= 10 and close == 4101 and 1 <= limited <= 9 and neighbour.status_code == 201, figure)
    return figure


@row("10,000 other messages on one socket", alone=True)
async def t36_messages_on_one_socket(stage: Stage) -> str:
    browser = Outsider(stage)
    socket = await browser.socket()
    login = await socket.open()
    before = await stage.redis.scripts()
    resume = {"type": "resume", "login_id": login.id, "receive_key": login.key, "last_seq": 1}
    messages = [json.dumps(message) for message in (resume, {"type": "open", **Request().members}, {"type": "x"})]
    try:
        for number in range(10_000):
            await socket.connection.send(messages[number % len(messages)])
    except ConnectionClosed:
        pass
    async with asyncio.timeout(20):
        _, close = await socket.rest()
    scripts = await stage.redis.scripts() - before
    neighbour = await browser.try_open()
    figure = f"{scripts} scripts in Redis, close {close}, neighbour {neighbour.status_code}"
    expect(scripts <= 10 and close in (4000, 4101) and neighbour.status_code == 201, figure)
    return figure


def poll_of(login_id: str, key: str) -> tuple[str, dict[str, str], bytes]:
    line = f"GET /v1/logins/{login_id}/events?after=0&wait=0"
    return line, {"saoma-receive-key": key, "origin": ORIGIN}, b""


@row("1,000 polls with one unknown key, then 1,000 with as many keys", alone=True)
async def a4_polls_with_unknown_keys(stage: Stage) -> str:
    stranger = Outsider(stage)
    # Opened before the flood, from the same address: this browser waits behind the attacker's network.
    login = await stranger.open()
    # The first poll of all brings the script to Redis, which takes two commands.
    await login.poll()
    same = made_up(24)
    before = await stage.redis.scripts()
    await flood(stranger, 1000, lambda _: poll_of(same, "A" * 43))
    one_key = await stage.redis.scripts() - before
    before = await stage.redis.scripts()
    await flood(stranger, 1000, lambda _: poll_of(made_up(24), made_up_secret()))
    many_keys = await stage.redis.scripts() - before
    own = await login.poll()
    figure = f"{one_key} scripts, then {many_keys}; a neighbour's own poll {own.status_code}"
    # Each node asks for itself once, and may look at its store besides. The burst of unknown keys is 30 for an address.
    expect(one_key <= 4 and many_keys <= 2 * 30 and own.status_code == 200, figure)
    return figure


@row("junk polls of one address against the pace of a whole node", alone=True)
async def a4_junk_polls_and_honest_sockets(stage: Stage) -> str:
    stranger = Outsider(stage)
    count = stage.few_or_many(3000, 15_000)
    junk = asyncio.create_task(flood(stranger, count, lambda _: poll_of(made_up(24), made_up_secret()), connections=32))
    refused = 0
    for _ in range(8):
        try:
            socket = await Outsider(stage).socket()
            await socket.open()
            await socket.close()
        except (InvalidStatus, RuntimeError):
            refused += 1
    statuses = await junk
    figure = f"{refused} of 8 honest sockets refused during {count} polls ({dict(statuses)})"
    expect(refused == 0, figure)
    return figure


@row("guesses of a receive key, at polls, refreshes and cancels")
async def a8_t10_guessed_receive_keys(stage: Stage) -> str:
    owner, stranger = Outsider(stage), Outsider(stage)
    login = await owner.open()

    def guess(number: int):
        step = ("events?after=0", "refresh", "cancel")[number % 3]
        method = "GET" if number % 3 == 0 else "POST"
        return f"{method} /v1/logins/{login.id}/{step}", {"saoma-receive-key": made_up_secret(), "origin": ORIGIN}, b""

    statuses = await flood(stranger, 300, guess, connections=4)
    own = await login.poll()
    figure = f"{dict(statuses)}; the owner's poll {own.status_code}"
    expect(statuses[404] <= 2 * 30 + 2 and statuses[429] >= 200 and own.status_code == 200, figure)
    return figure


@row("one browser polls without pause, at both nodes")
async def t11_polls_without_pause(stage: Stage) -> str:
    browser = Outsider(stage)
    login = await browser.open()
    begun = time.monotonic()
    statuses = await flood(browser, 120, lambda _: poll_of(login.id, login.key), connections=4)
    # 30 at once, and one in two seconds.
    allowed = 31 + (time.monotonic() - begun) / 2
    limited = await login.poll()
    retry = int(limited.headers.get("retry-after", 0))
    others = [
        (await login.poll(by=Outsider(stage, at=node, forwarded=browser.address))).status_code for node in stage.nodes
    ]
    figure = f"{dict(statuses)}, Retry-After {retry} s, at the nodes {others}"
    expect(statuses[200] <= allowed and limited.status_code == 429 and retry >= 5 and others == [429, 429], figure)
    return figure


@row("a browser that obeys Retry-After recovers", patient=True)
async def t11_an_obedient_browser_recovers(stage: Stage) -> str:
    browser = Outsider(stage)
    login = await browser.open()
    await flood(browser, 60, lambda _: poll_of(login.id, login.key), connections=2)
    retry = int((await login.poll()).headers["retry-after"])
    await asyncio.sleep(retry)
    again = await login.poll()
    expect(again.status_code == 200, f"after {retry} s still {again.status_code}")
    return f"200 after {retry} s"


def opening(_: int) -> tuple[str, dict[str, str], bytes]:
    body = json.dumps(Request().members).encode()
    return "POST /v1/logins", {"content-type": "application/json", "origin": ORIGIN}, body


@row("opens of one address, by POST and by socket, while others wait")
async def t12_opens_of_one_address(stage: Stage) -> str:
    waiting = await Outsider(stage).socket()
    login = await waiting.open()
    stranger, begun = Outsider(stage), time.monotonic()
    statuses = await flood(stranger, 400, opening)
    # 120 at once, and two a second.
    allowed = 121 + 2 * (time.monotonic() - begun)
    limited = await stranger.try_open()
    while limited.status_code == 201 and time.monotonic() < begun + 30:
        # A slow machine has let the time of another open pass.
        limited = await stranger.try_open()
    try:
        socket = await stranger.socket()
        await socket.send(type="open", **Request().members)
        _, close = await socket.rest()
    except InvalidStatus as refused:
        close = refused.response.status_code
    await waiting.send(type="refresh")
    renewed = (await waiting.receive())["type"]
    retry = limited.headers.get("retry-after")
    figure = (
        f"{dict(statuses)}, Retry-After {retry}, socket {close}; a waiting neighbour gets {renewed} ({login.id[:4]}…)"
    )
    kept = statuses[201] <= allowed and limited.status_code == 429 and retry is not None
    expect(kept and close in (429, 4101) and renewed == "renewed", figure)
    return figure
