/** Rules of every page: it fits a narrow phone, is accessible, keeps its policy, and needs no mouse. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, WU, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { holds, horizontalOverflow } from "./page-checks.ts";
import { FORMS, PERSONAL, PHONE, PUBLIC, UNIT } from "./pages.ts";
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

test.each([zh, en])("every page of the hall is accessible and fits 360 pixels, in $tag", async (words) => {
  const portal = await Portal.open(browser, demo, words);
  await portal.page.setViewportSize({ width: 360, height: 740 });
  const origin = demo.addresses.portal;
  await portal.page.goto(demo.messages);
  for (const path of PUBLIC) await opens(portal.page, origin + path, words.tag);
  await forgetsPassword(portal.page, origin, words.tag);
  const phone = await Phone.of(JIA, browser, demo, words);
  await portal.logInBy(phone);
  for (const path of PERSONAL) await opens(portal.page, origin + path, words.tag);
  for (const path of PHONE) await opens(phone.page, demo.addresses.phone + path, words.tag);
  const applicant = await Phone.of(WU, browser, demo, words);
  await opens(applicant.page, `${demo.addresses.phone}/card/apply`, words.tag);
  const unit = await Portal.open(browser, demo, words);
  await unit.page.setViewportSize({ width: 360, height: 740 });
  await unit.logInBy(await Phone.of(YI, browser, demo, words), /示例单位一/);
  await unit.shows(/法定代表人|representative/i);
  await isFit(unit.page, words.tag);
  for (const path of UNIT) await opens(unit.page, origin + path, words.tag);
  expect([...portal.errors, ...phone.errors, ...unit.errors, ...applicant.errors]).toEqual([]);
});

test("in large type every page fits 360 pixels, and what people come for is there", async () => {
  const portal = await Portal.open(browser, demo);
  await portal.page.setViewportSize({ width: 360, height: 740 });
  const { portal: hall, phone: app } = demo.addresses;
  await isLarge(portal.page, `${hall}/?type=large`);
  for (const path of [...PUBLIC, ...FORMS]) await isLarge(portal.page, hall + path);
  const phone = await Phone.of(JIA, browser, demo);
  await portal.logInBy(phone);
  for (const path of PERSONAL) await isLarge(portal.page, hall + path);
  await portal.page.goto(hall);
  for (const name of ["卡挂失", "显示完整信息"]) expect(await portal.page.getByText(name).first().isVisible(), name).toBe(true);
  await portal.page.locator("main .more > summary").click();
  for (const name of ["养老保险", "密码修改"]) expect(await portal.page.getByRole("link", { name }).first().isVisible(), name).toBe(true);
  await isLarge(phone.page, `${app}/?type=large`);
  expect(await phone.page.getByRole("link", { name: zh.scan }).first().isVisible()).toBe(true);
  for (const path of PHONE) await isLarge(phone.page, app + path);
});

test("a person without a mouse logs in", async () => {
  const portal = await Portal.open(browser, demo);
  const { userCode } = await portal.codes();
  const phone = await Phone.of(JIA, browser, demo);
  await tabTo(phone.page, "link", zh.scan);
  await phone.page.keyboard.press("Enter");
  await phone.page.waitForURL((url) => url.pathname === "/scan");
  await tabTo(phone.page, "textbox", zh.typed);
  await phone.page.keyboard.type(userCode);
  await phone.page.keyboard.press("Enter");
  await portal.says(zh.asked);
  await tabTo(portal.page, "button", new RegExp(`^${zh.yes}$`));
  while (await portal.page.getByRole("button", { name: zh.yes, exact: true }).isVisible()) await portal.page.keyboard.press("Enter");
  await portal.says(zh.scanned);
  await tabTo(phone.page, "button", zh.confirm);
  await phone.page.keyboard.press("Enter");
  await portal.greets(JIA.name);
});

/** Goes as far into a forgotten password as the form of the new one. */
async function forgetsPassword(page: Page, origin: string, language: string): Promise<void> {
  const person = language === zh.tag ? JIA : YI;
  await page.goto(`${origin}/login/forgotten`);
  await page.locator("#name").fill(person.name);
  await page.locator("#id_number").fill(person.idNumber);
  await page.locator("main form .primary").click();
  await page.waitForURL((url) => url.pathname === "/login/forgotten/proof");
  await isFit(page, language);
  await page.locator("button[value=card]").click();
  await page.locator("#code").waitFor();
  await isFit(page, language);
}

async function isFit(page: Page, language: string): Promise<void> {
  expect(await page.locator("html").getAttribute("lang")).toBe(language);
  await holds(page);
}

/** Opens a page, whose text is twice the size and no wider than the window. */
async function isLarge(page: Page, address: string): Promise<void> {
  await page.goto(address);
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize), address).toBe("32px");
  expect(await horizontalOverflow(page), address).toBe(0);
}

async function opens(page: Page, address: string, language: string): Promise<void> {
  await page.goto(address);
  await isFit(page, language);
}

/** Presses Tab until this element has the focus. */
async function tabTo(page: Page, role: "link" | "textbox" | "button", name: RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  await wanted.waitFor();
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element.matches(":focus"))) return;
  }
  throw new Error(`Tab never reaches the ${role} ${name}`);
}
