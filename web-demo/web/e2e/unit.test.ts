/** A unit's legal representative and agent: appointed, acting for the unit, withdrawn. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { accessibilityViolations, horizontalOverflow } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { en, zh } from "./words.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  demo = await Demo.start();
});

afterEach(() => demo?.stop());

const UNIT = "示例单位一";

const CHINESE = {
  words: zh,
  name: "经办人姓名",
  idNumber: "经办人身份证号",
  affairs: ["职工参保登记", "缴费申报"],
  lastDay: "有效期至（含当日）",
  appoint: "授权",
  choice: /示例单位一（授权经办人）.*职工参保登记、缴费申报；有效期至/,
  withdraw: "撤销 示例甲",
  atOnce: "撤销后立即生效",
  sure: "确认撤销",
  withdrawn: "已撤销",
};

const ENGLISH: typeof CHINESE = {
  words: en,
  name: "Agent's name",
  idNumber: "Agent's ID number",
  affairs: ["registration of employees", "contributions"],
  lastDay: "Until (that day included)",
  appoint: "Appoint",
  choice: /示例单位一 \(authorised agent\).*registration of employees, contributions; until/,
  withdraw: "Withdraw 示例甲",
  atOnce: "This takes effect at once",
  sure: "Withdraw",
  withdrawn: "Withdrawn",
};

/** Rows S12, S13 and S16. */
test.each([CHINESE, ENGLISH])("an agent is appointed, acts for the unit and is withdrawn, in $words.tag", async (says) => {
  const representative = await Portal.open(browser, demo, says.words);
  await representative.logInBy(await Phone.of(YI, browser, demo, says.words), new RegExp(UNIT));
  const { page } = representative;
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByLabel(says.name).fill(JIA.name);
  await page.getByLabel(says.idNumber).fill(JIA.idNumber);
  for (const affair of says.affairs) await page.getByRole("checkbox", { name: affair }).check();
  const lastDay = page.getByLabel(says.lastDay);
  await lastDay.fill((await lastDay.getAttribute("max")) ?? "");
  await page.getByRole("button", { name: says.appoint, exact: true }).click();
  await page.getByRole("link", { name: says.withdraw }).waitFor();
  await holds(page);

  const agent = await Portal.open(browser, demo, says.words);
  const phone = await Phone.of(JIA, browser, demo, says.words);
  await agent.logInBy(phone, says.choice);
  await agent.page.getByRole("heading", { name: UNIT }).waitFor();
  await holds(agent.page);

  await page.getByRole("link", { name: says.withdraw }).click();
  await page.getByText(says.atOnce).waitFor();
  await holds(page);
  await page.getByRole("button", { name: says.sure, exact: true }).click();
  await page.getByText(says.withdrawn, { exact: true }).waitFor();
  await agent.page.goto(`${demo.addresses.portal}/inbox`);
  await agent.page.waitForURL((url) => url.pathname === "/login");
  expect([...representative.errors, ...agent.errors, ...phone.errors]).toEqual([]);
});

async function holds(page: Page): Promise<void> {
  expect(await accessibilityViolations(page), page.url()).toEqual([]);
  expect(await horizontalOverflow(page), page.url()).toBe(0);
}
