/** A person logs in to the portal with the phone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { filmScreen } from "./fake-camera.ts";
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

test("by holding the phone's camera to the screen", async () => {
  const portal = await Portal.open(browser, demo);
  const folder = await mkdtemp(join(tmpdir(), "saoma-film-"));
  await filmScreen(portal.page, join(folder, "screen.mjpeg"));
  const camera = await launchBrowser({ film: join(folder, "screen.mjpeg") });
  try {
    const phone = await Phone.of(JIA, camera, demo);
    await phone.openScan();
    await phone.shows("示例省社会保险网上服务大厅");
    await portal.says(zh.scanned, JIA.masked);
    await phone.choose(zh.personal);
    await phone.confirm();
    await portal.greets(JIA.name);
    expect([...portal.errors, ...phone.errors]).toEqual([]);
  } finally {
    await camera.close();
    await rm(folder, { recursive: true, force: true });
  }
  await portal.logOut();
  await portal.page.goto(`${demo.addresses.portal}/`);
  expect(await portal.page.getByText(JIA.name).count()).toBe(0);
});

test("for a unit, by the code's pasted text", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(YI, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await phone.choose(/示例单位二/);
  await phone.confirm();
  await portal.greets(YI.name);
  await portal.page.getByText("示例单位二").first().waitFor();
});

test.each([zh, en])("by the typed code, in $tag", async (words) => {
  const portal = await Portal.open(browser, demo, words);
  const phone = await Phone.of(JIA, browser, demo, words);
  await portal.page.getByText(words.cannotScan).click();
  const { userCode } = await portal.codes();
  await portal.page.getByText(userCode).waitFor();
  await phone.type(userCode.toLowerCase());
  await portal.says(words.scanned);
  await phone.confirm();
  await portal.greets(JIA.name);
  expect([...portal.errors, ...phone.errors]).toEqual([]);
});
