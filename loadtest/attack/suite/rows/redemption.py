"""The token endpoint: replays, guesses, proofs of clients, and what a token says."""

import asyncio
from urllib.parse import urlencode

import jwt

from ..client.flood import flood
from ..client.outsider import Outsider, made_up, made_up_secret
from ..client.party import Party
from ..client.phone import App
from ..stage.stage import CALLBACK, Stage
from ..verdict import Gap, expect, row


async def code_of(stage: Stage, client: str = "shop") -> tuple[str, str]:
    """Returns the code of a confirmed login and its verifier."""
    login = await Outsider(stage).open(client)
    return await App.of_new_person(Outsider(stage)).confirmed(login), login.request.verifier


async def after_replay(stage: Stage, replay) -> str:
    """Redeems a code, shows it again, and says what the first token is worth then."""
    party = Party(Outsider(stage))
    code, verifier = await code_of(stage)
    first = await party.redeem(code, verifier)
    token = first.json()["access_token"]
    before = (await party.userinfo(token)).status_code
    again = await replay(code, verifier)
    after = (await party.userinfo(token)).status_code
    expect(before == 200 and again.status_code == 400, f"userinfo {before}, replay {again.status_code}")
    return "ended" if after == 401 else f"still good ({after})"


@row("a used code is shown again: right, with a wrong verifier, by another client")
async def a18_t7_a_used_code(stage: Stage) -> str:
    shop, kiosk = Party(Outsider(stage)), Party(Outsider(stage), "kiosk", None)
    ends = {
        "right": await after_replay(stage, shop.redeem),
        "wrong verifier": await after_replay(stage, lambda code, _: shop.redeem(code, "v" * 43)),
        "another client": await after_replay(stage, kiosk.redeem),
        "another address": await after_replay(
            stage, lambda code, verifier: shop.redeem(code, verifier, redirect_uri="https://shop.example/other")
        ),
    }
    alive = [f"{kind} {state}" for kind, state in ends.items() if state != "ended"]
    expect(not alive, f"the first token after a replay: {', '.join(alive)}")
    return f"{len(ends)} kinds of replay end the token of the first use"


@row("one code is redeemed 20 times at once, through both nodes")
async def t7_one_code_at_once(stage: Stage) -> str:
    code, verifier = await code_of(stage)
    shops = [Party(Outsider(stage, at=stage.nodes[number % 2], forwarded=stage.address())) for number in range(20)]
    answers = await asyncio.gather(*(shop.redeem(code, verifier) for shop in shops))
    statuses = [answer.status_code for answer in answers]
    tokens = [answer.json()["access_token"] for answer in answers if answer.status_code == 200]
    expect(statuses.count(200) == 1 and statuses.count(400) == 19, f"{sorted(statuses)}")
    alive = (await shops[0].userinfo(tokens[0])).status_code
    expect(alive == 401, f"the token of the one that came first is still good: {alive}")
    return "one answer of 20 holds tokens, and the replays end them"


@row("a fresh code with a wrong verifier, client or address")
async def t7_three_wrong_tries(stage: Stage) -> str:
    shop, kiosk = Party(Outsider(stage)), Party(Outsider(stage), "kiosk", None)
    code, verifier = await code_of(stage)
    wrong = [
        (await shop.redeem(code, "v" * 43)).json().get("error"),
        (await kiosk.redeem(code, verifier)).json().get("error"),
        (await shop.redeem(code, verifier, redirect_uri="https://shop.example/other")).json().get("error"),
        (await shop.redeem(code, "w" * 43)).json().get("error"),
    ]
    right = await shop.redeem(code, verifier)
    expect(wrong == ["invalid_grant"] * 4 and right.status_code == 400, f"{wrong}, then right {right.status_code}")
    return "three wrong tries of its client end the code, and another client has none"


def form(_: int, **members: str):
    body = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": "v" * 43, **members}
    body.setdefault("code", f"{made_up(24)}.{made_up_secret()}")
    return "POST /oauth2/token", {"content-type": "application/x-www-form-urlencoded"}, urlencode(body).encode()


@row("7,000 made-up codes for a public client from one address", alone=True)
async def a8_made_up_codes_for_a_public_client(stage: Stage) -> str:
    code, verifier = await code_of(stage, "kiosk")
    stranger, count = Outsider(stage), stage.few_or_many(1500, 7000)
    statuses = await flood(stranger, count, lambda number: form(number, client_id="kiosk"))
    real = await Party(Outsider(stage), "kiosk", None).redeem(code, verifier)
    figure = f"{dict(statuses)} of {count}; the real redemption {real.status_code}"
    expect(real.status_code == 200 and statuses[429] > count // 2, figure)
    return figure


@row("a real redemption from the flooding address itself", alone=True)
async def a8_a_code_that_exists_is_never_refused(stage: Stage) -> str:
    code, verifier = await code_of(stage, "kiosk")
    shared = Outsider(stage)
    statuses = await flood(shared, 300, lambda number: form(number, client_id="kiosk"))
    real = await Party(shared, "kiosk", None).redeem(code, verifier)
    expect(real.status_code == 200, f"{dict(statuses)}, then the real one {real.status_code}")
    return f"{dict(statuses)}, then the real one {real.status_code}"


@row("a client's secret is guessed")
async def a8_guessed_secrets(stage: Stage) -> str:
    stranger = Outsider(stage)
    make = lambda number: form(number, client_id="shop", client_secret=f"guess-{number}")  # noqa: E731
    statuses = await flood(stranger, 60, make, connections=2)
    code, verifier = await code_of(stage)
    real = await Party(Outsider(stage)).redeem(code, verifier)
    figure = f"{dict(statuses)}; the shop itself {real.status_code}"
    # Each of the two nodes counts for itself.
    expect(statuses[401] <= 22 and statuses[429] >= 38 and real.status_code == 200, figure)
    return figure


@row("access tokens are guessed at userinfo")
async def a8_guessed_access_tokens(stage: Stage) -> str:
    stranger = Outsider(stage)

    def guess(_: int):
        return "GET /oauth2/userinfo", {"authorization": f"Bearer {made_up(24)}.{made_up_secret()}"}, b""

    statuses = await flood(stranger, 200, guess, connections=4)
    expect(statuses[401] <= 2 * 31 and statuses[429] >= 130, f"{dict(statuses)}")
    return f"{dict(statuses)}"


@row("what the tokens of a QR login claim, and for how long")
async def t30_t33_claims_of_a_token(stage: Stage) -> str:
    login = await Outsider(stage).open(acr_values="urn:example:face", acr="urn:example:face")
    code = await App.of_new_person(Outsider(stage)).confirmed(login)
    tokens = (await Party(Outsider(stage)).redeem(code, login.request.verifier)).json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    figure = f"amr {claims.get('amr')}, acr {claims.get('acr')}, access token {tokens['expires_in']} s"
    expect(claims.get("amr") == ["qr"] and "face" not in str(claims.get("acr")), figure)
    expect(tokens["expires_in"] <= 300, figure)
    discovery = (await Outsider(stage).get("/.well-known/openid-configuration")).json()
    if "backchannel_logout_supported" not in discovery:
        raise Gap(f"{figure}; no back-channel logout, no switch per client")
    return figure
