"""A relying party at the token and userinfo endpoints."""

from typing import Any

import httpx

from ..stage.stage import CALLBACK, SHOP_SECRET
from .outsider import Outsider


class Party:
    """The shop's server, or a stranger who says so."""

    def __init__(self, sender: Outsider, client: str = "shop", secret: str | None = SHOP_SECRET):
        self.sender, self.client, self.secret = sender, client, secret

    async def redeem(self, code: str, verifier: str, **members: Any) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
            **members,
        }
        if self.secret is None:
            form["client_id"] = self.client
        basic = (self.client, self.secret) if self.secret is not None else httpx.USE_CLIENT_DEFAULT
        answer = await self.sender.post("/oauth2/token", data=form, auth=basic)
        if answer.status_code == 200:
            tokens = answer.json()
            self.sender.stage.secrets |= {tokens["access_token"], tokens["id_token"]}
        return answer

    async def userinfo(self, token: str) -> httpx.Response:
        return await self.sender.get("/oauth2/userinfo", headers={"authorization": f"Bearer {token}"})
