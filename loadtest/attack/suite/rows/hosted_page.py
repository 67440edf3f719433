"""The hosted login page: redirects, unsupported parameters, frames."""

from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import InvalidStatus

from ..client.outsider import Outsider, Request
from ..stage.stage import CALLBACK, ORIGIN, Stage
from ..verdict import expect, row


def authorize(**members: str | None) -> dict[str, str]:
    """Returns the query of an authentication request."""
    query = {"response_type": "code", **Request().members, **members}
    return {name: value for name, value in query.items() if value is not None}


@row("redirect addresses that are nearly the registered one")
async def t26_redirect_addresses(stage: Stage) -> str:
    browser = Outsider(stage)
    nearly = [
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK + "#x",
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("shop.example", "SHOP.example"),
        CALLBACK.replace("shop.example", "shop.example.evil.example"),
        CALLBACK.replace("shop.example", "shop.example@evil.example"),
        CALLBACK.replace("/callback", "/%63allback"),
        CALLBACK.replace("/callback", "/x/../callback"),
        "https://evil.example/callback",
        "javascript:alert(1)",
        "",
    ]
    followed = []
    for uri in nearly:
        page = await browser.get("/oauth2/authorize", params=authorize(redirect_uri=uri))
        opened = await browser.try_open(redirect_uri=uri)
        if page.status_code != 400 or "location" in page.headers or opened.status_code != 400:
            followed.append(f"{uri} {page.status_code}/{opened.status_code}")
    expect(not followed, f"taken: {followed}")
    return f"{len(nearly)} get an error page, at the page and at the API"


@row("parameters that OpenID Connect defines and that are not supported")
async def a15_unsupported_parameters(stage: Stage) -> str:
    browser = Outsider(stage)
    wanted = {
        "request": ("eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        "request_uri": ("https://shop.example/request", "request_uri_not_supported"),
        "registration": ("{}", "registration_not_supported"),
        "response_mode": ("form_post_unknown", "invalid_request"),
        "prompt": ("none", "login_required"),
        "id_token_hint": ("eyJhbGciOiJub25lIn0.e30.", "invalid_request"),
        "claims": (
            '{"id_token":{"acr":{"essential":true,"values":["urn:example:face"]}}}',
            "unmet_authentication_requirements",
        ),
    }
    ignored = []
    for name, (value, error) in wanted.items():
        answer = await browser.get("/oauth2/authorize", params=authorize(**{name: value}))
        query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
        if query.get("error") != [error]:
            ignored.append(f"{name}: {answer.status_code} {query.get('error', [''])[0]} (wanted {error})")
    expect(not ignored, "; ".join(ignored))
    return f"{len(wanted)} parameters get their error"


@row("a foreign page opens a socket, a login, or frames the page")
async def t14_foreign_pages(stage: Stage) -> str:
    browser, statuses = Outsider(stage), []
    for origin in ("https://evil.example", "null", ORIGIN + ".evil.example", None):
        try:
            socket = await browser.socket(origin)
            await socket.close()
            statuses.append(101)
        except InvalidStatus as refused:
            statuses.append(refused.response.status_code)
    posted = await browser.post("/v1/logins", json=Request().members, headers={"origin": "https://evil.example"})
    page = await browser.get("/oauth2/authorize", params=authorize())
    policy = page.headers.get("content-security-policy", "")
    cors = posted.headers.get("access-control-allow-origin")
    figure = f"sockets {statuses}, POST {posted.status_code}, CORS {cors}"
    expect(statuses == [403] * 4 and posted.status_code == 403 and cors is None, figure)
    expect("frame-ancestors 'none'" in policy, f"the page's policy is {policy!r}")
    return f"{figure}; frame-ancestors 'none'"
