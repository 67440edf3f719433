/** Logins that are refused or given up, and the messages on both screens. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { BING, DING, JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
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

/** Uses a service of the card, on its page in the hall. */
async function haveDone(hall: Portal, service: string, name: string): Promise<void> {
  await hall.page.goto(`${demo.addresses.portal}/card/${service}`);
  await hall.page.getByRole("checkbox").check();
  await hall.press(name);
  await hall.page.locator(".notice.done").waitFor();
}

test.each([zh, en])("declined on the phone, in $tag", async (words) => {
  const portal = await Portal.open(browser, demo, words);
  const phone = await Phone.of(JIA, browser, demo, words);
  await phone.paste((await portal.codes()).qr);
  await phone.decline();
  await portal.says(words.declined);
  const old = await portal.page.evaluate(() => Reflect.get(window, "view").name);
  expect(old).toBe("rejected");
  await portal.press(words.newCode);
  await portal.showsCode();
});

test("u6: a card that was reported lost: the phone says why at the scan, and the computer waits on", async () => {
  const portal = await Portal.open(browser, demo);
  const before = await portal.codes();
  const phone = await Phone.of(BING, browser, demo);
  await phone.shows(/挂失/);
  expect(await phone.page.getByRole("link", { name: zh.scan }).count()).toBe(0);
  await phone.page.goto(`${demo.addresses.phone}/open?code=${encodeURIComponent(before.qr)}`);
  await phone.shows(/挂失/);
  await phone.shows("电脑上的二维码没有被使用");
  expect(await portal.hasCode()).toBe(true);
  const other = await Phone.of(JIA, browser, demo);
  await other.paste(before.qr);
  await other.isAsked();
  await portal.agrees();
  await other.confirm();
  await portal.greets(JIA.name);
});

test("a card that is reported lost while the phone asks: the confirmation is refused, and the phone says why", async () => {
  const hall = await Portal.open(browser, demo);
  const phone = await Phone.of(DING, browser, demo);
  await hall.logInBy(phone);
  const portal = await Portal.open(browser, demo);
  await phone.page.goto(`${demo.addresses.phone}/`);
  await phone.paste((await portal.codes()).qr);
  await portal.agrees();
  await portal.says(zh.scanned);
  await haveDone(hall, "report-loss", "确认挂失");
  await phone.confirm();
  await phone.shows(/挂失/);
  await portal.says(zh.refused);
  await haveDone(hall, "undo-loss", "确认解挂");
});

test("a code that another person has scanned already", async () => {
  const portal = await Portal.open(browser, demo);
  const { qr } = await portal.codes();
  const first = await Phone.of(JIA, browser, demo);
  await first.paste(qr);
  await portal.agrees();
  await portal.says(zh.scanned);
  const second = await Phone.of(DING, browser, demo);
  await second.paste(qr);
  await second.shows(/已被/);
  await first.confirm();
  await portal.greets(JIA.name);
});

test("cancelled on the computer while the phone asks", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.agrees();
  await portal.says(zh.scanned);
  await portal.pressUntilGone(zh.cancel);
  await portal.says(zh.cancelled);
  await phone.confirm();
  await phone.shows(/取消|重新/);
});

test("a code that was refreshed away is dead, and the new one works", async () => {
  const portal = await Portal.open(browser, demo);
  const old = await portal.codes();
  await portal.press(zh.refresh);
  const fresh = await portal.showsCodeOtherThan(old);
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste(old.qr);
  await phone.shows(/失效|过期/);
  await phone.page.goto(`${demo.addresses.phone}/`);
  await phone.paste(fresh.qr);
  await portal.agrees();
  await portal.says(zh.scanned);
});

test("an answer that was meant for another browser logs nobody in (threat T15)", async () => {
  const attacker = await Portal.open(browser, demo);
  await attacker.page.route("**/callback?*", (route) => route.abort());
  const answer = attacker.page.waitForRequest("**/callback?*");
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await attacker.codes()).qr);
  await attacker.agrees();
  await phone.confirm();
  const victim = await Portal.open(browser, demo);
  await victim.page.goto((await answer).url());
  await victim.page.getByText("不是在本浏览器中发起的").waitFor();
  await victim.page.goto(`${demo.addresses.portal}/`);
  expect(await victim.page.getByText(JIA.name).count()).toBe(0);
});

test("a code that is none of ours is sent to nobody (threat T31)", async () => {
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste("https://example.com/advertisement");
  await phone.shows(/不是/);
});
