/** A person who is new to a browser is named there and asked (threat T34): over every transport, on both screens. */
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { DING, JIA, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Artefacts } from "./every-row/artefacts.ts";
import { narrow } from "./narrow.ts";
import { accessibilityViolations, holds } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { type Prepare, Portal } from "./portal.ts";
import type { Surface } from "./surface.ts";
import { type Words, en, zh } from "./words.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  demo = await Demo.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

const TRANSPORTS: readonly [string, Prepare][] = [
  ["a socket", async () => undefined],
  ["an event stream", (context) => narrow(context, "pass")],
  ["long polls", (context) => narrow(context, "are refused")],
];

/** The page that shows a code: the hall's own, or the gateway's. */
const PAGES = ["/login", "/login/hosted"] as const;

/** Each transport once, at alternating pages: the pages have the same element, which speaks the same at both. */
const ALTERNATING = TRANSPORTS.map(([name, prepare], turn) => [name, turn % 2 === 0 ? "/login" : "/login/hosted", prepare] as const);

/** With `LONG=1` every state is seen at each page in each language; else at one page in each. */
const isLong = Boolean(process.env["LONG"]);

/** Opens the code's page again in the same browser. */
async function again(portal: Portal, path: string): Promise<void> {
  await portal.logOut();
  await portal.page.goto(`${demo.addresses.portal}${path}`);
  await portal.showsCode();
}

/** Scans the code on the screen by pasting its text. */
async function scan(phone: Phone, portal: Portal): Promise<void> {
  await phone.page.goto(`${demo.addresses.phone}/`);
  await phone.paste((await portal.codes()).qr);
  await phone.isAsked();
}

describe("a new person", () => {
  test.each(ALTERNATING)("over %s at %s is asked once, or says “not me”", async (transport, path, prepare) => {
    const portal = await Portal.openAt(browser, `${demo.addresses.portal}${path}`, zh, prepare);
    const jia = await Phone.of(JIA, browser, demo);
    await scan(jia, portal);
    await portal.says(JIA.masked, zh.asked);
    await jia.shows("请先在电脑上点“是我”");
    await portal.agrees();
    await portal.says(zh.scanned, JIA.masked);
    await jia.confirm();
    await portal.greets(JIA.name);

    await again(portal, path);
    await scan(jia, portal);
    await portal.says(zh.scanned, JIA.masked);
    expect(await portal.isAsked()).toBe(false);
    expect(await jia.page.getByText("请先在电脑上点").count()).toBe(0);
    await jia.confirm();
    await portal.greets(JIA.name);

    // A person whom the browser does not know is asked about, and ends the login on both screens.
    await again(portal, path);
    const ding = await Phone.of(DING, browser, demo);
    await scan(ding, portal);
    await portal.says(DING.masked, zh.asked);
    await ding.choose(zh.personal);
    await ding.confirm();
    await ding.shows("请看电脑");
    await portal.agrees(zh.notMe);
    await portal.says(zh.wasNotMe);
    // The page of the phone asks by itself.
    await ding.shows("电脑前的人表示扫码的不是本人");
    await ding.follow(/重新扫描|重新扫码|再次扫/);
    await ding.isAt("/scan");
    await portal.pressUntil(zh.newCode, () => portal.hasCode());
    if (transport === "a socket") {
      await scan(ding, portal);
      await portal.agrees();
      await ding.choose(zh.personal);
      await ding.confirm();
      await portal.greets(DING.name);
      // Both persons are known now.
      await again(portal, path);
      await scan(jia, portal);
      await portal.says(zh.scanned, JIA.masked);
      expect(await portal.isAsked()).toBe(false);
    }
    expect([...portal.errors, ...jia.errors, ...ding.errors]).toEqual([]);
  });
});

test("what a portal keeps and what the gateway's page keeps is each its own, and no address holds it", async () => {
  const addresses = new Array<string>();
  const portal = await Portal.openAt(browser, `${demo.addresses.portal}/login/hosted`, zh);
  portal.page.on("websocket", (socket) => addresses.push(socket.url()));
  portal.page.on("request", (request) => addresses.push(request.url()));
  const phone = await Phone.of(JIA, browser, demo);
  await scan(phone, portal);
  await portal.agrees();
  await phone.confirm();
  await portal.greets(JIA.name);
  const cookies = await portal.page.context().cookies(demo.addresses.gateway);
  const known = cookies.find(({ name }) => name === "saoma-known");
  expect(known).toMatchObject({ sameSite: "Strict", path: "/" });
  expect(await portal.page.evaluate(() => localStorage.getItem("saoma.known"))).toBeNull();
  await again(portal, "/login/hosted");
  await scan(phone, portal);
  await portal.says(zh.scanned);
  expect(addresses.filter((address) => address.includes(decodeURIComponent(known?.value ?? "nothing").slice(0, 20)))).toEqual([]);
});

