"""The hall: planted cookies, lockouts, files."""

import re
import sqlite3

import httpx

from ..client.outsider import Outsider, Request
from ..stage.hall import PASSWORD
from ..stage.stage import Stage
from ..verdict import expect, row
from .honest import confirmed_in_hall, hall_login, phone_of, visitor


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Returns the cookies that an answer sets."""
    lines = answer.headers.get_list("set-cookie")
    return {found[1]: found[2] for line in lines if (found := re.match(r"([^=]+)=([^;]*)", line))}


@row("a planted cookie of the portal's browser")
async def a10_t40_a_planted_cookie(stage: Stage) -> str:
    first = await visitor(stage, stage.hall.portal).get("/login")
    names = [name for name in cookies_of(first) if "browser" in name]
    expect(bool(names), f"the portal sets {list(cookies_of(first))}")
    name, planted = names[0], "planted" * 6
    answer = await visitor(stage, stage.hall.portal).get("/login", headers={"cookie": f"{name}={planted}"})
    fresh = cookies_of(answer).get(name)
    expect(fresh not in (None, planted), f"the planted value is kept: {name}={str(fresh)[:12]}…")
    two = await visitor(stage, stage.hall.portal).get(
        "/login", headers={"cookie": f"{name}={planted}; {name}=x{fresh}"}
    )
    again = cookies_of(two).get(name)
    expect(two.status_code >= 400 or again not in (None, planted, f"x{fresh}"), f"two of a name: {two.status_code}")
    return f"{name}: an unknown value is replaced, two of a name are not taken"


@row("the attacker's answer in the victim's browser")
async def t15_the_attackers_answer(stage: Stage) -> str:
    attacker, phone = visitor(stage, stage.hall.portal), await phone_of(stage, "ding")
    answer = await confirmed_in_hall(phone, await hall_login(stage, attacker))
    victim = visitor(stage, stage.hall.portal)
    await victim.get("/login")
    got = await victim.get(answer)
    home = await victim.get("/")
    expect(got.status_code == 400 and "示例丁" not in home.text, f"{got.status_code}")
    own = await attacker.get(answer)
    return f"the victim's browser {got.status_code}, the one that asked {own.status_code}"


@row("five wrong passwords from elsewhere, then the owner's known browser")
async def a17_t42_a_lockout_as_an_attack(stage: Stage) -> str:
    owner = await phone_of(stage, "xin")
    await owner.post("/logout")
    for _ in range(8):
        stranger = visitor(stage, stage.hall.phone)
        await stranger.post("/login", data={"user_name": "xin", "password": "guess-2026"})
    locked = await visitor(stage, stage.hall.phone).post("/login", data={"user_name": "xin", "password": PASSWORD})
    own = await owner.post("/login", data={"user_name": "xin", "password": PASSWORD})
    figure = f"a strange browser with the right password {locked.status_code}, the owner's known one {own.status_code}"
    expect(own.status_code == 303 and locked.status_code != 303, figure)
    return figure


@row("files of the hall, and rows that a page without cookies writes")
async def a19_files_and_rows_of_the_hall(stage: Stage) -> str:
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in stage.hall.data.iterdir() if path.is_file()}
    readable = {name: mode for name, mode in modes.items() if mode[-2:] != "00"}
    expect(not readable, f"readable by others: {readable}")
    database = next(path for path in stage.hall.data.iterdir() if path.suffix in (".sqlite", ".db"))
    before = _rows(database)
    stranger = visitor(stage, stage.hall.portal)
    for _ in range(60):
        stranger.cookies.clear()
        await stranger.get("/login")
    written = _rows(database) - before
    expect(written == 0, f"{written} rows for 60 pages without a cookie")
    return f"{len(modes)} files for their owner alone; 60 pages without a cookie write nothing"


def _rows(database) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = [name for name in tables if "request" in name]
        return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables)


@row("the hall's app with another person's or no session")
async def t24_the_hall_without_a_session(stage: Stage) -> str:
    stranger = visitor(stage, stage.hall.phone)
    login = await Outsider(stage).open()
    answer = await stranger.post("/scan", data={"text": login.qr})
    expect(answer.headers.get("location", "").startswith("/login") or answer.status_code in (401, 403), str(answer))
    # On a connection of its own: the hall may have closed the first, whose body it did not read.
    foreign = await visitor(stage, stage.hall.phone).post(
        "/scan", data={"text": login.qr}, headers={"origin": Request().origin}
    )
    expect(foreign.status_code in (303, 403), f"a foreign page: {foreign.status_code}")
    return f"{answer.status_code} to the login page; from a foreign page {foreign.status_code}"
