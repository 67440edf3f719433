/** The login pages of portal and gateway, as a person at a small laptop sees them, and without a script. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, PASSWORD } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { horizontalOverflow } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { zh } from "./words.ts";

const LAPTOP = { width: 1366, height: 650 };

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test.each(["/login", "/login/hosted"])("at %s a small laptop shows the whole card without scrolling, in each state", async (path) => {
  const portal = await Portal.openAt(browser, `${demo.addresses.portal}${path}`, zh);
  await portal.page.setViewportSize(LAPTOP);
  const fits = async () => {
    const box = await portal.page.locator(".login").boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? Infinity)).toBeLessThanOrEqual(LAPTOP.height);
    expect(await horizontalOverflow(portal.page)).toBe(0);
    return box;
  };
  const before = await fits();
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.says(zh.asked);
  expect(await fits()).toEqual(before);
  await portal.agrees();
  await portal.says(zh.scanned);
  expect(await fits()).toEqual(before);
  await portal.pressUntilGone(zh.cancel);
  await portal.says(zh.cancelled);
  expect(await fits()).toEqual(before);
});

test("the steps light up as they happen, and the page's title follows", async () => {
  const portal = await Portal.open(browser, demo);
  const bold = () => portal.page.locator(".login-steps li").evaluateAll((steps) => steps.map((step) => getComputedStyle(step).fontWeight === "600"));
  expect(await portal.page.locator(".login-steps li").first().textContent()).toContain("电子社保卡");
  expect(await bold()).toEqual([false, false, false]);
  const own = await portal.page.title();
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.agrees();
  await portal.says(zh.scanned);
  expect(await bold()).toEqual([false, false, true]);
  expect(await portal.page.title()).toBe(`请在手机上确认 · ${own}`);
});

test("U14: the portal's page has no link for developers, and without a script it is the page to log in by password", async () => {
  const context = await browser.newContext({ locale: zh.tag, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${demo.addresses.portal}/login`);
  expect(await page.locator('a[href="/login/hosted"]').count()).toBe(0);
  expect(await page.locator("qr-login").isVisible()).toBe(false);
  await page.getByLabel("用户名").fill(JIA.userName);
  await page.getByLabel("密码").fill(PASSWORD);
  await page.getByRole("main").getByRole("button", { name: "登录" }).click();
  await page.waitForURL(`${demo.addresses.portal}/`);
  await page.getByRole("main").getByText(JIA.name).first().waitFor();
});
