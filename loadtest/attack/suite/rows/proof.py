"""Proof before state: what a stranger learns of a login."""

import re

import httpx

from ..client.outsider import Login, Outsider, made_up
from ..client.party import Party
from ..client.phone import App
from ..stage.stage import ORIGIN, Stage
from ..verdict import expect, row

DOORS = (("GET", "events?after=0"), ("GET", "events"), ("POST", "refresh"), ("POST", "cancel"), ("POST", "agree"))


async def asked(by: Outsider, login_id: str, key: str | None) -> list[tuple[int, bytes]]:
    """Returns the answer of each door to a stranger."""
    headers = {"origin": ORIGIN} | ({"saoma-receive-key": key} if key is not None else {})
    answers = []
    for method, step in DOORS:
        answer: httpx.Response = await by.http.request(method, f"/v1/logins/{login_id}/{step}", headers=headers)
        # Each request has an id of its own.
        content = re.sub(rb',"request_id":"[^"]*"', b"", answer.content)
        answers.append((answer.status_code, content))
    return answers


async def in_each_state(stage: Stage) -> dict[str, str]:
    """Returns the ids of logins that wait, are scanned, confirmed, rejected, cancelled, redeemed or never were."""
    browser, phones = Outsider(stage), Outsider(stage)
    logins: dict[str, Login] = {}
    for state in ("waiting", "scanned", "confirmed", "rejected", "cancelled", "redeemed"):
        logins[state] = login = await browser.open()
        app = App.of_new_person(phones)
        if state in ("confirmed", "redeemed"):
            code = await app.confirmed(login)
            if state == "redeemed":
                await Party(Outsider(stage)).redeem(code, login.request.verifier)
        elif state == "cancelled":
            await login.post("cancel")
        elif state != "waiting":
            await app.scanned(login)
            if state == "rejected":
                await app.reject(login.id)
    return {state: login.id for state, login in logins.items()} | {"unknown": made_up(24)}


@row("a wrong receive key, in each state, at each door")
async def a11_a_wrong_key_in_each_state(stage: Stage) -> str:
    states = await in_each_state(stage)
    differing = []
    for number, key in enumerate(("A" * 43, "short", None)):
        answers = {state: await asked(Outsider(stage), login_id, key) for state, login_id in states.items()}
        for state, got in answers.items():
            for door, mine, unknown in zip(DOORS, got, answers["unknown"], strict=True):
                if mine != unknown:
                    differing.append(f"{state} {door[1].split('?')[0]} {mine[0]} (unknown: {unknown[0]}, key {number})")
    expect(not differing, f"{len(differing)} answers differ: {', '.join(differing[:4])}")
    return f"{len(states)} states, {len(DOORS)} doors: equal to the byte"


@row("everything that can be done with the QR code alone")
async def t4_the_code_alone(stage: Stage) -> str:
    login = await Outsider(stage).open()
    stranger, code = Outsider(stage), login.qr[-32:]
    got = await asked(stranger, code[:24], code)
    unknown = await asked(Outsider(stage), made_up(24), code)
    expect(got == unknown, f"answers tell whether the login exists: {[status for status, _ in got]}")
    expect(all(status in (400, 404) for status, _ in got), f"{[status for status, _ in got]}")
    socket = await stranger.socket()
    await socket.send(type="resume", login_id=login.id, receive_key=code + "A" * 11, last_seq=0)
    messages, close = await socket.rest()
    expect(close == 4001 and not any("seq" in message for message in messages), f"resume: {messages} {close}")
    redeemed = await Party(stranger).redeem(f"{login.id}.{'A' * 43}", login.request.verifier)
    expect(redeemed.status_code == 400, f"redeem: {redeemed.status_code}")
    return "subscribe, poll, cancel, resume and redeem refused, as for an unknown login"


@row("what the scan and each message tell the browser")
async def t18_t19_fields_of_messages(stage: Stage) -> str:
    browser = Outsider(stage)
    login = await browser.open()
    app = App.of_new_person(Outsider(stage), name="示例甲某")
    await app.scanned(login)
    scanned = await login.until("scanned")
    await login.agree()
    await app.confirm(login.id)
    messages = (await login.poll()).json()["messages"]
    allowed = {
        "scanned": {"type", "seq", "person", "expires_in", "agree"},
        "agreed": {"type", "seq", "expires_in"},
        "confirmed": {"type", "seq", "redirect_to", "known"},
    }
    opened = {"type", "seq", "login_id", "receive_key", "qr", "user_code", "expires_in", "server_time"}
    expect(set(login.opened) <= opened, f"opened has {set(login.opened) - opened}")
    for message in messages:
        more = set(message) - allowed[message["type"]]
        expect(not more, f"{message['type']} has {more}")
    expect("甲某" not in str(messages) and scanned["person"].startswith("示"), f"person {scanned['person']}")
    return f"the browser sees {scanned['person']}, and only the members of the protocol"
