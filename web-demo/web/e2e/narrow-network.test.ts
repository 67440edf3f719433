/** Networks that block WebSocket: the login uses another transport. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { narrow } from "./narrow.ts";
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

test.each(["pass", "are refused", "are held back"] as const)("no WebSocket, and event streams %s", async (streams) => {
  const polls = new Array<URL>();
  const portal = await Portal.open(browser, demo, zh, (context) => {
    context.on("request", (request) => isPoll(new URL(request.url())) && polls.push(new URL(request.url())));
    return narrow(context, streams);
  });
  const { qr } = await portal.codes();
  if (streams !== "pass") await expect.poll(() => polls.length, { timeout: 30_000 }).toBeGreaterThan(1);
  const phone = await Phone.of(JIA, browser, demo);
  await phone.paste(qr);
  await portal.says(JIA.masked, zh.asked);
  await portal.agrees();
  await portal.says(zh.scanned, JIA.masked);
  await portal.page.reload();
  await portal.says(zh.scanned, JIA.masked);
  await phone.confirm();
  await portal.greets(JIA.name);
  expect(polls.length > 0).toBe(streams !== "pass");
  expect(portal.errors).toEqual([]);
});

function isPoll(url: URL): boolean {
  return url.pathname.endsWith("/events") && url.searchParams.has("after");
}
