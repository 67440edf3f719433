/** Reloads and crashes: the page reports the interruption and recovers. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { SplitDeployment } from "./split-deployment.ts";
import { launchBrowser } from "./browser.ts";
import { JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { zh } from "./words.ts";

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

test("a reload between scan and confirm keeps the login", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.says(zh.asked);
  await portal.page.reload();
  await portal.agrees();
  await portal.says(zh.scanned);
  await portal.page.reload();
  await portal.says(zh.scanned);
  await phone.confirm();
  await portal.greets(JIA.name);
});

test("a gateway that dies and comes back: the page says that it tries, then has a code that works", async () => {
  const portal = await Portal.open(browser, demo);
  const old = await portal.codes();
  await demo.kill();
  await portal.says("正在重连");
  await demo.begin();
  await recovers(portal, old.qr);
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste((await portal.codes()).qr);
  await portal.agrees();
  await portal.says(zh.scanned);
  expect(await portal.page.getByText("正在重连").count()).toBe(0);
});

test("a gateway that is gone: both screens say so and what to do, and a new code works once it is back", async () => {
  const split = await SplitDeployment.start();
  try {
    const portal = await Portal.open(browser, split.demo);
    const phone = await Phone.of(JIA, browser, split.demo);
    const { qr } = await portal.codes();
    await split.gateway.kill();
    await portal.says("正在重连");
    await phone.paste(qr);
    await phone.shows("暂时无法连接登录服务");
    const late = await browser.newPage({ locale: zh.tag });
    await late.goto(`${split.demo.addresses.portal}/login`);
    await late.getByText("登录服务暂时无法连接").waitFor();
    await split.gateway.begin();
    await recovers(portal, qr);
    await phone.page.getByRole("link", { name: "重试" }).click();
    await phone.isAt("/scan");
    await phone.reads((await portal.codes()).qr);
    await portal.agrees();
    await portal.says(zh.scanned);
    await phone.confirm();
    await portal.greets(JIA.name);
  } finally {
    await split.stop();
  }
});

/** Expects a new code after the gateway lost its memory, by itself or after a click on the offered button. */
async function recovers(portal: Portal, oldQr: string): Promise<void> {
  const button = portal.page.getByRole("button", { name: zh.newCode });
  const renewed = portal.page.waitForFunction((qr) => (Reflect.get(window, "view")?.qr ?? qr) !== qr, oldQr);
  await Promise.race([button.waitFor(), renewed]);
  if (await button.isVisible()) await button.click();
  await renewed;
  await portal.showsCode();
}
