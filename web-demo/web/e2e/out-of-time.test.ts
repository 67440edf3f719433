/** Lifetimes of seconds, and the pages after each has ended. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { zh } from "./words.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  demo = await Demo.start({ SAOMA_LIFETIMES_CODE: "3s", SAOMA_LIFETIMES_WAITING: "6s", SAOMA_LIFETIMES_SCANNED: "3s" });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test("a code that nobody scans is renewed for a while, then asks to be clicked for a new one", async () => {
  const portal = await Portal.open(browser, demo);
  await portal.showsCodeOtherThan(await portal.codes());
  await portal.says(zh.expired);
  await portal.press(zh.newCode);
  await portal.showsCode();
});

test("a login that nobody confirms ends on both screens", async () => {
  const phone = await Phone.of(JIA, browser, demo);
  const portal = await Portal.open(browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.says(zh.expired);
  await phone.shows("二维码已超时");
});
