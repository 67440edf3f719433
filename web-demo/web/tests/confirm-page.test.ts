/** The confirm page in a real browser, under a clock that the test sets. */
import type { ServerResponse } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { launchBrowser } from "../e2e/browser.ts";
import { accessibilityViolations, watchForErrors } from "../e2e/page-checks.ts";
import { confirmPage, waitingPage } from "./support/pages.ts";
import { type Site, serve } from "./support/site.ts";

let site: Site;
let browser: Browser;

/** Confirms that the page has sent: by itself, or as a form. */
const confirms: { readonly isPage: boolean; readonly body: string }[] = [];

/** Answers to the next confirms. The last one stays for the page that it leads to. */
const answers: ((response: ServerResponse) => void)[] = [];

/** Leads to the page that tells it, as the app does. */
const notAgreed = (response: ServerResponse) => void response.writeHead(303, { location: "/asks" }).end();
const limited = (response: ServerResponse) => void response.writeHead(429, { "retry-after": "20" }).end();
const decided = (response: ServerResponse) => void response.writeHead(303, { location: "/decided" }).end();
const notMe = (response: ServerResponse) =>
  void response.writeHead(409, { "content-type": "text/html" }).end("<!doctype html><title>Not me</title>");

beforeEach(() => {
  confirms.length = answers.length = 0;
});

beforeAll(async () => {
  site = await serve({
    "/zh": confirmPage("zh-CN", 90),
    "/en": confirmPage("en", 90),
    "/waits": waitingPage(90),
    "/decided": "<!doctype html><title>Logged in</title>",
    "/asks": (_, response) =>
      void response.writeHead(200, { "content-type": "text/html", "retry-after": "1" }).end("<!doctype html><title>Asks</title>"),
    "/confirm": async (request, response) => {
      const isPage = request.headers["sec-fetch-mode"] === "navigate";
      const body = (await request.toArray()).join("");
      confirms.push({ isPage, body });
      answers[0]?.(response);
      if (!isPage) answers.shift();
    },
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  site?.close();
});

/** Opens the page. Its clock goes on by itself, unless it starts paused: then only the test moves it. */
async function openConfirmPage(path: string, clock: "running" | "paused" = "running"): Promise<Page> {
  const page = await browser.newPage();
  await page.clock.install({ time: 0 });
  if (clock === "paused") await page.clock.pauseAt(1000);
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

/** Lets seconds pass one by one, and the answers to what the page sent in each come in. */
async function pass(page: Page, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await page.clock.runFor(1000);
    await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  }
}

test("a confirm that the computer must agree to is repeated every 3 s, with the choice, until it is decided", async () => {
  answers.push(notAgreed, notAgreed, decided);
  const page = await openConfirmPage("/waits", "paused");
  await page.getByLabel("Unit").check();
  await page.clock.runFor(2900);
  expect(confirms).toEqual([]);
  for (const sent of [1, 2, 3]) {
    await expect.poll(() => page.clock.runFor(500).then(() => confirms.length)).toBe(sent);
  }
  await page.waitForURL("**/decided");
  expect(confirms).toEqual(Array(3).fill({ isPage: false, body: "identity=unit%3A1" }));
});

test("a person who has said that it is not them is told on the page of the same confirm", async () => {
  answers.push(notMe, notMe);
  const page = await openConfirmPage("/waits");
  await page.clock.runFor(3000);
  await expect.poll(() => page.title()).toBe("Not me");
  expect(confirms.map(({ isPage }) => isPage)).toEqual([false, true]);
});

test("a limit is waited for, a network that fails is not, and nothing is sent after the time is over", async () => {
  answers.push(limited, (response) => response.destroy(), notAgreed);
  const page = await openConfirmPage("/waits");
  await pass(page, 4);
  await expect.poll(() => confirms.length).toBe(1);
  await pass(page, 15);
  expect(confirms).toHaveLength(1);
  await pass(page, 8);
  await expect.poll(() => confirms.length).toBeGreaterThan(1);
  await page.clock.fastForward(90_000);
  await pass(page, 4);
  const { length } = confirms;
  await pass(page, 10);
  expect(confirms).toHaveLength(length);
});
