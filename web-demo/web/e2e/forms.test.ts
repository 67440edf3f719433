/** Forms in a real browser: Back and reload after a refusal, cookies off, a login that ends while somebody types. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { PASSWORD } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Visitor } from "./visitor.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Row B5. */
test("after a refusal the page can be loaded again, left and returned to", async () => {
  const jia = await (await Visitor.open(browser, demo)).logsIn("portal", "jia");
  const { page } = jia;
  expect(await jia.sends("portal", "/questions", { subject: "", body: "怎样转移养老保险？" })).toBe(422);
  const refused = page.getByText("请填写主题").first();
  await refused.waitFor();
  expect((await page.reload())?.status()).toBe(422);
  await refused.waitFor();
  await page.goto(`${demo.addresses.portal}/account`);
  await page.goBack();
  await refused.waitFor();
  expect(await jia.typed(["body"])).toEqual({ body: "怎样转移养老保险？" });
  await page.goForward();
  await page.goBack();
  await refused.waitFor();
  // After the logout Back shows nothing of it.
  await jia.sends("portal", "/logout", {});
  await page.goBack();
  await page.waitForURL((url) => url.pathname === "/login" || url.pathname === "/questions");
  expect(await page.getByText("怎样转移养老保险").count()).toBe(0);
});

/** Row B4. */
test("a browser without cookies is told what to turn on, and nothing is begun", async () => {
  const stranger = await Visitor.open(browser, demo);
  const { page, context } = stranger;
  await stranger.opens("portal", "/login/password");
  await page.getByText("您的浏览器未允许本网站使用Cookie").waitFor({ state: "hidden" });
  await page.getByLabel("用户名").fill("jia");
  await page.getByLabel("密码").fill(PASSWORD);
  await context.clearCookies();
  await page.getByRole("button", { name: "登录" }).last().click();
  await page.getByRole("heading", { name: "请允许本网站使用Cookie" }).waitFor();
  await page.getByRole("link", { name: "重新打开页面" }).click();
  await page.getByLabel("用户名").waitFor();
  // A browser that takes none sees the warning on each page.
  await page.route("**/cookies.css", async (route) => {
    await context.clearCookies();
    await route.fulfill({ response: await route.fetch({ headers: {} }) });
  });
  await context.clearCookies();
  await page.reload();
  await page.getByText("您的浏览器未允许本网站使用Cookie").waitFor();
});

/** Row U3. */
test("two minutes before its end a login asks, and a button keeps it", async () => {
  const jia = await (await Visitor.open(browser, demo)).logsIn("portal", "jia");
  const { page } = jia;
  let seconds = 100;
  await page.route("**/session", (route) => route.fulfill({ json: { seconds, text: "仍在登录" } }));
  await page.route("**/session/extend", (route) => {
    seconds = 1800;
    return route.fulfill({ json: { seconds, text: "仍在登录" } });
  });
  await page.clock.install();
  await jia.opens("portal", "/questions");
  await page.clock.fastForward("28:20");
  const bar = page.locator("#session-bar");
  await bar.getByRole("alert").getByText("您即将自动退出登录").waitFor();
  await bar.getByRole("button", { name: "保持登录" }).click();
  await bar.getByText("仍在登录").waitFor();
  expect(await bar.getByRole("alert").count()).toBe(0);
  seconds = 0;
  await page.clock.fastForward("30:00");
  await bar.getByText("您已退出登录").waitFor();
});
