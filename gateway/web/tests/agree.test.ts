/** The question whether it is you who scanned, in a real browser. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { type Attributes, type ElementPage, ElementPages, agreed, asking, opened, scanned } from "./support/element-page.ts";

const pages = new ElementPages();

/** Milliseconds after which the question takes an answer. */
const GUARD_MS = 500;

async function openAsked(attributes: Attributes = {}) {
  const { page, connection } = await pages.openWaiting(attributes);
  connection.send(asking);
  await page.says(attributes["locale"] === "zh-CN" ? "以 示* 的身份在此登录？" : "Log in here as 示*?");
  return { page, connection };
}

/** Opens a page whose question takes an answer. */
async function openReady(attributes: Attributes = {}) {
  const opened = await openAsked(attributes);
  await opened.page.page.clock.runFor(GUARD_MS);
  return opened;
}

const focused = (page: ElementPage): Promise<string | undefined> =>
  page.page.evaluate(() => {
    const outer = document.activeElement;
    return (outer?.shadowRoot?.activeElement ?? outer)?.textContent ?? undefined;
  });

describe("a person who is new to the browser", () => {
  test("is asked for by name, with two equal buttons, and says yes", async () => {
    const { page, connection } = await openReady();
    await page.page.getByText("This code has just been scanned. If it was not you, choose “Not me”.").waitFor();
    const [no, yes] = [page.button("Not me"), page.button("Yes, that is me")];
    const looks = await Promise.all(
      [no, yes].map((button) =>
        button.evaluate((button) => {
          const { backgroundColor, color, borderColor, fontWeight } = getComputedStyle(button);
          const { width, height, top } = button.getBoundingClientRect();
          return { backgroundColor, color, borderColor, fontWeight, width, height, top };
        }),
      ),
    );
    expect(looks[0]).toEqual(looks[1]);
    await yes.click();
    expect(await connection.command()).toEqual({ type: "agree" });
    connection.send(agreed);
    await page.says("Scanned by 示*. Confirm on your phone");
    await page.button("Cancel").waitFor();
    expect(await no.count()).toBe(0);
    expect(page.errors).toEqual([]);
  });

  test("says that it was not them, is told so, and gets a new code", async () => {
    const { page, connection } = await openReady();
    await page.button("Not me").click();
    expect(await connection.command()).toEqual({ type: "cancel", reason: "not_me" });
    connection.send({ type: "cancelled", seq: 3, reason: "not_me" });
    await page.says("It was not you, and nothing was logged in");
    expect(await page.page.locator(".answered").count()).toBe(0);
    await page.page.clock.runFor(GUARD_MS);
    await page.button("Get a new code").click();
    expect((await pages.gateway.nextConnection()).first.type).toBe("open");
  });

  test("is asked in Chinese", async () => {
    const { page } = await openAsked({ locale: "zh-CN" });
    await page.page.getByText("刚刚有人扫描了此二维码。 若不是您，请选择“不是我”。").waitFor();
    await page.button("不是我").waitFor();
    await page.button("是我").waitFor();
  });

  test("answers by keyboard alone, and no key that was meant for the page answers", async () => {
    const { page, connection } = await openReady();
    expect(await focused(page)).toContain("This code has just been scanned");
    for (const key of ["Enter", "Space"]) await page.page.keyboard.press(key);
    await page.page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Not me");
    await page.page.keyboard.press("Tab");
    await page.page.keyboard.press("Enter");
    expect(await connection.command()).toEqual({ type: "agree" });
  });

  test("keeps typing where they type", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.page.evaluate(() => {
      document.body.prepend(document.createElement("input"));
      document.querySelector("input")?.focus();
    });
    connection.send(asking);
    await page.says("Log in here as 示*?");
    await page.page.keyboard.type("abc");
    expect(await page.page.locator("input").inputValue()).toBe("abc");
  });

  test("is not asked again about an answered question, and hears it once", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.page.evaluate(() => {
      const said = new Array<string>();
      Object.assign(window, { said });
      const line = document.querySelector("qr-login")?.shadowRoot?.querySelector("[role=status]");
      if (line) new MutationObserver(() => said.push(line.textContent ?? "")).observe(line, { childList: true, characterData: true });
    });
    connection.send(asking);
    await page.says("Log in here as 示*?");
    for (let second = 0; second < 5; second++) await page.page.clock.runFor(1000);
    connection.send(agreed);
    await page.says("Scanned by 示*. Confirm on your phone");
    expect(await page.page.evaluate(() => Reflect.get(window, "said"))).toEqual([
      "Log in here as 示*?",
      "Scanned by 示*. Confirm on your phone",
    ]);
  });

  test("sees the question through a lost connection and a reload, and the answer is sent when it is back", async () => {
    const { page, connection } = await openReady();
    connection.drop();
    const back = await pages.gateway.nextConnection();
    expect(back.first).toMatchObject({ type: "resume", last_seq: 2 });
    await page.says("Log in here as 示*?");
    await page.page.clock.runFor(GUARD_MS);
    await page.button("Yes, that is me").click();
    expect(await back.command()).toEqual({ type: "agree" });
  });

  test("sees the whole question on a small screen, also if the code was enlarged", async () => {
    const { page, connection } = await pages.openWaiting({}, { viewport: { width: 800, height: 600 } });
    await page.button("Enlarge").click();
    connection.send(asking);
    await page.says("Log in here as 示*?");
    const box = await page.button("Yes, that is me").boundingBox();
    expect((box?.y ?? 600) + (box?.height ?? 0)).toBeLessThan(600);
  });

  test("who is known is not asked", async () => {
    const { page, connection } = await pages.openWaiting();
    connection.send(scanned);
    await page.says("Scanned by 示*. Confirm on your phone");
    expect(await page.button("Not me").count()).toBe(0);
  });
});

