/** The panel as people see it: what follows the login, what stays in its place, and what a phone shows first. */
import { describe, expect, test } from "vitest";
import { type ElementPage, ElementPages, agreed, asking, opened, scanned } from "./support/element-page.ts";

const pages = new ElementPages();

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

const confirmed = () => ({ type: "confirmed", seq: 4, redirect_to: `${pages.gateway.origin}/callback` }) as const;

/** Keeps the browser on the page after a confirmed login. */
const stay = (page: ElementPage): Promise<void> =>
  page.page.evaluate(() => document.addEventListener("saoma-state", (event) => event.preventDefault()));

/** Returns an attribute of the ring's bar and its classes. */
const ring = (page: ElementPage): Promise<{ offset: number; classes: string }> =>
  page.page.locator(".bar").evaluate((bar) => ({
    offset: Number(bar.getAttribute("stroke-dashoffset")),
    classes: bar.parentElement?.getAttribute("class") ?? "",
  }));

describe("the page's style", () => {
  test("sees each step of the login on the element", async () => {
    const { page, connection } = await pages.openWaiting();
    await stay(page);
    connection.send(asking);
    await page.shows("asked");
    connection.send(agreed);
    await page.shows("scanned");
    connection.send(confirmed());
    await page.shows("confirmed");
  });

  test("sees that the gateway cannot be reached", async () => {
    pages.gateway.blocksWebSocket = true;
    const page = await pages.open();
    for (let second = 0; second < 40; second++) await page.page.clock.runFor(1000);
    await page.shows("unreachable");
    await page.button("Try now").waitFor();
  });
});

describe("the ring", () => {
  test("runs from whole to empty with the time that is left, and warns in the last 20 seconds", async () => {
    const { page, connection } = await pages.openWaiting();
    expect((await ring(page)).offset).toBeLessThan(3);
    await page.passes(61, connection);
    const half = await ring(page);
    expect(half.offset).toBeGreaterThan(48);
    expect(half.offset).toBeLessThan(56);
    expect(half.classes).not.toContain("low");
    await page.passes(45, connection);
    expect((await ring(page)).classes).toContain("low");
  });

  test("is whole again for the time that a scan gives, and gone at the end", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.passes(61, connection);
    connection.send(scanned);
    await page.shows("scanned");
    expect((await ring(page)).offset).toBeLessThan(3);
    connection.send({ type: "rejected", seq: 3, reason: "declined" });
    await page.shows("rejected");
    expect((await ring(page)).classes).toContain("off");
  });
});

describe("title and icon of the page", () => {
  const icon = (page: ElementPage) => page.page.evaluate(() => document.querySelector('link[rel="icon"]')?.getAttribute("href")?.slice(0, 15));

  test("follow the login where the page wants it, and are the page's own again afterwards", async () => {
    const { page, connection } = await pages.openWaiting({ "follow-title": "" });
    await page.page.evaluate(() => document.head.insertAdjacentElement("beforeend", Object.assign(document.createElement("link"), { rel: "icon", href: "/own.png" })));
    await stay(page);
    expect(await page.page.title()).toBe("Login");
    connection.send(asking);
    await page.shows("asked");
    expect(await page.page.title()).toBe("Is it you? · Login");
    expect(await icon(page)).toBe("data:image/svg+");
    connection.send(agreed);
    await page.shows("scanned");
    expect(await page.page.title()).toBe("Confirm on your phone · Login");
    connection.send(confirmed());
    await page.shows("confirmed");
    expect(await page.page.title()).toBe("Logged in · Login");
    await page.page.evaluate(() => document.querySelector("qr-login")?.remove());
    expect(await page.page.title()).toBe("Login");
    expect(await icon(page)).toBe("/own.png");
  });

  test("are left alone elsewhere", async () => {
    const { page, connection } = await pages.openWaiting();
    connection.send(scanned);
    await page.shows("scanned");
    expect(await page.page.title()).toBe("Login");
    expect(await icon(page)).toBeUndefined();
  });
});

test("an expired code stays in its place, blurred, and the square is one button", async () => {
  const { page, connection } = await pages.openWaiting();
  connection.send({ type: "expired", seq: 2 });
  await page.says("Code expired");
  expect(await page.code.count()).toBe(0);
  const blurred = page.page.locator(".stale svg");
  expect(await blurred.evaluate((code) => getComputedStyle(code).filter)).toContain("blur");
  const [button, code] = [await page.button("Get a new code").boundingBox(), await blurred.boundingBox()];
  expect(button?.width).toBeGreaterThanOrEqual(code?.width ?? Infinity);
  expect(await page.page.getByRole("button").count()).toBe(1);
});

