/** The confirm page in a real browser, under a clock that the test sets. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "../e2e/browser.ts";
import { accessibilityViolations, watchForErrors } from "../e2e/page-checks.ts";
import { confirmPage } from "./support/pages.ts";
import { type Site, serve } from "./support/site.ts";

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await serve({ "/zh": confirmPage("zh-CN", 90), "/en": confirmPage("en", 90) });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  site?.close();
});

async function openConfirmPage(path: string): Promise<Page> {
  const page = await browser.newPage();
  await page.clock.install();
  await page.goto(site.origin + path);
  return page;
}

test.each([
  ["/zh", "请在 1 分 30 秒内确认", "请在 30 秒内确认", "二维码已超时"],
  ["/en", "Confirm within 1 min 30 s", "Confirm within 30 s", "The code is out of time"],
])("the time that is left is counted down in words, and its end ends the confirming: %s", async (path, first, later, ended) => {
  const page = await openConfirmPage(path);
  const errors = watchForErrors(page);
  const confirm = page.getByRole("button", { name: "Confirm" });
  await page.getByText(first).waitFor();
  await page.clock.runFor(60_000);
  await page.getByText(later).waitFor();
  expect(await confirm.isEnabled()).toBe(true);
  await page.clock.runFor(30_000);
  await page.getByText(ended).waitFor();
  expect(await confirm.isDisabled()).toBe(true);
  expect(await page.getByRole("button", { name: "Decline" }).isEnabled()).toBe(true);
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test("a phone that slept is told at once that it is too late", async () => {
  const page = await openConfirmPage("/en");
  await page.clock.fastForward(3_600_000);
  await page.getByText("The code is out of time").waitFor();
});

test("only the last minute, 20 seconds and the end are read out", async () => {
  const page = await openConfirmPage("/en");
  const readOut: string[] = [];
  await page.exposeFunction("note", (words: string) => readOut.push(words));
  await page.evaluate(() => {
    const line = document.querySelector("[data-expires-in]");
    if (!line) return;
    new MutationObserver(() => line.ariaLive === "polite" && Reflect.get(window, "note")(line.textContent)).observe(line, { childList: true });
  });
  for (let second = 0; second < 90; second++) await page.clock.runFor(1000);
  expect(readOut.map((words) => words.slice(0, 22))).toEqual(["Confirm within 1 min 0", "Confirm within 20 s", "The code is out of tim"]);
});
