/** A person's business in the hall, and logins that one surface ends for the other. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, PASSWORD } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { readCode } from "./qr-code.ts";
import { zh } from "./words.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Row S11. */
test("the login page is less than 60 KB, all of it the hall's and the gateway's", async () => {
  const page = await browser.newPage({ locale: "zh-CN" });
  const sizes = new Array<Promise<number>>();
  const origins = new Set<string>();
  page.on("requestfinished", (request) => {
    origins.add(new URL(request.url()).origin);
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(`${demo.addresses.portal}/login`, { waitUntil: "load" });
  await page.getByRole("img", { name: /二维码/ }).waitFor();
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(60 * 1024);
  expect([...origins].sort()).toEqual([demo.addresses.gateway, demo.addresses.portal].sort());
});

/** Row S11. */
test("the login page asks for its code by one socket, once, and what it draws is read by a camera", async () => {
  const sockets = new Array<URL>();
  const portal = await Portal.open(browser, demo, zh, async (context) => {
    context.on("page", (page) => page.on("websocket", (socket) => sockets.push(new URL(socket.url()))));
  });
  const { qr } = await portal.codes();
  expect(await readCode(portal.page.getByRole("img", { name: /二维码/ }))).toBe(qr);
  expect(sockets.map(({ searchParams }) => searchParams.has("client_id"))).toEqual([true]);
});

/** Row S15. */
test("a person goes about their affairs without a script", async () => {
  const portal = await Portal.open(browser, demo);
  await portal.logInBy(await Phone.of(JIA, browser, demo));
  const page = await withoutScripts(portal);
  await page.goto(`${demo.addresses.portal}/`);
  await page.getByRole("button", { name: "显示完整信息" }).click();
  await page.getByText("990000199003071016").waitFor();
  await page.getByRole("link", { name: "我的考试" }).first().click();
  await page.getByRole("button", { name: /^报名 企业人力资源管理师/ }).click();
  await page.getByRole("link", { name: /取消报名 企业人力资源管理师/ }).waitFor();
  await page.getByRole("status").getByText(/^报名成功/).waitFor();
  await page.getByRole("link", { name: "我的提问" }).first().click();
  await page.getByLabel("主题").fill("缴费");
  await page.getByRole("textbox", { name: "问题" }).fill("何时到账？");
  await page.getByRole("button", { name: "提交问题" }).click();
  await page.getByText("何时到账？").waitFor();
  await page.getByRole("link", { name: "我的社保" }).first().click();
  await page.getByRole("link", { name: "2024" }).click();
  await page.getByRole("rowheader", { name: "养老保险" }).waitFor();
});

/** Row S15. */
test("a new password ends the phone's login, and is what lets it in again", async () => {
  const portal = await Portal.open(browser, demo);
  const phone = await Phone.of(JIA, browser, demo);
  await portal.logInBy(phone);
  await portal.page.getByRole("link", { name: "密码修改" }).click();
  await portal.page.getByLabel("当前密码").fill(PASSWORD);
  await portal.page.getByLabel("新密码", { exact: true }).fill("q7wz88");
  await portal.page.getByLabel("确认新密码").fill("q7wz88");
  await portal.page.getByRole("button", { name: "修改密码" }).click();
  await portal.page.getByText("修改成功").waitFor();
  await phone.page.goto(`${demo.addresses.phone}/`);
  await phone.page.waitForURL((url) => url.pathname === "/login");
  await phone.page.getByLabel("用户名").fill(JIA.userName);
  await phone.page.getByLabel("密码").fill("q7wz88");
  await phone.page.getByRole("main").getByRole("button", { name: "登录" }).click();
  await phone.page.waitForURL((url) => url.pathname === "/");
});

/** Opens a window with the same session, in which no script runs. */
async function withoutScripts(portal: Portal): Promise<Page> {
  const storageState = await portal.page.context().storageState();
  const context = await browser.newContext({ storageState, locale: "zh-CN", javaScriptEnabled: false });
  return context.newPage();
}
