"""Headers of a public service, at the gateway and at the hall."""

from ..client.outsider import Outsider
from ..stage.stage import ORIGIN, Stage
from ..verdict import expect, row
from .honest import visitor
from .hosted_page import authorize


@row("HSTS, COOP, Permissions-Policy and the rest at the gateway")
async def a19_headers_of_the_gateway(stage: Stage) -> str:
    # HSTS is for other hosts than this machine, where browsers would keep it for all services.
    node = await stage.small_node("headers", {"server": {"public_url": "https://login.example"}})
    answer = await Outsider(stage, at=node).get("/oauth2/authorize", params=authorize())
    wanted = (
        "strict-transport-security",
        "cross-origin-opener-policy",
        "permissions-policy",
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
    )
    missing = [name for name in wanted if name not in answer.headers]
    expect(not missing, f"missing: {', '.join(missing)}")
    return f"all {len(wanted)}"


@row("secrets in addresses and referrers")
async def t27_referrers_and_addresses(stage: Stage) -> str:
    page = await Outsider(stage).get("/oauth2/authorize", params=authorize())
    hall = await visitor(stage, stage.hall.portal).get("/login")
    told = [answer.headers.get("referrer-policy") for answer in (page, hall)]
    login = await Outsider(stage).open()
    in_address = await Outsider(stage).get(
        f"/v1/logins/{login.id}/events", params={"after": 0, "receive_key": login.key}, headers={"origin": ORIGIN}
    )
    figure = f"Referrer-Policy {told}; a key in the address {in_address.status_code}"
    expect(told[0] == "no-referrer" and told[1] in ("no-referrer", "same-origin"), figure)
    expect(in_address.status_code in (400, 404), figure)
    return figure


@row("a proxy that rewrites ETag meets no concurrency token")
async def t23_no_entity_tags(stage: Stage) -> str:
    login = await Outsider(stage).open()
    answer = await login.poll()
    store = answer.headers.get("cache-control", "")
    expect("etag" not in answer.headers, "an ETag in the answer of a poll")
    expect("no-store" in store, f"Cache-Control of a poll: {store!r}")
    return "seq in the body alone, no ETag, no-store"
