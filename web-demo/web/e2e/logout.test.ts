/** Logouts, at each end: of the portal, of the phone, and by a card that is lost. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { holds } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { en, zh } from "./words.ts";

/** The portal's name at the gateway. */
const SITE = "示例省人力资源和社会保障网上服务大厅";

/** Texts of these pages. */
const CHINESE = { words: zh, list: "已登录的电脑", end: /退出该登录/, act: "确认退出", none: "没有电脑登录您的账号", told: /这次登录已由账号本人在其他设备上退出/ };
const ENGLISH = { words: en, list: "Computers logged in", end: /Log out there/, act: "Log out there now", none: "No computer is logged in", told: /owner of the account ended this login from another device/ };

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Opens the phone's list of logins. */
async function openList(phone: Phone, list: string): Promise<void> {
  await phone.page.goto(`${demo.addresses.phone}/`);
  await phone.follow(list);
  await phone.isAt("/sessions");
}

test("a logout at the portal ends the login at the gateway, too", async () => {
  const { list, none } = CHINESE;
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(JIA, browser, demo);
  await portal.logInBy(phone);
  await openList(phone, list);
  await phone.shows(SITE);
  const left = portal.page.waitForResponse((response) => new URL(response.url()).pathname === "/oauth2/logout");
  await portal.logOut();
  const answer = await left;
  expect([new URL(answer.url()).origin, answer.status()]).toEqual([demo.addresses.gateway, 303]);
  await portal.isAt("/login");
  await portal.showsCode();
  expect(new URL(portal.page.url()).origin).toBe(demo.addresses.portal);
  await openList(phone, list);
  await phone.shows(none);
  await portal.page.goto(`${demo.addresses.portal}/account`);
  await portal.isAt("/login");
  expect([...portal.errors, ...phone.errors]).toEqual([]);
});

test.each([CHINESE, ENGLISH])("the phone logs a computer out, in $words.tag", async ({ words, list, end, act, none, told }) => {
  const portal = await Portal.open(browser, demo, words);
  const phone = await Phone.of(JIA, browser, demo, words);
  await portal.logInBy(phone);
  await openList(phone, list);
  await phone.shows(SITE);
  await phone.shows(/Chrom/);
  await phone.shows(/127\.0\.0\.1/);
  await holds(phone.page);
  const picture = new URL(`../e2e-artefacts/logins-${words.tag}.png`, import.meta.url).pathname;
  await phone.page.screenshot({ path: picture, fullPage: true });
  // A click alone ends nothing.
  await phone.page.getByRole("link", { name: end }).click();
  await holds(phone.page);
  await phone.press(act);
  await phone.shows(none);
  await portal.page.goto(`${demo.addresses.portal}/account`);
  await portal.isAt("/login");
  await portal.page.getByText(told).waitFor();
  await portal.page.screenshot({ path: picture.replace("logins", "logged-out-there") });
  expect([...portal.errors, ...phone.errors]).toEqual([]);
});

test("a card that is reported lost ends its holder's logins, but not the one in which it is reported", async () => {
  const phone = await Phone.of(JIA, browser, demo);
  const [here, there] = [await Portal.open(browser, demo), await Portal.open(browser, demo)];
  await here.logInBy(phone);
  await phone.page.goto(`${demo.addresses.phone}/`);
  await there.logInBy(phone);
  await here.page.goto(`${demo.addresses.portal}/card/report-loss`);
  await here.agree();
  await here.press("确认挂失");
  await here.page.locator(".notice.done").waitFor();
  await there.page.goto(`${demo.addresses.portal}/account`);
  await there.isAt("/login");
  await there.page.getByText("您的社会保障卡已挂失").waitFor();
  // The login in which the loss was reported goes on.
  await here.page.goto(`${demo.addresses.portal}/card/undo-loss`);
  await here.agree();
  await here.press("确认解挂");
  await here.page.locator(".notice.done").waitFor();
});
