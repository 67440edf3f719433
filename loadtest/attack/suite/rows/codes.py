"""Codes: shown, renewed, typed, guessed."""

import asyncio
import secrets

from ..client.outsider import Outsider
from ..client.phone import App
from ..stage.stage import Stage
from ..verdict import Gap, expect, row

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@row("a screenshot of a code that was renewed")
async def t3_an_old_code(stage: Stage) -> str:
    browser, phones = Outsider(stage), Outsider(stage)
    login = await browser.open()
    answer = await login.post("refresh")
    expect(answer.status_code == 204, f"refresh {answer.status_code}")
    renewed = (await login.poll(after=1)).json()["messages"][-1]
    old, typed = App.of_new_person(phones), App.of_new_person(phones)
    errors = [(await old.scan(login.qr)).json().get("error"), (await typed.type(login.user_code)).json().get("error")]
    new = (await App.of_new_person(phones).scan(renewed["qr"])).status_code
    expect(errors == ["unknown_code", "unknown_code"] and new == 200, f"old {errors}, new {new}")
    expect(login.opened["expires_in"] <= 120, f"a code lives {login.opened['expires_in']} s")
    raise Gap("old codes are dead at once; a code lives 120 s, without frames of some seconds")


@row("typed codes are guessed, at both nodes")
async def t9_guessed_user_codes(stage: Stage) -> str:
    token = stage.backend.person()
    login = await Outsider(stage).open()
    statuses = []
    for number in range(6):
        guess = "".join(secrets.choice(LETTERS) for _ in range(8))
        app = App(Outsider(stage, at=stage.nodes[number % 2], forwarded=stage.address()), token)
        statuses.append((await app.type(guess)).status_code)
    right = (await App(Outsider(stage), token).type(login.user_code)).status_code
    expect(statuses == [404] * 5 + [429] and right == 429, f"{statuses}, then the right code {right}")
    return f"five guesses {statuses[0]}, the sixth {statuses[5]}, the right code then {right}"


@row("100 people scan one code at once, through two nodes")
async def t5_a_hundred_scanners(stage: Stage) -> str:
    login = await Outsider(stage).open()
    count = stage.few_or_many(40, 100)
    apps = [
        App.of_new_person(Outsider(stage, at=stage.nodes[number % 2], forwarded=f"198.51.100.{number + 1}"))
        for number in range(count)
    ]
    answers = await asyncio.gather(*(app.scan(login.qr) for app in apps))
    statuses = [answer.status_code for answer in answers]
    expect(statuses.count(200) == 1 and statuses.count(409) == count - 1, f"{sorted(set(statuses))}")
    owner = apps[statuses.index(200)]
    await login.agree()
    foreign = await apps[statuses.index(409)].confirm(login.id)
    own = await owner.confirm(login.id)
    expect(foreign.status_code == 404 and own.status_code == 200, f"{foreign.status_code}, {own.status_code}")
    return f"one of {count} owns it; another's confirm {foreign.status_code}"


@row("a confirm is repeated, changed, comes after a reject, a cancel")
async def t6_decisions_repeat(stage: Stage) -> str:
    browser, phones = Outsider(stage), Outsider(stage)
    two = [{"id": name, "kind": "personal", "name": "示例甲"} for name in ("personal", "second")]
    app = App.of_new_person(phones, identities=two)
    first = await browser.open()
    await app.confirmed(first)
    repeat = [
        (await app.confirm(first.id)).status_code,
        (await app.confirm(first.id, "second")).status_code,
        (await app.reject(first.id)).status_code,
    ]
    second = await browser.open()
    await app.scanned(second)
    await second.agree()
    rejected = [
        (await app.reject(second.id)).status_code,
        (await app.reject(second.id)).status_code,
        (await app.confirm(second.id)).status_code,
    ]
    third = await browser.open()
    await app.scanned(third)
    await third.post("cancel")
    cancelled = [(await app.confirm(third.id)).status_code, (await app.scan(third.qr)).status_code]
    figure = f"confirmed {repeat}, rejected {rejected}, cancelled {cancelled}"
    expect(repeat == [200, 409, 409] and rejected == [200, 200, 409], figure)
    expect(cancelled[0] == 409 and cancelled[1] in (404, 409), figure)
    return figure