describe("a press within half a second", () => {
  test("after the question came does not answer it", async () => {
    const { page, connection } = await openAsked();
    await page.page.clock.pauseAt(Date.now() + 10_000);
    // The clock stands: the question is drawn anew, and half a second begins.
    await page.set({ locale: "zh-CN" });
    await page.button("是我").click();
    await page.page.clock.runFor(GUARD_MS - 1);
    await page.button("是我").click();
    await page.page.clock.runFor(1);
    await page.button("不是我").click();
    expect(await connection.command()).toEqual({ type: "cancel", reason: "not_me" });
  });

  test("after the window came to the front does not answer it", async () => {
    const { page, connection } = await openReady();
    await page.page.clock.pauseAt(Date.now() + 10_000);
    await page.page.evaluate(() => dispatchEvent(new FocusEvent("focus")));
    await page.button("Yes, that is me").click();
    await page.page.clock.runFor(GUARD_MS);
    await page.button("Not me").click();
    expect(await connection.command()).toEqual({ type: "cancel", reason: "not_me" });
  });

  test("after the answer does not cancel the login", async () => {
    const { page, connection } = await openReady();
    await page.page.clock.pauseAt(Date.now() + 10_000);
    await page.button("Yes, that is me").click();
    expect(await connection.command()).toEqual({ type: "agree" });
    connection.send(agreed);
    await page.button("Cancel").click();
    await page.page.clock.runFor(GUARD_MS);
    await page.button("Cancel").click();
    expect(await connection.command()).toEqual({ type: "cancel" });
    expect(pages.gateway.unexpectedConnections).toBe(0);
  });
});

test("a decline on the phone leaves the question, and its button takes a press at once", async () => {
  const { page, connection } = await openAsked();
  await page.page.clock.pauseAt(Date.now() + 10_000);
  connection.send({ type: "rejected", seq: 3, reason: "declined" });
  await page.button("Get a new code").click();
  expect((await pages.gateway.nextConnection()).first.type).toBe("open");
});

describe("a known browser", () => {
  /** Logs in on the page, which stays, and reads what it kept. */
  async function logIn(attributes: Attributes, known: string) {
    const { page, connection } = await pages.openWaiting(attributes);
    await page.page.evaluate(() => document.addEventListener("saoma-state", (event) => event.preventDefault()));
    connection.send({ type: "confirmed", seq: 2, redirect_to: `${pages.gateway.origin}/callback`, known });
    await page.says("Logged in, opening…");
    return page;
  }

  test("keeps its values in the page's storage, and says them at the next login", async () => {
    const page = await logIn({}, "one");
    expect(await page.page.evaluate(() => [localStorage.getItem("saoma.known"), document.cookie])).toEqual(["one", ""]);
    await page.set({ state: "next" });
    expect((await pages.gateway.nextConnection()).first).toMatchObject({ type: "open", known: ["one"] });
  });

  test("keeps them in a cookie of the page's host for 180 days, where it is told to", async () => {
    const page = await logIn({ remember: "cookie" }, "one");
    const [cookie] = await page.page.context().cookies();
    expect(cookie).toMatchObject({ name: "saoma-known", value: "one", path: "/", sameSite: "Strict", domain: "127.0.0.1" });
    const days = ((cookie?.expires ?? 0) - Date.now() / 1000) / 86_400;
    expect(days).toBeGreaterThan(179);
    expect(days).toBeLessThan(181);
    expect(await page.page.evaluate(() => localStorage.length)).toBe(0);
    await page.page.evaluate(() => (document.cookie = "saoma-known=two/one; Path=/"));
    await page.set({ state: "next" });
    expect((await pages.gateway.nextConnection()).first).toMatchObject({ type: "open", known: ["two", "one"] });
  });

  test("that keeps nothing logs in all the same", async () => {
    const page = await pages.openEmpty();
    await page.page.evaluate(() => {
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException("denied", "SecurityError");
          },
        });
      }
    });
    await page.insert({ locale: "en", "client-id": "hall", "redirect-uri": "https://hall.example/callback", "code-challenge": "x" });
    const connection = await pages.gateway.nextConnection();
    connection.send(opened, { type: "confirmed", seq: 2, redirect_to: `${pages.gateway.origin}/callback`, known: "one" });
    await page.page.waitForURL("**/callback");
    expect(page.errors).toEqual([]);
  });
});

test.each([360, 320])("the question fits %i pixels, in light and dark and in forced colours, and no check finds a fault", async (width) => {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const locale of ["en", "zh-CN"]) {
    const { page } = await openReady({ locale });
    await page.page.setViewportSize({ width, height: 640 });
    for (const media of [{ colorScheme: "light" }, { colorScheme: "dark" }, { forcedColors: "active" }] as const) {
      await page.page.emulateMedia({ reducedMotion: "reduce", ...media });
      await page.page.evaluate(() => (document.documentElement.style.colorScheme = "light dark"));
      const { scrollWidth, height } = await page.page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        height: document.querySelector("qr-login")?.shadowRoot?.querySelector(".answer")?.getBoundingClientRect().height ?? 0,
      }));
      expect(scrollWidth).toBeLessThanOrEqual(width);
      expect(height).toBeGreaterThanOrEqual(44);
      // Axe is evaluated by the debugger, which no policy of the page stops.
      const faults = await page.page.evaluate(`${axe}; axe.run("qr-login").then(({ violations }) => violations.map(({ id }) => id))`);
      expect(faults).toEqual([]);
    }
    await page.page.close();
  }
});
