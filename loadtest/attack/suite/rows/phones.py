"""What a person is shown, and how often one can be asked."""

import time

from ..client.outsider import Outsider
from ..client.phone import App
from ..stage.stage import Stage
from ..verdict import Gap, expect, row
from .honest import hall_login, phone_of, visitor


@row("a confirm without a scan; the words and buttons of the hall's app")
async def t1_a_confirm_without_a_scan(stage: Stage) -> str:
    login, person = await Outsider(stage).open(), App.of_new_person(Outsider(stage))
    blind = await person.confirm(login.id)
    expect(blind.status_code == 404 or blind.json()["error"] == "not_scanned", f"{blind.status_code} {blind.text}")
    context = await person.scanned(login)
    members = {"login_id", "client", "requester", "requested_at", "expires_in", "person", "identities"}
    expect(members <= set(context), f"the phone is not told {members - set(context)}")
    expect({"address", "place", "browser", "system"} <= set(context["requester"]), str(context["requester"]))
    portal, phone = visitor(stage, stage.hall.portal), await phone_of(stage, "ding")
    hall = await hall_login(stage, portal)
    scanned = await phone.post("/scan", data={"text": hall.qr})
    page = (await phone.get(scanned.headers["location"])).text
    decline, confirm = page.find('/reject"'), page.find('/confirm"')
    expect(0 < decline < confirm, "confirm stands before decline in the hall's app")
    return f"confirm unseen: {blind.json()['error']}; the phone is told all; decline stands first"


@row("a fresh code is relayed to a victim far away")
async def t2_a_relayed_code(stage: Stage) -> str:
    login, victim = await Outsider(stage).open(), App.of_new_person(Outsider(stage))
    await victim.scanned(login)
    await login.agree()
    answer = await victim.confirm(login.id)
    if answer.status_code == 200:
        raise Gap("confirmed from another network without a number to match")
    return f"{answer.status_code} {answer.json().get('error')}"


@row("one person scans and confirms without end")
async def t13_scans_and_confirms_of_one_person(stage: Stage) -> str:
    token, browser = stage.backend.person(), Outsider(stage)
    logins = [await browser.open() for _ in range(26)]
    begun = time.monotonic()
    scans = [(await App(Outsider(stage), token).scan(login.qr)).status_code for login in logins]
    scanned_in = time.monotonic() - begun
    other = stage.backend.person()
    app, login = App(Outsider(stage), other), await browser.open()
    await app.scanned(login)
    await login.agree()
    begun = time.monotonic()
    decisions = [(await App(Outsider(stage), other).confirm(login.id)).status_code for _ in range(40)]
    decided_in = time.monotonic() - begun
    figure = f"scans {scans.count(200)} and {scans.count(429)} refused, confirms {decisions.count(200)} and "
    figure += f"{decisions.count(429)} refused"
    # 20 scans at once, and one in three seconds; 30 decisions, and one in two.
    expect(scans.count(200) <= 21 + scanned_in / 3 and 429 in scans, figure)
    expect(decisions.count(200) <= 31 + decided_in / 2 and 429 in decisions, figure)
    return figure


@row("the browser's own words: markup, control and direction characters")
async def t17_a_misleading_browser(stage: Stage) -> str:
    told = []
    for text in ("<b>Chrome</b> Bank/1.0 (Linux)", "Mozilla/5.0 (示例银行; 本机) Safari\u202egnp", "x" * 2000):
        browser = Outsider(stage)
        browser.headers = {"user-agent": text.encode()}
        request = (await App.of_new_person(Outsider(stage)).scanned(await browser.open()))["requester"]
        told += [request.get("browser") or "", request.get("system") or ""]
    bad = [
        text for text in told if len(text) > 40 or any(sign in text for sign in "<>\u202e银") or not text.isprintable()
    ]
    expect(not bad, f"the phone is told {bad}")
    return f"the phone is told {sorted(set(told))}"


@row("a person is asked again after two refusals")
async def t29_fatigue(stage: Stage) -> str:
    app, browser = App.of_new_person(Outsider(stage)), Outsider(stage)
    for _ in range(2):
        login = await browser.open()
        await app.scanned(login)
        await app.reject(login.id)
    third = await app.scan((await browser.open()).qr)
    if third.status_code == 200:
        raise Gap("a third request is shown at once; scans per person are limited (T13)")
    return f"refused by {third.status_code}"


@row("codes that lead elsewhere, in the hall's app")
async def t31_a_code_that_leads_astray(stage: Stage) -> str:
    phone = await phone_of(stage, "geng")
    qr = (await Outsider(stage).open()).qr
    hostile = [
        "https://evil.example/q/" + qr[-32:],
        qr.replace("127.0.0.1", "127.0.0.1.EVIL.EXAMPLE"),
        qr.replace("127.0.0.1", "EVIL@127.0.0.2"),
        "javascript:alert(1)",
        "HTTPS://EVIL.EXAMPLE/?" + qr,
    ]
    followed = []
    for text in hostile:
        answer = await phone.post("/scan", data={"text": text})
        if answer.status_code < 400 or "evil.example" in answer.headers.get("location", "").lower():
            followed.append(f"{text[:40]} {answer.status_code}")
    expect(not followed, f"taken: {followed}")
    return f"{len(hostile)} refused as no login code"


@row("the login page is open on the phone itself")
async def t28_the_phones_own_browser(stage: Stage) -> str:
    phone = Outsider(stage)
    phone.headers = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari"}
    answer = await phone.try_open()
    if answer.status_code == 201:
        raise Gap("such logins are opened: there is no setting of a client that refuses them")
    return f"refused by {answer.status_code}"
