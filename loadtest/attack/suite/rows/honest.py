"""The measure of all rows: an ordinary login through the hall works on this stage."""

import re
from html import unescape

import httpx

from ..client.outsider import Login, Outsider, Request
from ..stage.hall import PASSWORD
from ..stage.stage import Stage


def visitor(stage: Stage, origin: str) -> httpx.AsyncClient:
    """Returns a browser with cookies at a page of the hall, from an address of its own."""
    transport = httpx.AsyncHTTPTransport(local_address=stage.address())
    headers = {"origin": origin, "accept-language": "en"}
    return httpx.AsyncClient(base_url=origin, transport=transport, headers=headers, timeout=30)


async def phone_of(stage: Stage, user_name: str, password: str = PASSWORD) -> httpx.AsyncClient:
    """Returns a phone of the hall that is logged in."""
    phone = visitor(stage, stage.hall.phone)
    await phone.get("/login")
    answer = await phone.post("/login", data={"user_name": user_name, "password": password})
    if answer.status_code != 303:
        raise RuntimeError(f"the hall's app refused {user_name}: {answer.status_code}")
    return phone


async def hall_login(stage: Stage, portal: httpx.AsyncClient) -> Login:
    """Opens the login that the portal's page asks for, as `<qr-login>` does."""
    page = (await portal.get("/login")).text
    value = {name: unescape(text) for name, text in re.findall(r'([a-z-]+)="([^"]*)"', page.split("<qr-login")[1])}
    request = Request(value["client-id"], value["redirect-uri"], stage.hall.portal)
    request.state = value["state"]
    request.members |= {
        "state": value["state"],
        "nonce": value["oidc-nonce"],
        "scope": value["scope"],
        "code_challenge": value["code-challenge"],
    }
    browser = Outsider(stage)
    answer = await browser.post("/v1/logins", json=request.members, headers={"origin": stage.hall.portal})
    if answer.status_code != 201:
        raise RuntimeError(f"the portal's login was refused: {answer.status_code} {answer.text}")
    return Login(browser, request, answer.json())


async def confirmed_in_hall(phone: httpx.AsyncClient, login: Login) -> str:
    """Scans, agrees and confirms in the hall's app. Returns the address to which the browser goes."""
    scanned = await phone.post("/scan", data={"text": login.qr})
    if scanned.status_code != 303:
        raise RuntimeError(f"the hall's app did not scan: {scanned.status_code}")
    await phone.get(scanned.headers["location"])
    await login.agree()
    await phone.post(f"{scanned.headers['location']}/confirm", data={"identity": "personal"})
    answer = await login.poll(after=1, wait=10)
    for message in answer.json()["messages"]:
        if message["type"] == "confirmed":
            return message["redirect_to"]
    raise RuntimeError(f"the hall's app did not confirm: {answer.text}")


async def one_login_through_the_hall(stage: Stage) -> None:
    """Logs a seeded person in by the hall's own phone app at the hall's own portal."""
    portal, phone = visitor(stage, stage.hall.portal), await phone_of(stage, "jia")
    login = await hall_login(stage, portal)
    answer = await portal.get(await confirmed_in_hall(phone, login))
    home = await portal.get("/")
    if answer.status_code != 303 or "示例甲" not in home.text:
        raise RuntimeError(f"the portal did not log the person in: {answer.status_code}")
