/** `<qr-login>` in a real browser, where a shadow root, focus and a content security policy are what they are. */
import { describe, expect, test } from "vitest";
import type {} from "../src/define.ts";
import { ElementPages, opened, scanned } from "./support/element-page.ts";

const pages = new ElementPages();

describe("the element", () => {
  test("is of its class, which the page's TypeScript knows by the tag", async () => {
    const { page } = await pages.openEmpty();
    expect(await page.evaluate(() => document.createElement("qr-login") instanceof Reflect.get(window, "QrLoginElement"))).toBe(true);
  });

  test("asks for what its attributes say", async () => {
    await pages.open({ state: "s", "oidc-nonce": "n", scope: "openid profile" });
    expect((await pages.gateway.nextConnection()).first).toEqual({
      type: "open",
      client_id: "hall",
      redirect_uri: "https://hall.example/callback",
      scope: "openid profile",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
      locale: "en",
      state: "s",
      nonce: "n",
    });
  });

  test("runs under a strict content security policy", async () => {
    const { page } = await pages.openWaiting();
    expect(page.errors).toEqual([]);
  });

  test("takes its language from the page where it has none of its own", async () => {
    const page = await pages.openEmpty();
    await page.page.evaluate(() => (document.documentElement.lang = "en-GB"));
    await page.insert({});
    await page.says("Preparing the code…");
  });

  test("lets go of its connection when it leaves the page, and resumes its login when it is back", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.page.evaluate(() => {
      const element = document.querySelector("qr-login");
      Object.assign(window, { element });
      element?.remove();
    });
    await connection.left;
    await page.page.evaluate(() => document.body.append(Reflect.get(window, "element")));
    expect((await pages.gateway.nextConnection()).first).toMatchObject({ type: "resume", login_id: opened.login_id, last_seq: 1 });
    await page.code.waitFor();
  });
});

describe("a changed attribute", () => {
  test("opens a new login, and gives the one on the screen up", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.set({ "client-id": "library" });
    expect(await connection.command()).toEqual({ type: "cancel" });
    await connection.left;
    const anew = await pages.gateway.nextConnection();
    expect(anew.first).toMatchObject({ type: "open", client_id: "library" });
    await page.says("Preparing the code…");
    expect(await page.code.count()).toBe(0);
    anew.send({ ...opened, user_code: "NEWC-ODEX" });
    await page.code.waitFor();
  });

  test.each<[string, string | null, object]>([
    ["redirect-uri", "https://hall.example/other", { redirect_uri: "https://hall.example/other" }],
    ["code-challenge", "B".repeat(43), { code_challenge: "B".repeat(43) }],
    ["scope", null, { scope: "openid" }],
    ["state", "t", { state: "t" }],
    ["oidc-nonce", "m", { nonce: "m" }],
  ])("%s is asked for", async (name, value, asked) => {
    const { page } = await pages.openWaiting({ scope: "openid profile" });
    await page.set({ [name]: value });
    expect((await pages.gateway.nextConnection()).first).toMatchObject({ type: "open", ...asked });
  });

  test("together with others opens one login", async () => {
    const { page } = await pages.openWaiting();
    await page.set({ state: "t", "oidc-nonce": "m", "code-challenge": "C".repeat(43) });
    expect((await pages.gateway.nextConnection()).first).toMatchObject({ state: "t", nonce: "m", code_challenge: "C".repeat(43) });
    expect(await page.seen).toEqual(["loading", "waiting", "loading"]);
    expect(pages.gateway.unexpectedConnections).toBe(0);
  });

  test("that comes back to what it was changes nothing", async () => {
    const { page } = await pages.openWaiting({ state: "s" });
    await page.set({ state: "s" });
    await page.page.evaluate(() => {
      for (const state of ["t", "s"]) document.querySelector("qr-login")?.setAttribute("state", state);
    });
    expect(await page.seen).toEqual(["loading", "waiting"]);
    expect(pages.gateway.unexpectedConnections).toBe(0);
  });

  test("gateway moves the login to the other gateway", async () => {
    const other = await pages.startGateway();
    try {
      const { page, connection } = await pages.openWaiting();
      await page.set({ gateway: other.origin });
      await connection.left;
      (await other.nextConnection()).send({ ...opened, qr: "https://other.example/q/0123456789ABCDEFGHJKMNPQ01234567" });
      await page.code.waitFor();
    } finally {
      await other.stop();
    }
  });

  test("locale changes every text and keeps the code", async () => {
    const { page } = await pages.openWaiting();
    await page.set({ locale: "zh-CN" });
    await page.says("请用手机 App“扫一扫”扫描二维码");
    await page.button("刷新二维码").waitFor();
    await page.page.getByText("请勿扫描他人发来的登录二维码。").waitFor();
    await page.page.getByText("约 2 分钟内有效").waitFor();
    expect(await page.code.getAttribute("aria-label")).toBe("登录二维码");
    expect(pages.gateway.unexpectedConnections).toBe(0);
    expect(await page.seen).toEqual(["loading", "waiting"]);
  });

  test("locale keeps the badge of a lost connection", async () => {
    const { page, connection } = await pages.openWaiting();
    pages.gateway.blocksWebSocket = true;
    connection.drop();
    await page.says("Reconnecting…");
    await page.set({ locale: "zh-CN" });
    await page.says("网络不稳定，正在重连…");
    expect(await page.page.locator(".badge").isVisible()).toBe(true);
  });

  test("app-link shows, on a phone, at once", async () => {
    const { page } = await pages.openWaiting({}, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    const link = page.page.getByRole("link", { name: "Open the app to log in" });
    expect(await link.count()).toBe(0);
    await page.set({ "app-link": "hall-app://login" });
    expect(await link.getAttribute("href")).toBe("hall-app://login");
    await page.set({ "app-link": null });
    await expect.poll(() => link.count()).toBe(0);
  });

  test("of an element that is not on the page waits until it is", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.page.evaluate(() => {
      const element = document.querySelector("qr-login");
      element?.remove();
      element?.setAttribute("state", "later");
      if (element) document.body.append(element);
    });
    await connection.left;
    expect((await pages.gateway.nextConnection()).first).toMatchObject({ type: "open", state: "later" });
  });
});

