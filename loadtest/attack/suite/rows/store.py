"""A store that hangs, sockets that drop, pushes that must reach only one."""

import asyncio

from ..client.outsider import Outsider
from ..client.party import Party
from ..client.phone import App
from ..stage.stage import Stage
from ..verdict import expect, row


@row("the socket drops between scan and confirm, and comes back at the other node")
async def t21_a_dropped_socket(stage: Stage) -> str:
    here = Outsider(stage, at=stage.nodes[0], forwarded=stage.address())
    there = Outsider(stage, at=stage.nodes[1], forwarded=here.headers["x-forwarded-for"])
    socket = await here.socket()
    login = await socket.open()
    person = App.of_new_person(Outsider(stage))
    await person.scanned(login)
    seen = [await socket.receive()]
    socket.connection.transport.abort()
    await login.agree()
    confirmed = await person.confirm(login.id)
    again = await there.socket()
    await again.send(type="resume", login_id=login.id, receive_key=login.key, last_seq=seen[-1]["seq"], attempt=2)
    messages, close = await again.rest()
    sequence = [message["seq"] for message in seen + messages if "seq" in message]
    kinds = [message["type"] for message in messages]
    figure = f"confirm {confirmed.status_code}, then {kinds} with seq {sequence}, close {close}"
    expect(sequence == sorted(set(sequence)) and kinds.count("confirmed") == 1 and close == 1000, figure)
    return figure


@row("a push among many sockets reaches one", alone=True)
async def t20_a_push_reaches_one(stage: Stage) -> str:
    count = stage.few_or_many(100, 1000)
    sockets = []
    for number in range(count):
        browser = Outsider(
            stage, at=stage.nodes[number % 2], forwarded=f"203.0.{113 + number // 250}.{number % 250 + 1}"
        )
        sockets.append(await browser.socket())
    logins = [await socket.open() for socket in sockets]
    chosen = count // 2
    await App.of_new_person(Outsider(stage)).scanned(logins[chosen])
    told = await sockets[chosen].receive()
    # Every other browser's next message is the answer to its own: an unknown type.
    others = 0
    for number, socket in enumerate(sockets):
        if number != chosen:
            await socket.send(type="marker")
            others += (await socket.receive())["type"] != "error"
    await asyncio.gather(*(socket.close() for socket in sockets))
    figure = f"{told['type']} at its browser; {others} of {count - 1} others got something"
    expect(told["type"] == "scanned" and others == 0, figure)
    return figure


@row("Redis stops answering in the middle of logins", alone=True, last=True)
async def t22_a_store_that_hangs(stage: Stage) -> str:
    shop, person = Party(Outsider(stage)), App.of_new_person(Outsider(stage))
    used = await Outsider(stage).open()
    code = await person.confirmed(used)
    first = await shop.redeem(code, used.request.verifier)
    waiting = await Outsider(stage).open()
    await person.scanned(waiting)
    await waiting.agree()
    stage.redis.pause()
    try:
        opened, confirmed = await asyncio.gather(Outsider(stage).try_open(), person.confirm(waiting.id))
    finally:
        stage.redis.resume()
    for _ in range(100):
        if (await Outsider(stage).try_open()).status_code == 201:
            break
        await asyncio.sleep(0.1)
    again = await shop.redeem(code, used.request.verifier)
    after = await person.confirm(waiting.id)
    figure = (
        f"meanwhile open {opened.status_code}, confirm {confirmed.status_code}; then a used code {again.status_code}, "
    )
    figure += f"the confirm repeated {after.status_code}"
    expect(first.status_code == 200 and opened.status_code == 503 and confirmed.status_code == 503, figure)
    expect(again.status_code == 400 and after.status_code == 200, figure)
    return figure
