"""Tokens of an app: whose they are, of which kind, and who signed them."""

import base64
import json
import time
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from ..client.flood import flood
from ..client.outsider import Outsider, made_up
from ..client.phone import App, made_up_code
from ..stage.stage import Stage
from ..verdict import expect, row

ISSUER, AUDIENCE = "https://app.example", "saoma"


@row("introspected tokens of another client, scope, audience or time")
async def a2_t35_introspected_tokens_of_others(stage: Stage) -> str:
    browser, hours_ago = Outsider(stage), int(time.time()) - 7200
    foreign: dict[str, dict[str, Any]] = {
        "another client": {"client_id": "weather-widget", "scope": "weather:read", "aud": "https://weather.example"},
        "another client, as common servers answer": {
            "client_id": "weather-widget",
            "scope": "weather:read",
            "aud": None,
            "identities": None,
        },
        "expired": {"exp": hours_ago},
        "expired in 1970": {"exp": 1},
    }
    taken = []
    for kind, members in foreign.items():
        login, app = await browser.open(), App.of_new_person(Outsider(stage), **members)
        status = (await app.scan(login.qr)).status_code
        if status != 401:
            taken.append(f"{kind}: {status}")
    expect(not taken, "; ".join(taken))
    return f"{len(foreign)} kinds refused by 401"


class Issuer:
    """An issuer of JWTs with some keys, served as a JWKS."""

    def __init__(self) -> None:
        self.keys = {
            kid: rsa.generate_private_key(public_exponent=65537, key_size=2048) for kid in ("good", "enc", "512")
        }

    def jwks(self) -> bytes:
        published = []
        for kid, key in self.keys.items():
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            more = {"good": {"use": "sig", "alg": "RS256"}, "enc": {"use": "enc"}, "512": {"alg": "RS512"}}[kid]
            published.append({name: public[name] for name in ("kty", "n", "e")} | {"kid": kid} | more)
        return json.dumps({"keys": published}).encode()

    def token(self, kid: str = "good", header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        person = {"name": "示例甲", "identities": [{"id": "personal", "kind": "personal", "name": "示例甲"}]}
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "c-1", "iat": now, "exp": now + 600, **person, **claims}
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, key or self.keys[kid], "RS256", {"kid": kid, "typ": "at+jwt"} | (header or {}))


