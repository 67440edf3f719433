/**
 * Load time of the login page on a slow phone, up to a code that reacts: `npm run measure:first-load`.
 *
 * Chromium delays each request by a round trip, limits the bandwidth to a slow 4G, and slows the processor to a quarter.
 * Each load has its own profile, so that nothing is cached, and its own process, which starts during the first round trip.
 * The socket's handshake is delayed like any request; the code follows its answer at once, as on a slow network.
 * Prints the median of all loads and their range. `SAOMA_DEMO_BEFORE` names another binary, which is loaded in turns with it.
 */
import type { Browser } from "playwright-core";
import { test } from "vitest";

import { launchBrowser } from "../e2e/browser.ts";
import { Demo } from "../e2e/demo.ts";
import { Tab } from "./tab.ts";

const LOADS = 21;
const ROUND_TRIP_MS = 150;
const DOWN_BITS_PER_SECOND = 1_600_000;
const UP_BITS_PER_SECOND = 750_000;
const SLOWER_BY = 4;

/** Measures of a load, in milliseconds from the start of the navigation, except sizes and durations. */
interface Load {
  /** The page shows its first text. */
  readonly "first words": number;
  /** The socket to the gateway is open. */
  readonly "socket is open": number;
  /** The gateway has answered with the code. */
  readonly "code has come": number;
  /** The element's script has run. */
  readonly "script has run": number;
  /** The page has laid out and painted the frame that shows the code. */
  readonly "code is drawn": number;
  /** The user code can be opened, and no task of 50 ms or more is running. */
  readonly "page reacts": number;
  readonly "longest task": number;
  readonly "requests": number;
  readonly "bytes": number;
}

/** Measures taken in the page. */
interface Seen {
  readonly tasks: { readonly startTime: number; readonly duration: number }[];
  readonly words: number;
  readonly defined: number;
  readonly drawn: number;
}

/** Another binary to compare with: the two are loaded in turns, because a machine's speed changes from minute to minute. */
const BEFORE = process.env["SAOMA_DEMO_BEFORE"];

test("first load", { timeout: 300_000 }, async () => {
  const demos = [await Demo.start(), ...(BEFORE ? [await Demo.start({}, [], BEFORE)] : [])];
  const browser = await launchBrowser();
  const loads = demos.map(() => new Array<Load>());
  try {
    for (let turn = 0; turn < LOADS; turn += 1) {
      for (const [index, demo] of demos.entries()) loads[index]?.push(await load(browser, `${demo.addresses.portal}/login`));
    }
  } finally {
    await browser.close();
    for (const demo of demos) await demo.stop();
  }
  for (const measure of Object.keys(loads[0]?.[0] ?? {}) as (keyof Load)[]) {
    const sorted = loads.map((ofOne) => ofOne.map((load) => load[measure]).sort((a, b) => a - b));
    const figures = sorted.map((of) => `${of[LOADS >> 1]?.toFixed(0).padStart(8)}   (${of.at(0)?.toFixed(0)} to ${of.at(-1)?.toFixed(0)})`);
    process.stdout.write(`${measure.padEnd(16)}${figures.join("   before: ")}\n`);
  }
});

async function load(browser: Browser, address: string): Promise<Load> {
  const tab = await Tab.open(browser);
  await slowDown(tab);
  const network = watch(tab);
  await tab.send("Runtime.enable");
  await tab.send("Page.enable");
  await tab.send("Runtime.addBinding", { name: "codeIsDrawn" });
  await tab.send("Page.addScriptToEvaluateOnNewDocument", { source: `(${noteLoad})()` });
  const drawn = new Promise((resolve) => tab.on("Runtime.bindingCalled", resolve));
  await tab.send("Page.navigate", { url: address });
  await drawn;
  const { words, defined, drawn: at, tasks } = await tab.evaluate(openUserCode);
  await tab.close();
  const ends = tasks.map(({ startTime, duration }) => startTime + duration);
  return {
    "first words": words,
    "socket is open": network.opened(),
    "code has come": network.answered(),
    "script has run": defined,
    "code is drawn": at,
    "page reacts": Math.max(at, ...ends),
    "longest task": Math.max(0, ...tasks.map(({ duration }) => duration)),
    "requests": network.requests(),
    "bytes": network.bytes(),
  };
}

/** Runs in the page before its own scripts: records the time of each event. */
function noteLoad(): void {
  const tasks = new Array<object>();
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.toJSON()))).observe({ type: "longtask", buffered: true });
  const seen = { tasks, defined: 0, drawn: 0 };
  Object.assign(window, { seen });
  void customElements.whenDefined("qr-login").then(() => (seen.defined = performance.now()));
  document.addEventListener("saoma-state", (event) => {
    if (!(event instanceof CustomEvent) || event.detail.name !== "waiting" || seen.drawn > 0) return;
    requestAnimationFrame(() => {
      // A message posted at the start of a frame arrives right after the frame.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        seen.drawn = performance.now();
        Reflect.get(window, "codeIsDrawn")("");
      };
      port2.postMessage(undefined);
    });
  });
}

/** Runs in the page: opens the user code, and returns the records. */
function openUserCode(): Seen {
  const inside = document.querySelector("qr-login")?.shadowRoot;
  const button = inside?.querySelector<HTMLElement>("button.help");
  button?.focus();
  if (!button?.matches(":focus")) throw new Error("the keyboard does not reach the button that shows the typed code");
  button.click();
  if (!inside?.querySelector("[part=user-code]")?.textContent) throw new Error("the button does not show the typed code");
  const words = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  return { words, ...Reflect.get(window, "seen") };
}

async function slowDown(tab: Tab): Promise<void> {
  await tab.send("Network.enable");
  await tab.send("Network.setExtraHTTPHeaders", { headers: { "accept-language": "zh-CN" } });
  await tab.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: ROUND_TRIP_MS,
    downloadThroughput: DOWN_BITS_PER_SECOND / 8,
    uploadThroughput: UP_BITS_PER_SECOND / 8,
  });
  await tab.send("Emulation.setCPUThrottlingRate", { rate: SLOWER_BY });
}

/** Watches the browser's network events. Instants are milliseconds after the first request. */
function watch(tab: Tab) {
  let [start, opened, answered, requests, bytes] = [0, 0, 0, 0, 0];
  tab.on("Network.requestWillBeSent", ({ timestamp }: { timestamp: number }) => {
    start ||= timestamp;
    requests += 1;
  });
  tab.on("Network.webSocketHandshakeResponseReceived", ({ timestamp }: { timestamp: number }) => (opened ||= timestamp));
  tab.on("Network.webSocketFrameReceived", ({ timestamp }: { timestamp: number }) => (answered ||= timestamp));
  tab.on("Network.loadingFinished", ({ encodedDataLength }: { encodedDataLength: number }) => (bytes += encodedDataLength));
  const after = (instant: number) => (instant - start) * 1000;
  return { opened: () => after(opened), answered: () => after(answered), requests: () => requests, bytes: () => bytes };
}
