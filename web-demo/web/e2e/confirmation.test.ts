/** The phone's confirmation and what comes after it, on small phones; links; and the app without a network. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, PASSWORD, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Artefacts } from "./every-row/artefacts.ts";
import { accessibilityViolations, horizontalOverflow } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { en, zh } from "./words.ts";

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

/** Visible parts of small phones, in CSS pixels. */
const SMALL = [[360, 640], [375, 667], [390, 664]] as const;

/** Adds a number of two digits to type, as a gateway may ask for. The page's policy takes no markup from a script. */
function addNumber(phone: Phone): Promise<void> {
  return phone.page.evaluate(() => {
    const input = Object.assign(document.createElement("input"), { id: "number", name: "number", inputMode: "numeric", maxLength: 2 });
    const label = Object.assign(document.createElement("label"), { htmlFor: "number", textContent: "NUMBER" });
    const section = Object.assign(document.createElement("section"), { className: "compare number" });
    section.append(label, input);
    document.querySelector(".caution")?.before(section);
  });
}

/** CSS pixels that lie below the window. */
function below(phone: Phone): Promise<number> {
  return phone.page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
}

describe.each([zh, en])("in $tag", (words) => {
  test("u9: three identities, a warning and both answers are in sight without scrolling, with room for a number", async () => {
    const portal = await Portal.open(browser, demo, words);
    const phone = await Phone.of(YI, browser, demo, words);
    await phone.paste((await portal.codes()).qr);
    await phone.isAsked();
    expect(await phone.page.getByRole("radio").count()).toBe(3);
    const { page } = phone;
    const pictures = new Artefacts(`confirmation-${words.tag}`);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityViolations(page)).toEqual([]);
    }
    for (const withNumber of [false, true]) {
      if (withNumber) await addNumber(phone);
      for (const [width, height] of SMALL) {
        await page.setViewportSize({ width, height });
        expect(await below(phone), `${width}×${height}, number: ${withNumber}`).toBeLessThanOrEqual(0);
        expect(await horizontalOverflow(page)).toBe(0);
      }
    }
    await pictures.keep("number", phone, "narrow");
    const [decline, confirm] = await page.locator(".decision button").evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().toJSON()));
    expect(decline.width).toBeCloseTo(confirm.width, 0);
    expect(decline.height).toBeGreaterThanOrEqual(44);
    expect(decline.height).toBe(confirm.height);
    expect(decline.left).toBeLessThan(confirm.left);
  });
});

test("u9: with more identities than fit, the list scrolls and the answers stay at the foot", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(YI, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await phone.isAsked();
  const { page } = phone;
  await page.setViewportSize({ width: 360, height: 640 });
  await page.evaluate(() => {
    const list = document.querySelector(".pick > div");
    for (let more = 0; more < 6; more++) list?.append(list.lastElementChild?.cloneNode(true) ?? "");
  });
  const isInSight = () => page.locator(".decision").evaluate((answers) => answers.getBoundingClientRect().bottom <= window.innerHeight);
  expect(await isInSight()).toBe(true);
  await page.evaluate(() => document.querySelector(".pick > div")?.classList.add("long"));
  expect(await below(phone)).toBeLessThanOrEqual(0);
  await page.getByRole("radio").last().focus();
  expect(await isInSight()).toBe(true);
});

test("u9: “this was not me” logs the computer out, and the phone says so", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.agrees();
  await phone.confirm();
  await portal.greets(JIA.name);
  await phone.shows("登录成功");
  expect(await accessibilityViolations(phone.page)).toEqual([]);
  await phone.press("不是我本人，立即退出");
  await phone.shows("已退出该登录");
  expect(await accessibilityViolations(phone.page)).toEqual([]);
  await portal.page.goto(`${demo.addresses.portal}/account`);
  await portal.isAt("/login");
  await phone.follow("查看已登录的电脑");
  await phone.isAt("/sessions");
});

test("b2: a link opens the app logged out: first the login, then the question, then the confirmation", async () => {
  const portal = await Portal.open(browser, demo);
  const { qr } = await portal.codes();
  const phone = await Phone.open(browser, `${demo.addresses.phone}/login`, zh);
  await phone.page.goto(`${demo.addresses.phone}/open?code=${encodeURIComponent(qr)}`);
  await phone.isAt("/login");
  await phone.page.getByLabel(zh.userName).fill(JIA.userName);
  await phone.page.getByLabel(zh.password).fill(PASSWORD);
  await phone.page.getByRole("main").getByRole("button", { name: zh.logIn }).click();
  await phone.isAt("/open");
  expect(phone.page.url()).not.toContain("code");
  await phone.shows("二维码是否就在您眼前的电脑屏幕上？");
  expect(await accessibilityViolations(phone.page)).toEqual([]);
  expect(await portal.hasCode()).toBe(true);
  await phone.press("是，继续");
  await phone.isAsked();
  expect([...phone.errors]).toEqual([]);
});

test("the installed app without a network says so, and keeps no page of a person", async () => {
  const phone = await Phone.of(JIA, browser, demo);
  const { page } = phone;
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.context().setOffline(true);
  await page.goto(`${demo.addresses.phone}/inbox`);
  await phone.shows("没有网络连接");
  expect(await page.evaluate(() => document.body.textContent)).not.toContain(JIA.name);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept.sort()).toEqual(["/assets/app-192.png", "/assets/icon.png", "/assets/phone.css", "/offline"]);
  await page.context().setOffline(false);
  await phone.page.getByRole("link", { name: "重试" }).click();
  await phone.isAt("/");
  await phone.shows(JIA.name);
  expect([...phone.errors]).toEqual([]);
});
