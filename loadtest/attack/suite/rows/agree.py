"""A stranger scans the code on your screen: the browser asks before it logs in as a new person."""

from ..client.outsider import Outsider, made_up_secret
from ..client.party import Party
from ..client.phone import App
from ..stage.stage import Stage
from ..verdict import expect, row


@row("a stranger scans the code on another's screen and confirms")
async def a16_t34_a_stranger_scans_your_screen(stage: Stage) -> str:
    victim, stranger = await Outsider(stage).open(), App.of_new_person(Outsider(stage))
    context = await stranger.scanned(victim)
    scanned = await victim.until("scanned")
    early = await stranger.confirm(victim.id)
    figure = f"the browser is asked: {scanned.get('agree')}; confirm {early.status_code} {early.json().get('error')}"
    expect(scanned.get("agree") is True and context.get("agree") is True, figure)
    expect(early.status_code == 409 and early.json()["error"] == "not_agreed", figure)
    refused = await victim.post("cancel", json={"reason": "not_me"})
    late = await stranger.confirm(victim.id)
    figure = f"not me {refused.status_code}; confirm then {late.status_code} {late.json()}"
    expect(refused.status_code == 204 and late.status_code == 409, figure)
    expect(late.json()["error"] == "already_decided" and late.json().get("reason") == "not_me", figure)
    return "the browser asks, confirm waits (409 not_agreed), and 'not me' ends the login"


@row("a known browser is not asked again, and its mark helps no other person")
async def a16_a_known_browser(stage: Stage) -> str:
    browser, person = Outsider(stage), App.of_new_person(Outsider(stage))
    first = await browser.open()
    await person.confirmed(first)
    confirmed = [message for message in (await first.poll()).json()["messages"] if message["type"] == "confirmed"]
    known = confirmed[0].get("known")
    expect(isinstance(known, str), "confirmed brings no mark of this browser")
    asked = []
    forged = known[:-4] + ("AAAA" if known[-4:] != "AAAA" else "BBBB")
    stranger = App.of_new_person(Outsider(stage))
    for app, marks in ((person, [known]), (stranger, [known]), (person, [forged]), (person, [])):
        login = await browser.open(known=marks)
        context = await app.scanned(login)
        asked.append(context.get("agree") is True)
    expect(asked == [False, True, True, True], f"asked: known, another person, forged, none = {asked}")
    return "asked: of a stranger, by a forged mark, without one; not of the known person"


@row("agree by guess: with the code alone, by a wrong key, before the scan")
async def a16_agree_takes_the_receive_key(stage: Stage) -> str:
    browser, person, stranger = Outsider(stage), App.of_new_person(Outsider(stage)), Outsider(stage)
    login = await browser.open()
    early = await login.post("agree")
    await person.scanned(login)
    path = f"/v1/logins/{login.id}/agree"
    guessed = await stranger.post(path, headers={"saoma-receive-key": "A" * 43, "origin": login.request.origin})
    answer = await person.confirm(login.id)
    figure = f"before the scan {early.status_code}, guessed {guessed.status_code}, confirm {answer.status_code}"
    expect(early.status_code == 409 and guessed.status_code == 404 and answer.status_code == 409, figure)
    return figure


@row("the same on a socket: agree, and 'not me'")
async def t34_agree_on_a_socket(stage: Stage) -> str:
    ends = []
    for command in ({"type": "agree"}, {"type": "cancel", "reason": "not_me"}):
        socket, person = await Outsider(stage).socket(), App.of_new_person(Outsider(stage))
        login = await socket.open()
        await socket.send(type="agree")
        early = (await socket.receive())["type"]
        await person.scanned(login)
        scanned = await socket.receive()
        await socket.send(**command)
        told = await socket.receive()
        answer = await person.confirm(login.id)
        ends.append((early, scanned.get("agree"), told["type"], told.get("reason"), answer.status_code))
    agreed, refused = ends
    figure = f"agree {agreed}, not me {refused}"
    expect(agreed == ("error", True, "agreed", None, 200), figure)
    expect(refused == ("error", True, "cancelled", "not_me", 409), figure)
    return figure


@row("after the scan alone nothing can be redeemed")
async def t8_the_scan_alone(stage: Stage) -> str:
    login, person = await Outsider(stage).open(), App.of_new_person(Outsider(stage))
    await person.scanned(login)
    await login.agree()
    kinds = [message["type"] for message in (await login.poll()).json()["messages"]]
    answer = await Party(Outsider(stage)).redeem(f"{login.id}.{made_up_secret()}", login.request.verifier)
    expect("confirmed" not in kinds and answer.status_code == 400, f"{kinds}, redeem {answer.status_code}")
    return f"the browser has {kinds}; redeem {answer.json()['error']}"