describe("the event", () => {
  test("is of its class, has the state, bubbles, and can be prevented", async () => {
    const page = await pages.open();
    await page.page.evaluate(() => {
      const told = new Promise((resolve) => {
        document.addEventListener("saoma-state", (event) => {
          const { bubbles, cancelable, composed, state, detail, target } = event;
          const isTyped = event instanceof Reflect.get(window, "LoginStateEvent") && event instanceof CustomEvent;
          const tag = target instanceof Element && target.localName;
          resolve({ bubbles, cancelable, composed, isTyped, isSame: state === detail, name: state.name, tag });
        });
      });
      Object.assign(window, { told });
    });
    (await pages.gateway.nextConnection()).send(opened);
    expect(await page.page.evaluate(() => Reflect.get(window, "told"))).toEqual({
      bubbles: true,
      cancelable: true,
      composed: false,
      isTyped: true,
      isSame: true,
      name: "waiting",
      tag: "qr-login",
    });
  });

  test("comes for each state, and the confirmed one lets the browser go", async () => {
    const { page, connection } = await pages.openWaiting();
    connection.send(scanned);
    await page.says("Scanned by 示*. Confirm on your phone");
    expect(await page.seen).toEqual(["loading", "waiting", "scanned"]);
    connection.send({ type: "confirmed", seq: 3, redirect_to: `${pages.gateway.origin}/callback?code=x` });
    await page.page.waitForURL("**/callback?code=x");
  });

  test("that is prevented keeps the browser on the page", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.page.evaluate(() => document.addEventListener("saoma-state", (event) => event.preventDefault()));
    connection.send({ type: "confirmed", seq: 2, redirect_to: `${pages.gateway.origin}/callback?code=x` });
    await page.says("Logged in, opening…");
    await page.page.clock.runFor(5000);
    expect(new URL(page.page.url()).pathname).toBe("/page");
    expect(await page.page.getByRole("link").count()).toBe(0);
  });
});

