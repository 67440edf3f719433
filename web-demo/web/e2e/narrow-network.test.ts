/** Networks that block WebSocket: the login uses another transport. */
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA } from "./citizens.ts";
import { Demo } from "./demo.ts";
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

/** Treats a page's connections as proxies do. The browser's own origin checks stay in force. */
async function narrow(context: BrowserContext, streams: "pass" | "are refused" | "are held back"): Promise<void> {
  await context.addInitScript((streams) => {
    class RefusedSocket {
      onclose: ((event: { readonly type: "close"; readonly code: number; readonly reason: string }) => void) | null = null;
      constructor(readonly url: string) {
        setTimeout(() => this.onclose?.({ type: "close", code: 1006, reason: "" }));
      }
      close(): void {}
    }
    const { fetch } = window;
    const narrowFetch: typeof fetch = (input, init) => {
      const { pathname, searchParams } = new URL(String(input), location.href);
      const isStream = pathname.endsWith("/events") && !searchParams.has("after");
      if (!isStream || streams === "pass") return fetch(input, init);
      if (streams === "are refused") return Promise.resolve(new Response("<html>", { status: 403 }));
      return Promise.resolve(new Response(new ReadableStream()));
    };
    Object.assign(window, { WebSocket: RefusedSocket, fetch: narrowFetch });
  }, streams);
}
