/**
 * How long the login page takes on a slow phone, from nothing to a code that reacts: `npm run measure:first-load`.
 *
 * Chromium holds back each request by a round trip and the bytes to a slow 4G, and the processor to a quarter. Each load
 * has a profile of its own, so nothing is cached. What is sent on an open socket it lets pass at once: the last line of
 * times adds the round trip that the answer with the code would take. Prints the median of five and their range.
 */
import type { CDPSession, Page } from "playwright-core";
import { test } from "vitest";

import { launchBrowser } from "../e2e/browser.ts";
import { Demo } from "../e2e/demo.ts";

const LOADS = 5;
const ROUND_TRIP_MS = 150;
const DOWN_BITS_PER_SECOND = 1_600_000;
const UP_BITS_PER_SECOND = 750_000;
const SLOWER_BY = 4;

/** Milliseconds from the start of the navigation, but for sizes and lengths. */
interface Load {
  /** The page has its first words. */
  readonly "first words": number;
  /** The element's script has run. */
  readonly "script has run": number;
  /** The gateway's connection is there. */
  readonly "socket is open": number;
  /** The gateway has answered with the code. */
  readonly "code has come": number;
  /** The code is on the screen. */
  readonly "code is drawn": number;
  /** The code that may be typed can be reached and opened, and no task of 50 ms or more is going on. */
  readonly "page reacts": number;
  /** The same, had the socket been held back too. */
  readonly "with its answer": number;
  readonly "longest task": number;
  readonly "requests": number;
  readonly "bytes": number;
}

test("first load", { timeout: 120_000 }, async () => {
  const demo = await Demo.start();
  const browser = await launchBrowser();
  const loads = new Array<Load>();
  try {
    for (let done = 0; done < LOADS; done++) {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: "zh-CN" });
      loads.push(await load(page, `${demo.addresses.portal}/login`));
      await page.context().close();
    }
  } finally {
    await browser.close();
    await demo.stop();
  }
  const measures = Object.keys(loads[0] ?? {}) as (keyof Load)[];
  for (const measure of measures) {
    const sorted = loads.map((load) => load[measure]).sort((a, b) => a - b);
    const spread = `${sorted.at(0)?.toFixed(0)} to ${sorted.at(-1)?.toFixed(0)}`;
    process.stdout.write(`${measure.padEnd(16)}${sorted[LOADS >> 1]?.toFixed(0).padStart(8)}   (${spread})\n`);
  }
});

async function load(page: Page, address: string): Promise<Load> {
  const devtools = await page.context().newCDPSession(page);
  await slowDown(devtools);
  const network = await watch(devtools);
  await page.addInitScript(() => {
    const tasks = new Array<PerformanceEntry>();
    new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
    const seen = { tasks, defined: 0, drawn: 0 };
    Object.assign(window, { seen });
    void customElements.whenDefined("qr-login").then(() => (seen.defined = performance.now()));
    document.addEventListener("saoma-state", (event) => {
      if (event instanceof CustomEvent && event.detail.name === "waiting" && seen.drawn === 0) {
        requestAnimationFrame(() => requestAnimationFrame(() => (seen.drawn = performance.now())));
      }
    });
  });
  await page.goto(address);
  await page.waitForFunction(() => Reflect.get(window, "seen").drawn > 0, undefined, { polling: 5 });
  const inPage = await page.evaluate(async () => {
    const summary = document.querySelector("qr-login")?.shadowRoot?.querySelector("summary");
    summary?.focus();
    summary?.click();
    if (!summary?.closest("details")?.open || !summary.matches(":focus")) throw new Error("the typed code cannot be reached");
    const { tasks, defined, drawn } = Reflect.get(window, "seen");
    const ends = tasks.map(({ startTime, duration }: PerformanceEntry) => startTime + duration);
    const words = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
    return { words, defined, drawn, reacts: Math.max(drawn, ...ends), longest: Math.max(0, ...tasks.map(({ duration }: PerformanceEntry) => duration)) };
  });
  return {
    "first words": inPage.words,
    "script has run": inPage.defined,
    "socket is open": network.opened(),
    "code has come": network.answered(),
    "code is drawn": inPage.drawn,
    "page reacts": inPage.reacts,
    "with its answer": inPage.reacts + ROUND_TRIP_MS,
    "longest task": inPage.longest,
    "requests": network.requests(),
    "bytes": network.bytes(),
  };
}

async function slowDown(devtools: CDPSession): Promise<void> {
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: ROUND_TRIP_MS,
    downloadThroughput: DOWN_BITS_PER_SECOND / 8,
    uploadThroughput: UP_BITS_PER_SECOND / 8,
  });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER_BY });
}

/** What the browser's own account of the network says; instants in milliseconds after the first request. */
async function watch(devtools: CDPSession) {
  let [start, opened, answered, requests, bytes] = [0, 0, 0, 0, 0];
  devtools.on("Network.requestWillBeSent", ({ timestamp }) => {
    start ||= timestamp;
    requests += 1;
  });
  devtools.on("Network.webSocketHandshakeResponseReceived", ({ timestamp }) => (opened ||= timestamp));
  devtools.on("Network.webSocketFrameReceived", ({ timestamp }) => (answered ||= timestamp));
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  const after = (instant: number) => (instant - start) * 1000;
  return { opened: () => after(opened), answered: () => after(answered), requests: () => requests, bytes: () => bytes };
}
