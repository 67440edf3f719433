/** The portal of docs/examples/portal-node beside the hall, as `make demo` runs it: it knows nothing of Saoma. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { EXAMPLES } from "./examples.ts";
import { Phone } from "./phone.ts";
import { freeOrigin } from "./ports.ts";
import { Portal } from "./portal.ts";
import { en } from "./words.ts";

let demo: Demo;
let browser: Browser;
let site: string;

beforeAll(async () => {
  site = await freeOrigin();
  demo = await Demo.start({}, ["--example-portal", `${EXAMPLES}portal-node`, "--example-portal-address", new URL(site).host]);
  browser = await launchBrowser();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Opens the site and follows it to a code, which a person scans by the hall's phone. */
async function scanned(): Promise<{ computer: Portal; phone: Phone }> {
  const computer = await Portal.visit(browser, site, en);
  await computer.page.getByRole("link", { name: "Log in" }).click();
  await computer.showsCode();
  const phone = await Phone.of(YI, browser, demo, en);
  await phone.paste((await computer.codes()).qr);
  await phone.shows("Example library");
  return { computer, phone };
}

test("a person logs in to the site by the hall's phone", async () => {
  const { computer, phone } = await scanned();
  await phone.choose(/示例单位一/);
  await computer.agrees();
  await phone.confirm();
  await computer.page.getByText(`Hello, ${YI.name}.`).waitFor();
  await computer.page.getByText("You act as 示例单位一").waitFor();
  expect(new URL(computer.page.url()).origin).toBe(site);
});

test("the site is told of a decline", async () => {
  const { computer, phone } = await scanned();
  await phone.decline();
  await computer.page.getByRole("status").getByText("The login was declined or did not finish.").waitFor();
  await computer.page.screenshot({ path: new URL("../e2e-artefacts/example-portal-declined.png", import.meta.url).pathname });
  const answer = new URL(computer.page.url());
  expect([answer.origin, answer.pathname, answer.searchParams.get("error")]).toEqual([site, "/callback", "access_denied"]);
  expect(answer.searchParams.get("iss")).toBe(demo.addresses.gateway);
});

test("the site ends with the hall, also when the hall is killed", async () => {
  await demo.kill();
  await expect.poll(() => fetch(site).then(() => true, () => false), { timeout: 10_000 }).toBe(false);
});
