"""A phone app that sends its own access token."""

from typing import Any

import httpx

from .outsider import Login, Outsider, made_up


class App:
    def __init__(self, sender: Outsider, token: str):
        self.sender, self.token = sender, token
        sender.stage.secrets.add(token)

    @classmethod
    def of_new_person(cls, sender: Outsider, **members: Any) -> "App":
        """Returns the app of a person whom the backend knows from now on."""
        return cls(sender, sender.stage.backend.person(**members))

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def scan(self, qr: str) -> httpx.Response:
        return await self.sender.post("/v1/scans", json={"qr": qr}, headers=self.headers)

    async def type(self, user_code: str) -> httpx.Response:
        return await self.sender.post("/v1/scans", json={"user_code": user_code}, headers=self.headers)

    async def confirm(self, login_id: str, identity: str = "personal") -> httpx.Response:
        body = {"identity": identity}
        return await self.sender.post(f"/v1/logins/{login_id}/confirm", json=body, headers=self.headers)

    async def reject(self, login_id: str) -> httpx.Response:
        return await self.sender.post(f"/v1/logins/{login_id}/reject", headers=self.headers)

    async def scanned(self, login: Login) -> dict[str, Any]:
        """Scans a login. Raises an error if that is refused."""
        answer = await self.scan(login.qr)
        if answer.status_code != 200:
            raise RuntimeError(f"a scan was refused: {answer.status_code} {answer.text}")
        return answer.json()

    async def confirmed(self, login: Login) -> str:
        """Scans and confirms a login to its end, and returns the authorization code."""
        await self.scanned(login)
        await login.agree()
        answer = await self.confirm(login.id)
        if answer.status_code != 200:
            raise RuntimeError(f"a confirm was refused: {answer.status_code} {answer.text}")
        return await login.code()


def made_up_code(like: str) -> str:
    """Returns a QR text of this gateway that no login has."""
    return like[:-32] + made_up(32)
