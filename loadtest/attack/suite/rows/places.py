"""Where the phone is told that the browser is: forged headers, undeclared proxies."""

from ..client.outsider import Outsider
from ..client.phone import App
from ..stage import gateway, settings
from ..stage.stage import Stage
from ..verdict import expect, row


@row("X-Forwarded-For of the browser itself, through nginx")
async def t16_a_forged_header_through_the_proxy(stage: Stage) -> str:
    browser = Outsider(stage)
    browser.headers = {"x-forwarded-for": "203.0.113.7", "forwarded": "for=203.0.113.7", "x-real-ip": "203.0.113.7"}
    context = await App.of_new_person(Outsider(stage)).scanned(await browser.open())
    told = context["requester"]["address"]
    expect(told == browser.address, f"the phone is told {told}")
    return f"the phone is told {told}, where the browser is"


@row("a proxy that was not declared, towards a node")
async def a5_t38_an_undeclared_proxy(stage: Stage) -> str:
    browser = Outsider(stage, at=stage.nodes[0])
    browser.headers = {"x-forwarded-for": "203.0.113.7"}
    context = await App.of_new_person(Outsider(stage)).scanned(await browser.open())
    told = context["requester"]
    figure = f"address {told['address']}, place {told['place']}"
    expect(told["address"] == browser.address and told["place"] == "unknown", figure)
    return figure


@row("a browser on loopback behind an https address is not called this machine")
async def a5_no_this_machine_on_a_public_address(stage: Stage) -> str:
    node = await stage.small_node("public", {"server": {"public_url": "https://login.example"}})
    browser = Outsider(stage, at=node, forwarded="127.0.0.1")
    phone = App.of_new_person(Outsider(stage, at=node, forwarded="192.0.2.77"))
    told = (await phone.scanned(await browser.open()))["requester"]["place"]
    expect(told not in ("same_machine", "local_network"), f"place {told}")
    return f"place {told}"


@row("phone and browser in one network, and in two")
async def a5_networks_are_compared(stage: Stage) -> str:
    # Public addresses, as a proxy tells them: those of this machine are not compared.
    browser, stranger = (
        Outsider(stage, at=stage.nodes[0], forwarded=address) for address in ("198.51.100.7", "203.0.113.9")
    )
    near, far = App.of_new_person(browser), App.of_new_person(stranger)
    told = [(await app.scanned(await browser.open())).get("network") for app in (near, far)]
    expect(told == ["same", "different"], f"told {told}")
    return f"told {told}"


@row("the phone's own address, as the app's backend tells it")
async def a3_a5_an_address_from_the_backend(stage: Stage) -> str:
    browser, backend_of_app = Outsider(stage), Outsider(stage)
    told = []
    for address in (browser.address, "203.0.113.5"):
        app = App.of_new_person(backend_of_app, phone_address=address)
        told.append((await app.scanned(await browser.open())).get("network"))
    expect(told == ["same", "different"], f"told {told}")
    return f"told {told}"


@row("a start behind a TLS proxy that the settings do not name")
async def a5_t38_settings_without_a_word_on_proxies(stage: Stage) -> str:
    silent = {"server": {"trusted_proxies": None, "public_url": "https://login.example"}}
    stated = {"server": {"trusted_proxies": [], "public_url": "https://login.example"}}
    code, said = await gateway.check(stage.folder, settings.merged(stage.settings, silent))
    own, _ = await gateway.check(stage.folder, settings.merged(stage.settings, stated))
    expect(code != 0 and "trusted_proxies" in said, f"silent settings: exit code {code}")
    expect(own == 0, f"settings that state there is no proxy: exit code {own}")
    return "refused by name; an empty list is a statement"
