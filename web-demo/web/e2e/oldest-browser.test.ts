/** Row B1: everything works in a browser from which all that is newer than the oldest browsers is taken away. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { takeAway } from "../oldest/take-away.ts";
import { launchBrowser } from "./browser.ts";
import { Camera } from "./camera.ts";
import { DING, JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { narrow } from "./narrow.ts";
import { watchForErrors } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { zh } from "./words.ts";

let demo: Demo;
let camera: Camera;
let browser: Browser;
let withCamera: Browser;

beforeAll(async () => {
  camera = await Camera.atFace();
  [demo, browser, withCamera] = await Promise.all([Demo.start(), launchBrowser(), launchBrowser({ film: camera.film })]);
});

afterAll(async () => {
  await Promise.all([browser, withCamera].map((browser) => browser?.close()));
  await demo?.stop();
  await camera?.putAway();
});

test("b1_the portal's own page and the phone's camera: a whole login", async () => {
  const portal = await Portal.open(browser, demo, zh, takeAway);
  expect(await portal.page.evaluate(() => "hasOwn" in Object || "adoptedStyleSheets" in document || "replaceChildren" in Element.prototype)).toBe(false);
  const phone = await Phone.of(JIA, withCamera, demo, zh, takeAway);
  await camera.holdTo(portal.page);
  await phone.openScan();
  await phone.isAsked();
  await portal.agrees();
  await phone.confirm();
  await portal.greets(JIA.name);
  expect([...portal.errors, ...phone.errors]).toEqual([]);
});

test("b1_the gateway's page without sockets and a pasted text: a whole login", async () => {
  const portal = await Portal.openAt(browser, `${demo.addresses.portal}/login/hosted`, zh, async (context) => {
    await narrow(context, "pass");
    await takeAway(context);
  });
  const phone = await Phone.of(DING, browser, demo, zh, takeAway);
  await phone.paste((await portal.codes()).qr);
  await phone.choose(zh.personal);
  await portal.agrees();
  await phone.confirm();
  await portal.greets(DING.name);
  expect([...portal.errors, ...phone.errors]).toEqual([]);
});

test("b1_the scan page without a camera, and the face check, say what else to do", async () => {
  const bare = await Phone.of(JIA, browser, demo, zh, takeAway);
  await bare.openScan();
  await bare.page.getByRole("status").filter({ hasText: "未找到相机" }).waitFor();
  const again = bare.page.getByRole("button", { name: "重新扫描" });
  await expect.poll(() => again.evaluate((button) => getComputedStyle(button).minHeight)).toBe("44px");
  const phone = await Phone.open(withCamera, `${demo.addresses.phone}/login`, zh, takeAway);
  await phone.page.goto(`${demo.addresses.phone}/login/face`);
  await phone.page.getByLabel("姓名").fill(JIA.name);
  await phone.page.getByLabel("公民身份号码").fill(JIA.idNumber);
  await phone.press("人脸识别认证");
  await phone.press("采集本人人脸");
  await phone.page.getByRole("status").filter({ hasText: "使用下方的其他方式" }).waitFor();
  expect([...bare.errors, ...phone.errors]).toEqual([]);
});

test("b1_a user name is looked up and a code is sent without leaving the registration", async () => {
  const context = await browser.newContext({ locale: "zh-CN" });
  await takeAway(context);
  const page = await context.newPage();
  const errors = watchForErrors(page);
  const origin = demo.addresses.portal;
  for (const [path, form] of [
    ["/register/agreement", { agreed: "yes" }],
    ["/register/identity", { name: "示例子", id_number: "990000199102101110" }],
  ] as const) {
    await context.request.post(origin + path, { form, headers: { origin } });
  }
  await page.goto(`${origin}/register/user`);
  await page.locator("[data-check-user-name]").fill("jia");
  await page.getByText("该用户名已被他人使用").waitFor();
  await page.getByLabel("手机号码").fill("13009700072");
  await page.locator("[data-get-code]").click();
  await page.getByText("验证码已发送至 130****").waitFor();
  expect(await page.locator("[data-get-code]").isDisabled()).toBe(true);
  expect(errors).toEqual([]);
});

test("b1_a script with Object.hasOwn would be found", async () => {
  const context = await browser.newContext();
  await takeAway(context);
  await context.route("**/assets/qr-login.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `Object.hasOwn({}, "a");${await response.text()}` });
  });
  const page = await context.newPage();
  const errors = watchForErrors(page);
  await page.goto(`${demo.addresses.portal}/login`);
  await expect.poll(() => errors).toEqual([expect.stringContaining("hasOwn is not a function")]);
  expect(await page.getByRole("img", { name: /二维码/ }).count()).toBe(0);
});