def unsigned(token: str) -> str:
    """Returns the token with `alg: none` and without a signature."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


async def node_by_keys(stage: Stage, name: str, url: str) -> str:
    """Starts a node that verifies JWTs by the keys at this address."""
    jwks = {"url": url, "issuer": ISSUER, "audience": AUDIENCE}
    return await stage.small_node(name, {"identity": {"introspection": None, "jwks": jwks}})


@row("JWTs of another kind, audience, party, time, key or signature")
async def a2_a12_t35_jwts_of_others(stage: Stage) -> str:
    issuer, now = Issuer(), int(time.time())
    url = stage.backend.page("/jwks", 200, {"content-type": "application/json"}, issuer.jwks())
    node = await node_by_keys(stage, "jwks", url)
    browser, phones = (
        Outsider(stage, at=node, forwarded=stage.address()),
        Outsider(stage, at=node, forwarded="192.0.2.7"),
    )
    login = await browser.open()
    foreign = {
        "ID token": issuer.token(header={"typ": "JWT"}, nonce="n"),
        "logout token": issuer.token(header={"typ": "logout+jwt"}),
        "no type": issuer.token(header={"typ": ""}),
        "foreign audience": issuer.token(aud="weather"),
        "no audience": issuer.token(aud=None),
        "foreign issuer": issuer.token(iss="https://other.example"),
        "expired": issuer.token(iat=now - 7200, exp=now - 3600),
        "no expiry": issuer.token(exp=None),
        "a life of a year": issuer.token(exp=now + 365 * 86400),
        "unknown critical extension": issuer.token(header={"crit": ["b64x"], "b64x": True}),
        "key for encryption": issuer.token("enc"),
        "key for another algorithm": issuer.token("512"),
        "alg none": unsigned(issuer.token()),
        "a stranger's key": issuer.token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    }
    taken = []
    for number, (kind, token) in enumerate(foreign.items()):
        phone = Outsider(stage, at=node, forwarded=f"192.0.2.{number + 10}")
        status = (await App(phone, token).scan(login.qr)).status_code
        if status != 401:
            taken.append(f"{kind} {status}")
    own = (await App(phones, issuer.token()).scan(login.qr)).status_code
    expect(own == 200, f"a right token: {own}")
    expect(not taken, f"taken: {', '.join(taken)}")
    return f"{len(foreign)} kinds refused by 401, a right one taken"


@row("keys behind a redirect")
async def a12_keys_behind_a_redirect(stage: Stage) -> str:
    issuer = Issuer()
    keys = stage.backend.page("/elsewhere", 200, {"content-type": "application/json"}, issuer.jwks())
    node = await node_by_keys(stage, "redirected", stage.backend.page("/moved", 302, {"location": keys}, b""))
    login = await Outsider(stage, at=node, forwarded=stage.address()).open()
    answer = await App(Outsider(stage, at=node, forwarded=stage.address()), issuer.token()).scan(login.qr)
    expect(answer.status_code in (401, 503), f"a token by redirected keys: {answer.status_code}")
    return f"{answer.status_code}: the redirect is not followed"


@row("one person posts 140 made-up codes behind the app's own address")
async def a3_t41_one_persons_junk(stage: Stage) -> str:
    backend_of_app = Outsider(stage)
    login = await Outsider(stage).open()
    vandal, honest = App.of_new_person(backend_of_app), App.of_new_person(backend_of_app)
    statuses = [(await vandal.scan(made_up_code(login.qr))).status_code for _ in range(140)]
    answer = await honest.scan(login.qr)
    figure = (
        f"{statuses.count(404)} times 404, {statuses.count(429)} times 429; another person's scan {answer.status_code}"
    )
    expect(answer.status_code == 200 and statuses.count(404) <= 20, figure)
    return figure


def with_token(path: str, token: str, body: bytes = b"{}"):
    return f"POST {path}", {"authorization": f"Bearer {token}", "content-type": "application/json"}, body


@row("600 made-up tokens at confirm, reject and scan", alone=True)
async def a7_made_up_tokens(stage: Stage) -> str:
    stranger, login = Outsider(stage), await Outsider(stage).open()
    scan = json.dumps({"qr": login.qr}).encode()
    doors = ((f"/v1/logins/{login.id}/confirm", b'{"identity":"personal"}'), (f"/v1/logins/{login.id}/reject", b""))

    def make(number: int):
        path, body = (*doors, ("/v1/scans", scan))[number % 3]
        return with_token(path, f"made-up-{number}-{made_up(24)}", body)

    before = stage.backend.asked.total()
    statuses = await flood(stranger, 600, make, connections=8)
    asked = stage.backend.asked.total() - before
    figure = f"{asked} introspections for 600 tokens ({dict(statuses)})"
    expect(asked <= 60, figure)
    return figure


@row("one refused token 100 times from as many addresses", alone=True)
async def a7_one_refused_token(stage: Stage) -> str:
    token = f"made-up-{made_up(32)}"
    path, body = f"/v1/logins/{made_up(24)}/confirm", b'{"identity":"personal"}'
    for _ in range(25):
        sender = Outsider(stage)
        await flood(sender, 4, lambda _: with_token(path, token, body), connections=1)
    asked = stage.backend.asked[token]
    expect(asked <= 4, f"asked {asked} times within some seconds")
    return f"the backend was asked {asked} times by two nodes"


@row("the person is asked anew: a suspended card, an ended mandate")
async def t24_t25_standing_at_confirm(stage: Stage) -> str:
    phones, backend = Outsider(stage), stage.backend
    unit = {"id": "unit:90001", "kind": "unit", "name": "示例单位一", "role": "operator"}
    answers: list[httpx.Response] = []
    for change in ({"refusal": "card_reported_lost"}, {"identities": [unit]}):
        token = backend.person()
        app, login = App(phones, token), await Outsider(stage).open()
        await app.scanned(login)
        await login.agree()
        backend.change(token, **change)
        answers.append(await app.confirm(login.id))
    agent = backend.person(identities=[unit])
    app, login = App(phones, agent), await Outsider(stage).open()
    await app.scanned(login)
    await login.agree()
    backend.change(agent, identities=[{"id": "personal", "kind": "personal", "name": "示例甲"}])
    answers.append(await app.confirm(login.id, "unit:90001"))
    errors = [answer.json().get("error") for answer in answers]
    reason = answers[0].json().get("reason")
    figure = f"{errors}, reason {reason}"
    expect(errors == ["identity_refused", "identity_not_allowed", "identity_not_allowed"], figure)
    expect(reason == "card_reported_lost", figure)
    return figure