test("a phone that confirms before the computer agrees keeps its choice and goes on by itself, at a page with the element as a classic script", async () => {
  const scripts = new Array<string>();
  const portal = await Portal.open(browser, demo, zh, async (context) => {
    // Chromium does not know where a page that the test answers comes from.
    await context.grantPermissions(["local-network-access"]);
    context.on("request", (request) => scripts.push(new URL(request.url()).pathname));
    await context.route("**/login", async (route) => {
      const response = await route.fetch();
      const classic = (await response.text()).replace(/<script type="module"([^>]*)\/qr-login\.js"/, '<script$1/qr-login.iife.js"');
      await route.fulfill({ response, body: classic });
    });
  });
  expect(scripts.filter((path) => /\/qr-login.*\.js$/.test(path))).toEqual(["/assets/qr-login.iife.js"]);
  const phone = await Phone.of(YI, browser, demo);
  await scan(phone, portal);
  await phone.choose(zh.personal);
  await phone.confirm();
  await phone.shows("请看电脑");
  expect(await phone.page.locator("input[name=identity]").inputValue()).toBe("personal");
  await portal.agrees();
  await portal.greets(YI.name);
  await phone.shows("登录成功");
});

test("without a script the person presses a button on the phone once the computer has agreed", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(YI, browser, demo);
  await scan(phone, portal);
  await phone.page.route("**/confirm-page.js", (route) => route.abort());
  await phone.page.reload();
  await phone.choose(zh.personal);
  await phone.confirm();
  await phone.shows("请看电脑");
  await phone.page.getByRole("button", { name: zh.pressedYes }).click();
  await phone.shows("请看电脑");
  await portal.agrees();
  await portal.says(zh.scanned);
  expect(await phone.page.locator("input[name=identity]").inputValue()).toBe("personal");
  await phone.page.getByRole("button", { name: zh.pressedYes }).click();
  await portal.greets(YI.name);
});

test("a reload of the computer in the middle of the question asks it again", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(JIA, browser, demo);
  await scan(phone, portal);
  await portal.says(zh.asked);
  await portal.page.reload();
  await portal.says(JIA.masked, zh.asked);
  await portal.agrees();
  await portal.says(zh.scanned);
});

describe.each([zh, en])("in $tag", (words) => {
  const pictures = new Artefacts(`agree-${words.tag}`);

  test.each(PAGES.filter((_, turn) => isLong || turn === [zh, en].indexOf(words)))("every state at %s fits 360 pixels, is accessible, and is answered by keyboard alone", async (path) => {
    const address = `${demo.addresses.portal}${path}`;
    const portal = await Portal.openAt(browser, address, words, asTheSiteSpeaks(words));
    const page = path === "/login" ? "portal" : "hosted";
    const phone = await Phone.of(YI, browser, demo, words);
    await see(portal, page, "waiting");
    await scan(phone, portal);
    await portal.says(words.asked);
    await see(portal, page, "asked");
    await see(phone, page, "asked");
    await phone.choose(words.personal);
    await phone.confirm();
    await phone.page.getByRole("button", { name: words.pressedYes }).waitFor();
    await see(phone, page, "look-at-computer");
    const yes = portal.page.getByRole("button", { name: words.yes, exact: true });
    expect(await portal.page.locator("qr-login").evaluate((element) => element.shadowRoot?.activeElement?.className)).toBe("note");
    for (const name of [words.notMe, words.yes]) {
      await portal.page.keyboard.press("Tab");
      expect(await portal.page.getByRole("button", { name, exact: true }).evaluate((button) => button.matches(":focus"))).toBe(true);
    }
    while (await yes.isVisible()) await portal.page.keyboard.press("Enter");
    await portal.says(words.scanned).catch(() => undefined);
    await portal.greets(YI.name);
    await see(phone, page, "confirmed");

    const other = await Portal.openAt(browser, address, words, asTheSiteSpeaks(words));
    await scan(phone, other);
    await phone.choose(words.personal);
    await other.agrees(words.notMe);
    await other.says(words.wasNotMe);
    await see(other, page, "not-me");
    await phone.confirm();
    await phone.page.getByRole("alert").waitFor();
    await see(phone, page, "not-me");
    expect([...portal.errors, ...phone.errors, ...other.errors]).toEqual([]);
  });

  /** Checks the rules of a page, wide and narrow, light and dark, and keeps pictures of them. */
  async function see(surface: Surface, where: string, state: string): Promise<void> {
    const { page } = surface;
    const before = page.viewportSize();
    const keep = (what?: string) => (isLong ? pictures.keep(`${where}-${state}`, surface, what) : undefined);
    await keep();
    await page.setViewportSize({ width: 360, height: 740 });
    await holds(page);
    await keep("narrow");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await accessibilityViolations(page, ["color-contrast"])).toEqual([]);
    await keep("dark");
    await page.emulateMedia({ colorScheme: null });
    if (before) await page.setViewportSize(before);
  }
});

/** The language of the hall's pages in this context. */
function asTheSiteSpeaks({ tag }: Words): Prepare {
  return (context: BrowserContext) => context.addCookies([{ name: "lang", value: tag, domain: "127.0.0.1", path: "/" }]);
}