test("nothing moves from state to state, and the panel keeps its height", async () => {
  const ways = [
    [asking],
    [scanned],
    [confirmed()],
    [scanned, { type: "rejected", seq: 3, reason: "declined" }],
    [scanned, { type: "rejected", seq: 3, reason: "identity_refused" }],
    [asking, { type: "cancelled", seq: 3, reason: "not_me" }],
    [{ type: "expired", seq: 2 }],
  ];
  for (const locale of ["en", "zh-CN"]) {
    const places = new Set<string>();
    // Each language has half of them: the longest texts are in either.
    for (const messages of ways.filter((_, at) => at % 2 === (locale === "en" ? 0 : 1))) {
      const { page, connection } = await pages.openWaiting({ locale });
      await stay(page);
      const place = () =>
        page.page.evaluate(() => {
          const element = document.querySelector("qr-login");
          const of = (node?: Element | null) => JSON.stringify(node?.getBoundingClientRect());
          return of(element) + of(element?.shadowRoot?.querySelector(".stage"));
        });
      places.add(await place());
      for (const message of messages) connection.send(message);
      await expect.poll(() => page.page.locator("qr-login").getAttribute("data-state")).not.toBe("waiting");
      places.add(await place());
      await page.page.close();
    }
    expect(places.size, locale).toBe(1);
  }
});

test("a code that takes another's place is read out, and marked where it is typed", async () => {
  const { page, connection } = await pages.openWaiting();
  await page.button("Cannot scan?").click();
  expect(await page.page.getByText("The code has changed.").count()).toBe(0);
  connection.send({ ...opened, seq: 2, qr: opened.qr.replace("0123", "9999"), user_code: "XXXX-XXXX" });
  await page.page.getByText("XXXX-XXXX").waitFor();
  expect(await page.page.locator("[aria-live]").textContent()).toBe("The code has changed. ");
  expect(await page.page.locator(".typed strong").first().textContent()).toBe("The code has changed. ");
});

test("once the time left was read out, a screen reader meets it once", async () => {
  const { page, connection } = await pages.openWaiting();
  const isHidden = () => page.page.locator(".remaining").getAttribute("aria-hidden");
  expect(await isHidden()).toBeNull();
  await page.passes(65, connection);
  expect(await page.page.locator("[aria-live]").textContent()).toBe("Valid for about 1 min");
  expect(await isHidden()).toBe("true");
});

test("a declined login says what it means if it was somebody else", async () => {
  const { page, connection } = await pages.openWaiting();
  connection.send(scanned, { type: "rejected", seq: 3, reason: "declined" });
  await page.page.getByText("If it was not you, somebody else has your phone").waitFor();
});

test("the warning is there once, with the page's host", async () => {
  const { page } = await pages.openWaiting();
  const warning = page.page.getByText("Never scan a code that was sent to you.");
  expect(await warning.count()).toBe(1);
  expect(await warning.locator("..").textContent()).toContain(await page.page.evaluate(() => location.host));
});

test("the app is named as the page calls it", async () => {
  const { page } = await pages.openWaiting({ "app-name": "Example App", "get-app": "https://app.example/get" });
  await page.says("Open Example App on your phone and scan the code");
  await page.button("Cannot scan?").click();
  expect(await page.page.getByRole("link", { name: "Get Example App" }).getAttribute("href")).toBe("https://app.example/get");
});

describe("B3: a phone, which cannot scan its own screen,", () => {
  test("shows the way to the app first, at the login's own code, and the code behind a button", async () => {
    const { page } = await pages.openWaiting({ "app-link": "hall-app://login?code={code}" }, PHONE);
    await page.says("Log in on this phone");
    const link = page.page.getByRole("link", { name: "Open the app to log in" });
    expect(await link.getAttribute("href")).toBe(`hall-app://login?code=${opened.qr.slice(opened.qr.lastIndexOf("/") + 1)}`);
    expect((await link.boundingBox())?.height).toBeGreaterThanOrEqual(56);
    expect(await page.code.isVisible()).toBe(false);
    await page.button("Scan with another device").click();
    await page.code.waitFor();
    const [first, code] = [await link.boundingBox(), await page.code.boundingBox()];
    expect(first?.y).toBeLessThan(code?.y ?? 0);
  });

  test("without a way to the app shows the code to type, and says where", async () => {
    const { page } = await pages.openWaiting({}, PHONE);
    await page.page.getByText("Open this page on a computer").waitFor();
    await page.page.getByText("WDJB-MJHT").waitFor();
    expect(await page.code.isVisible()).toBe(false);
  });

  test("shows the person in full once the code is scanned or typed elsewhere", async () => {
    const { page, connection } = await pages.openWaiting({}, PHONE);
    connection.send(scanned);
    await page.says("Scanned by 示*. Confirm on your phone");
    expect(await page.page.locator(".person").isVisible()).toBe(true);
  });
});

test("where browsers cannot share a stylesheet, the gateway's is loaded", async () => {
  const page = await pages.openEmpty();
  await page.page.evaluate(() => {
    Reflect.deleteProperty(ShadowRoot.prototype, "adoptedStyleSheets");
    Reflect.deleteProperty(Document.prototype, "adoptedStyleSheets");
  });
  await page.insert({ locale: "en", "client-id": "hall", "redirect-uri": "https://hall.example/callback", "code-challenge": "x" });
  const link = page.page.locator('link[rel="stylesheet"]');
  expect(await link.getAttribute("href")).toBe(`${pages.gateway.origin}/assets/qr-login.css`);
  await expect.poll(() => page.page.locator(".stage").evaluate((stage) => getComputedStyle(stage).position)).toBe("relative");
});