describe("what is shown", () => {
  test.each([
    ["a decline", { type: "rejected", seq: 2, reason: "declined" }, "Declined on your phone"],
    ["a person who may not log in", { type: "rejected", seq: 2, reason: "identity_refused" }, "The login was not allowed; your phone says why"],
    ["a cancel", { type: "cancelled", seq: 2 }, "Login cancelled"],
    ["an expiry", { type: "expired", seq: 2 }, "Code expired"],
  ])("after %s is the reason, and one button gets a new code", async (_name, message, text) => {
    const { page, connection } = await pages.openWaiting();
    connection.send(message);
    await page.says(text);
    expect(await page.page.getByRole("button").count()).toBe(1);
    await page.button("Get a new code").click();
    expect((await pages.gateway.nextConnection()).first.type).toBe("open");
  });

  test("after another tab took the login is that, and a way to log in here", async () => {
    const { page, connection } = await pages.openWaiting();
    connection.close(4002);
    await page.says("This login goes on in another window");
    await page.button("Log in here instead").click();
    expect((await pages.gateway.nextConnection()).first.type).toBe("open");
  });

  test("over the limit is the time to wait, counted down", async () => {
    const page = await pages.open();
    const connection = await pages.gateway.nextConnection();
    connection.send({ type: "error", error: "too_many_requests", error_description: "", retry_after: 32 });
    connection.close(4101);
    await page.says("Too many tries");
    await page.page.getByText("Try again in 32 s").waitFor();
    await page.page.clock.runFor(2000);
    await page.page.getByText("Try again in 30 s").waitFor();
  });

  test("of a request that is refused is that the page is wrong", async () => {
    const page = await pages.open();
    const connection = await pages.gateway.nextConnection();
    connection.send({ type: "error", error: "unknown_client", error_description: "" });
    connection.close(4004);
    await page.says("This page's login is set up wrongly. Go back and try again, or tell the site's operators");
  });

  test("U10: of the time that is left is read out at 60, 20 and 0 seconds, and nothing in between", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.page.evaluate(() => {
      const announced = new Array<string | null>();
      Object.assign(window, { announced });
      for (const line of document.querySelector("qr-login")?.shadowRoot?.querySelectorAll("[role=status], [aria-live]") ?? []) {
        new MutationObserver(() => announced.push(line.textContent)).observe(line, { childList: true, characterData: true, subtree: true });
      }
    });
    await page.passes(125, connection);
    expect(await page.page.evaluate(() => Reflect.get(window, "announced"))).toEqual([
      "Valid for about 1 min",
      "Valid for 20 s",
      "Valid for 0 s",
    ]);
  });
});

describe("a person", () => {
  test("gets a new code by the button", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.button("New code").click();
    expect(await connection.command()).toEqual({ type: "refresh" });
  });

  test("cancels a scan", async () => {
    const { page, connection } = await pages.openWaiting();
    connection.send(scanned);
    await page.button("Cancel").click();
    expect(await connection.command()).toEqual({ type: "cancel" });
  });

  test("makes the code large and small, and the keyboard stays where it was", async () => {
    const { page } = await pages.openWaiting();
    const width = async () => (await page.code.boundingBox())?.width ?? 0;
    const before = await width();
    await page.button("Enlarge").focus();
    await page.page.keyboard.press("Enter");
    expect(await width()).toBeGreaterThan(before);
    await page.page.keyboard.press("Enter");
    await page.button("Enlarge").waitFor();
    expect(await width()).toBe(before);
  });

  test("who cannot scan reads the code to type", async () => {
    const { page } = await pages.openWaiting();
    await page.page.getByText("Cannot scan?").click();
    await page.page.getByText("WDJB-MJHT").waitFor();
  });

  test("at the keyboard keeps a place among the buttons when the state changes", async () => {
    const { page, connection } = await pages.openWaiting();
    await page.button("New code").focus();
    connection.send(scanned);
    await page.says("Scanned by 示*. Confirm on your phone");
    expect(await page.button("Cancel").evaluate((button) => button.matches(":focus"))).toBe(true);
  });
});
