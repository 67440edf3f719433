/** The examples of docs/examples, together: each site logs a person in whose app is the example of an app. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { Examples, SITES, type Site } from "./examples.ts";
import { watchForErrors } from "./page-checks.ts";

let examples: Examples;
let browser: Browser;

beforeAll(async () => {
  examples = await Examples.start();
  browser = await launchBrowser();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await examples?.stop();
});

/** Opens a page in a browser of its own. */
async function open(address: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en" });
  await context.addInitScript(() => {
    document.addEventListener("saoma-state", (event) => event instanceof CustomEvent && Object.assign(window, { view: event.detail }));
  });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

/** Opens a site and follows it to the code. Returns its page and the code's text. */
async function asks(site: Site): Promise<{ computer: Page; code: string }> {
  const computer = await open(examples.sites[site]);
  if (site !== "page-qr-login") await computer.getByRole("link", { name: "Log in" }).click();
  await computer.getByRole("img", { name: "QR code" }).waitFor();
  return { computer, code: await computer.evaluate(() => Reflect.get(window, "view").qr) };
}

/** Logs a person in to the app on a phone, and scans a code. */
async function scans(code: string, user = "alice", password = "change-me"): Promise<Page> {
  const phone = await open(examples.app);
  await phone.getByLabel("User name").fill(user);
  await phone.getByLabel("Password").fill(password);
  await phone.getByRole("button", { name: "Log in" }).click();
  await phone.getByLabel("Code on the computer").fill(code);
  await phone.getByRole("button", { name: "Scan" }).click();
  await phone.getByRole("button", { name: "Confirm" }).waitFor();
  return phone;
}

/** Answers the question on the computer, which names a person who is new to it. */
async function agrees(computer: Page): Promise<void> {
  const yes = computer.getByRole("button", { name: "Yes, that is me" });
  await yes.waitFor();
  // The button takes no press in its first half second.
  while (await yes.isVisible()) await yes.click({ timeout: 1000 }).catch(() => undefined);
}

test.each(SITES)("a person logs in to %s and out", async (site) => {
  const { computer, code } = await asks(site);
  const errors = watchForErrors(computer);
  const phone = await scans(code);
  expect(await phone.getByRole("heading").innerText()).toContain(site === "page-qr-login" ? "The page" : `The ${site}`);
  await phone.getByRole("button", { name: "Confirm" }).click();
  await phone.getByRole("status").getByText("computer").waitFor();
  await agrees(computer);
  await phone.getByRole("button", { name: "Confirm" }).click();
  await phone.getByText("The login is confirmed.").waitFor();
  await computer.getByText("Hello, Alice Example.").waitFor();
  expect(new URL(computer.url()).origin).toBe(examples.sites[site]);

  await computer.reload();
  await computer.getByText("Hello, Alice Example.").waitFor();
  await computer.getByRole("button", { name: "Log out" }).click();
  if (site === "page-qr-login") await computer.getByRole("img", { name: "QR code" }).waitFor();
  else await computer.getByRole("link", { name: "Log in" }).waitFor();
  expect(errors).toEqual([]);
});

test.each(SITES)("%s tells of a decline", async (site) => {
  const { computer, code } = await asks(site);
  const phone = await scans(code, "bob", "change-me-too");
  await phone.getByRole("button", { name: "Decline" }).click();
  await phone.getByText("The login is rejected.").waitFor();
  await computer.getByRole("status").getByText(/declined/).waitFor();
  expect(new URL(computer.url()).origin).toBe(examples.sites[site]);
});

test.each(["portal-flask", "portal-node"] as const)("%s takes no answer to a request of another browser", async (site) => {
  const callback = new URL("/callback?code=made-up&state=made-up", examples.sites[site]);
  callback.searchParams.set("iss", examples.gateway);
  const computer = await open(callback.href);
  await computer.getByRole("status").waitFor();
  expect(await computer.getByRole("link", { name: "Log in" }).isVisible()).toBe(true);
});

test("the app's backend tells strangers nothing", async () => {
  const ask = (authorization: string) =>
    fetch(`${examples.app}/introspect`, { method: "POST", headers: { authorization }, body: new URLSearchParams({ token: "t" }) });
  for (const authorization of ["", "Basic !", `Basic ${btoa("saoma:wrong")}`, `Bearer saoma`]) {
    expect((await ask(authorization)).status, authorization).toBe(401);
  }
});
